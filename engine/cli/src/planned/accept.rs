//! Findings that a reviewer accepts: those of one kind at an address or at a pattern of addresses.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;

use super::{Finding, Kind};

/// A kind of finding and a pattern of addresses, in which `*` matches any text: `undecided:module.app.*`.
#[derive(Clone, Debug)]
pub struct Accepted {
    kind: Kind,
    /// The parts of the pattern between its stars.
    parts: Vec<String>,
}

/// Why a text is not an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// It has no colon, or the pattern of addresses is empty or too wide.
    #[error(
        "it is KIND:ADDRESS, such as `undecided:module.app.*`: beside `*`, which matches any text, it needs the name of a \
         module or of a resource"
    )]
    NoAddress,
    /// The kind does not exist.
    #[error("there is no such kind; one of: {0}")]
    NoKind(String),
    /// The kind is a note, which fails no check.
    #[error("it fails nothing, and needs no acceptance")]
    Note,
}

impl FromStr for Accepted {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        let (kind, pattern) = text.split_once(':').ok_or(NotAccepted::NoAddress)?;
        let all = Kind::value_variants().iter();
        let kind = all.clone().find(|it| it.word() == kind).ok_or_else(|| {
            let words: Vec<&str> = all.filter(|it| !it.is_note()).map(|it| it.word()).collect();
            NotAccepted::NoKind(words.join(", "))
        })?;
        if kind.is_note() {
            return Err(NotAccepted::Note);
        }
        let parts: Vec<String> = pattern.split('*').map(str::to_owned).collect();
        // A wide pattern would accept the whole kind, which is only possible for some kinds.
        let is_wide = parts.len() > 1 && !parts.iter().any(|part| names_something(part));
        if pattern.is_empty() || is_wide && !kind.can_be_allowed() {
            return Err(NotAccepted::NoAddress);
        }
        Ok(Self { kind: *kind, parts })
    }
}

/// Whether a part of a pattern has the name of a module or of a resource: `module.app`, `aws_iam_policy.x`.
fn names_something(part: &str) -> bool {
    part.split_once('.').is_some_and(|(before, after)| !before.is_empty() && !after.is_empty())
        || part.strip_prefix('.').is_some_and(names_something)
}

impl Accepted {
    /// Whether a finding is accepted.
    #[must_use]
    pub fn takes(&self, finding: &Finding) -> bool {
        finding.kind == self.kind && self.matches(&finding.place)
    }

    fn matches(&self, place: &str) -> bool {
        // The parts must occur in this order; the first and the last one are anchored.
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some(mut left) = place.strip_prefix(first.as_str()) else { return false };
        let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
        for part in middle {
            let Some(at) = left.find(part.as_str()) else { return false };
            left = &left[at + part.len()..];
        }
        left.ends_with(last.as_str())
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.word(), self.parts.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acceptance_takes_its_kind_at_its_addresses() {
        let finding = |place: &str| Finding { kind: Kind::Undecided, place: place.into(), what: String::new() };
        for (pattern, place, expected) in [
            ("undecided:module.app.*", "module.app.aws_iam_policy.x", true),
            ("undecided:module.app.*", "module.apps.aws_iam_policy.x", false),
            ("undecided:*.aws_iam_policy.x", "module.a[\"b\"].aws_iam_policy.x", true),
            ("undecided:module.a*.aws_*.x", "module.a.aws_iam_policy.x", true),
            ("undecided:module.a*.aws_*.x", "module.a.aws_iam_policy.xy", false),
            ("undecided:aws_iam_policy.x", "aws_iam_policy.x", true),
            ("undecided:aws_iam_policy.x", "aws_iam_policy.x[0]", false),
            ("undecided:module.a[\"b\"].*", "module.a[\"b\"].x", true),
            ("foreign-grant:*", "aws_iam_policy.x", false),
        ] {
            let accepted: Accepted = pattern.parse().expect("it accepts something");
            assert_eq!(accepted.takes(&finding(place)), expected, "{pattern} {place}");
            assert_eq!(accepted.to_string(), pattern);
        }
    }

    #[test]
    fn err_an_acceptance_needs_a_kind_and_an_address() {
        for text in
            ["", "undecided", "undecided:", "undecided:*", "undecided:**", "policy:x", "indirect:x", "Undecided:x"]
                .into_iter()
                .chain([
                    "undecided:*.*",
                    "undecided:a*",
                    "undecided:aws_*",
                    "undecided:module.*",
                    "undecided:*.aws_iam_policy.*",
                ])
        {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
    }
}
