//! Evaluates the conditions of a statement for requests on a target, where both sides are known.
//!
//! Sources: [condition operators][operators], [global condition keys][global], [keys of Secrets Manager][secrets].
//!
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
//! [global]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
//! [secrets]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html

use crate::iam::meaning::{Effect, Pattern, PolicyStatement};

use super::target::{Arn, Tags, Target};
use crate::iam::kind::TargetKind;

/// For which requests conditions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    /// For every request on the target.
    Always,
    /// For some requests, depending on the caller, its network or the request itself.
    Depends,
    /// The operator or its values are not recognized.
    Unclear,
    /// For no request on the target.
    Never,
}

/// Operators that compare values which are never known for a target.
const OTHERS: [&str; 16] = [
    "bool",
    "binaryequals",
    "numericequals",
    "numericnotequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "dateequals",
    "datenotequals",
    "datelessthan",
    "datelessthanequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "ipaddress",
    "notipaddress",
];

/// How a text is compared with the values of a condition.
#[derive(Clone, Copy)]
struct ConditionOperator {
    test: ConditionTest,
    /// No value may match.
    is_negated: bool,
    /// It holds if the key is missing.
    is_if_exists: bool,
    is_for_all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConditionTest {
    Equals,
    EqualsIgnoringCase,
    Like,
    Null,
    Other,
}

/// The known value of a key.
enum Fact<'a> {
    Is(&'a str),
    Absent,
    /// Missing according to the spec, but it could be present.
    AbsentBySpec,
    /// One of the texts that one of these patterns matches.
    OneOf(Vec<Pattern>),
    Unknown,
}

/// Evaluates the conditions of a statement for a target at one of its ARNs.
pub(super) fn holds(statement: &PolicyStatement, target: &Target, arn: &Arn) -> Holds {
    let each = statement.conditions.iter().map(|((operator, key), values)| {
        let Some(operator) = ConditionOperator::of(operator) else { return Holds::Unclear };
        let fact = fact(key, target, arn);
        // A guess must not deny.
        if matches!(fact, Fact::AbsentBySpec) && statement.effect == Effect::Deny {
            return Holds::Depends;
        }
        operator.holds(&fact, values)
    });
    each.max().unwrap_or(Holds::Always)
}

fn fact<'a>(key: &str, target: &'a Target, arn: &'a Arn) -> Fact<'a> {
    let tag = key
        .strip_prefix("aws:resourcetag/")
        .or_else(|| key.strip_prefix("secretsmanager:resourcetag/").filter(|_| target.kind == TargetKind::Secret));
    if let Some(tag) = tag {
        return match &target.tags {
            Tags::Known(tags) => tags.get(tag).map_or(Fact::Absent, |value| Fact::Is(value)),
            Tags::NoneBySpec => Fact::AbsentBySpec,
            Tags::Unknown => Fact::Unknown,
        };
    }
    let is = |known: &'a Option<String>| known.as_deref().map_or(Fact::Unknown, Fact::Is);
    match (key, target.kind) {
        ("aws:requestedregion", kind) if !matches!(kind, TargetKind::Role | TargetKind::Identities) => is(&arn.region),
        ("aws:resourceaccount", _) => is(&arn.account),
        ("secretsmanager:secretid", TargetKind::Secret) => Fact::OneOf(ids(arn)),
        // Requests through another service use the key for the data of that service.
        ("kms:viaservice", TargetKind::Key) => Fact::OneOf(vec![Pattern::new("secretsmanager.*")]),
        _ => target.facts.get(key).map_or(Fact::Unknown, |values| Fact::OneOf(values.clone())),
    }
}

/// The identifiers by which a request can name a secret: its ARN, with or without the random suffix, or its name.
fn ids(arn: &Arn) -> Vec<Pattern> {
    let whole = arn.pattern.as_str();
    let without_end = whole.strip_suffix("-??????").unwrap_or(whole);
    let name = without_end.split_once(":secret:").map_or(without_end, |(_, name)| name);
    [whole, without_end, name].into_iter().map(Pattern::of_parts).collect()
}

impl ConditionOperator {
    /// `None` if AWS has no such operator.
    fn of(name: &str) -> Option<Self> {
        let (is_for_all, name) = match name.split_once(':') {
            None => (false, name),
            Some(("foranyvalue", name)) => (false, name),
            Some(("forallvalues", name)) => (true, name),
            Some(_) => return None,
        };
        let (name, is_if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let (test, is_negated) = match name {
            "stringequals" => (ConditionTest::Equals, false),
            "stringnotequals" => (ConditionTest::Equals, true),
            "stringequalsignorecase" => (ConditionTest::EqualsIgnoringCase, false),
            "stringnotequalsignorecase" => (ConditionTest::EqualsIgnoringCase, true),
            "stringlike" | "arnlike" | "arnequals" => (ConditionTest::Like, false),
            "stringnotlike" | "arnnotlike" | "arnnotequals" => (ConditionTest::Like, true),
            "null" => (ConditionTest::Null, false),
            name if OTHERS.contains(&name) => (ConditionTest::Other, false),
            _ => return None,
        };
        Some(Self { test, is_negated, is_if_exists, is_for_all })
    }

    fn holds(self, fact: &Fact<'_>, values: &[String]) -> Holds {
        if values.is_empty() {
            return Holds::Unclear;
        }
        match (self.test, fact) {
            (ConditionTest::Other, _) | (_, Fact::Unknown) | (ConditionTest::Null, Fact::OneOf(_)) => Holds::Depends,
            (ConditionTest::Null, fact) => of_null(!matches!(fact, Fact::Is(_)), values),
            (_, Fact::Absent | Fact::AbsentBySpec) => certain(self.is_negated || self.is_if_exists || self.is_for_all),
            (_, Fact::Is(text)) => self.compare(text, values),
            (_, Fact::OneOf(texts)) => {
                let may_match = |value: &String| {
                    let value = self.pattern(value);
                    texts.iter().any(|text| value.meets(text))
                };
                // The request can still use another identifier than the excluded ones, or one of the required ones.
                if self.is_negated || self.test == ConditionTest::EqualsIgnoringCase || values.iter().any(may_match) {
                    Holds::Depends
                } else {
                    certain(false)
                }
            }
        }
    }

    fn compare(self, text: &str, values: &[String]) -> Holds {
        let matches = |value: &String| match self.test {
            ConditionTest::EqualsIgnoringCase => value.eq_ignore_ascii_case(text),
            _ => self.pattern(value).covers(&Pattern::without_variables(text).literally()),
        };
        // A value with unknown parts may match, so without another match the result is open.
        let mut unknown = values.iter().filter(|value| self.pattern(value).has_unknown()).peekable();
        let known = values.iter().filter(|value| !self.pattern(value).has_unknown());
        let is_met = known.into_iter().any(matches);
        if !is_met && unknown.peek().is_some() {
            return Holds::Depends;
        }
        certain(is_met != self.is_negated)
    }

    /// A value as a pattern. Wildcards only count if the operator compares patterns.
    fn pattern(self, value: &str) -> Pattern {
        let pattern = Pattern::new(value);
        if self.test == ConditionTest::Like { pattern } else { pattern.literally() }
    }
}

const fn certain(holds: bool) -> Holds {
    if holds { Holds::Always } else { Holds::Never }
}

/// `Null` with `true` holds if the key is missing.
fn of_null(is_absent: bool, values: &[String]) -> Holds {
    let known = |value: &String| match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    match values.iter().map(known).collect::<Option<Vec<bool>>>() {
        Some(values) => certain(values.contains(&is_absent)),
        None => Holds::Unclear,
    }
}
