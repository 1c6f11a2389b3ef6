//! The value of a secret in Terraform: the block for its version, and the block that generates a random value.
//!
//! Random values come from the AWS provider, by `ephemeral "aws_secretsmanager_random_password"`, so that no second
//! provider is needed. The resource exists since [January 2025][new] and accepts characters to exclude since [March
//! 2025][fixed].
//!
//! [new]: https://github.com/hashicorp/terraform-provider-aws/pull/41106
//! [fixed]: https://github.com/hashicorp/terraform-provider-aws/pull/41546

use driftless_model::{Characters, Delivery, Password, SecretSpec};
use serde::Serialize;

use super::Views;
use crate::labels::{secret_label, version_variable};
use crate::shape::ShapeCheck;

/// Additional staging label of a generated version. AWS deletes versions without a label. After two writes by another
/// principal the generated version would have none, and Terraform would then generate a new value.
///
/// Source: [a secret's versions][versions].
///
/// [versions]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
const GENERATED_STAGE: &str = "generated";

#[derive(Serialize)]
pub(super) struct ValueView<'a> {
    pub(super) label: String,
    #[serde(skip)]
    pub(super) delivery: &'a Delivery,
    /// The expression for the value.
    value: String,
    /// Whether the value is stored in the state.
    in_state: bool,
    /// The expression for the version number that triggers a write; empty if the value is stored in the state.
    version: String,
    password: Option<PasswordView<'a>>,
}

#[derive(Serialize)]
struct PasswordView<'a> {
    length: String,
    /// The arguments that exclude kinds of characters.
    excluded_kinds: Vec<&'static str>,
    excluded: &'a str,
    has_space: bool,
    rules: Vec<ShapeCheck>,
    stage: &'static str,
}

impl Views<'_> {
    /// The value of a secret, if Terraform writes one.
    pub(super) fn value<'a>(&self, secret: &'a SecretSpec) -> Option<ValueView<'a>> {
        let (label, shape) = (secret_label(secret), self.shapes.get(secret.id.as_str())?);
        let delivery = secret.owner.delivery()?;
        let (value, version, password) = match delivery {
            Delivery::InState { variable } => (shape.stored(variable), String::new(), None),
            Delivery::WriteOnly { variable, write_only } => {
                let counted = || format!("var.{}", version_variable(variable));
                let version = write_only.version.map_or_else(counted, |version| version.to_string());
                (shape.stored(variable), version, None)
            }
            Delivery::Generated { generated } => {
                let value = format!("ephemeral.aws_secretsmanager_random_password.{label}.random_password");
                // As conditions of the ephemeral resource, the rules would crash Terraform 1.11 when it shows a state
                // as JSON.
                let password = password(generated, shape.rules(&value, secret.name.as_str()));
                (value, generated.version.to_string(), Some(password))
            }
        };
        let (label, in_state) = (format!("{label}_value"), version.is_empty());
        Some(ValueView { label, delivery, value, in_state, version, password })
    }
}

fn password(password: &Password, rules: Vec<ShapeCheck>) -> PasswordView<'_> {
    let left_out = Characters::ALL.into_iter().filter(|kind| !password.alphabet.contains(kind));
    PasswordView {
        length: password.length.to_string(),
        excluded_kinds: left_out.filter_map(excluding).collect(),
        excluded: &password.exclude,
        has_space: password.alphabet.contains(&Characters::Space),
        rules,
        stage: GENERATED_STAGE,
    }
}

/// The argument that excludes a kind of characters. Spaces are included by an argument instead.
const fn excluding(kind: Characters) -> Option<&'static str> {
    match kind {
        Characters::Lowercase => Some("exclude_lowercase"),
        Characters::Uppercase => Some("exclude_uppercase"),
        Characters::Digits => Some("exclude_numbers"),
        Characters::Punctuation => Some("exclude_punctuation"),
        Characters::Space => None,
    }
}
