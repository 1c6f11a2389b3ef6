//! How a secret's value gets into it: the block for its version, and the one that makes a random value.
//!
//! A random value comes from the AWS provider itself, by `ephemeral "aws_secretsmanager_random_password"`, so that nobody needs
//! a second provider for it. It is there since [January 2025][new] and takes characters to exclude since [March 2025][fixed].
//!
//! [new]: https://github.com/hashicorp/terraform-provider-aws/pull/41106
//! [fixed]: https://github.com/hashicorp/terraform-provider-aws/pull/41546

use paypulse_runtime::model::{Characters, Delivery, Password, SecretSpec};
use serde::Serialize;

use super::Views;
use crate::labels::{secret_label, version_variable};
use crate::shape::Check;

/// The staging label that a generated version keeps beside AWS's own. AWS deletes a version that has no label, which is what
/// two writes by somebody else would leave it with, and Terraform would then generate another in its place.
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
    /// An expression for the value.
    value: String,
    /// Whether the value enters the state.
    in_state: bool,
    /// An expression for the number that says when to write it; empty where the value enters the state.
    version: String,
    password: Option<PasswordView<'a>>,
}

#[derive(Serialize)]
struct PasswordView<'a> {
    length: String,
    /// The arguments that leave a kind of characters out.
    excluded_kinds: Vec<&'static str>,
    excluded: &'a str,
    has_space: bool,
    rules: Vec<Check>,
    stage: &'static str,
}

impl Views<'_> {
    /// The value of a secret, if Terraform gives it one.
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
                // On the ephemeral resource they would make Terraform 1.11 crash when it shows a state as JSON.
                let password = password(generated, shape.rules(&value, secret.name.as_str()));
                (value, generated.version.to_string(), Some(password))
            }
        };
        let (label, in_state) = (format!("{label}_value"), version.is_empty());
        Some(ValueView { label, delivery, value, in_state, version, password })
    }
}

fn password(password: &Password, rules: Vec<Check>) -> PasswordView<'_> {
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

/// The argument that leaves a kind of characters out. The space has to be asked for instead.
const fn excluding(kind: Characters) -> Option<&'static str> {
    match kind {
        Characters::Lowercase => Some("exclude_lowercase"),
        Characters::Uppercase => Some("exclude_uppercase"),
        Characters::Digits => Some("exclude_numbers"),
        Characters::Punctuation => Some("exclude_punctuation"),
        Characters::Space => None,
    }
}
