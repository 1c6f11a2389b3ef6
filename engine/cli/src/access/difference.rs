//! Differences between two modules: in terms of access (subject, verb, secret), and in terms of IAM (action, ARN).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use driftless_model::Verb;
use serde_json::json;

use super::{Access, Allowed, Subject};
use crate::aws::arn::secret_name;
use crate::iam::meaning::{Allowance, Beyond, Document, PolicyStatement, Principals, Set, Why, Work, beyond_within};
use crate::iam::{Versions, action, key_actions};

/// The condition key that limits a statement on a key to secrets.
const CONTEXT: &str = "kms:encryptioncontext:secretarn";

/// Maximum steps of the comparison of one subject. Policies that people write need far fewer.
const MOST_WORK: usize = 3_000_000;

/// All differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// One change per subject and secret, sorted.
    pub changes: Vec<Change>,
}

/// Differences for one subject and one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The identity whose access changes, or the resource whose policy changes.
    pub subject: Subject,
    /// The stored name of the secret, with `*` for a family; `None` if it is not about a secret.
    pub secret: Option<String>,
    /// Permissions that are new.
    pub gained: Side,
    /// Permissions that are gone.
    pub lost: Side,
}

/// One direction of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The verbs whose calls are all allowed on this side, but not on the other, without verbs that are part of
    /// another one.
    pub verbs: Vec<Verb>,
    /// The same in terms of IAM.
    pub terms: Vec<Terms>,
}

/// A permission in terms of IAM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// The action as in the policy; `*` if unknown.
    pub action: String,
    /// The ARN, or a pattern of ARNs.
    pub resource: String,
    /// The principal, if it is not an identity policy.
    pub principal: Option<String>,
    /// A remark.
    pub remark: Option<String>,
    /// Whether it cannot be decided that only one side allows it. The remark gives the reason.
    pub is_undecided: bool,
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)?;
        if let Some(principal) = &self.principal {
            write!(f, " to {principal}")?;
        }
        self.remark.as_ref().map_or(Ok(()), |remark| write!(f, " ({remark})"))
    }
}

/// The differences in both directions between `old` and `new`.
#[must_use]
pub fn difference(old: &Access, new: &Access) -> Difference {
    let nothing = Allowed::default();
    let subjects: BTreeSet<&Subject> = old.subjects.keys().chain(new.subjects.keys()).collect();
    let mut changes = Vec::new();
    for subject in subjects {
        let [old, new] = [old, new].map(|access| access.subjects.get(subject).unwrap_or(&nothing));
        if old == new {
            continue;
        }
        let work = Work::new(MOST_WORK);
        let mut by_secret: BTreeMap<Option<String>, [Side; 2]> = BTreeMap::new();
        for (index, (mine, theirs)) in [(new, old), (old, new)].into_iter().enumerate() {
            for (secret, terms) in more(mine, theirs, &work) {
                by_secret.entry(secret).or_default()[index].terms.push(terms);
            }
        }
        for (secret, [mut gained, mut lost]) in by_secret {
            if matches!(subject, Subject::Role(_)) {
                gained.add_verbs(new, old, &work);
                lost.add_verbs(old, new, &work);
            }
            for side in [&mut gained, &mut lost] {
                side.terms.sort_unstable();
                side.terms.dedup();
            }
            changes.push(Change { subject: subject.clone(), secret, gained, lost });
        }
    }
    Difference { changes }
}

/// What `mine` allows a subject beyond `theirs`, each with the secret that it applies to.
fn more(mine: &Allowed, theirs: &Allowed, work: &Work) -> Vec<(Option<String>, Terms)> {
    let mut all: Vec<_> = beyond_within(work, &mine.statements, &theirs.statements).iter().map(terms).collect();
    let unread = |one: &Allowed, other: &Allowed| -> Vec<(String, String)> {
        let only = one.unread.iter().filter(|(address, why)| other.unread.get(*address) != Some(why));
        only.map(|(address, why)| (address.clone(), why.clone())).collect()
    };
    // If the other side has an unknown policy, it may allow the same.
    if let Some((address, _)) = unread(theirs, mine).first() {
        for (_, terms) in &mut all {
            terms.is_undecided = true;
            terms.remark.get_or_insert_with(|| format!("what `{address}` allows on the other side is not known"));
        }
    }
    let unnamed = |resource: &str, remark: &str, is_undecided| {
        let (action, resource) = ("*".to_owned(), resource.to_owned());
        (None, Terms { action, resource, principal: None, remark: Some(remark.to_owned()), is_undecided })
    };
    let attached = mine.attached.difference(&theirs.attached);
    all.extend(attached.map(|arn| unnamed(arn, "a policy that is not part of this", false)));
    all.extend(unread(mine, theirs).iter().map(|(address, why)| unnamed(address, why, true)));
    all
}

