//! The names that a spec's entries have in the Terraform, and the rules that those names must keep.

use std::collections::HashMap;

use paypulse_runtime::model::{HandlerSpec, Owner, Problem, Role, SecretSpec, Spec};

use crate::hcl::is_identifier;

/// Variable names that a module's caller, or the hand-written provider file, has taken.
///
/// Source: [module meta-arguments](https://developer.hashicorp.com/terraform/language/block/variable).
const RESERVED: [&str; 9] =
    ["aws_region", "count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"];

/// The label of a secret's block. A secret with a variable shares its name.
#[must_use]
pub fn secret_label(secret: &SecretSpec) -> String {
    match &secret.owner {
        Owner::Terraform { variable } => variable.clone(),
        Owner::External | Owner::Runtime | Owner::Rotation => snake_case(&secret.id),
    }
}

/// The label of a handler's role and policy.
#[must_use]
pub fn handler_label(handler: &HandlerSpec) -> String {
    let label = handler.name.replace('-', "_");
    if is_identifier(&label) { label } else { format!("handler_{label}") }
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
    for secret in &spec.secrets {
        let place = format!("secret `{}`", secret.id);
        if let Owner::Terraform { variable } = &secret.owner {
            names.variable(&place, variable);
        }
        if !matches!(secret.owner, Owner::Runtime) {
            names.label("secret", &place, secret_label(secret));
        }
    }
    for handler in &spec.handlers {
        let place = format!("handler `{}`", handler.id);
        if let Role::Existing { variable } = &handler.role {
            names.variable(&place, variable);
        }
        names.label("handler", &place, handler_label(handler));
    }
    names.problems
}

#[derive(Default)]
struct Names {
    taken: HashMap<(&'static str, String), String>,
    problems: Vec<Problem>,
}

impl Names {
    fn variable(&mut self, place: &str, variable: &str) {
        let shown = variable.escape_debug();
        if !is_identifier(variable) {
            self.problem("bad-variable", place, format!("`{shown}` cannot name a Terraform variable"));
        } else if RESERVED.contains(&variable) {
            self.problem("reserved-variable", place, format!("the variable name `{shown}` is taken"));
        }
        self.once("variable", place, variable.to_owned());
    }

    fn label(&mut self, kind: &'static str, place: &str, label: String) {
        self.once(kind, place, label);
    }

    fn once(&mut self, kind: &'static str, place: &str, name: String) {
        let message =
            |first: &str| format!("its {kind} is `{}` in the Terraform, like that of {first}", name.escape_debug());
        if let Some(first) = self.taken.get(&(kind, name.clone())) {
            let message = message(first);
            self.problem("name-clash", place, message);
        } else {
            self.taken.insert((kind, name), place.to_owned());
        }
    }

    fn problem(&mut self, lint: &'static str, place: &str, message: String) {
        let hint = "choose another name: letters, digits and underscores, one of its own for each entry";
        self.problems.push(Problem::new(lint, place, message, hint));
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
