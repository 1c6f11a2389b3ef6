//! How a secret's value gets into it: the block for its version, and the one that makes a random value.

use paypulse_runtime::model::{Characters, Delivery, Password, SecretSpec};
use serde::Serialize;

use crate::labels::{secret_label, version_variable};

/// The staging label that a generated version keeps beside AWS's own. AWS deletes a version that has no label, which is what
/// two writes by somebody else would leave it with, and Terraform would then generate another in its place.
///
/// Source: [a secret's versions][versions].
///
/// [versions]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
const GENERATED_STAGE: &str = "generated";

#[derive(Serialize)]
pub(super) struct ValueView<'a> {
    label: String,
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
    stage: &'static str,
}

/// The value of a secret, if the infrastructure code gives it one.
pub(super) fn value(secret: &SecretSpec) -> Option<ValueView<'_>> {
    let label = format!("{}_value", secret_label(secret));
    let view = |value: String, version: String, password| ValueView {
        in_state: version.is_empty(),
        label: label.clone(),
        value,
        version,
        password,
    };
    Some(match secret.owner.delivery()? {
        Delivery::InState { variable } => view(format!("var.{variable}"), String::new(), None),
        Delivery::WriteOnly { variable, write_only } => {
            let counted = || format!("var.{}", version_variable(variable));
            let version = write_only.version.map_or_else(counted, |version| version.to_string());
            view(format!("var.{variable}"), version, None)
        }
        Delivery::Generated { generated } => {
            let value =
                format!("ephemeral.aws_secretsmanager_random_password.{}.random_password", secret_label(secret));
            view(value, generated.version.to_string(), Some(password(generated)))
        }
    })
}

fn password(password: &Password) -> PasswordView<'_> {
    let left_out = Characters::ALL.into_iter().filter(|kind| !password.alphabet.contains(kind));
    PasswordView {
        length: password.length.to_string(),
        excluded_kinds: left_out.filter_map(excluding).collect(),
        excluded: &password.exclude,
        has_space: password.alphabet.contains(&Characters::Space),
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
