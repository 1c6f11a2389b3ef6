//! The environment variables of a handler that uses the local server.

use std::collections::BTreeSet;

use driftless_model::{HandlerSpec, Spec, endpoint_variable};

use super::access_key_id;
use crate::render;

/// The Region of the local server.
const REGION: &str = "eu-west-1";

/// Variables that would send a program elsewhere, or give it other credentials.
///
/// Source: [environment variables of the AWS SDKs](https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html).
pub const CLEARED: [&str; 12] = [
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// The variables of a handler in the environment of a prefix: the endpoint, its credentials, and what the rendered Terraform
/// sets on its function. The secret access key is no secret: the server verifies no signature.
#[must_use]
pub fn variables(spec: &Spec, prefix: &str, handler: &HandlerSpec, url: &str) -> Vec<(String, String)> {
    let own = spec.secrets.iter().filter_map(|secret| secret.region.clone());
    let copies = spec.secrets.iter().flat_map(|secret| secret.options.read_from.clone());
    let regions: BTreeSet<String> = own.chain(copies).collect();
    let fixed = [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", access_key_id(prefix, handler)),
        ("AWS_SECRET_ACCESS_KEY", "not-secret".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    let elsewhere = regions.iter().map(|region| (endpoint_variable(region), url.to_owned()));
    fixed.chain(elsewhere).chain(render::function_environment(spec, handler, REGION, prefix)).collect()
}
