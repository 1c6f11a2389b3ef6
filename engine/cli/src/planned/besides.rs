//! Checks what managed policies that variables attach to the spec's roles allow on secrets, keys, roles and functions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::findings::{Check, Finding, Kind};
use super::gains::Gains;
use super::own::is_of_variable;
use super::seen::Seen;
use super::side::Gift;
use crate::access::Known;

const LIST: &str = "aws_iam_role_policy_attachments_exclusive";

impl Check<'_> {
    /// Reports policies that a variable attaches to a role and that allow an action on a secret, a key, a role or a function, or may do so.
    pub(super) fn besides(&self, gains: &Gains<'_>, known: &Known, found: &mut Vec<Finding>) {
        let lists = gains.seen.iter().enumerate().filter(|(_, seen)| seen.kind == LIST && self.has(seen));
        for (index, seen) in lists {
            for arn in self.of_variables(seen, known) {
                for (kind, what) in gains.of_one(&(index, Gift::Arn(arn.clone()))) {
                    let what = format!("a variable gives the role `{arn}`: {what}");
                    found.push(Finding::new(kind, seen.address, what));
                }
            }
        }
    }

    /// The ARNs in a list that are not in the rendered file, if the rendered list contains variables.
    fn of_variables(&self, seen: &Seen<'_>, known: &Known) -> BTreeSet<String> {
        let rendered = self.module.arguments(&seen.address.in_module(), known);
        let items = rendered.get("policy_arns").and_then(Value::as_array).into_iter().flatten();
        let (lists, own): (BTreeSet<&str>, BTreeSet<&str>) =
            items.filter_map(Value::as_str).partition(|item| is_of_variable(item));
        let given = seen.after.into_iter().flat_map(|after| after.words("policy_arns"));
        given.filter(|arn| !lists.is_empty() && !own.contains(arn)).map(str::to_owned).collect()
    }
}

impl Gains<'_> {
    /// What one policy allows, in words, and why it is not known, if it is not.
    fn of_one(&self, gift: &(usize, Gift)) -> Vec<(Kind, String)> {
        let policies = self.after.policies(std::slice::from_ref(gift), None);
        let unread = policies.unread().into_iter().map(|unread| (Kind::Undecided, unread.why.to_owned()));
        let reached = self.reached(&policies).into_iter();
        reached.map(|(kind, what)| (kind, format!("it allows {what}"))).chain(unread).collect()
    }
}