fn terms(found: &Beyond) -> (Option<String>, Terms) {
    let Allowance { principals, actions, resources, conditions } = &found.allowance;
    let resource = written(resources);
    let context = conditions.iter().find(|((_, key), _)| key == CONTEXT).and_then(|(_, values)| values.first());
    let arn = context.unwrap_or(&resource);
    let secret = arn.contains(":secret:").then(|| secret_name(arn).to_owned());
    let (remark, is_undecided) = match &found.why {
        Why::Wider { .. } => (None, false),
        Why::Condition => (Some("without a condition that was there".to_owned()), false),
        Why::Undecided(why) => (Some((*why).to_owned()), true),
    };
    let principal = principals.as_ref().map(whom);
    (secret, Terms { action: written(actions), resource, principal, remark, is_undecided })
}

fn written(set: &Set) -> String {
    let all = |patterns: &[crate::iam::meaning::Pattern]| {
        patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    };
    match set {
        Set::Of(patterns) => all(patterns),
        Set::AllBut(patterns) => format!("all but {}", all(patterns)),
    }
}

fn whom(principals: &Principals) -> String {
    let all = |of: &[crate::iam::meaning::PolicyPrincipal]| {
        of.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(", ")
    };
    match principals {
        Principals::Of(of) => all(of),
        Principals::AllBut(of) => format!("all but {}", all(of)),
    }
}

impl Side {
    /// Adds the verbs that `mine` completely allows on the resources of these terms, and `theirs` does not.
    fn add_verbs(&mut self, mine: &Allowed, theirs: &Allowed, work: &Work) {
        let decided = self.terms.iter().filter(|terms| !terms.is_undecided);
        let mut resources: Vec<&str> = decided.map(|terms| terms.resource.as_str()).collect();
        resources.sort_unstable();
        resources.dedup();
        let gained = |verb: &Verb| {
            let gains = |resource: &str| allows(mine, *verb, resource, work) && !allows(theirs, *verb, resource, work);
            resources.iter().any(|resource| gains(resource))
        };
        let verbs: Vec<Verb> = Verb::ALL.into_iter().filter(gained).collect();
        let is_part = |verb: &Verb| {
            let calls = verb.api_calls();
            let holds = |other: &Verb| calls.iter().all(|call| other.api_calls().contains(call));
            // `read_previous` is never part of another verb, nor the reverse.
            *verb != Verb::ReadPrevious
                && verbs.iter().any(|other| other != verb && *other != Verb::ReadPrevious && holds(other))
        };
        self.verbs = verbs.iter().filter(|verb| !is_part(verb)).copied().collect();
    }

    /// The terms that no verb of this side covers.
    pub fn beside_verbs(&self) -> impl Iterator<Item = &Terms> {
        let calls = || self.verbs.iter().flat_map(|verb| verb.api_calls()).copied();
        let of_verbs: BTreeSet<&str> = calls().map(action).chain(calls().flat_map(key_actions).copied()).collect();
        self.terms.iter().filter(move |terms| terms.remark.is_some() || !of_verbs.contains(terms.action.as_str()))
    }

    /// Whether this side is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Whether every call of a verb is allowed on a resource. `read_previous` does not count if every version may be read.
fn allows(side: &Allowed, verb: Verb, resource: &str, work: &Work) -> bool {
    let calls = verb.api_calls().iter().filter(|call| call.is_on_a_secret() == (resource != "*"));
    let actions: Vec<&str> = calls.map(|call| action(*call)).collect();
    if actions.is_empty() {
        return false;
    }
    let is_allowed = |versions: Versions| {
        let mut wanted = json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
        for (operator, key, value) in versions.conditions() {
            wanted["Condition"][operator][key] = json!(value);
        }
        let wanted = json!({ "Version": "2012-10-17", "Statement": [wanted] });
        let wanted: Vec<PolicyStatement> =
            Document::of(&wanted).map(|document| document.statements).unwrap_or_default();
        beyond_within(work, &wanted, &side.statements).is_empty()
    };
    is_allowed(Versions::of(verb)) && !(verb == Verb::ReadPrevious && is_allowed(Versions::Any))
}
