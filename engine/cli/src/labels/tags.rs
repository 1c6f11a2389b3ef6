//! Checks for tag keys that are one key to Terraform, which normalizes strings to Unicode NFC, or to IAM, which ignores the
//! case of the tag keys of roles.
//!
//! Sources: [strings](https://developer.hashicorp.com/terraform/language/expressions/strings),
//! [tags in IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).

use std::collections::{BTreeMap, HashMap};

use driftless_model::{Problem, Role, Spec, shown};
use unicode_normalization::UnicodeNormalization as _;

/// Reports keys that Terraform treats as equal to another key of the spec or of the same secret.
pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = clashes(&spec.tags).map(|keys| problem("the spec", keys)).collect();
    if spec.handlers.iter().any(|handler| handler.role == Role::Created) {
        problems.extend(in_case_only(&spec.tags));
    }
    for secret in &spec.secrets {
        let own = &secret.options.tags;
        let place = || format!("secret {}", shown(&secret.id));
        problems.extend(clashes(own).map(|keys| problem(&place(), keys)));
        // A secret's tag replaces that of the spec only if the keys have the same code points.
        let of_spec = own.keys().filter(|key| !key.is_ascii()).filter_map(|key| {
            let same = |other: &&String| *other != key && nfc(other) == nfc(key);
            Some((spec.tags.keys().find(same)?.as_str(), key.as_str()))
        });
        problems.extend(of_spec.map(|keys| problem(&place(), keys)));
    }
    problems
}

fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// Pairs of keys that are equal after normalization.
fn clashes(tags: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    let mut first: HashMap<String, &str> = HashMap::new();
    let keys = tags.keys().filter(|key| !key.is_ascii());
    let clashes: Vec<_> =
        keys.filter_map(|key| first.insert(nfc(key), key).map(|first| (first, key.as_str()))).collect();
    clashes.into_iter()
}

/// Keys of tags that roles get too and that differ only in case.
fn in_case_only(tags: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut first: HashMap<String, &str> = HashMap::new();
    let pairs = tags.keys().filter_map(|key| Some((first.insert(key.to_lowercase(), key)?, key)));
    let pairs = pairs.filter(|(one, other)| nfc(one) != nfc(other));
    let problem = |(one, other): (&str, &String)| {
        let message = format!("the tags {} and {} are one to IAM, and roles have them too", shown(one), shown(other));
        Problem::new("tag-clash", "the spec", message, "remove one of them")
    };
    pairs.map(problem).collect()
}

fn problem(place: &str, (one, other): (&str, &str)) -> Problem {
    let message = format!(
        "the tags {} (`{}`) and {} (`{}`) are one to Terraform, which reads texts in the Unicode form NFC",
        shown(one),
        one.escape_unicode(),
        shown(other),
        other.escape_unicode()
    );
    Problem::new("tag-clash", place, message, "remove one of them, or write both alike")
}
