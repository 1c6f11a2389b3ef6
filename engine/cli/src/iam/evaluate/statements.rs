//! Evaluates statements for one action on the ARNs of one target. Each allow statement is compared with what the
//! boundary allows and with what is denied, first for a certain, then for a conditional, then for a possible
//! permission.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::iam::meaning::{Effect, Pattern, PolicyStatement, Reading, Set, Work, implies_within};

use super::condition::{Holds, holds};
use super::decision::{Decision, REASONS};
use super::region::Regions;
use super::target::{Arn, Target};

/// Maximum pairs of an allow and a deny statement that are compared for one ARN. IAM's quotas leave a role far fewer.
const MOST_PAIRS: usize = 100_000;

/// A statement with the name of its policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedStatement<'s> {
    pub(super) policy: &'s str,
    pub(super) statement: &'s PolicyStatement,
    /// Whether it certainly applies to the caller.
    pub(super) is_of_them: bool,
}

/// The limits that a permissions boundary sets.
#[derive(Clone, Debug)]
pub(super) enum Bounds<'s> {
    Nowhere,
    Of(Vec<NamedStatement<'s>>),
    /// A boundary exists, but its content is not known.
    Unknown,
}

/// The statements that decide.
pub(super) struct Rules<'s> {
    pub(super) own: Vec<NamedStatement<'s>>,
    pub(super) bounds: Bounds<'s>,
    pub(super) regions: Regions<'s>,
    /// The work that is left.
    pub(super) work: &'s Work,
    pub(super) implied: Implied,
}

/// Whether the conditions of an allow statement imply those of a deny statement, by the addresses of both.
pub(super) type Implied = RefCell<HashMap<[usize; 2], bool>>;

/// How certain a permission is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Certain,
    /// For some requests.
    Conditional,
    Possible,
}

impl Strength {
    const ALL: [Self; 3] = [Self::Certain, Self::Conditional, Self::Possible];

    const fn reading(self) -> Reading {
        match self {
            Self::Certain => Reading::Least,
            Self::Conditional => Reading::ForSomebody,
            Self::Possible => Reading::Most,
        }
    }
}

/// A statement that may apply to the action and the ARNs.
struct Speaking<'s> {
    named: NamedStatement<'s>,
    holds: Holds,
    /// Whether it certainly applies to the action.
    is_of_action: bool,
}

/// The results so far, for one action on one target.
#[derive(Default)]
pub(super) struct Outcome<'s> {
    certain: BTreeSet<&'s str>,
    conditional: BTreeSet<&'s str>,
    possible: BTreeSet<&'s str>,
    denying: BTreeSet<&'s str>,
    why: Option<&'static str>,
}

impl<'s> Rules<'s> {
    /// Evaluates the statements for an action on a target.
    pub(super) fn decide(&self, action: &Pattern, target: &Target) -> Outcome<'s> {
        let mut outcome = Outcome::default();
        for arn in &target.arns {
            let speaking = |all: &[NamedStatement<'s>], effect| -> Vec<Speaking<'s>> {
                let of_effect = all.iter().filter(|named| named.statement.effect == effect);
                of_effect.filter_map(|named| Speaking::of(*named, action, target, arn, self.work)).collect()
            };
            let allowing = speaking(&self.own, Effect::Allow);
            if allowing.is_empty() {
                continue;
            }
            let bounds: &[NamedStatement<'s>] = if let Bounds::Of(bounds) = &self.bounds { bounds } else { &[] };
            let mut denying = speaking(&self.own, Effect::Deny);
            denying.extend(speaking(bounds, Effect::Deny));
            let through = speaking(bounds, Effect::Allow);
            let are_too_many = allowing.len().saturating_mul(denying.len().max(through.len())) > MOST_PAIRS;
            let here = Here { rules: self, through, denying, arn, are_too_many };
            for allowing in &allowing {
                here.judge(allowing, &mut outcome);
            }
        }
        outcome
    }
}

impl Rules<'_> {
    /// Whether a deny statement holds whenever an allow statement does. `false` if that is not certain.
    fn is_implied(&self, allowing: &PolicyStatement, denying: &PolicyStatement) -> bool {
        let both = [allowing, denying].map(|statement| std::ptr::from_ref(statement).addr());
        if let Some(known) = self.implied.borrow().get(&both) {
            return *known;
        }
        let is_implied = implies_within(&allowing.conditions, &denying.conditions, self.work);
        self.implied.borrow_mut().insert(both, is_implied);
        is_implied
    }
}

