//! Finds what some policies allow that others do not. Exact for actions and resources, both in `Not` elements and in
//! deny statements; conservative for conditions and principals that are not equal.

use std::collections::HashSet;

use super::allowance::{Allowance, allowances};
use super::condition::{exclude, implies_within};
use super::cover::Cover;
use super::document::{Effect, PolicyStatement};
use super::pairs::{Pairs, pairs_without};
use super::pattern::BETWEEN;
use super::work::Work;

/// Maximum steps of a comparison of all statements. Policies that people write need some thousands.
const MOST: usize = 3_000_000;

/// Why something is undecided that was not compared.
pub const TOO_LONG: &str = "it would take too long to compare";

/// A permission of `narrow` that `wide` does not have, or not certainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// What is allowed.
    pub allowance: Allowance,
    /// Why `wide` does not certainly allow it.
    pub why: Why,
}

/// Why `wide` does not certainly allow what `narrow` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It does not allow the action on the resource at all.
    Wider {
        /// An action that shows the difference.
        action: String,
        /// The resource for this action.
        resource: String,
    },
    /// It only allows it under a condition that `narrow` does not have.
    Condition,
    /// It cannot be decided.
    Undecided(&'static str),
}

/// The permissions of `narrow` that go beyond those of `wide`. Each side stands for all policies that are evaluated
/// together.
#[must_use]
pub fn beyond<'a>(
    narrow: impl IntoIterator<Item = &'a PolicyStatement> + Clone,
    wide: impl IntoIterator<Item = &'a PolicyStatement> + Clone,
) -> Vec<Beyond> {
    beyond_within(&Work::new(MOST), narrow, wide)
}

/// The same comparison as one of several that share `work`. What would take more is undecided.
#[must_use]
pub fn beyond_within<'a>(
    work: &Work,
    narrow: impl IntoIterator<Item = &'a PolicyStatement> + Clone,
    wide: impl IntoIterator<Item = &'a PolicyStatement> + Clone,
) -> Vec<Beyond> {
    if work.is_spent() {
        return undecided(narrow).collect();
    }
    let wide = InclusionSide::of(wide, work);
    work.take(wide.allowances.len());
    let denials = denials(narrow.clone());
    // Without denials, an identical allowance of `wide` needs no comparison.
    let equal: HashSet<&Allowance> =
        if wide.denials.is_empty() { wide.allowances.iter().collect() } else { HashSet::new() };
    let mut all = Vec::new();
    for allowance in allowances(narrow.clone()) {
        if equal.contains(&allowance) {
            continue;
        }
        if work.is_spent() {
            all.extend(undecided(narrow));
            break;
        }
        let rest = Rest::of(&allowance, &denials, work);
        if rest.is_nothing() {
            continue;
        }
        if let Err(why) = wide.allows(&rest).and_then(|()| wide.denies_no_more(&rest, &denials)) {
            all.push(Beyond { allowance, why });
        }
    }
    all
}

/// Each statement that allows something, which there is no work left to compare.
fn undecided<'a>(statements: impl IntoIterator<Item = &'a PolicyStatement>) -> impl Iterator<Item = Beyond> {
    let allowing = statements.into_iter().filter(|statement| statement.effect == Effect::Allow);
    allowing.map(|it| Beyond { allowance: Allowance::whole(it), why: Why::Undecided(TOO_LONG) })
}

struct InclusionSide<'a, 'w> {
    allowances: Vec<Allowance>,
    denials: Vec<&'a PolicyStatement>,
    work: &'w Work,
}

fn denials<'a>(statements: impl IntoIterator<Item = &'a PolicyStatement>) -> Vec<&'a PolicyStatement> {
    statements.into_iter().filter(|statement| statement.effect == Effect::Deny).collect()
}

/// An allowance without what its own side certainly denies.
struct Rest<'r> {
    allowance: &'r Allowance,
    denied: Vec<Pairs<'r>>,
    work: &'r Work,
}

