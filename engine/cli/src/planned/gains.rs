//! Finds principals outside the spec that gain permissions on its secrets, keys, roles and functions through a plan.

use std::cell::{LazyCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::findings::{Check, Finding, Kind};
use super::gained::{AllowingPolicy, GainKind, Gained, in_words, listed};
use super::kinds::{By, Does, Who};
use super::policies::Reader;
use super::seen::Seen;
use super::side::{Gift, Holder, PolicySide};
use super::targets::Targets;
use crate::iam::evaluate::{Policies, Target, TargetKind as Thing};
use crate::iam::meaning::TOO_LONG;

/// The policies before and after the apply, and the targets that they are evaluated for.
pub(super) struct Gains<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) seen: &'a [Seen<'a>],
    pub(super) before: PolicySide,
    pub(super) after: PolicySide,
    pub(super) targets: Targets<'a>,
    /// The managed policies that the plan uses only as boundaries, by their indices in `seen`.
    boundaries: BTreeSet<usize>,
    /// The indices of the roles and users that are resources of the plan.
    pub(super) places: BTreeMap<Holder, usize>,
    /// A cache of results by policies, because many attachments can give the same list of policies.
    changes: RefCell<BTreeMap<Policied, Rc<PolicyChange>>>,
}

/// The gifts before and after the apply, and the boundaries before and after it.
type Policied = ([BTreeSet<Gift>; 2], [Option<String>; 2]);

/// The change of a holder's permissions.
struct PolicyChange {
    gained: Gained,
    /// The policies after the apply.
    will: Policies<'static>,
}

/// A gift, with the index of the resource that gives it.
pub(super) type GivenPolicies = (usize, Gift);