impl<'s> Speaking<'s> {
    /// `None` if it does not apply. Without enough work, it may apply.
    fn of(named: NamedStatement<'s>, action: &Pattern, target: &Target, arn: &Arn, work: &Work) -> Option<Self> {
        let PolicyStatement { actions, resources, .. } = named.statement;
        if !actions.may_meet_within(action, work) || !may_meet(resources, &arn.pattern, work) {
            return None;
        }
        let mut holds =
            if work.take(length(named.statement)) { holds(named.statement, target, arn) } else { Holds::Unclear };
        if !named.is_of_them {
            holds = holds.max(Holds::Depends);
        }
        let is_of_action = actions.surely_covers_within(action, work);
        (holds != Holds::Never).then_some(Self { named, holds, is_of_action })
    }

    /// Whether it allows something with this certainty.
    fn allows(&self, strength: Strength) -> bool {
        match strength {
            Strength::Certain => self.holds == Holds::Always && self.is_of_action,
            Strength::Conditional => self.holds <= Holds::Depends && self.is_of_action,
            Strength::Possible => true,
        }
    }

    /// How the resources of this denial are read when it is subtracted from an allow statement; `None` if the denial
    /// does not count at this certainty.
    fn denies(&self, allowing: &Self, strength: Strength, rules: &Rules<'s>) -> Option<Reading> {
        let is_implied = || self.named.is_of_them && rules.is_implied(allowing.named.statement, self.named.statement);
        let is_sure = self.is_of_action && (self.holds == Holds::Always || is_implied());
        match strength {
            Strength::Certain => Some(Reading::Most),
            Strength::Conditional if is_sure => Some(Reading::ByTheUnknown),
            Strength::Conditional => (self.holds == Holds::Unclear || !self.is_of_action).then_some(Reading::Most),
            Strength::Possible => is_sure.then_some(Reading::Least),
        }
    }
}

/// Whether a statement may apply to one of the relevant actions on a target.
pub(super) fn may_concern(statement: &PolicyStatement, target: &Target, work: &Work) -> bool {
    let actions = target.kind.actions().iter();
    target.arns.iter().any(|arn| may_meet(&statement.resources, &arn.pattern, work))
        && actions.map(|action| Pattern::of_action(action)).any(|it| statement.actions.may_meet_within(&it, work))
}

/// The number of letters in the conditions of a statement, which is about the work of their evaluation.
fn length(statement: &PolicyStatement) -> usize {
    statement.conditions.values().flatten().map(|value| value.len() + 1).sum()
}

/// Quick over-approximation: whether the resources may contain an ARN of the pattern.
pub(super) fn may_meet(resources: &Set, arn: &Pattern, work: &Work) -> bool {
    match resources {
        Set::Of(_) => resources.may_meet_within(arn, work),
        Set::AllBut(_) => true,
    }
}

/// The statements other than the allow statements, for one action and one ARN of a target.
struct Here<'h, 's> {
    rules: &'h Rules<'s>,
    through: Vec<Speaking<'s>>,
    denying: Vec<Speaking<'s>>,
    arn: &'h Arn,
    /// There are more pairs than `MOST_PAIRS`.
    are_too_many: bool,
}

