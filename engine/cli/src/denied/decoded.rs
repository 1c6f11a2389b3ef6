//! Reads the output of `aws sts decode-authorization-message`: the decision and its context, as JSON.

use super::denial::Denial;
use super::principal::{account, principal};
use super::reason::Reason;
use super::resource::{DeniedResource, is_of_resource, trimmed};
use super::scan::Scan;

/// Every decoded message, with its position.
pub(super) fn find(scan: &Scan) -> Vec<(usize, Denial)> {
    let found = ["\"explicitdeny\":true", "\"explicitdeny\":false"].into_iter().zip([true, false]);
    let found = found.flat_map(|(phrase, is_explicit)| {
        let places: Vec<(usize, usize)> = scan.all(phrase).collect();
        places.into_iter().map(move |(place, end)| (place, denial(scan, end, is_explicit)))
    });
    found.collect()
}

fn denial(scan: &Scan, from: usize, is_explicit: bool) -> Denial {
    let field = |name: &str| {
        let (_, end) = scan.all(name).find(|(start, _)| *start >= from)?;
        let word = scan.word(end, is_of_resource, &[], |_| false);
        Some(trimmed(&word.text).to_owned()).filter(|word| !word.is_empty())
    };
    let caller = field("\"arn\":\"").unwrap_or_default();
    Denial {
        principal: principal(&caller),
        account: account(&caller),
        action: field("\"action\":\""),
        resource: field("\"resource\":\"").map_or(DeniedResource::Unsaid, DeniedResource::Whole),
        reason: Reason::Policy { kind: None, is_explicit },
        ..Denial::unsaid()
    }
}
