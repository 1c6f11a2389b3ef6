//! Findings and coverage of an audit. A report is filled while the account is read, and is consistent at every moment.

use std::collections::BTreeMap;

use driftless_model::{matches_pattern, shown};

use super::finding::{AuditFinding, Rule};
use super::site::Site;

/// Maximum number of findings listed per rule; the rest are counted. 100,000 stale members do not need one line each.
pub const LISTED: usize = 1_000;

/// What also decides about access, but is not audited.
pub const NOT_LOOKED_AT: [&str; 5] = [
    "the policies on keys and their grants",
    "which key an alias stands for",
    "the policies of an organization and of sessions",
    "who a role that is declared as existing trusts",
    "who may call a function",
];

/// How far a list was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Not started.
    #[default]
    Nothing,
    /// Started.
    Part,
    /// Completely.
    Whole,
}

impl Extent {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Part => "part",
            Self::Whole => "whole",
        }
    }
}

/// What the audit read.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// How far identities and their policies were read.
    pub identities_read: Extent,
    /// How far the list of secrets was read.
    pub secrets_read: Extent,
    /// Number of roles, users and groups.
    pub identities: usize,
    /// Number of secrets listed.
    pub secrets: usize,
    /// Number of those secrets that are in the spec.
    pub own: usize,
    /// Number of secrets whose policy was requested, whether they have one or not.
    pub secret_policies: usize,
    /// Number of members whose policy was not requested.
    pub skipped_policies: usize,
    /// Number of secrets whose versions were counted.
    pub versions: usize,
    /// Number of values read.
    pub values: usize,
}

impl Coverage {
    /// Whether the lists of identities and secrets were both read completely.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.identities_read == Extent::Whole && self.secrets_read == Extent::Whole
    }
}

/// Findings of an audit.
#[derive(Debug, Default)]
pub struct Report {
    /// The account and Region, when they are known.
    pub site: Option<Site>,
    /// The caller identity of the credentials.
    pub caller: Option<String>,
    /// What was read.
    pub coverage: Coverage,
    /// Accepted findings, each a rule and a place with `*`: `outside-reach:role/Admin*`.
    accepted: Vec<AcceptedFindings>,
    /// Findings by rule, and by whether they are accepted.
    found: BTreeMap<(Rule, bool), ReportedFinding>,
}

/// The first findings of a rule, and the total number.
#[derive(Debug, Default)]
struct ReportedFinding {
    listed: Vec<AuditFinding>,
    all: usize,
}

/// Number of findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The rule.
    pub rule: Rule,
    /// Whether these findings are accepted.
    pub accepted: bool,
    /// Total number.
    pub all: usize,
    /// Number of listed findings.
    pub listed: usize,
}

/// A rule, and a pattern of places where its findings are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedFindings {
    rule: Rule,
    place: String,
}

/// An invalid value of `--accept`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccept {
    /// It is not a rule and a place.
    #[error("{} is not `RULE:PLACE`, such as `outside-reach:role/Admin`", shown(.0))]
    Form(String),
    /// The rule does not exist.
    #[error("there is no rule {}; there are {}", shown(.0), Rule::ALL.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", "))]
    Rule(String),
}

impl std::str::FromStr for AcceptedFindings {
    type Err = BadAccept;

    fn from_str(text: &str) -> Result<Self, BadAccept> {
        let (rule, place) = text.split_once(':').ok_or_else(|| BadAccept::Form(text.to_owned()))?;
        if place.is_empty() {
            return Err(BadAccept::Form(text.to_owned()));
        }
        let rule =
            Rule::ALL.iter().find(|known| known.name() == rule).ok_or_else(|| BadAccept::Rule(rule.to_owned()))?;
        Ok(Self { rule: *rule, place: place.to_owned() })
    }
}

impl Report {
    /// Creates an empty report with accepted findings.
    #[must_use]
    pub fn accepting(accepted: Vec<AcceptedFindings>) -> Self {
        Self { accepted, ..Self::default() }
    }

    /// Adds findings.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = AuditFinding>) {
        for finding in findings {
            let is_accepted = self.accepts(&finding);
            let found = self.found.entry((finding.rule, is_accepted)).or_default();
            found.all += 1;
            if found.listed.len() < LISTED {
                found.listed.push(finding);
            }
        }
    }

    fn accepts(&self, finding: &AuditFinding) -> bool {
        let mut of_rule = self.accepted.iter().filter(|accepted| accepted.rule == finding.rule).peekable();
        of_rule.peek().is_some() && {
            let place = finding.place.id();
            of_rule.any(|accepted| matches_pattern(&accepted.place, &place))
        }
    }

    /// The listed findings with whether they are accepted: the most severe rules first, and by place within a rule.
    #[must_use]
    pub fn findings(&self) -> Vec<(&AuditFinding, bool)> {
        let listed = self.found.iter().flat_map(|((_, accepted), found)| found.listed.iter().map(|it| (it, *accepted)));
        let mut findings: Vec<_> = listed.collect();
        findings.sort_unstable();
        findings
    }

    /// Number of findings of every rule that has any.
    pub fn counts(&self) -> impl Iterator<Item = Count> {
        self.found.iter().map(|((rule, accepted), found)| Count {
            rule: *rule,
            accepted: *accepted,
            all: found.all,
            listed: found.listed.len(),
        })
    }

    /// Number of findings that are not accepted.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts().filter(|count| !count.accepted).map(|count| count.all).sum()
    }

    /// Whether a finding that is not accepted means that a principal can do more than the spec says.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.counts().any(|count| !count.accepted && count.rule.widens())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Place;

    fn finding(rule: Rule, name: &str) -> AuditFinding {
        AuditFinding::new(rule, Place::Identity { resource: format!("role/{name}") }, "", "")
    }

    #[test]
    fn what_is_accepted_is_listed_and_does_not_count() {
        let accepted = ["outside-reach:role/Admin*"].map(|text| text.parse().expect("it names a rule"));
        let mut report = Report::accepting(accepted.into());
        report.extend([finding(Rule::OutsideReach, "Admin-1"), finding(Rule::MissingRole, "Admin-1")]);
        assert_eq!((report.open(), report.is_wider()), (1, false));
        report.extend([finding(Rule::OutsideReach, "NoAdmin")]);
        assert_eq!((report.open(), report.is_wider()), (2, true));
        let listed: Vec<_> = report.findings().iter().map(|(it, known)| (it.place.id(), *known)).collect();
        let expected = [("role/Admin-1", true), ("role/NoAdmin", false), ("role/Admin-1", false)];
        assert_eq!(listed, expected.map(|(place, known)| (place.to_owned(), known)));
    }

    #[test]
    fn what_is_too_many_to_list_is_counted() {
        let mut report = Report::default();
        report.extend((0..LISTED + 5).map(|number| finding(Rule::StaleMember, &number.to_string())));
        assert_eq!((report.open(), report.findings().len()), (LISTED + 5, LISTED));
        let count = report.counts().next().expect("there is one");
        assert_eq!((count.all - count.listed, count.rule), (5, Rule::StaleMember));
    }

    #[test]
    fn what_accepts_nothing_is_an_error() {
        for (text, expected) in [
            ("outside-reach", "`outside-reach` is not `RULE:PLACE`, such as `outside-reach:role/Admin`"),
            ("outside-reach:", "`outside-reach:` is not `RULE:PLACE`, such as `outside-reach:role/Admin`"),
            (
                "outsider:role/Admin",
                "there is no rule `outsider`; there are outside-reach, outside-control, policy-wider, ",
            ),
        ] {
            let error = text.parse::<AcceptedFindings>().expect_err("it accepts nothing").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
