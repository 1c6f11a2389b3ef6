//! The names that a spec's entries have in the Terraform, and the rules that those names must keep.

use std::collections::{HashMap, HashSet};

use paypulse_runtime::model::{Delivery, HandlerSpec, KmsKey, Owner, Prefixes, Problem, Role, SecretSpec, Spec, shown};

use crate::hcl::is_identifier;

/// Variable names that a module's caller, or the hand-written provider file or the generated roles, have taken.
///
/// Source: [module meta-arguments](https://developer.hashicorp.com/terraform/language/block/variable).
const RESERVED: [&str; 10] = [
    "aws_region",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "locals",
    "permissions_boundary_arn",
    "providers",
    "source",
    "version",
];

/// The label of a secret's block. A secret with a variable shares its name.
#[must_use]
pub fn secret_label(secret: &SecretSpec) -> String {
    match secret.owner.delivery().and_then(Delivery::variable) {
        Some(variable) => variable.to_owned(),
        None => snake_case(&secret.id),
    }
}

/// The variable that says which version of a value the variable has, where a command counts.
#[must_use]
pub fn version_variable(variable: &str) -> String {
    format!("{variable}_version")
}

/// The label of a handler's role and policy.
#[must_use]
pub fn handler_label(handler: &HandlerSpec) -> String {
    let label = handler.name.replace('-', "_");
    if is_identifier(&label) { label } else { format!("handler_{label}") }
}

/// The name of a handler's policy; managed policies have a hyphen and a number behind it.
#[must_use]
pub fn policy_name(handler: &HandlerSpec) -> String {
    format!("{}-secrets", handler.name)
}

/// The variable that says which function a handler that rotates is.
#[must_use]
pub fn function_variable(handler: &HandlerSpec) -> String {
    format!("{}_function", handler_label(handler))
}

/// What stands behind the labels of what is in another region; nothing in the one that everything else is in.
#[must_use]
pub fn region_label(region: Option<&str>) -> String {
    region.map(|region| format!("_{}", region.replace('-', "_"))).unwrap_or_default()
}

/// The label of a key that is looked up by its alias, in a region if that is another than everything else is in.
#[must_use]
pub fn alias_label(alias: &str, region: Option<&str>) -> String {
    let label = alias.trim_start_matches("alias/").replace(['/', '-'], "_") + &region_label(region);
    if is_identifier(&label) { label } else { format!("key_{label}") }
}

/// `GmailUserTokens` as `gmail_user_tokens`.
fn snake_case(id: &str) -> String {
    let mut snake = String::with_capacity(id.len() + 4);
    let mut after_lower = false;
    for char in id.chars() {
        if char.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = char.is_ascii_lowercase() || char.is_ascii_digit();
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

/// Every name of the spec that Terraform would refuse, or would confuse with another.
#[must_use]
pub fn check(spec: &Spec) -> Vec<Problem> {
    let mut names = Names::default();
    if let Some(Prefixes { variable, .. }) = &spec.prefixes {
        names.variable(&Entry { place: "the prefixes".to_owned(), own: variable }, variable);
    }
    for secret in &spec.secrets {
        let entry = Entry { place: format!("secret {}", shown(&secret.id)), own: &secret.id };
        match &secret.owner {
            Owner::Terraform(delivery) => {
                // Its label is its variable's name, so a clash of both is one problem.
                if delivery.variable().is_none_or(|variable| names.variable(&entry, variable)) {
                    names.once("secret", &entry, secret_label(secret));
                }
                if let Some(variable) = delivery.variable().filter(|_| delivery.is_counted()) {
                    names.variable(&entry, &version_variable(variable));
                }
            }
            Owner::External => _ = names.once("data source", &entry, secret_label(secret)),
            Owner::Rotation { .. } => _ = names.once("secret", &entry, secret_label(secret)),
            Owner::Runtime => {}
        }
        match &secret.kms_key {
            // Several secrets may name one key.
            Some(KmsKey::Variable { variable }) => _ = names.variable(&entry.called(variable), variable),
            Some(KmsKey::Alias { alias }) => {
                _ = names.once("key", &entry.called(alias), alias_label(alias, secret.region.as_deref()));
            }
            None => {}
        }
        for replica in &secret.options.replicas {
            // Its alias is a text and no block.
            if let Some(KmsKey::Variable { variable }) = &replica.kms_key {
                names.variable(&entry.called(variable), variable);
            }
        }
    }
    let functions: HashSet<&str> = spec.secrets.iter().filter_map(|secret| secret.owner.function()).collect();
    for handler in &spec.handlers {
        let entry = Entry { place: format!("handler {}", shown(&handler.id)), own: &handler.name };
        if let Role::Existing { variable } = &handler.role {
            names.variable(&entry, variable);
        }
        names.once("role", &entry, handler_label(handler));
        if functions.contains(handler.id.as_str()) {
            names.variable(&entry, &function_variable(handler));
        }
    }
    names.problems
}

/// A secret or a handler.
struct Entry<'a> {
    place: String,
    /// The spec's own name for it. That two entries share it is a problem of the spec, and said there.
    own: &'a str,
}

impl<'a> Entry<'a> {
    /// What the entry has under a name that others may share.
    fn called(&self, own: &'a str) -> Self {
        Entry { place: self.place.clone(), own }
    }
}

#[derive(Default)]
struct Names<'a> {
    taken: HashMap<(&'static str, String), (String, &'a str)>,
    problems: Vec<Problem>,
}

impl<'a> Names<'a> {
    /// Whether no other entry has the variable.
    fn variable(&mut self, entry: &Entry<'a>, variable: &str) -> bool {
        if !is_identifier(variable) {
            self.problem("bad-variable", entry, format!("{} cannot name a Terraform variable", shown(variable)));
        } else if RESERVED.contains(&variable) {
            self.problem("reserved-variable", entry, format!("the variable name {} is taken", shown(variable)));
        }
        self.once("variable", entry, variable.to_owned())
    }

    /// Whether no other entry has this name of its kind.
    fn once(&mut self, kind: &'static str, entry: &Entry<'a>, name: String) -> bool {
        match self.taken.get(&(kind, name.clone())) {
            None => {
                self.taken.insert((kind, name), (entry.place.clone(), entry.own));
                true
            }
            Some((_, own)) if own.eq_ignore_ascii_case(entry.own) => true,
            Some((first, _)) => {
                let message = format!("its {kind} in the Terraform is {}, and so is that of {first}", shown(&name));
                self.problem("name-clash", entry, message);
                false
            }
        }
    }

    fn problem(&mut self, lint: &'static str, entry: &Entry<'a>, message: String) {
        let hint = "choose another name: letters, digits and underscores, one of its own for each entry";
        self.problems.push(Problem::new(lint, &entry.place, message, hint));
    }
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn ids_become_snake_case() {
        for (id, label) in [
            ("JwtSigningKey", "jwt_signing_key"),
            ("OAuth2Token", "oauth2_token"),
            ("already_snake", "already_snake"),
            ("JWTKey", "jwtkey"),
            ("X", "x"),
        ] {
            assert_eq!(snake_case(id), label);
        }
    }
}
