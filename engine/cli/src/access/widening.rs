//! Names of new permissions, by which a reviewer accepts them.

use driftless_model::{NamePattern, Spec, Template};

use super::{Change, Subject, Terms};

/// A new permission, or one for which that cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The name by which a reviewer accepts it.
    pub name: String,
    /// Whether it cannot be decided.
    pub is_undecided: bool,
}

/// Names of a spec's entries in reports.
#[derive(Clone, Copy)]
pub struct Names<'a>(pub &'a Spec);

impl Names<'_> {
    /// The id of the secret with a stored name, or the stored name if the spec has no such secret.
    #[must_use]
    pub fn secret<'s>(&'s self, stored: &'s str) -> &'s str {
        let is_it = |name: &Template| name.as_str() == stored || stored_as(name) == stored;
        let found = self.0.secrets.iter().find(|secret| is_it(&secret.name));
        found.map_or(stored, |secret| &secret.id)
    }

    /// The widenings of a change: `HANDLER:SECRET:VERB`, or with an IAM action instead of the verb.
    #[must_use]
    pub fn widenings(&self, change: &Change) -> Vec<Named> {
        let verbs = change.gained.verbs.iter().filter(|_| matches!(change.subject, Subject::Role(_)));
        let verbs = verbs.map(|verb| Named { name: self.on(change, verb.name()), is_undecided: false });
        let other = change.gained.beside_verbs();
        let other = other.map(|terms| Named { name: self.of(change, terms), is_undecided: terms.is_undecided });
        let mut names: Vec<Named> = verbs.chain(other).collect();
        // A decided entry sorts before an undecided one of the same name, so that it is the one that remains.
        names.sort_unstable();
        names.dedup_by(|one, other| one.name == other.name);
        names
    }

    fn of(self, change: &Change, terms: &Terms) -> String {
        let whom = || terms.principal.clone().unwrap_or_else(|| terms.resource.clone());
        match &change.subject {
            Subject::Role(_) if terms.action == "*" => self.on(change, &terms.resource),
            Subject::Role(_) => self.on(change, &terms.action),
            Subject::Trust(role) => format!("{}:trust:{}", bare(role), whom()),
            Subject::Secret(stored) => format!("{}:shared:{}:{}", self.secret(stored), whom(), terms.action),
            Subject::Function(function) => format!("{}:called-by:{}", bare(function), whom()),
        }
    }

    /// The name of a permission of a role: role, secret if there is one, and `what`.
    fn on(self, change: &Change, what: &str) -> String {
        let (Subject::Role(role) | Subject::Trust(role) | Subject::Secret(role) | Subject::Function(role)) =
            &change.subject;
        let role = bare(role);
        match change.secret.as_deref() {
            Some(stored) => format!("{role}:{}:{what}", self.secret(stored)),
            None => format!("{role}:{what}"),
        }
    }
}

/// The pattern of a stored name without the random suffix.
fn stored_as(name: &Template) -> String {
    let pattern = NamePattern::of(name);
    pattern.as_str().strip_suffix("-??????").unwrap_or(pattern.as_str()).to_owned()
}

/// An unknown name is represented by its expression, without the braces.
fn bare(name: &str) -> &str {
    name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

/// Whether a widening is accepted: by its full name, or by a prefix of it that ends before a colon.
#[must_use]
pub fn is_accepted(name: &str, accepted: &[String]) -> bool {
    accepted.iter().any(|accepted| {
        let rest = name.strip_prefix(accepted.as_str());
        !accepted.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_accepted;

    #[test]
    fn a_widening_is_accepted_by_its_name_or_a_whole_part_of_it() {
        let name = "reader:Token:store";
        for (accepted, expected) in [
            (name, true),
            ("reader:Token", true),
            ("reader", true),
            ("read", false),
            ("reader:Token:store:more", false),
            ("", false),
        ] {
            assert_eq!(is_accepted(name, &[accepted.to_owned()]), expected, "{accepted}");
        }
    }
}
