//! Maps existing functions and their roles to the handlers of the spec.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{HandlerSpec, Problem, Role, shown};

use super::facts::{HolderKind, PolicyHolder};
use super::left::Left;
use super::problems::reach as say;
use crate::aws::arn;
use crate::render::Object;

/// Maximum number of handlers for which one message proposes roles.
const MOST: usize = 40;

/// Words in the names of roles that do not identify the handler.
const NEEDLESS: [&str; 9] = ["aws", "exec", "execution", "function", "functions", "iam", "lambda", "policy", "role"];

impl Left<'_> {
    /// Notes on functions that run as roles outside the spec, and on roles that are only known from functions.
    pub(super) fn functions(&self) -> Vec<Problem> {
        let mut by_role: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (function, role) in &self.facts.functions {
            by_role.entry(arn::role(role).map_or(role.as_str(), |(name, _)| name)).or_default().insert(function);
        }
        let mapped = self.roles_of_handlers();
        let (mut notes, mut others) = (Vec::new(), Vec::new());
        for (role, functions) in &by_role {
            let object = Object::Role((*role).to_owned());
            if !self.wanted.contains(&object) {
                others.extend((!mapped.contains(role)).then_some((*role, functions)));
            } else if !self.held().any(|held| held.object == object) && !self.found().any(|found| *found == object) {
                notes.push(say::runs_as_adopted(role, functions));
            }
        }
        notes.extend((!others.is_empty()).then(|| say::run_as_others(&others, self.destroys)));
        notes
    }

    /// Reports that no role of the spec exists although other roles use its secrets or run functions, with a proposal.
    pub(super) fn no_role(&self, reaching: &BTreeSet<String>) -> Option<Problem> {
        let exists = |name: &str| self.is_created(&Object::Role(name.to_owned())) == Some(false);
        let mut ours = self.spec.handlers.iter();
        if !self.roles_of_handlers().is_empty() || ours.any(|it| it.created_role().is_some_and(exists)) {
            return None;
        }
        let run_as = self.facts.functions.values().filter_map(|role| arn::role(role)).map(|(name, _)| name);
        let today: BTreeSet<&str> = reaching.iter().map(String::as_str).chain(run_as).collect();
        let created = self.spec.handlers.iter().filter(|handler| handler.role == Role::Created).count();
        (!today.is_empty()).then(|| say::no_role(created, &today, &self.proposal()))
    }

    /// A proposed role for each handler, as flags of this command.
    fn proposal(&self) -> String {
        let (mut flags, mut without) = (Vec::new(), Vec::new());
        for handler in self.spec.handlers.iter().take(MOST) {
            match self.role_of(handler) {
                Some(role) => {
                    flags.push(format!("--role {}", shown(&format!("{}={role}", handler.name)).replace('`', "")));
                }
                None => without.push(shown(&handler.name)),
            }
        }
        if flags.is_empty() {
            return "say which role each handler has: `--role HANDLER=ROLE`".to_owned();
        }
        let flags = flags.join(" ");
        let rest = if without.is_empty() {
            String::new()
        } else {
            format!("; no function or role with this name exists for: {}", without.join(", "))
        };
        format!("say which role each handler has; by the functions and names of today: `{flags}`{rest}")
    }

    /// The role of the function with the handler's name, or otherwise the role with that name.
    fn role_of(&self, handler: &HandlerSpec) -> Option<String> {
        let wanted = parts(&handler.name);
        let is_alike = |name: &str| parts(name) == wanted;
        let function = self.facts.functions.get_key_value(&handler.name);
        let function = function.or_else(|| self.facts.functions.iter().find(|(name, _)| is_alike(name)));
        if let Some((name, _)) = function.and_then(|(_, role)| arn::role(role)) {
            return Some(name.to_owned());
        }
        let known = self.facts.roles.keys().map(String::as_str);
        let on = self
            .facts
            .on
            .keys()
            .filter(|holder| holder.kind == HolderKind::Role)
            .map(|PolicyHolder { name, .. }| name.as_str());
        let all: BTreeSet<&str> = known.chain(on).collect();
        all.into_iter().find(|name| is_alike(name)).map(str::to_owned)
    }

    /// Roles from `--role` that are impossible, because the role that the spec creates has another name.
    pub(super) fn roles_named_otherwise(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (handler, role) in self.handlers_with_roles() {
            if handler.created_role().is_some_and(|name| name != *role) {
                problems.push(say::role_named_otherwise(&handler.name, role, &self.role_variable(handler, role)));
            }
        }
        problems
    }

    /// The name of a variable for a role, derived from its handler, or from the role if several handlers share it.
    fn role_variable(&self, handler: &HandlerSpec, role: &str) -> String {
        let is_shared = self.handlers_with_roles().filter(|(_, other)| *other == role).nth(1).is_some();
        let words = if is_shared { parts(role).join("_") } else { handler.name.clone() };
        format!("{}_role", words.replace(|char: char| !char.is_ascii_alphanumeric(), "_"))
    }

    /// Roles from `--role` that no input contains.
    pub(super) fn roles_not_there(&self) -> Vec<Problem> {
        let is_there = |role: &String| {
            self.facts.roles.contains_key(role)
                || self.facts.on.contains_key(&PolicyHolder::role(role))
                || self
                    .found()
                    .chain(self.held().map(|held| &held.object))
                    .any(|it| matches!(it, Object::Role(name) if name == role))
        };
        let unknown = self.handlers_with_roles().filter(|(_, role)| !is_there(role));
        unknown.map(|(handler, role)| say::role_not_there(&handler.name, role)).collect()
    }

    fn handlers_with_roles(&self) -> impl Iterator<Item = (&HandlerSpec, &String)> {
        let named = self.evidence.roles.into_iter().flatten();
        named.filter_map(|(name, role)| Some((self.spec.handlers.iter().find(|handler| handler.name == *name)?, role)))
    }
}

/// The words of a name without those that do not identify it: `Gmail-Store-Tokens-Lambda-Role` is `gmail_store_tokens`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for char in name.chars() {
        // A word begins at a separator, and at an upper-case letter after a lower-case one.
        let is_new = !char.is_alphanumeric() || char.is_uppercase() && before.is_lowercase();
        if is_new {
            parts.push(String::new());
        }
        if char.is_alphanumeric() {
            parts.last_mut().expect("there is one").extend(char.to_lowercase());
        }
        before = char;
    }
    parts.retain(|part| !part.is_empty() && !NEEDLESS.contains(&part.as_str()));
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn names_are_alike_by_their_words() {
        for name in
            ["gmail_store_tokens", "Gmail-Store-Tokens-Lambda-Role", "GmailStoreTokens", "gmail-store-tokens-role"]
        {
            assert_eq!(parts(name), ["gmail", "store", "tokens"], "{name}");
        }
        assert_ne!(parts("store_tokens"), parts("gmail_store_tokens"));
    }
}
