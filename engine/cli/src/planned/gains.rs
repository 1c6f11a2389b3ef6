//! Finds principals outside the spec that gain permissions on its secrets, keys and roles through a plan.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use driftless_model::Role;

use super::findings::{Check, Finding, Kind};
use super::kinds::{Does, Who};
use super::policies::Reader;
use super::seen::Seen;
use super::side::{Gift, Holder, Side};
use crate::access::Known;
use crate::iam::evaluate::{Decision, Kind as Thing, Policies, Target};
use crate::iam::meaning::{Pattern, Set, Statement};

/// Maximum names that one finding lists.
const MOST_NAMED: usize = 5;

/// The policies before and after the apply, and the targets that they are evaluated for.
pub(super) struct Gains<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) seen: &'a [Seen<'a>],
    pub(super) before: Side,
    pub(super) after: Side,
    pub(super) targets: Vec<Target>,
    /// The indices of the roles and users that are resources of the plan.
    places: BTreeMap<Holder, usize>,
    /// A cache of results by policies, because many attachments can give the same list of policies.
    changes: RefCell<BTreeMap<Policied, Rc<Change>>>,
}

/// The gifts before and after the apply, and the boundaries before and after it.
type Policied = ([BTreeSet<Gift>; 2], [Option<String>; 2]);

/// The change of a holder's permissions.
struct Change {
    gained: Gained,
    /// The policies after the apply.
    will: Policies<'static>,
}

/// The permissions gained: the index of a target and the action, with the certainty.
type Gained = BTreeMap<(usize, &'static str), How>;

/// A gift, with the index of the resource that gives it.
type Given = (usize, Gift);

/// How certainly something is allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Always,
    UnderACondition,
    Perhaps,
}

impl How {
    const fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allowed { is_conditional: false, .. } => Self::Always,
            Decision::Allowed { is_conditional: true, .. } => Self::UnderACondition,
            _ => Self::Perhaps,
        }
    }
}