impl<'s> Here<'_, 's> {
    fn judge(&self, allowing: &Speaking<'s>, outcome: &mut Outcome<'s>) {
        // The strongest certainty counts.
        for strength in Strength::ALL {
            let is_let = self.lets(allowing, strength);
            if is_let == Some(true) || (is_let.is_none() && strength == Strength::Possible) {
                let policies = match strength {
                    Strength::Certain => &mut outcome.certain,
                    Strength::Conditional => &mut outcome.conditional,
                    Strength::Possible => &mut outcome.possible,
                };
                policies.insert(allowing.named.policy);
                if strength == Strength::Possible {
                    outcome.why = Some(self.why(allowing, is_let.is_none()));
                }
                return;
            }
        }
        outcome.denying.extend(self.denying.iter().map(|denying| denying.named.policy));
    }

    /// Whether something that a statement allows remains allowed with this certainty; `None` if the answer would take
    /// too long.
    fn lets(&self, allowing: &Speaking<'s>, strength: Strength) -> Option<bool> {
        if !allowing.allows(strength) {
            return Some(false);
        }
        if self.are_too_many {
            return None;
        }
        let reading = strength.reading();
        // A denial that may apply removes a certain permission; only one that certainly applies removes a possible
        // permission.
        let denied = || {
            let denying = self.denying.iter().filter_map(|it| Some((it, it.denies(allowing, strength, self.rules)?)));
            denying.map(|(it, reading)| (&it.named.statement.resources, reading))
        };
        let own = (&allowing.named.statement.resources, reading);
        // The permission must lie within at least one allow statement of the boundary, if there is a boundary.
        let through: Vec<Option<&Speaking<'s>>> = match self.rules.bounds {
            Bounds::Nowhere => vec![None],
            Bounds::Unknown if strength == Strength::Possible => vec![None],
            Bounds::Unknown => Vec::new(),
            Bounds::Of(_) => self.through.iter().filter(|it| it.allows(strength)).map(Some).collect(),
        };
        let mut is_certain = true;
        for through in through {
            let through = through.map(|it| (&it.named.statement.resources, reading));
            match self.rules.regions.has_text(&self.arn.pattern, [own].into_iter().chain(through), denied()) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_certain = false,
            }
        }
        is_certain.then_some(false)
    }

    fn why(&self, allowing: &Speaking<'s>, takes_too_long: bool) -> &'static str {
        let has_unknown = |set: &Set| {
            let (Set::Of(patterns) | Set::AllBut(patterns)) = set;
            patterns.iter().any(|pattern| pattern.read(Reading::ForSomebody).is_none())
        };
        let involved = || [allowing].into_iter().chain(&self.through).chain(&self.denying);
        // Without work left, everything is answered by "maybe", and no other reason is the right one.
        let [too_long, bounded, conditional, unknown, denied] = REASONS;
        if takes_too_long || self.rules.work.is_spent() {
            too_long
        } else if matches!(self.rules.bounds, Bounds::Unknown) {
            bounded
        } else if involved().any(|it| it.holds == Holds::Unclear) {
            conditional
        } else if involved().any(|it| has_unknown(&it.named.statement.resources)) {
            unknown
        } else {
            denied
        }
    }
}

impl Outcome<'_> {
    /// The decision; `unread` are the policies that could allow anything, each with the reason.
    pub(super) fn decision(&self, unread: &[(String, String)]) -> Decision {
        let owned = |names: &BTreeSet<&str>| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        if !self.certain.is_empty() {
            return Decision::Allowed { by: owned(&self.certain), is_conditional: false };
        }
        if !self.conditional.is_empty() {
            return Decision::Allowed { by: owned(&self.conditional), is_conditional: true };
        }
        if let Some(why) = self.why {
            return Decision::Undecided { by: owned(&self.possible), why: why.to_owned() };
        }
        match unread.first() {
            Some((_, why)) => {
                Decision::Undecided { by: unread.iter().map(|(name, _)| name.clone()).collect(), why: why.clone() }
            }
            None => Decision::Denied { by: owned(&self.denying) },
        }
    }
}
