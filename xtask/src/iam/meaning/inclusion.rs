//! What some policies allow that others do not: exact for statements that allow patterns of actions on patterns of
//! resources, and for the worse with everything else that a policy can say.

use std::collections::HashSet;

use super::allowance::{Allowance, allowances};
use super::condition::implies;
use super::cover::{Cover, cover};
use super::document::{Conditions, Effect, Statement};
use super::pattern::{BETWEEN, Pattern};
use super::set::Set;

/// Something that one side allows and the other does not, or not certainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// What is allowed.
    pub allowance: Allowance,
    /// Why the other side is not said to allow it.
    pub why: Why,
}

/// Why one side is not said to allow what the other does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It does not: not this action on this resource, or anything like it.
    Wider {
        /// Such an action, if one was looked for.
        action: String,
        /// The resource for that action.
        resource: String,
    },
    /// It does under a condition that this side does not have.
    Condition,
    /// It cannot be decided.
    Undecided(&'static str),
}

/// What the statements of `narrow` allow beyond what those of `wide` do. Each side stands for all policies that are evaluated
/// together.
#[must_use]
pub fn beyond<'a>(
    narrow: impl IntoIterator<Item = &'a Statement> + Clone,
    wide: impl IntoIterator<Item = &'a Statement> + Clone,
) -> Vec<Beyond> {
    let wide = Side::of(wide);
    let denials = denials(narrow.clone());
    let equal: HashSet<&Allowance> =
        if wide.denials.is_empty() { wide.allowances.iter().collect() } else { HashSet::new() };
    let mut all = Vec::new();
    for allowance in allowances(narrow) {
        if equal.contains(&allowance) || denials.iter().any(|denial| denial.surely_denies(&allowance)) {
            continue;
        }
        if let Err(why) = wide.allows(&allowance).and_then(|()| wide.denies_no_more(&allowance, &denials)) {
            all.push(Beyond { allowance, why });
        }
    }
    all
}

struct Side<'a> {
    allowances: Vec<Allowance>,
    denials: Vec<&'a Statement>,
}

fn denials<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<&'a Statement> {
    statements.into_iter().filter(|statement| statement.effect == Effect::Deny).collect()
}

impl<'a> Side<'a> {
    fn of(statements: impl IntoIterator<Item = &'a Statement> + Clone) -> Self {
        Self { allowances: allowances(statements.clone()), denials: denials(statements) }
    }

    /// Whether what this side allows includes an allowance.
    fn allows(&self, narrow: &Allowance) -> Result<(), Why> {
        let for_them: Vec<&Allowance> = self.allowances.iter().filter(|wide| wide.is_for(narrow)).collect();
        let holding: Vec<&Allowance> =
            for_them.iter().copied().filter(|wide| implies(&narrow.conditions, &wide.conditions)).collect();
        let why = match narrow.within(&holding) {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        if holding.len() < for_them.len() && narrow.within(&for_them).is_ok() {
            // A key that is not looked at any more is a condition less. Of one that is, the values can tell too little.
            let drops = |wide: &&&Allowance| {
                wide.conditions.keys().all(|(_, key)| !narrow.conditions.keys().any(|(_, mine)| mine == key))
            };
            let is_certain = for_them.iter().filter(|wide| !wide.conditions.is_empty()).all(|wide| drops(&wide));
            return Err(if is_certain { Why::Condition } else { Why::Undecided("its condition is another one") });
        }
        let may_be_allowed = for_them.iter().any(|wide| wide.may_meet_by_what_is_unknown(narrow));
        if may_be_allowed && matches!(why, Why::Wider { .. }) {
            return Err(Why::Undecided("it depends on a text that is not known here"));
        }
        Err(why)
    }

    /// Whether what this side denies of an allowance is denied by the other side too.
    fn denies_no_more(&self, narrow: &Allowance, denials: &[&Statement]) -> Result<(), Why> {
        let mut denying = self.denials.iter().filter(|denial| denial.may_deny(narrow));
        if denying.all(|denial| denials.iter().any(|it| it.surely_includes(denial))) {
            Ok(())
        } else {
            Err(Why::Undecided("the other side denies some of it"))
        }
    }
}

impl Allowance {
    /// Whether it speaks of everybody that another one speaks of.
    fn is_for(&self, narrow: &Self) -> bool {
        match (&self.principals, &narrow.principals) {
            (None, None) => true,
            (Some(mine), Some(theirs)) => mine.surely_include(theirs),
            _ => false,
        }
    }

