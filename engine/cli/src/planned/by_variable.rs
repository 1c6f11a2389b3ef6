//! Variables of the module that get another value: the role that the spec's policy is on, the function that rotates a
//! secret, and the key of a secret.

use super::Word;
use super::findings::{Check, Finding, Kind};
use crate::hcl;

impl Check<'_> {
    /// Reports arguments of the spec's resources that exist, are exactly a variable, and change.
    pub(super) fn by_variable(&self, found: &mut Vec<Finding>) {
        for planned in self.ours().filter(|planned| planned.will_be()) {
            let Some(before) = &planned.before else { continue };
            for (argument, reference) in self.module.variables_of(&planned.address.in_module()) {
                let kind = match argument.as_str() {
                    "role" | "rotation_lambda_arn" => Kind::Wider,
                    "kms_key_id" => Kind::Different,
                    _ => continue,
                };
                let (Some(was), Some(Word::Known(is))) = (before.word(&argument), planned.after(&argument)) else {
                    continue;
                };
                if was != is {
                    let (is, was) = (hcl::quote(is), hcl::quote(was));
                    let what = format!("`{argument}` becomes {is}, and was {was}: `{reference}` has another value");
                    found.push(Finding::new(kind, &planned.address, what));
                }
            }
        }
    }
}
