//! Arguments that delegate decisions about access to something outside the files: keys, boundaries, rotation
//! functions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::module::{Known, Module};

/// Resource type, argument, and an explanation of what then decides.
const ARGUMENTS: [(&str, &str, &str); 4] = [
    ("aws_iam_role", "permissions_boundary", "the policy that it names decides what the role may do"),
    ("aws_secretsmanager_secret", "kms_key_id", "the policy on the key decides who may use it"),
    ("aws_secretsmanager_secret", "replica", "the policies on the keys of replicas decide who may use them"),
    ("aws_secretsmanager_secret_rotation", "rotation_lambda_arn", "the function reads and writes the secret"),
];

/// The values of such arguments in a module, by address and argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside(BTreeMap<(String, &'static str), Value>);

impl Outside {
    /// Collects the arguments of a module.
    #[must_use]
    pub fn of(module: &Module, known: &Known) -> Self {
        let mut all = BTreeMap::new();
        for address in module.addresses() {
            let kind = address.split('.').next().unwrap_or_default();
            let given = module.arguments(address, known);
            for (_, argument, _) in ARGUMENTS.iter().filter(|(of, ..)| *of == kind) {
                all.insert((address.to_owned(), *argument), given.get(*argument).cloned().unwrap_or_default());
            }
        }
        Self(all)
    }

    /// Describes the changed arguments of resources that exist on both sides.
    #[must_use]
    pub fn changed_from(&self, old: &Self) -> Vec<String> {
        let changed = self.0.iter().filter_map(|((address, argument), value)| {
            let before = old.0.get(&(address.clone(), *argument)).filter(|before| *before != value)?;
            let (_, _, decides) = ARGUMENTS.iter().find(|(of, name, _)| name == argument && address.starts_with(of))?;
            Some(format!("`{argument}` of `{address}` is {}, and was {}: {decides}", shown(value), shown(before)))
        });
        changed.collect()
    }
}

/// A value as in the file: a reference without its braces.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) => match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
            Some(reference) => format!("`{reference}`"),
            None => format!("`{text}`"),
        },
        other => format!("`{other}`"),
    }
}
