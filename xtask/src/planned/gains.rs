//! Who outside the spec may do more with its secrets, keys and roles after a plan than before.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use paypulse_runtime::model::Role;

use super::findings::{Check, Finding, Kind};
use super::kinds::{Does, Who};
use super::policies::{Gift, Holder, Reader, Seen, Side};
use crate::access::Known;
use crate::iam::evaluate::{Decision, Kind as Thing, Policies, Target};
use crate::iam::meaning::{Document, Pattern, Set, Statement, beyond};

/// So many things are named in one finding.
const MOST_NAMED: usize = 5;

/// What is looked at together: both sides of a plan, and what they are asked about.
pub(super) struct Gains<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) seen: &'a [Seen<'a>],
    pub(super) before: Side,
    pub(super) after: Side,
    pub(super) targets: Vec<Target>,
    /// The places of the roles and users that are resources.
    places: BTreeMap<Holder, usize>,
    /// What was found of policies before: many attachments can give one list of them.
    changes: RefCell<BTreeMap<Policied, Rc<Change>>>,
}

/// What is given before and after, with the boundaries.
type Policied = ([BTreeSet<Gift>; 2], [Option<String>; 2]);

/// What changes for somebody.
struct Change {
    gained: Gained,
    /// The policies after the apply.
    will: Policies<'static>,
}

