//! Names of a spec's entries in the Terraform, and their checks.

mod besides;
mod check;
mod partitions;
mod reference;
mod tags;

use driftless_model::{Delivery, HandlerSpec, SecretSpec};

use crate::hcl::is_identifier;

pub use check::check;
pub(crate) use reference::key_address;
pub use reference::{LOGS_POLICY, REGION};

/// The label of a secret's blocks, which is the name of its variable if it has one.
#[must_use]
pub fn secret_label(secret: &SecretSpec) -> String {
    match secret.owner.delivery().and_then(Delivery::variable) {
        Some(variable) => variable.to_owned(),
        None => snake_case(&secret.id),
    }
}

/// The variable with the version of a value that `value-versions` counts.
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

/// The name of a handler's inline policy. Managed policies append a hyphen and a number.
#[must_use]
pub fn policy_name(handler: &HandlerSpec) -> String {
    format!("{}-secrets", handler.name)
}

/// The label of an AWS managed policy that is attached to a handler's role.
#[must_use]
pub fn aws_policy_label(handler: &HandlerSpec, policy: &str) -> String {
    let name = policy.replace(|char: char| !char.is_ascii_alphanumeric(), "_");
    format!("{}_{name}", handler_label(handler))
}

/// The variable for the function of a handler that rotates secrets.
#[must_use]
pub fn function_variable(handler: &HandlerSpec) -> String {
    format!("{}_function", handler_label(handler))
}

/// Suffix of labels for resources in another Region; empty for the provider's Region.
#[must_use]
pub fn region_label(region: Option<&str>) -> String {
    region.map(|region| format!("_{}", region.replace('-', "_"))).unwrap_or_default()
}

/// The label of a key that is looked up by its alias, with a suffix if it is in another Region.
#[must_use]
pub fn alias_label(alias: &str, region: Option<&str>) -> String {
    let label = alias.trim_start_matches("alias/").replace(['/', '-'], "_") + &region_label(region);
    if is_identifier(&label) { label } else { format!("key_{label}") }
}

/// The id of the statement that allows Secrets Manager to call the rotation function of the secret with this label.
#[must_use]
pub fn statement_id(label: &str) -> String {
    format!("rotates_{label}")
}

/// Converts `GmailUserTokens` to `gmail_user_tokens`.
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