impl<'r> Rest<'r> {
    fn of(allowance: &'r Allowance, denials: &[&'r PolicyStatement], work: &'r Work) -> Self {
        let denied = denials.iter().filter(|denial| denial.surely_holds_with(allowance, work));
        Self { allowance, denied: denied.map(|denial| denial.pairs()).collect(), work }
    }

    /// Whether every pair of the rest is in one of `others`, or outside of `within`.
    fn without<'a>(&self, within: Option<Pairs<'a>>, others: impl IntoIterator<Item = Pairs<'a>>) -> Cover
    where
        'r: 'a,
    {
        pairs_without(self.allowance.pairs(), within, self.denied.iter().copied().chain(others), self.work)
    }

    fn is_nothing(&self) -> bool {
        !self.denied.is_empty() && self.without(None, []) == Cover::Whole
    }
}

impl<'a, 'w> InclusionSide<'a, 'w> {
    fn of(statements: impl IntoIterator<Item = &'a PolicyStatement> + Clone, work: &'w Work) -> Self {
        Self { allowances: allowances(statements.clone()), denials: denials(statements), work }
    }

    /// Whether this side allows the rest of an allowance.
    fn allows(&self, rest: &Rest<'_>) -> Result<(), Why> {
        let narrow = rest.allowance;
        // The allowances for the same principals, unless their conditions exclude those of `narrow`.
        let may_hold = |wide: &&Allowance| {
            self.work.take(1) && wide.is_for(narrow) && !exclude(&narrow.conditions, &wide.conditions, self.work)
        };
        let for_them: Vec<&Allowance> = self.allowances.iter().filter(may_hold).collect();
        // The subset whose conditions hold whenever the conditions of `narrow` do.
        let holding: Vec<&Allowance> = for_them
            .iter()
            .copied()
            .filter(|wide| implies_within(&narrow.conditions, &wide.conditions, self.work))
            .collect();
        if within(rest, &holding).is_ok() {
            return Ok(());
        }
        let Err(why) = within(rest, &for_them) else {
            // If the narrow side does not test the key at all, it dropped the condition, which is certain. If it tests
            // the same key, the values may not be comparable.
            let drops = |wide: &&&Allowance| {
                wide.conditions.keys().all(|(_, key)| !narrow.conditions.keys().any(|(_, mine)| mine == key))
            };
            let is_certain = for_them.iter().filter(|wide| !wide.conditions.is_empty()).all(|wide| drops(&wide));
            return Err(if is_certain { Why::Condition } else { Why::Undecided("its condition is another one") });
        };
        let may_be_allowed = for_them.iter().copied().any(|wide| wide.may_meet_by_what_is_unknown(narrow, self.work));
        let is_unknown = rest.denied.iter().any(Pairs::have_unknown);
        if (may_be_allowed || is_unknown) && matches!(why, Why::Wider { .. }) {
            return Err(Why::Undecided("it depends on a text that is not known here"));
        }
        Err(why)
    }

    /// Whether every denial of this side that affects the rest of an allowance is also made by the other side.
    fn denies_no_more(&self, rest: &Rest<'_>, denials: &[&PolicyStatement]) -> Result<(), Why> {
        let is_denied_there =
            |denial: &&&PolicyStatement| denials.iter().any(|it| it.surely_includes(denial, self.work));
        for denial in self.denials.iter().filter(|denial| !is_denied_there(denial)) {
            match rest.without(Some(denial.pairs()), []) {
                Cover::Whole => {}
                Cover::Undecided => return Err(Why::Undecided(TOO_LONG)),
                Cover::Without(text)
                    if denial.surely_holds_with(rest.allowance, self.work) && !rest.may_be_unknown(denial) =>
                {
                    return Err(wider(&text));
                }
                Cover::Without(_) => return Err(Why::Undecided("the other side denies some of it")),
            }
        }
        Ok(())
    }
}

