//! What the policy on a secret or a key grants that it did not grant before.

use std::collections::BTreeMap;

use super::findings::Kind;
use super::gained::{GainKind, words};
use crate::iam::evaluate::{Grantee, ResourcePolicy, Target};

/// What a policy newly grants.
pub(super) struct Granted {
    pub(super) kind: Kind,
    pub(super) whom: String,
    /// The actions, and under which circumstances.
    pub(super) what: String,
    pub(super) actions: Vec<&'static str>,
}

/// What a policy on a target grants that the policy before did not.
pub(super) fn granted(before: Option<&str>, after: Option<&str>, target: &Target) -> Vec<Granted> {
    let Some(text) = after.filter(|after| before != Some(*after)) else { return Vec::new() };
    let after = match ResourcePolicy::read(text) {
        Ok(policy) => policy,
        Err(unread) => {
            let (whom, what) = ("somebody".to_owned(), unread.to_string());
            return vec![Granted { kind: Kind::Foreign, whom, what, actions: Vec::new() }];
        }
    };
    let before = read(before);
    let grantees = after.grantees(target).into_iter();
    grantees.flat_map(|grantee| to_one(&before, &after, &grantee, target)).collect()
}

fn to_one(before: &ResourcePolicy, after: &ResourcePolicy, grantee: &Grantee, target: &Target) -> Vec<Granted> {
    let had = before.grantee(grantee.whom.clone(), target);
    let mut gained: BTreeMap<GainKind, Vec<&'static str>> = BTreeMap::new();
    for (action, decision) in &grantee.actions {
        let had = had.as_ref().and_then(|had| had.actions.get(action));
        let may_be_more = || after.may_allow_more_than(before, &grantee.whom, action, target);
        if let Some(how) = GainKind::gained(had, decision, may_be_more) {
            gained.entry(how).or_default().push(action);
        }
    }
    let one = |(how, actions): (GainKind, Vec<&'static str>)| Granted {
        kind: how.kind(&actions, target),
        whom: grantee.whom.to_string(),
        what: format!("{}{}", words(&actions, target), how.words()),
        actions,
    };
    gained.into_iter().map(one).collect()
}

/// Whether the policy of a secret or a key no longer denies something that it denied. A text that cannot be read denies
/// nothing for certain.
pub(super) fn denies_less(before: Option<&str>, after: Option<&str>) -> bool {
    !read(after).keeps_denials_of(&read(before))
}

/// A policy; one that cannot be read grants and denies nothing for certain.
fn read(text: Option<&str>) -> ResourcePolicy {
    text.and_then(|text| ResourcePolicy::read(text).ok()).unwrap_or_else(ResourcePolicy::empty)
}
