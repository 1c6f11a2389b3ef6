//! Finds the environment of a denied call by the prefix of the names in its message: roles, functions and secrets.

use std::borrow::Cow;

use driftless_model::{Spec, deployed_name};

use super::message::Denial;
use super::principal::Principal;
use super::verdict::stored_name;

/// The spec as it applies in the environment of a denial: decided by the caller, otherwise by the resource. Returns
/// the spec itself if it declares no prefixes or the message contains none.
#[must_use]
pub fn environment<'a>(spec: &'a Spec, denial: &Denial) -> Cow<'a, Spec> {
    let prefixes = spec.prefixes.iter().flat_map(|prefixes| &prefixes.values);
    let callers: Vec<&str> = match &denial.principal {
        Principal::Session { role, session } => vec![role, session],
        Principal::Role(role) | Principal::Handler(role) => vec![role],
        Principal::Masked(Some(session)) => vec![session],
        Principal::Other(_) | Principal::Masked(None) | Principal::Unsaid => Vec::new(),
    };
    let called = |prefix: &&String| {
        let deployed = |name: &&str| spec.handlers.iter().any(|it| deployed_name(prefix, &it.name) == **name);
        callers.iter().any(deployed)
    };
    let secret = denial.resource.whole().and_then(stored_name).unwrap_or_default();
    let found = prefixes.clone().find(called).or_else(|| prefixes.clone().find(|prefix| secret.starts_with(*prefix)));
    found.map_or(Cow::Borrowed(spec), |prefix| Cow::Owned(spec.under(prefix)))
}
