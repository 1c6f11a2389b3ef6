//! What a statement allows, in pieces that can be compared: one principal, one action, one resource, and one value of each
//! condition whose values are alternatives.

use std::collections::BTreeMap;

use super::condition::has_alternatives;
use super::document::{Conditions, Effect, Principal, Principals, Statement};
use super::set::Set;

/// More pieces of one statement are not made: it is compared as it stands, and what it says is not certain.
const MOST: usize = 100_000;

/// A piece of what a statement allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Allowance {
    /// Whom it allows it: one, or all but some. `None` in a policy of an identity.
    pub principals: Option<Principals>,
    /// The action: one pattern, or all but some.
    pub actions: Set,
    /// The resource: one pattern, or all but some.
    pub resources: Set,
    /// When it holds.
    pub conditions: Conditions,
}

/// The pieces of what some statements allow. What they deny is left out.
pub fn allowances<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<Allowance> {
    let allowing = statements.into_iter().filter(|statement| statement.effect == Effect::Allow);
    allowing.flat_map(pieces).collect()
}

fn pieces(statement: &Statement) -> Vec<Allowance> {
    let principals = match &statement.principals {
        None => vec![None],
        Some(principals) => principals.pieces().into_iter().map(Some).collect(),
    };
    let (actions, resources) = (statement.actions.pieces(), statement.resources.pieces());
    let conditions = alternatives(&statement.conditions);
    let number = [principals.len(), actions.len(), resources.len(), conditions.len()];
    if number.iter().try_fold(1_usize, |all, one| all.checked_mul(*one)).is_none_or(|all| all > MOST) {
        return vec![Allowance {
            principals: statement.principals.clone(),
            actions: statement.actions.clone(),
            resources: statement.resources.clone(),
            conditions: statement.conditions.clone(),
        }];
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

/// Conditions with one value where there were alternatives, in every combination.
fn alternatives(conditions: &Conditions) -> Vec<Conditions> {
    let mut all = vec![BTreeMap::new()];
    for (key, values) in conditions {
        let choices: Vec<Vec<String>> = if has_alternatives(&key.0) && all.len() * values.len() <= MOST {
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

    /// Whether everybody of `other` is of these. `false` where that is not certain.
    #[must_use]
    pub fn surely_include(&self, other: &Self) -> bool {
        let within =
            |wide: &[Principal], narrow: &[Principal]| narrow.iter().all(|it| wide.iter().any(|wide| wide.covers(it)));
        match (self, other) {
            (Self::Of(mine), Self::Of(theirs)) => within(mine, theirs),
            (Self::AllBut(mine), Self::AllBut(theirs)) => within(theirs, mine),
            (Self::Of(mine), Self::AllBut(_)) => mine.iter().any(Principal::is_anybody),
            // Who is not named can be the same by another name: an assumed role's session, an account.
            (Self::AllBut(_), Self::Of(_)) => false,
        }
    }
}

impl Principal {
    /// Whether it is everybody.
    #[must_use]
    pub fn is_anybody(&self) -> bool {
        self.kind == "AWS" && self.name == "*"
    }

    /// The account and what of it: `123456789012:role/x`. A whole account is `123456789012:root`, however it is written.
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