impl<'a> Gains<'a> {
    pub(super) fn new(check: &'a Check<'a>, seen: &'a [Seen<'a>], known: &Known) -> Self {
        let reader = Reader::new(check.plan, seen);
        let (before, mut after) = (reader.side(false), reader.side(true));
        let targets = check.targets(known);
        after.leave_out_what_concerns_no(&targets);
        Self { check, seen, before, after, targets, places: places(seen), changes: RefCell::default() }
    }

    /// Reports what each holder gains, and policies with unknown content.
    pub(super) fn holders(&self, found: &mut Vec<Finding>) {
        let all: BTreeSet<Holder> = self.after.holders().into_iter().chain(self.before.holders()).collect();
        for holder in all.iter().filter(|holder| !self.is_of_spec(holder)) {
            let (old, new) = (self.before.gifts(holder), self.after.gifts(holder));
            let bounds = (self.before.boundary(holder), self.after.boundary(holder));
            let touched: BTreeSet<usize> =
                old.iter().chain(&new).map(|(index, _)| *index).filter(|index| self.seen[*index].changes).collect();
            if !touched.is_empty() || self.is_bound_otherwise(bounds) {
                self.holder(holder, (&old, &new), bounds, &touched, found);
            }
        }
    }

    /// Reports what an existing role of the spec is given by its own resource, outside the spec.
    pub(super) fn existing_roles(&self, found: &mut Vec<Finding>) {
        for (index, seen) in self.seen.iter().enumerate().filter(|(_, seen)| seen.changes) {
            let Some(name) = self.existing_role(seen) else { continue };
            let holder = Holder::named(Who::Role, name);
            let is_own = |given: &Given| given.0 == index;
            let (own, others): (Vec<Given>, Vec<Given>) = self.after.gifts(&holder).into_iter().partition(is_own);
            // The lists of a role also show what other resources give it.
            let is_of_others = |gift: &Gift| others.iter().any(|(_, other)| other == gift);
            let own = own.into_iter().filter(|(_, gift)| !is_of_others(gift));
            let had = self.before.gifts(&holder).into_iter().filter(is_own);
            let (old, new): (Vec<Given>, Vec<Given>) =
                (had.chain(others.iter().cloned()).collect(), own.chain(others.iter().cloned()).collect());
            self.holder(&holder, (&old, &new), (None, None), &BTreeSet::from([index]), found);
            let bounds = (self.before.boundary(&holder), self.after.boundary(&holder));
            if bounds.0.is_some() && self.is_bound_otherwise(bounds) {
                let what = "the permissions boundary of a role of the spec changes, and its other policies are not in this plan";
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
        }
    }

    /// The name of a role of the spec that a resource outside the spec defines.
    fn existing_role<'s>(&self, seen: &Seen<'s>) -> Option<&'s str> {
        let is_role = seen.does == Some(Does::Role) && !self.check.has(seen);
        seen.after.filter(|_| is_role)?.word("name").filter(|name| self.check.roles.has(name))
    }

    fn holder(
        &self,
        holder: &Holder,
        (old, new): (&[Given], &[Given]),
        bounds: (Option<&str>, Option<&str>),
        touched: &BTreeSet<usize>,
        found: &mut Vec<Finding>,
    ) {
        let is_unbound = bounds.0.is_some() && self.is_bound_otherwise(bounds);
        let mut gained = self.change((old, new), bounds).gained.clone();
        let (had, has) = (by_resource(old), by_resource(new));
        for index in touched {
            // Attribute to each changed resource what its own policies would allow without any others.
            let own = has.get(index).map(Vec::as_slice).unwrap_or_default();
            let alone = self.change((&[], own), (None, None));
            let by_it: Gained = gained
                .iter()
                .filter(|(key, _)| alone.gained.contains_key(key))
                .map(|(key, how)| (*key, *how))
                .collect();
            self.report(*index, own, &by_it, &alone.will, found);
            gained.retain(|key, _| !by_it.contains_key(key));
            let had: BTreeSet<&Given> = had.get(index).into_iter().flatten().collect();
            for (_, gift) in own.iter().filter(|given| !had.contains(given)) {
                self.unread(*index, gift, found);
            }
        }
        // The rest is gained because a denial or a boundary no longer applies.
        let secrets: Gained =
            gained.into_iter().filter(|((at, _), _)| self.targets[*at].kind == Thing::Secret).collect();
        if !secrets.is_empty() {
            self.no_longer_kept_away(holder, &secrets, touched, is_unbound, found);
        }
    }

    /// The change in permissions from the gifts and boundaries before and after the apply.
    fn change(&self, (old, new): (&[Given], &[Given]), bounds: (Option<&str>, Option<&str>)) -> Rc<Change> {
        let gifts = [old, new].map(|given| given.iter().map(|(_, gift)| gift.clone()).collect());
        let policied = (gifts, [bounds.0, bounds.1].map(|bound| bound.map(str::to_owned)));
        if let Some(change) = self.changes.borrow().get(&policied) {
            return Rc::clone(change);
        }
        let was = self.before.policies(old, bounds.0);
        let will = self.after.policies(new, bounds.1);
        // An unknown boundary that is removed or replaced may have blocked everything, so all permissions count as new.
        let is_unbound = bounds.0 != bounds.1 && bounds.0.is_some_and(|arn| !self.before.knows_boundary(arn));
        let change = Rc::new(Change { gained: self.gained(&was, &will, is_unbound), will });
        self.changes.borrow_mut().insert(policied, Rc::clone(&change));
        change
    }

    /// Whether the boundary is another policy after the apply, or a policy of the plan whose text changes.
    fn is_bound_otherwise(&self, (before, after): (Option<&str>, Option<&str>)) -> bool {
        let text = (before.and_then(|arn| self.before.document(arn)), after.and_then(|arn| self.after.document(arn)));
        before != after || text.0 != text.1
    }

    /// The permissions that `will` has and `was` does not have.
    fn gained(&self, was: &Policies<'_>, will: &Policies<'_>, is_unbound: bool) -> Gained {
        let mut all = Gained::new();
        let mut places = self.targets.iter().enumerate();
        let reached = will.reach(&self.targets).targets;
        let had = was.reach(reached.iter().map(|reach| reach.target)).targets;
        let mut had = had.iter().peekable();
        for reach in reached {
            let before = had.next_if(|it| std::ptr::eq(it.target, reach.target));
            let Some((at, target)) = places.find(|(_, target)| std::ptr::eq(*target, reach.target)) else { break };
            for (action, decision) in reach.actions {
                if self.is_kept_by_trust(target, action) {
                    continue;
                }
                // Newly allowed, or allowed without the former condition.
                let is_new = match (before.and_then(|before| before.actions.get(action)), &decision) {
                    (
                        Some(Decision::Allowed { is_conditional: before, .. }),
                        Decision::Allowed { is_conditional, .. },
                    ) => *before && !is_conditional,
                    (Some(Decision::Allowed { .. }), _)
                    | (Some(Decision::Undecided { .. }), Decision::Undecided { .. }) => false,
                    // A policy with unknown content may have allowed it.
                    (_, Decision::Undecided { .. }) => was.unread().is_empty(),
                    _ => true,
                };
                if is_new || is_unbound {
                    all.insert((at, action), How::of(&decision));
                }
            }
        }
        all
    }

    /// Whether no principal can assume the role regardless of its permissions, because the trust policies of the spec's
    /// created roles only trust Lambda.
    fn is_kept_by_trust(&self, target: &Target, action: &str) -> bool {
        let handlers = || self.check.roles.get(&target.id).into_iter().flatten();
        target.kind == Thing::Role
            && action == "sts:AssumeRole"
            && handlers().next().is_some()
            && handlers().all(|handler| handler.role == Role::Created)
    }

    /// Reports what one resource gives a holder.
    fn report(&self, index: usize, own: &[Given], gained: &Gained, policies: &Policies<'_>, found: &mut Vec<Finding>) {
        let seen = &self.seen[index];
        let statements: Vec<&Statement> = policies.allowing().map(|(_, statement)| statement).collect();
        for (kind, what) in self.in_words(gained, &statements) {
            let attached = own.iter().find_map(|(_, gift)| match gift {
                Gift::Arn(arn) if seen.does != Some(Does::Role) => Some(arn),
                _ => None,
            });
            let subject = match (attached, seen.does) {
                (Some(arn), _) => format!("it attaches `{}`, which allows", arn.rsplit('/').next().unwrap_or(arn)),
                (None, Some(Does::Joins { .. })) => "it adds a user to a group that is allowed".to_owned(),
                (None, Some(Does::Gives { by: super::kinds::By::Arn(_), .. })) => {
                    "it attaches a policy that allows".to_owned()
                }
                _ => "it allows".to_owned(),
            };
            let outside = if seen.is_outside { "changed outside Terraform: " } else { "" };
            found.push(Finding::new(kind, seen.address, format!("{outside}{subject} {what}")));
        }
    }

    /// The gained permissions in words. Keys and roles are only reported as indirect, unless a statement names their
    /// service.
    fn in_words(&self, gained: &Gained, statements: &[&Statement]) -> Vec<(Kind, String)> {
        let mut by_target: BTreeMap<(usize, How), Vec<&'static str>> = BTreeMap::new();
        for ((at, action), how) in gained {
            by_target.entry((*at, *how)).or_default().push(action);
        }
        let mut by_words: BTreeMap<(Kind, How, String), Vec<String>> = BTreeMap::new();
        for ((at, how), actions) in by_target {
            let target = &self.targets[at];
            let is_named = target.kind == Thing::Secret || actions.iter().any(|it| names(statements, it));
            let kind = match how {
                _ if !is_named => Kind::Indirect,
                How::Perhaps => Kind::Undecided,
                _ => Kind::Foreign,
            };
            let is_all = actions.len() == target.kind.actions().len();
            let words = if is_all { "everything".to_owned() } else { actions.join(", ") };
            by_words.entry((kind, how, words)).or_default().push(Self::called(target));
        }
        let one = |((kind, how, words), targets): ((Kind, How, String), Vec<String>)| {
            let condition = if how == How::UnderACondition { " under a condition" } else { "" };
            (kind, format!("{words} on {}{condition}", listed(&targets)))
        };
        by_words.into_iter().map(one).collect()
    }

    fn called(target: &Target) -> String {
        match target.kind {
            Thing::Secret => target.id.clone(),
            Thing::Key => format!("the key {}", target.id),
            Thing::Role => format!("the role `{}`", target.id),
        }
    }

    /// Reports a policy with unknown content.
    fn unread(&self, index: usize, gift: &Gift, found: &mut Vec<Finding>) {
        for unread in self.after.policies(&[(index, gift.clone())], None).unread() {
            // A policy text that is present but cannot be read may allow anything.
            let kind = if matches!(gift, Gift::Document(_)) { Kind::Foreign } else { Kind::Undecided };
            let what = match gift {
                Gift::Arn(arn) => format!("it gives `{arn}`: {}", unread.why),
                _ => unread.why.to_owned(),
            };
            found.push(Finding::new(kind, self.seen[index].address, what));
        }
    }

    /// Reports what a holder gains because a denial or a boundary is removed.
    fn no_longer_kept_away(
        &self,
        holder: &Holder,
        gained: &Gained,
        touched: &BTreeSet<usize>,
        is_unbound: bool,
        found: &mut Vec<Finding>,
    ) {
        let theirs = self.places.get(holder).filter(|_| is_unbound);
        let Some(place) = theirs.or_else(|| touched.first()).map(|index| self.seen[*index].address) else { return };
        let why = if is_unbound { "a permissions boundary is removed" } else { "a denial is removed" };
        for (kind, what) in self.in_words(gained, &[]) {
            found.push(Finding::new(kind, place, format!("{why}, which allows a principal {what}")));
        }
    }

    /// Whether the holder is a role or a policy of the spec.
    fn is_of_spec(&self, holder: &Holder) -> bool {
        match holder {
            Holder::Named(Who::Role, name) => self.check.roles.has(name),
            Holder::Policy(index) => self.check.has(&self.seen[*index]),
            _ => false,
        }
    }

    /// What policies allow on the spec's secrets, in words.
    pub(super) fn secrets_reached(&self, policies: &Policies<'_>) -> Vec<(Kind, String)> {
        let gained = self.gained(&Policies::new(), policies, false);
        let secrets: Gained =
            gained.into_iter().filter(|((at, _), _)| self.targets[*at].kind == Thing::Secret).collect();
        self.in_words(&secrets, &[])
    }
}

