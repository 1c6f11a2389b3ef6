//! What is known of an account, from all inputs together.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::model::Spec;

use super::arn;
use super::declared::Declared;
use super::facts::{Facts, HolderKind};
use super::listing::{Found, Listing};
use super::state::State;
use crate::labels::policy_name;
use crate::render::{Managed, Object};

/// What is known of the account.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// What Terraform manages so far.
    pub state: Option<&'a State>,
    /// What exists.
    pub listing: Option<&'a Listing>,
    /// What another configuration manages so far; the listing has it too.
    pub other: Option<&'a State>,
    /// What hand-written files beside the generated ones declare.
    pub by_hand: Option<&'a Declared>,
    /// The roles that handlers run as, by the handlers' names, as `--role` gives them.
    pub roles: Option<&'a BTreeMap<String, String>>,
}

/// What all inputs say beyond names.
pub(super) fn facts_of(evidence: Evidence<'_>) -> Facts {
    let mut facts = evidence.state.map(|state| state.facts.clone()).unwrap_or_default();
    for other in evidence.listing.map(|listing| &listing.facts).into_iter().chain(evidence.other.map(|it| &it.facts)) {
        facts.join(other);
    }
    facts
}

/// The roles that must exist, because a function runs as them or something is on them.
pub(super) fn implied(facts: &Facts) -> Vec<Found> {
    let run_as = facts.functions.values().filter_map(|role| arn::role(role)).map(|(name, _)| name);
    let on = facts.on.keys().filter(|holder| holder.kind == HolderKind::Role).map(|holder| holder.name.as_str());
    let names: BTreeSet<&str> = run_as.chain(on).collect();
    let found =
        |name: &str| Found { object: Object::Role(name.to_owned()), id: name.to_owned(), is_pending_deletion: false };
    names.into_iter().map(found).collect()
}

/// What is wanted, in which the roles of `--role` replace those whose names are variables.
pub(super) fn on_named_roles(spec: &Spec, wanted: &[Managed], evidence: Evidence<'_>) -> Vec<Managed> {
    let Some(roles) = evidence.roles.filter(|roles| !roles.is_empty()) else { return wanted.to_vec() };
    let named = spec.roles().into_iter().filter_map(|role| {
        let name = role.handlers.iter().find_map(|handler| roles.get(&handler.name))?;
        Some((policy_name(role.first()), name))
    });
    let by_policy: BTreeMap<String, &String> = named.collect();
    let role_of = |policy: &str| {
        let role = by_policy.get(policy).or_else(|| by_policy.get(without_number(policy)?));
        role.map(|role| (*role).clone())
    };
    let named = |it: &Managed| {
        let mut it = it.clone();
        match &mut it.object {
            Object::InlinePolicy { role: role @ None, name } => *role = role_of(name),
            Object::Attachment { role: role @ None, policy } => *role = role_of(&policy.to_string()),
            _ => {}
        }
        it
    };
    wanted.iter().map(named).collect()
}

/// The name of a policy without its number: where one document cannot hold everything, there are several.
pub(super) fn without_number(policy: &str) -> Option<&str> {
    let (name, number) = policy.rsplit_once('-')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}
