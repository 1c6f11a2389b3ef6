//! Rules for rotation functions and keys, which can only be used in one region.

use std::collections::BTreeMap;

use crate::kms_key::KmsKey;
use crate::problem::{Problem, shown};
use crate::spec::{SecretSpec, Spec};

/// Secrets in different regions may not share a rotation function or a key variable.
///
/// Sources: [a rotation function][function] is invoked in its secret's region; the key of a secret is [of its region][key].
///
/// [function]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
/// [key]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let functions = spec.secrets.iter().filter_map(|secret| Some((secret.owner.function()?, secret)));
    let keys = spec.secrets.iter().filter_map(|secret| match &secret.kms_key {
        Some(KmsKey::Variable { variable }) => Some((variable.as_ref(), secret)),
        _ => None,
    });
    let functions = elsewhere(functions).into_iter().map(|(function, first, secret)| {
        let what = format!("it is rotated by {}", shown(function));
        ("rotation-in-two-regions", what, first, secret, "use a rotation function that is deployed in that Region")
    });
    let keys = elsewhere(keys).into_iter().map(|(variable, first, secret)| {
        let what = format!("its key is `{variable}`");
        ("key-in-two-regions", what, first, secret, "name a key in the same Region")
    });
    let problem =
        |(lint, what, first, secret, hint): (&'static str, String, &SecretSpec, &SecretSpec, &'static str)| {
            let message = format!(
                "{what}, as {} is, which is in {} and not in {}",
                shown(&first.id),
                named(first.region.as_deref()),
                named(secret.region.as_deref())
            );
            Problem::new(lint, &super::place(secret), message, hint)
        };
    functions.chain(keys).map(problem).collect()
}

/// The secrets that share a value with an earlier secret in another region: the value, the first secret that has it,
/// and the secret itself.
fn elsewhere<'a>(
    all: impl Iterator<Item = (&'a str, &'a SecretSpec)>,
) -> Vec<(&'a str, &'a SecretSpec, &'a SecretSpec)> {
    let mut first: BTreeMap<&str, &SecretSpec> = BTreeMap::new();
    let mut found = Vec::new();
    for (what, secret) in all {
        let first = *first.entry(what).or_insert(secret);
        if first.region != secret.region {
            found.push((what, first, secret));
        }
    }
    found
}

fn named(region: Option<&str>) -> String {
    region.map_or_else(|| "the region of everything else".to_owned(), shown)
}
