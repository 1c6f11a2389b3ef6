//! Finds the environment of a denied call by the prefix of the names in its message: roles, functions and secrets.

use std::borrow::Cow;

use driftless_model::{Spec, deployed_name, environment_variable};

use super::denial::Denial;
use super::principal::Principal;
use super::verdict::{Crossed, secret, stored_name};

/// The spec as it applies in the environment of a denial: decided by `known`, the deployed name of the handler that the
/// user names, then by the caller, otherwise by the resource. Returns the spec itself if it declares no prefixes or none
/// is found.
#[must_use]
pub fn environment<'a>(spec: &'a Spec, denial: &Denial, known: Option<&str>) -> Cow<'a, Spec> {
    let secret = denial.resource.whole().and_then(stored_name).unwrap_or_default();
    let found = of_caller(spec, denial, known);
    let found = found.or_else(|| prefixes(spec).find(|prefix| secret.starts_with(*prefix)));
    found.map_or(Cow::Borrowed(spec), |prefix| Cow::Owned(spec.under(prefix)))
}

/// The environments of the caller and of the secret, if the spec has that secret in another environment than the
/// caller's.
#[must_use]
pub fn crossed(spec: &Spec, denial: &Denial, known: Option<&str>) -> Option<Crossed> {
    let caller = of_caller(spec, denial, known)?;
    let has = |prefix: &str| secret(&spec.under(prefix), &denial.resource).is_some();
    if has(caller) {
        return None;
    }
    let other = prefixes(spec).chain([""]).find(|prefix| has(prefix))?;
    let variable = environment_variable(&spec.prefixes.as_ref()?.variable);
    Some(Crossed { caller: caller.to_owned(), secret: other.to_owned(), variable })
}

fn prefixes(spec: &Spec) -> impl Iterator<Item = &str> {
    spec.prefixes.iter().flat_map(|prefixes| &prefixes.values).map(String::as_str)
}

/// The prefix in the name of the handler that the user names, or in those of the caller.
fn of_caller<'a>(spec: &'a Spec, denial: &Denial, known: Option<&str>) -> Option<&'a str> {
    let of = |names: &[&str]| {
        prefixes(spec).find(|prefix| {
            let deployed = |name: &&str| spec.handlers.iter().any(|it| deployed_name(prefix, &it.name) == **name);
            names.iter().any(deployed)
        })
    };
    let callers: Vec<&str> = match &denial.principal {
        Principal::Session { role, session } => vec![role, session],
        Principal::Role(role) | Principal::Handler(role) => vec![role],
        Principal::Masked(Some(session)) => vec![session],
        Principal::Other(_) | Principal::Masked(None) | Principal::Unsaid => Vec::new(),
    };
    known.and_then(|name| of(&[name])).or_else(|| of(&callers))
}
