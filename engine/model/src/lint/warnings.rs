//! Warnings: problems with which a spec can be used. A spec can allow each of them by its name.

use std::collections::HashSet;

use crate::problem::{Problem, shown, unknown_word};
use crate::spec::Spec;
use crate::warning::{MISSING_DESCRIPTION, UNUSED_SECRET, WARNINGS};

/// At most this many entries of a kind are named, so that a large spec gets one readable line.
const NAMED: usize = 5;

/// The warnings of a checked spec, except those that it allows.
///
/// ```
/// use driftless_model::{KeySpec, Spec, lint};
///
/// let mut spec = Spec::empty("spec.rs".into());
/// spec.keys.push(KeySpec { id: "UserId".into(), description: String::new() });
/// let warnings = lint::warnings(&spec);
/// assert_eq!(warnings[0].to_string(), "the keys: `UserId` has no description [missing-description]");
///
/// spec.allow.push("missing-description".into());
/// assert!(lint::warnings(&spec).is_empty());
/// ```
#[must_use]
pub fn warnings(spec: &Spec) -> Vec<Problem> {
    let mut warnings = missing_descriptions(spec);
    warnings.extend(unused_secrets(spec));
    warnings.retain(|warning| spec.allow.iter().all(|allowed| allowed != warning.lint));
    warnings
}

/// The names in `allow` that no warning has.
pub(super) fn unknown(spec: &Spec) -> impl Iterator<Item = Problem> {
    spec.allow.iter().filter(|name| !WARNINGS.contains(&name.as_str())).map(|name| {
        let (message, hint) = unknown_word("warning", name, &WARNINGS);
        Problem::new("unknown-warning", "`allow`", message, hint)
    })
}

fn missing_descriptions(spec: &Spec) -> Vec<Problem> {
    let keys = spec.keys.iter().map(|it| (&it.id, &it.description));
    let secrets = spec.secrets.iter().map(|it| (&it.id, &it.description));
    let handlers = spec.handlers.iter().map(|it| (&it.id, &it.description));
    let keys = missing_description("the keys", "what it identifies", keys);
    let secrets = missing_description("the secrets", "what its value is for", secrets);
    let handlers = missing_description("the handlers", "what it does", handlers);
    [keys, secrets, handlers].into_iter().flatten().collect()
}

/// One warning for all entries of a kind that have no description.
fn missing_description<'a>(
    kind: &str,
    asked: &str,
    entries: impl Iterator<Item = (&'a String, &'a String)>,
) -> Option<Problem> {
    let missing: Vec<&str> =
        entries.filter(|(_, description)| description.trim().is_empty()).map(|(id, _)| id.as_str()).collect();
    let named: Vec<String> = missing.iter().take(NAMED).map(|id| shown(id)).collect();
    let message = match (missing.len(), missing.len().saturating_sub(NAMED)) {
        (0, _) => return None,
        (1, _) => format!("{} has no description", named[0]),
        (_, 0) => format!("{} have no description", named.join(", ")),
        (_, more) => format!("{} and {more} more have no description", named.join(", ")),
    };
    let hint = format!(
        "say in a sentence {asked}: in a doc comment `/// …` before the entry, or in its `description`; \
         to keep it without one, add \"{MISSING_DESCRIPTION}\" to `allow`"
    );
    Some(Problem::new(MISSING_DESCRIPTION, kind, message, hint))
}

/// One warning for each secret that no handler has a grant on. Terraform can still create it, look it up or share it.
fn unused_secrets(spec: &Spec) -> impl Iterator<Item = Problem> {
    let grants = spec.handlers.iter().flat_map(|handler| &handler.grants);
    let used: HashSet<&str> = grants.map(|grant| grant.secret.as_str()).collect();
    spec.secrets.iter().filter(move |secret| !used.contains(secret.id.as_str())).map(|secret| {
        let hint = format!(
            "grant it to the handler that needs it, or remove it from the spec; to keep it without a grant, add \"{UNUSED_SECRET}\" to \
             `allow`"
        );
        Problem::new(UNUSED_SECRET, &super::place(secret), "no handler has a grant on it", hint)
    })
}
