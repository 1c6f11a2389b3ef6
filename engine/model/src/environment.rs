//! Environment variables of a handler's function, written by the generator and read by the client.

use super::kms_key::KmsKey;
use super::spec::{HandlerSpec, SecretSpec};
use super::verb::Verb;

/// The variable that holds the [fingerprint](super::Fingerprint) of the applied infrastructure.
pub const FINGERPRINT_VARIABLE: &str = "SECRETS_FINGERPRINT";

/// The variable that holds the region of the secrets, which can differ from the function's region.
pub const REGION_VARIABLE: &str = "SECRETS_REGION";

/// The variable with the endpoint of Secrets Manager in a region, where it is not that of AWS: `SECRETS_ENDPOINT_URL_EU_CENTRAL_1`.
///
/// ```
/// assert_eq!(driftless_model::endpoint_variable("eu-west-1"), "SECRETS_ENDPOINT_URL_EU_WEST_1");
/// ```
#[must_use]
pub fn endpoint_variable(region: &str) -> String {
    format!("SECRETS_ENDPOINT_URL_{}", region.to_ascii_uppercase().replace('-', "_"))
}

/// The function's environment variable that carries the value of a variable of the infrastructure code: the same name
/// in capitals.
#[must_use]
pub fn environment_variable(variable: &str) -> String {
    variable.to_ascii_uppercase()
}

/// The variables of the infrastructure code that hold the KMS keys of the secrets that a handler can create, sorted and
/// without duplicates. The client needs no other keys. `secret` finds a secret by its id.
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
