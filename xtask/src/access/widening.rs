//! The name of each thing that is allowed now and was not, by which a reviewer accepts it.

use paypulse_runtime::model::{NamePattern, Spec, Template};

use super::{Change, Subject, Terms};

/// One thing that is allowed now and was not, or of which that cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// By which a reviewer accepts it.
    pub name: String,
    /// Whether it cannot be decided.
    pub is_undecided: bool,
}

/// What the things of a spec are called in a report.
#[derive(Clone, Copy)]
pub struct Names<'a>(pub &'a Spec);

impl Names<'_> {
    /// The id of the secret with a stored name, or that name where the spec has none such.
    #[must_use]
    pub fn secret<'s>(&'s self, stored: &'s str) -> &'s str {
        let is_it = |name: &Template| name.as_str() == stored || stored_as(name) == stored;
        let found = self.0.secrets.iter().find(|secret| is_it(&secret.name));
        found.map_or(stored, |secret| &secret.id)
    }

    /// Each widening of a change: `HANDLER:SECRET:VERB`, or an IAM action in the place of the verb.
    #[must_use]
    pub fn widenings(&self, change: &Change) -> Vec<Named> {
        let verbs = change.gained.verbs.iter().filter(|_| matches!(change.subject, Subject::Role(_)));
        let verbs = verbs.map(|verb| Named { name: self.on(change, verb.name()), is_undecided: false });
        let other = change.gained.beside_verbs();
        let other = other.map(|terms| Named { name: self.of(change, terms), is_undecided: terms.is_undecided });
        let mut names: Vec<Named> = verbs.chain(other).collect();
        // What is certain comes before the same that is not, and is the one that stays.
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

    /// What a role may do, by the role, the secret if there is one, and a word for it.
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

/// The pattern of a stored name, without what Secrets Manager puts behind it.
fn stored_as(name: &Template) -> String {
    let pattern = NamePattern::of(name);
    pattern.as_str().strip_suffix("-??????").unwrap_or(pattern.as_str()).to_owned()
}

/// What is not known is called by its expression.
fn bare(name: &str) -> &str {
    name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

/// Whether a widening is one of those that were accepted, each by its name or by what its name begins with, up to a colon.
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
