//! Splits the allow statements into comparable pieces: one principal, one action, one resource, and one value of each
//! condition whose values are alternatives.

use std::collections::BTreeMap;

use super::condition::has_alternatives;
use super::document::{Conditions, Effect, PolicyPrincipal, PolicyStatement, Principals};
use super::set::Set;

/// Maximum pieces of the statements that are compared together. A statement that would have more is compared as a
/// whole, which is less exact.
const MOST: usize = 20_000;

/// Maximum combinations of the conditions of one statement.
const MOST_COMBINATIONS: usize = 1_000;

/// A piece of an allow statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Allowance {
    /// The principals: one, or all but some. `None` in an identity-based policy.
    pub principals: Option<Principals>,
    /// The action: one pattern, or all but some.
    pub actions: Set,
    /// The resource: one pattern, or all but some.
    pub resources: Set,
    /// The conditions under which it holds.
    pub conditions: Conditions,
}

impl Allowance {
    /// A statement as one piece.
    pub(super) fn whole(statement: &PolicyStatement) -> Self {
        Self {
            principals: statement.principals.clone(),
            actions: statement.actions.clone(),
            resources: statement.resources.clone(),
            conditions: statement.conditions.clone(),
        }
    }
}

/// The pieces of the allow statements. Deny statements are left out.
pub fn allowances<'a>(statements: impl IntoIterator<Item = &'a PolicyStatement>) -> Vec<Allowance> {
    let allowing = statements.into_iter().filter(|statement| statement.effect == Effect::Allow);
    let mut all = Vec::new();
    for statement in allowing {
        let most = MOST.saturating_sub(all.len());
        all.extend(pieces(statement, most));
    }
    all
}

/// The pieces of a statement, or the whole statement if it has more than `most`.
fn pieces(statement: &PolicyStatement, most: usize) -> Vec<Allowance> {
    let principals = match &statement.principals {
        None => vec![None],
        Some(principals) => principals.pieces().into_iter().map(Some).collect(),
    };
    let (actions, resources) = (statement.actions.pieces(), statement.resources.pieces());
    let conditions = alternatives(&statement.conditions);
    let number = [principals.len(), actions.len(), resources.len(), conditions.len()];
    if number.iter().try_fold(1_usize, |all, one| all.checked_mul(*one)).is_none_or(|all| all > most) {
        return vec![Allowance::whole(statement)];
    }
    let mut all = Vec::new();
    for principals in &principals {
        for actions in &actions {
            for resources in &resources {
                all.extend(conditions.iter().map(|conditions| Allowance {
                    principals: principals.clone(),
                    actions: actions.clone(),
                    resources: resources.clone(),
                    conditions: conditions.clone(),
                }));
            }
        }
    }
    all
}

/// Every combination of conditions with a single value where a condition lists alternatives.
fn alternatives(conditions: &Conditions) -> Vec<Conditions> {
    let mut all = vec![BTreeMap::new()];
    for (key, values) in conditions {
        let choices: Vec<Vec<String>> = if has_alternatives(&key.0) && all.len() * values.len() <= MOST_COMBINATIONS {
            values.iter().map(|value| vec![value.clone()]).collect()
        } else {
            vec![values.clone()]
        };
        let with = |conditions: &Conditions| {
            let one = |values: &Vec<String>| {
                let mut conditions = conditions.clone();
                conditions.insert(key.clone(), values.clone());
                conditions
            };
            choices.iter().map(one).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

impl Set {
    fn pieces(&self) -> Vec<Self> {
        match self {
            Self::Of(patterns) => patterns.iter().map(|pattern| Self::Of(vec![pattern.clone()])).collect(),
            Self::AllBut(_) => vec![self.clone()],
        }
    }
}

impl Principals {
    fn pieces(&self) -> Vec<Self> {
        match self {
            Self::Of(principals) => principals.iter().map(|one| Self::Of(vec![one.clone()])).collect(),
            Self::AllBut(_) => vec![self.clone()],
        }
    }

    /// Whether every principal of `other` is included. `false` if that is not certain.
    #[must_use]
    pub fn surely_include(&self, other: &Self) -> bool {
        let within = |wide: &[PolicyPrincipal], narrow: &[PolicyPrincipal]| {
            narrow.iter().all(|it| wide.iter().any(|wide| wide.covers(it)))
        };
        match (self, other) {
            (Self::Of(mine), Self::Of(theirs)) => within(mine, theirs),
            (Self::AllBut(mine), Self::AllBut(theirs)) => within(theirs, mine),
            (Self::Of(mine), Self::AllBut(_)) => mine.iter().any(PolicyPrincipal::is_anybody),
            // A principal that is not named can be the same one under another name, such as a role's session or its
            // account.
            (Self::AllBut(_), Self::Of(_)) => false,
        }
    }
}

impl PolicyPrincipal {
    /// Whether it is every principal.
    #[must_use]
    pub fn is_anybody(&self) -> bool {
        self.kind == "AWS" && self.name == "*"
    }

    /// The account and the rest of the ARN: `123456789012:role/x`. A whole account is `123456789012:root` in every
    /// notation.
    ///
    /// Source: [AWS account principals][principal].
    ///
    /// [principal]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
    #[must_use]
    pub fn short(&self) -> String {
        let is_account = self.name.len() == 12 && self.name.bytes().all(|byte| byte.is_ascii_digit());
        if self.kind == "AWS" && is_account {
            return format!("{}:root", self.name);
        }
        let arn: Vec<&str> = self.name.splitn(6, ':').collect();
        match arn.as_slice() {
            ["arn", _, "iam" | "sts", "", account, rest] => format!("{account}:{rest}"),
            _ => self.name.clone(),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        self.kind == other.kind && (self.is_anybody() || self.short() == other.short())
    }
}