/// Something that somebody may do: the place of a target, and the action; and how far.
type Gained = BTreeMap<(usize, &'static str), How>;

/// What a resource gives, by the place of the resource.
type Given = (usize, Gift);

/// How far something is allowed.
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

    /// What each holder gains, and the policies of which that is not known.
    pub(super) fn holders(&self, found: &mut Vec<Finding>) {
        let all: BTreeSet<Holder> = self.after.holders().into_iter().chain(self.before.holders()).collect();
        for holder in all.iter().filter(|holder| !self.is_of_spec(holder)) {
            let (old, new) = (self.before.gifts(holder), self.after.gifts(holder));
            let bounds = (self.before.boundary(holder), self.after.boundary(holder));
            let touched: BTreeSet<usize> =
                old.iter().chain(&new).map(|(index, _)| *index).filter(|index| self.seen[*index].changes).collect();
            if !touched.is_empty() || bounds.0 != bounds.1 {
                self.holder(holder, (&old, &new), bounds, &touched, found);
            }
        }
    }

    fn holder(
        &self,
        holder: &Holder,
        (old, new): (&[Given], &[Given]),
        bounds: (Option<&str>, Option<&str>),
        touched: &BTreeSet<usize>,
        found: &mut Vec<Finding>,
    ) {
        let is_unbound = bounds.0.is_some() && bounds.0 != bounds.1;
        let mut gained = self.change((old, new), bounds).gained.clone();
        let (had, has) = (by_resource(old), by_resource(new));
        for index in touched {
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
        let secrets: Gained =
            gained.into_iter().filter(|((at, _), _)| self.targets[*at].kind == Thing::Secret).collect();
        if !secrets.is_empty() {
            self.no_longer_kept_away(holder, &secrets, touched, is_unbound, found);
        }
    }

    /// What changes where policies are given and boundaries set.
    fn change(&self, (old, new): (&[Given], &[Given]), bounds: (Option<&str>, Option<&str>)) -> Rc<Change> {
        let find = || {
            let was = self.before.policies(old, bounds.0);
            let will = self.after.policies(new, bounds.1);
            // A boundary that is not known may be taken off, and then everything that it kept away is there.
            let is_unbound = bounds.0.is_some() && bounds.0 != bounds.1 && !Self::is_known(bounds.0);
            Rc::new(Change { gained: self.gained(&was, &will, is_unbound), will })
        };
        if !new.iter().any(|(_, gift)| matches!(gift, Gift::Policies(_))) {
            return find();
        }
        let gifts = [old, new].map(|given| given.iter().map(|(_, gift)| gift.clone()).collect());
        let policied = (gifts, [bounds.0, bounds.1].map(|bound| bound.map(str::to_owned)));
        self.changes.borrow_mut().entry(policied).or_insert_with(find).clone()
    }

    /// What is allowed now and was not.
    fn gained(&self, was: &Policies<'_>, will: &Policies<'_>, is_unbound: bool) -> Gained {
        let mut all = Gained::new();
        let mut places = self.targets.iter().enumerate();
        for reach in will.reach(&self.targets).targets {
            let Some((at, target)) = places.find(|(_, target)| std::ptr::eq(*target, reach.target)) else { break };
            for (action, decision) in reach.actions {
                if self.is_kept_by_trust(target, action) {
                    continue;
                }
                let is_new = match (&was.decide(action, target), &decision) {
                    (Decision::Allowed { is_conditional: before, .. }, Decision::Allowed { is_conditional, .. }) => {
                        *before && !is_conditional
                    }
                    (Decision::Allowed { .. }, _) | (Decision::Undecided { .. }, Decision::Undecided { .. }) => false,
                    _ => true,
                };
                if is_new || is_unbound {
                    all.insert((at, action), How::of(&decision));
                }
            }
        }
        all
    }

    /// Whether nobody can take a role on however much they are allowed to: the spec's own trust only Lambda.
    fn is_kept_by_trust(&self, target: &Target, action: &str) -> bool {
        let handlers = || self.check.roles.get(&target.id).into_iter().flatten();
        target.kind == Thing::Role
            && action == "sts:AssumeRole"
            && handlers().next().is_some()
            && handlers().all(|handler| handler.role == Role::Created)
    }

    /// What one resource gives somebody.
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

    /// What is gained, with the actions in words: of secrets, and of keys and roles where a statement names their service.
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

    /// A policy of which it is not known what it allows.
    fn unread(&self, index: usize, gift: &Gift, found: &mut Vec<Finding>) {
        let given = self.change((&[], &[(index, gift.clone())]), (None, None));
        for unread in given.will.unread() {
            // What is written there and cannot be read may allow anything.
            let kind = if matches!(gift, Gift::Document(_)) { Kind::Foreign } else { Kind::Undecided };
            let what = match gift {
                Gift::Arn(arn) => format!("it gives `{arn}`: {}", unread.why),
                _ => unread.why.to_owned(),
            };
            found.push(Finding::new(kind, self.seen[index].address, what));
        }
    }

    /// What somebody gains because a denial or a boundary goes.
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
        let why = if is_unbound { "a permissions boundary is taken off" } else { "a denial goes" };
        for (kind, what) in self.in_words(gained, &[]) {
            found.push(Finding::new(kind, place, format!("{why}, which allows a principal {what}")));
        }
    }

    fn is_known(boundary: Option<&str>) -> bool {
        boundary.is_some_and(|arn| arn.contains(":iam::aws:policy/"))
    }

    /// Whether somebody is a role of the spec, or a policy of it.
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

    /// What somebody may do after the apply, in words, and whether that is known.
    pub(super) fn reach(&self, holder: &Holder) -> Reaches {
        let policies = self.after.policies(&self.after.gifts(holder), self.after.boundary(holder));
        let secrets = self.secrets_reached(&policies);
        match secrets.iter().find(|(kind, _)| *kind == Kind::Foreign) {
            Some((_, what)) => Reaches::This(what.clone()),
            None if !secrets.is_empty() || !policies.unread().is_empty() || !self.after.knows(holder) => {
                Reaches::Unknown
            }
            None => Reaches::Nothing,
        }
    }

    /// Foreign roles that can reach a secret, and that somebody else can take on now.
    pub(super) fn trust(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.does == Some(Does::Role) && seen.changes) {
            let (Some(before), Some(after)) = (seen.before, seen.after) else { continue };
            let Some(name) = after.word("name").filter(|name| !self.check.roles.has(name)) else { continue };
            let is_unknown = seen.is_unknown("assume_role_policy");
            let text = (before.word("assume_role_policy"), after.word("assume_role_policy"));
            if !is_unknown && (text.0 == text.1 || !trusts_more(text)) {
                continue;
            }
            let kind = match self.reach(&Holder::named(Who::Role, name)) {
                Reaches::Nothing => continue,
                Reaches::This(what) if !is_unknown => {
                    (Kind::Foreign, format!("others can take on the role, which is allowed {what}"))
                }
                _ => (
                    Kind::Undecided,
                    "others may take on the role, and what it may do or who that is is not in this plan".to_owned(),
                ),
            };
            found.push(Finding::new(kind.0, seen.address, kind.1));
        }
    }

    /// Somebody who can sign in as a user now.
    pub(super) fn sign_ins(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.changes) {
            let (Some(Does::SignsIn { user }), Some(after)) = (seen.does, seen.after) else { continue };
            if after.word("status") == Some("Inactive") {
                continue;
            }
            let reached = after.word(user).map(|name| self.reach(&Holder::named(Who::User, name)));
            let (kind, what) = match reached {
                Some(Reaches::Nothing) => continue,
                Some(Reaches::This(what)) => {
                    (Kind::Foreign, format!("it allows signing in as the user, who is allowed {what}"))
                }
                _ => (
                    Kind::Undecided,
                    "it allows signing in as a user, and what that user may do is not in this plan".to_owned(),
                ),
            };
            found.push(Finding::new(kind, seen.address, what));
        }
    }
}

/// What is given, by the resources that give it.
fn by_resource(given: &[Given]) -> BTreeMap<usize, Vec<Given>> {
    let mut all: BTreeMap<usize, Vec<Given>> = BTreeMap::new();
    for given in given {
        all.entry(given.0).or_default().push(given.clone());
    }
    all
}

/// The places of the roles and users that are resources; of several with one name, the first.
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

/// What somebody may do with the spec's secrets.
pub(super) enum Reaches {
    Nothing,
    This(String),
    Unknown,
}

/// Whether a statement allows an action by a pattern of its own service, and not by one of all services.
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

/// Whether the latter trust policy gives the role to somebody to whom the former does not.
fn trusts_more((before, after): (Option<&str>, Option<&str>)) -> bool {
    let read = |text: Option<&str>| Document::read(text.unwrap_or_default()).map(|document| document.statements);
    match (read(before), read(after)) {
        (_, Err(_)) => true,
        (before, Ok(after)) => !beyond(&after, &before.unwrap_or_default()).is_empty(),
    }
}

/// Some names, and how many more.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