impl<'a> Gains<'a> {
    pub(super) fn new(check: &'a Check<'a>, seen: &'a [Seen<'a>], targets: Targets<'a>) -> Self {
        let reader = Reader::new(check.plan, seen, check.has_rotation());
        let (before, mut after) = (reader.side(false), reader.side(true));
        let boundaries = reader.only_boundaries(&after);
        after.leave_out_what_concerns_no(&targets.after);
        let places = places(seen);
        Self { check, seen, before, after, targets, boundaries, places, changes: RefCell::default() }
    }

    /// Reports what each holder gains, and policies with unknown content.
    pub(super) fn holders(&self, found: &mut Vec<Finding>) {
        let all: BTreeSet<Holder> = self.after.holders().into_iter().chain(self.before.holders()).collect();
        for holder in all.iter().filter(|holder| !self.is_of_spec(holder)) {
            let (old, new) = self.gifts(holder);
            let mut bounds = (self.before.boundary(holder), self.after.boundary(holder));
            if self.is_existing(holder) {
                self.boundary_of_existing(holder, bounds, found);
                bounds = (None, None);
            }
            let changes = |index: &usize| self.seen[*index].changes && !self.check.has(&self.seen[*index]);
            let mut touched: BTreeSet<usize> =
                old.iter().chain(&new).map(|(index, _)| *index).filter(changes).collect();
            touched.extend(old.iter().chain(&new).filter_map(|(_, gift)| self.changed_by(gift)));
            if !touched.is_empty() || self.is_bound_otherwise(bounds) {
                self.holder(holder, (&old, &new), bounds, &touched, found);
            } else if self.targets.are_tagged_otherwise() {
                self.by_tags((&old, &new), bounds, found);
            }
        }
    }

    fn holder(
        &self,
        holder: &Holder,
        (old, new): (&[GivenPolicies], &[GivenPolicies]),
        bounds: (Option<&str>, Option<&str>),
        touched: &BTreeSet<usize>,
        found: &mut Vec<Finding>,
    ) {
        let is_unbound = bounds.0.is_some() && self.is_bound_otherwise(bounds);
        let change = self.change((old, new), bounds);
        let mut gained = change.gained.clone();
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
            let had: BTreeSet<&GivenPolicies> = had.get(index).into_iter().flatten().collect();
            self.unread(*index, own.iter().filter(|given| !had.contains(given)).map(|(_, gift)| gift), found);
        }
        self.unknown_taken_away((old, new), &change.will, found);
        // What a changed policy or group gives is reported there.
        let changed: Vec<GivenPolicies> =
            new.iter().filter(|(_, gift)| self.changed_by(gift).is_some()).cloned().collect();
        if !changed.is_empty() {
            let there = self.change((&[], &changed), (None, None));
            gained.retain(|key, _| !there.gained.contains_key(key));
        }
        // The rest is gained because a denial or a boundary no longer applies.
        if !gained.is_empty() {
            self.no_longer_kept_away(holder, (&gained, &change.will), touched, is_unbound, found);
        }
    }

    /// Reports policies with unknown content that an identity loses, if its other policies open a secret: they may have
    /// denied that.
    fn unknown_taken_away(
        &self,
        (old, new): (&[GivenPolicies], &[GivenPolicies]),
        will: &Policies<'_>,
        found: &mut Vec<Finding>,
    ) {
        let has: BTreeSet<&Gift> = new.iter().map(|(_, gift)| gift).collect();
        let gone = old.iter().filter(|(_, gift)| matches!(gift, Gift::Arn(_)) && !has.contains(gift));
        let is_unread =
            |given: &GivenPolicies| !self.before.policies(std::slice::from_ref(given), None).unread().is_empty();
        for (index, gift) in gone.filter(|given| is_unread(given)) {
            let opens = self.reached(will).into_iter().find(|(kind, _)| *kind == Kind::Foreign);
            if let (Some((_, what)), Gift::Arn(arn)) = (opens, gift) {
                let what = format!("it takes `{arn}` away, which may have denied what other policies allow: {what}");
                found.push(Finding::new(Kind::Undecided, self.seen[*index].address, what));
            }
        }
    }

    /// Reports what an identity whose policies stay gains because a secret gets other tags.
    fn by_tags(
        &self,
        given: (&[GivenPolicies], &[GivenPolicies]),
        bounds: (Option<&str>, Option<&str>),
        found: &mut Vec<Finding>,
    ) {
        let change = self.change(given, bounds);
        let allowing: Vec<AllowingPolicy<'_>> = change.will.allowing().collect();
        for (at, place) in &self.targets.places {
            let gained = change.gained.iter().filter(|((target, _), _)| target == at);
            let gained: Gained = gained.map(|(key, how)| (*key, *how)).collect();
            for (kind, what) in in_words(&gained, &self.targets.after, &allowing) {
                let what = format!("its tags change, which allows a principal {what}");
                found.push(Finding::new(kind, place, what));
            }
        }
    }

    /// The change in permissions from the gifts and boundaries before and after the apply.
    fn change(
        &self,
        (old, new): (&[GivenPolicies], &[GivenPolicies]),
        bounds: (Option<&str>, Option<&str>),
    ) -> Rc<PolicyChange> {
        let gifts = [old, new].map(|given| given.iter().map(|(_, gift)| gift.clone()).collect());
        let policied = (gifts, [bounds.0, bounds.1].map(|bound| bound.map(str::to_owned)));
        if let Some(change) = self.changes.borrow().get(&policied) {
            return Rc::clone(change);
        }
        let was = self.before.policies(old, bounds.0);
        let will = self.after.policies(new, bounds.1);
        // An unknown boundary that is removed or replaced may have blocked everything, so all permissions count as new.
        let is_unbound = bounds.0 != bounds.1 && bounds.0.is_some_and(|arn| !self.before.knows_boundary(arn));
        let change = Rc::new(PolicyChange { gained: self.gained(&was, &will, is_unbound), will });
        self.changes.borrow_mut().insert(policied, Rc::clone(&change));
        change
    }

    /// Whether the boundary is another policy after the apply, or a policy of the plan whose text changes.
    pub(super) fn is_bound_otherwise(&self, (before, after): (Option<&str>, Option<&str>)) -> bool {
        let text = (before.and_then(|arn| self.before.document(arn)), after.and_then(|arn| self.after.document(arn)));
        before != after || text.0 != text.1
    }

    /// The permissions that `will` has and `was` does not have.
    fn gained(&self, was: &Policies<'_>, will: &Policies<'_>, is_unbound: bool) -> Gained {
        let mut all = Gained::new();
        let mut places = self.targets.after.iter().enumerate();
        let reached = will.reach(&self.targets.after).targets.into_iter();
        let reached = reached.map_while(|reach| {
            let (at, _) = places.find(|(_, target)| std::ptr::eq(*target, reach.target))?;
            Some((at, reach))
        });
        let reached: Vec<_> = reached.collect();
        let before = |at: usize| &self.targets.before[at];
        let had = was.reach(reached.iter().map(|(at, _)| before(*at))).targets;
        let mut had = had.iter().peekable();
        let is_same = LazyCell::new(|| will.says_the_same_as(was));
        for (at, reach) in reached {
            let had = had.next_if(|it| std::ptr::eq(it.target, before(at)));
            for (action, decision) in reach.actions {
                if self.is_kept_by_trust(reach.target, action) {
                    continue;
                }
                let had = had.and_then(|had| had.actions.get(action));
                let may_be_more = || !*is_same && will.may_allow_more_than(was, action, reach.target);
                let how = GainKind::gained(had.filter(|_| !is_unbound), &decision, may_be_more);
                all.extend(how.map(|how| ((at, action), how)));
            }
        }
        all
    }

    /// Whether no principal can assume the role regardless of its permissions, because the trust policies of the spec's
    /// created roles only trust Lambda.
    fn is_kept_by_trust(&self, target: &Target, action: &str) -> bool {
        target.kind == Thing::Role && action == "sts:AssumeRole" && self.check.is_created(&target.id)
    }

    /// Reports what one resource gives a holder.
    fn report(
        &self,
        index: usize,
        own: &[GivenPolicies],
        gained: &Gained,
        policies: &Policies<'_>,
        found: &mut Vec<Finding>,
    ) {
        let seen = &self.seen[index];
        let allowing: Vec<AllowingPolicy<'_>> = policies.allowing().collect();
        for (kind, what) in in_words(gained, &self.targets.after, &allowing) {
            if self.boundaries.contains(&index) {
                let what = format!(
                    "this plan uses it only as a permissions boundary, which allows nothing: attached, it would allow {what}"
                );
                found.push(Finding::new(Kind::NotLookedAt, seen.address, what));
                continue;
            }
            let attached = own.iter().find_map(|(_, gift)| match gift {
                Gift::Arn(arn) if seen.does != Some(Does::Role) => Some(arn),
                _ => None,
            });
            let subject = match (attached, seen.does) {
                (Some(arn), _) => format!("it attaches `{}`, which allows", arn.rsplit('/').next().unwrap_or(arn)),
                (None, Some(Does::Joins { .. })) => "it adds a user to a group that is allowed".to_owned(),
                (None, Some(Does::Gives { by: By::Arn(_), .. })) => "it attaches a policy that allows".to_owned(),
                _ => "it allows".to_owned(),
            };
            let outside = if seen.is_outside { "changed outside Terraform: " } else { "" };
            found.push(Finding::new(kind, seen.address, format!("{outside}{subject} {what}")));
        }
    }

    /// Reports policies with unknown content that a resource gives.
    fn unread<'g>(&self, index: usize, gifts: impl Iterator<Item = &'g Gift>, found: &mut Vec<Finding>) {
        let place = self.seen[index].address;
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for gift in gifts {
            for unread in self.after.policies(&[(index, gift.clone())], None).unread() {
                match gift {
                    Gift::Arn(arn) => {
                        by_reason.entry(unread.why.replace(arn, "it")).or_default().push(format!("`{arn}`"));
                    }
                    // A policy text that is present but cannot be read may allow anything.
                    Gift::Document(_) => found.push(Finding::new(Kind::Foreign, place, unread.why)),
                    _ => found.push(Finding::new(Kind::Undecided, place, unread.why)),
                }
            }
        }
        for (why, arns) in by_reason {
            found.push(Finding::new(Kind::Undecided, place, format!("it gives {}: {why}", listed(&arns))));
        }
    }

    /// Reports what a holder gains because a denial or a boundary is removed.
    fn no_longer_kept_away(
        &self,
        holder: &Holder,
        (gained, policies): (&Gained, &Policies<'_>),
        touched: &BTreeSet<usize>,
        is_unbound: bool,
        found: &mut Vec<Finding>,
    ) {
        let theirs = self.places.get(holder).filter(|_| is_unbound);
        let Some(place) = theirs.or_else(|| touched.first()).map(|index| self.seen[*index].address) else { return };
        let is_too_long = gained.values().all(|how| *how == GainKind::Perhaps(TOO_LONG));
        let why = if is_unbound {
            "a permissions boundary is removed, which allows"
        } else if is_too_long {
            "all policies together allow"
        } else {
            "a denial is removed, which allows"
        };
        let allowing: Vec<AllowingPolicy<'_>> = policies.allowing().collect();
        for (kind, what) in in_words(gained, &self.targets.after, &allowing) {
            found.push(Finding::new(kind, place, format!("{why} a principal {what}")));
        }
    }

    /// What policies allow, in words.
    pub(super) fn reached(&self, policies: &Policies<'_>) -> Vec<(Kind, String)> {
        let allowing: Vec<AllowingPolicy<'_>> = policies.allowing().collect();
        in_words(&self.gained(&Policies::new(), policies, false), &self.targets.after, &allowing)
    }
}

/// The gifts by the resource that gives them.
fn by_resource(given: &[GivenPolicies]) -> BTreeMap<usize, Vec<GivenPolicies>> {
    let mut all: BTreeMap<usize, Vec<GivenPolicies>> = BTreeMap::new();
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
