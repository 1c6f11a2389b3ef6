//! The name of each thing that is allowed now and was not, by which a reviewer accepts it.

use paypulse_runtime::model::{NamePattern, Spec, Template};

use super::{Change, Subject, Terms};

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
    pub fn widenings(&self, change: &Change) -> Vec<String> {
        let secret = change.secret.as_deref().map(|stored| self.secret(stored));
        let whom = |terms: &Terms| terms.principal.clone().unwrap_or_else(|| terms.resource.clone());
        let terms = || change.gained.beside_verbs();
        let mut names: Vec<String> = match &change.subject {
            Subject::Role(role) => {
                let role = bare(role);
                let on = secret.map_or_else(|| role.to_owned(), |secret| format!("{role}:{secret}"));
                let verbs = change.gained.verbs.iter().map(|verb| format!("{on}:{}", verb.name()));
                let other = terms().map(|terms| match terms.action.as_str() {
                    "*" => format!("{on}:{}", terms.resource),
                    action => format!("{on}:{action}"),
                });
                verbs.chain(other).collect()
            }
            Subject::Trust(role) => terms().map(|terms| format!("{}:trust:{}", bare(role), whom(terms))).collect(),
            Subject::Secret(stored) => {
                let secret = self.secret(stored);
                terms().map(|terms| format!("{secret}:shared:{}:{}", whom(terms), terms.action)).collect()
            }
            Subject::Function(function) => {
                terms().map(|terms| format!("{}:called-by:{}", bare(function), whom(terms))).collect()
            }
        };
        names.sort_unstable();
        names.dedup();
        names
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
