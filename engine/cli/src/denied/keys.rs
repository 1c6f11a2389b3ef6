//! Finds messages of Secrets Manager and KMS about a key. They do not name the caller.

use super::denial::{Denial, MOST};
use super::reason::{KeyProblem, Reason};
use super::resource::{DeniedResource, key_before};
use super::scan::Scan;

/// Phrases in the form of [`Scan`]: lower case, without blanks. A phrase with `true` is about a key only if a key ARN
/// precedes it.
///
/// Sources: [`GetSecretValue`][value], errors of [AWS KMS][kms].
///
/// [value]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
/// [kms]: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
const PHRASES: [(&str, KeyProblem, bool); 17] = [
    ("accesstokmsisnotallowed", KeyProblem::Denied, false),
    ("theciphertextreferstoacustomermasterkey", KeyProblem::Elsewhere, false),
    ("theciphertextreferstoakmskey", KeyProblem::Elsewhere, false),
    ("fromadifferentawsaccountifyouencryptthesecretwiththedefaultkms", KeyProblem::AwsManaged, false),
    ("kmskeyisdisabled", KeyProblem::Disabled, false),
    ("kmskeyispendingdeletion", KeyProblem::PendingDeletion, false),
    ("isdisabled", KeyProblem::Disabled, true),
    ("ispendingdeletion", KeyProblem::PendingDeletion, true),
    ("ispendingreplicadeletion", KeyProblem::PendingDeletion, true),
    ("isscheduledfordeletion", KeyProblem::PendingDeletion, true),
    ("doesnotexist", KeyProblem::Missing, true),
    ("isnotfound", KeyProblem::Missing, true),
    ("ispendingimport", KeyProblem::Unusable, true),
    ("isunavailable", KeyProblem::Unusable, true),
    ("kmsinvalidstateexception", KeyProblem::Unusable, false),
    ("can'tdecrypttheprotectedsecrettext", KeyProblem::Unusable, false),
    ("can'tencrypttheprotectedsecrettext", KeyProblem::Unusable, false),
];

/// Every different message about a key, with its position.
pub(super) fn find(scan: &Scan) -> Vec<(usize, Denial)> {
    let mut found: Vec<(usize, Denial)> = Vec::new();
    for (phrase, problem, needs_key) in PHRASES {
        for (place, end) in scan.all(phrase) {
            let resource = key_before(scan, place);
            let denial = Denial { resource, reason: Reason::Key(problem), ..Denial::unsaid() };
            // `… in this Region, or …` is part of a longer message, which gives the reason.
            let is_reason = scan.next(end, "inthisregion").is_some();
            let is_on_key = !needs_key || denial.resource != DeniedResource::Unsaid && !is_reason;
            if is_on_key && found.len() < MOST && !found.iter().any(|(_, other)| *other == denial) {
                found.push((place, denial));
            }
        }
    }
    // Of two messages, the one that names the state of the key or its ARN is more specific and is kept.
    let is_vague = |denial: &Denial| matches!(denial.reason, Reason::Key(KeyProblem::Unusable | KeyProblem::Denied));
    let all = found.clone();
    let says_more = |denial: &Denial, other: &Denial| {
        let names_more = denial.resource == DeniedResource::Unsaid && other.resource != DeniedResource::Unsaid;
        names_more && (other.reason == denial.reason || is_vague(denial)) || is_vague(denial) && !is_vague(other)
    };
    found.retain(|(_, denial)| !all.iter().any(|(_, other)| says_more(denial, other)));
    found
}