    fn pair(&self) -> Option<(&Pattern, &Pattern)> {
        match (&self.actions, &self.resources) {
            (Set::Of(actions), Set::Of(resources)) => Some((one(actions)?, one(resources)?)),
            _ => None,
        }
    }

    /// Whether all of it, conditions aside, is in some others together.
    fn within(&self, wide: &[&Self]) -> Result<(), Why> {
        let whole =
            |it: &&Self| it.actions.surely_includes(&self.actions) && it.resources.surely_includes(&self.resources);
        if wide.iter().any(whole) {
            return Ok(());
        }
        let Some((action, resource)) = self.pair() else {
            return Err(Why::Undecided("it is said by what it is not"));
        };
        let pairs = wide.iter().filter_map(|it| it.pair()).filter(|(their_action, _)| their_action.meets(action));
        let pairs: Vec<Pattern> = pairs.map(|(action, resource)| action.with(resource)).collect();
        match cover(&pairs.iter().collect::<Vec<_>>(), &action.with(resource)) {
            Cover::Whole => Ok(()),
            Cover::Undecided => Err(Why::Undecided("it would take too long to compare")),
            Cover::Without(_) if wide.iter().any(|it| it.pair().is_none()) => {
                Err(Why::Undecided("the other side is said by what it is not"))
            }
            Cover::Without(text) => {
                let (action, resource) = text.split_once(char::from(BETWEEN)).unwrap_or((&text, ""));
                Err(Why::Wider { action: action.to_owned(), resource: resource.to_owned() })
            }
        }
    }

    /// Whether only an unknown text on one of the sides keeps them apart.
    fn may_meet_by_what_is_unknown(&self, narrow: &Self) -> bool {
        let (Some((action, resource)), Some((narrow_action, narrow_resource))) = (self.pair(), narrow.pair()) else {
            return false;
        };
        let has_unknown = resource.has_unknown() || narrow_resource.has_unknown();
        has_unknown && action.meets(narrow_action) && resource.meets(narrow_resource)
    }
}

fn one(patterns: &[Pattern]) -> Option<&Pattern> {
    match patterns {
        [pattern] => Some(pattern),
        _ => None,
    }
}

impl Statement {
    /// Whether it denies all of an allowance, whenever that holds.
    fn surely_denies(&self, allowance: &Allowance) -> bool {
        implies(&allowance.conditions, &self.conditions)
            && self.actions.surely_includes(&allowance.actions)
            && self.resources.surely_includes(&allowance.resources)
            && match (&self.principals, &allowance.principals) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => mine.surely_include(theirs),
                (Some(_), None) => false,
            }
    }

    /// Whether it may deny some of an allowance.
    fn may_deny(&self, allowance: &Allowance) -> bool {
        let may_meet = |mine: &Set, theirs: &Set| match theirs {
            Set::Of(patterns) => patterns.iter().any(|pattern| mine.may_meet(pattern)),
            Set::AllBut(_) => true,
        };
        may_meet(&self.actions, &allowance.actions) && may_meet(&self.resources, &allowance.resources)
    }

    /// Whether it denies everything that another denial does.
    fn surely_includes(&self, other: &Self) -> bool {
        let conditions = |wide: &Conditions, narrow: &Conditions| implies(narrow, wide);
        conditions(&self.conditions, &other.conditions)
            && self.actions.surely_includes(&other.actions)
            && self.resources.surely_includes(&other.resources)
            && match (&self.principals, &other.principals) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => mine.surely_include(theirs),
                (Some(_), None) => false,
            }
    }
}
