//! What a handler finds in its function's environment: the generator writes it, and the client reads it by the same names.

use super::kms_key::KmsKey;
use super::spec::{HandlerSpec, SecretSpec};
use super::verb::Verb;

/// The variable with the [fingerprint](super::Fingerprint) that the infrastructure was applied for.
pub const FINGERPRINT_VARIABLE: &str = "SECRETS_FINGERPRINT";

/// The variable with the region of the secrets, which need not be that of the function.
pub const REGION_VARIABLE: &str = "SECRETS_REGION";

/// The variable with the endpoint of Secrets Manager in a region, where it is not that of AWS: `SECRETS_ENDPOINT_URL_EU_CENTRAL_1`.
#[must_use]
pub fn endpoint_variable(region: &str) -> String {
    format!("SECRETS_ENDPOINT_URL_{}", region.to_ascii_uppercase().replace('-', "_"))
}

/// The variable of a function's environment that has the value of one of the infrastructure code: its name in capitals.
#[must_use]
pub fn environment_variable(variable: &str) -> String {
    variable.to_ascii_uppercase()
}

/// The variables of the infrastructure code that name the keys under which a handler can create secrets, each once. Of other
/// keys its client has nothing to know. `secret` finds a secret by its id.
#[must_use]
pub fn key_variables<'a>(handler: &HandlerSpec, secret: impl Fn(&str) -> Option<&'a SecretSpec>) -> Vec<&'a str> {
    let stored = handler.grants.iter().filter(|grant| grant.verbs.contains(&Verb::Store));
    let keys = stored.filter_map(|grant| secret(&grant.secret)?.kms_key.as_ref());
    let mut variables: Vec<&str> = keys
        .filter_map(|key| match key {
            KmsKey::Variable { variable } => Some(variable.as_ref()),
            KmsKey::Alias { .. } => None,
        })
        .collect();
    variables.sort_unstable();
    variables.dedup();
    variables
}