/// The gifts by the resource that gives them.
fn by_resource(given: &[Given]) -> BTreeMap<usize, Vec<Given>> {
    let mut all: BTreeMap<usize, Vec<Given>> = BTreeMap::new();
    for given in given {
        all.entry(given.0).or_default().push(given.clone());
    }
    all
}

/// The indices of the roles and users that are resources. If several have the same name, the first one counts.
fn places(seen: &[Seen<'_>]) -> BTreeMap<Holder, usize> {
    let mut all = BTreeMap::new();
    for (index, seen) in seen.iter().enumerate() {
        let who = match seen.does {
            Some(Does::Role) => Who::Role,
            Some(Does::Is { boundary: Some(_) }) => Who::User,
            _ => continue,
        };
        if let Some(name) = seen.after.and_then(|after| after.word("name")) {
            all.entry(Holder::named(who, name)).or_insert(index);
        }
    }
    all
}

/// Whether a statement allows an action by a pattern that names its service, instead of one for all services.
fn names(statements: &[&Statement], action: &str) -> bool {
    let service = action.split(':').next().unwrap_or(action).to_ascii_lowercase();
    let is_named = |pattern: &Pattern| {
        let text = pattern.as_str().to_ascii_lowercase();
        text.split_once(':').is_some_and(|(named, _)| named == service) && pattern.meets(&Pattern::of_action(action))
    };
    statements.iter().any(|statement| {
        let is_conditional = !statement.is_unconditional() && !service.starts_with("kms");
        !is_conditional && matches!(&statement.actions, Set::Of(patterns) if patterns.iter().any(is_named))
    })
}

/// The first names, and the number of the others.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
