//! The combined knowledge about an account from all inputs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use driftless_model::Spec;

use super::declared::Declared;
use super::facts::{Facts, HolderKind};
use super::listing::{Found, Listing};
use super::state::State;
use crate::aws::arn;
use crate::labels::policy_name;
use crate::render::{Managed, Object};

/// The inputs of an import.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// The state of the configuration that takes the resources over.
    pub state: Option<&'a State>,
    /// The resources that exist in the account.
    pub listing: Option<&'a Listing>,
    /// The state of another configuration; its resources are also in the listing.
    pub other: Option<&'a State>,
    /// The declarations in hand-written files next to the generated ones.
    pub by_hand: Option<&'a Declared>,
    /// The roles of handlers by the handlers' names, from `--role`.
    pub roles: Option<&'a BTreeMap<String, String>>,
}

/// The facts of all inputs together. What a listing tells is what AWS has now; a state can be older.
pub(super) fn facts_of(evidence: Evidence<'_>) -> Facts {
    let mut facts = evidence.listing.map(|listing| listing.facts.clone()).unwrap_or_default();
    for other in evidence.state.map(|state| &state.facts).into_iter().chain(evidence.other.map(|it| &it.facts)) {
        facts.join(other);
    }
    facts
}

/// The objects that exist although no input manages or lists them. Several secrets of one name, in different Regions,
/// are limited to the Regions and accounts where the spec's other secrets are.
pub(super) fn implied(facts: &Facts, wanted: &[Managed], evidence: Evidence<'_>) -> Vec<Found> {
    let secrets: HashSet<&Object> =
        wanted.iter().map(|it| &it.object).filter(|it| matches!(it, Object::Secret(_))).collect();
    let held = evidence.state.iter().flat_map(|state| &state.held);
    let held = held.filter(|held| secrets.contains(&held.object)).filter_map(|held| held.arn.as_deref());
    let found = evidence.listing.iter().flat_map(|listing| &listing.found);
    let found = found.filter(|found| secrets.contains(&found.object)).map(|found| found.id.as_str());
    let place = |arn: &str| (arn::account(arn).to_owned(), arn::region(arn).to_owned());
    let places: HashSet<(String, String)> = held.chain(found).map(place).collect();
    let regions: HashSet<&str> = wanted.iter().filter_map(|it| it.region.as_deref()).collect();
    let is_here = |id: &str| {
        !arn::is_of_secret(id) || places.is_empty() || places.contains(&place(id)) || regions.contains(arn::region(id))
    };
    let seen = facts.seen.iter().flat_map(|(object, ids)| ids.iter().map(move |id| (object, id)));
    let seen = seen.filter(|(_, id)| is_here(id)).map(|(object, id)| Found {
        object: object.clone(),
        id: id.clone(),
        is_pending_deletion: false,
    });
    let roles = implied_roles(facts).into_iter().filter(|role| !facts.seen.contains_key(&role.object));
    seen.chain(roles).collect()
}

/// The roles that must exist because a function runs as them or a policy is on them.
fn implied_roles(facts: &Facts) -> Vec<Found> {
    let run_as = facts.functions.values().filter_map(|role| arn::role(role)).map(|(name, _)| name);
    let on = facts.on.keys().filter(|holder| holder.kind == HolderKind::Role).map(|holder| holder.name.as_str());
    let names: BTreeSet<&str> = run_as.chain(on).collect();
    let found =
        |name: &str| Found { object: Object::Role(name.to_owned()), id: name.to_owned(), is_pending_deletion: false };
    names.into_iter().map(found).collect()
}

/// The wanted resources, with the names of roles from `--role` for policies on roles whose names are variables.
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

/// The name of a policy without its number, which is used if a policy needs several documents.
pub(super) fn without_number(policy: &str) -> Option<&str> {
    let (name, number) = policy.rsplit_once('-')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}