impl Rest<'_> {
    fn may_be_unknown(&self, denial: &PolicyStatement) -> bool {
        self.allowance.pairs().have_unknown()
            || denial.pairs().have_unknown()
            || self.denied.iter().any(Pairs::have_unknown)
    }
}

fn wider(text: &str) -> Why {
    let (action, resource) = text.split_once(char::from(BETWEEN)).unwrap_or((text, ""));
    Why::Wider { action: action.to_owned(), resource: resource.to_owned() }
}

/// Whether the rest of an allowance is covered by several others together, regardless of conditions.
fn within(rest: &Rest<'_>, wide: &[&Allowance]) -> Result<(), Why> {
    let mine = rest.allowance;
    let work = rest.work;
    let whole = |it: &&Allowance| {
        it.actions.surely_includes(&mine.actions, work) && it.resources.surely_includes(&mine.resources, work)
    };
    if wide.iter().any(whole) {
        return Ok(());
    }
    // Only overlapping allowances can contribute to a cover.
    let near = wide
        .iter()
        .filter(|it| it.actions.may_meet_set(&mine.actions, work) && it.resources.may_meet_set(&mine.resources, work));
    match rest.without(None, near.map(|it| it.pairs())) {
        Cover::Whole => Ok(()),
        Cover::Undecided => Err(Why::Undecided(TOO_LONG)),
        Cover::Without(text) => Err(wider(&text)),
    }
}

impl Allowance {
    /// Whether it applies to every principal that another allowance applies to.
    fn is_for(&self, narrow: &Self) -> bool {
        match (&self.principals, &narrow.principals) {
            (None, None) => true,
            (Some(mine), Some(theirs)) => mine.surely_include(theirs),
            _ => false,
        }
    }

    const fn pairs(&self) -> Pairs<'_> {
        Pairs { actions: &self.actions, resources: &self.resources }
    }

    /// Whether the two may only differ because a text on one of the sides is not known.
    fn may_meet_by_what_is_unknown(&self, narrow: &Self, work: &Work) -> bool {
        (self.pairs().have_unknown() || narrow.pairs().have_unknown())
            && self.actions.may_meet_set(&narrow.actions, work)
            && self.resources.may_meet_set(&narrow.resources, work)
    }
}

impl PolicyStatement {
    const fn pairs(&self) -> Pairs<'_> {
        Pairs { actions: &self.actions, resources: &self.resources }
    }

    /// Whether it holds whenever an allowance does, and for all principals of the allowance.
    fn surely_holds_with(&self, allowance: &Allowance, work: &Work) -> bool {
        work.take(1)
            && implies_within(&allowance.conditions, &self.conditions, work)
            && match (&self.principals, &allowance.principals) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => mine.surely_include(theirs),
                (Some(_), None) => false,
            }
    }

    /// Whether it denies everything that another denial does. `false` if that is not certain, also if not enough work is
    /// left.
    pub(crate) fn surely_includes(&self, other: &Self, work: &Work) -> bool {
        implies_within(&other.conditions, &self.conditions, work)
            && self.actions.surely_includes(&other.actions, work)
            && self.resources.surely_includes(&other.resources, work)
            && match (&self.principals, &other.principals) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => mine.surely_include(theirs),
                (Some(_), None) => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::*;

    fn statements(resources: &str) -> Vec<PolicyStatement> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["a:b","a:c"],"Resource":[{resources}]}}]}}"#
        );
        Document::read(&text).expect("it is a policy").statements
    }

    #[test]
    fn what_there_is_no_work_left_for_is_undecided() {
        let (narrow, wide) = (statements(r#""ab*","ac*""#), statements(r#""a*""#));
        assert_eq!(beyond(&narrow, &wide), []);
        for steps in [0, 1, 5] {
            let work = Work::new(steps);
            let found = beyond_within(&work, &narrow, &wide);
            assert!(work.is_spent() && !found.is_empty(), "{steps}");
            assert!(found.iter().all(|it| it.why == Why::Undecided(TOO_LONG)), "{steps}: {found:?}");
        }
    }
}
