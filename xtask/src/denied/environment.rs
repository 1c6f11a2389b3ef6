//! Which of a spec's environments a denied call came from: the names of roles, functions and secrets begin with its prefix.

use std::borrow::Cow;

use paypulse_runtime::model::{Spec, deployed_name};

use super::message::Denial;
use super::principal::Principal;
use super::verdict::stored_name;

/// The spec as it is in the environment that a call came from: by who made it, else by what it was on. The spec itself where
/// it has one environment, or the message names none.
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
