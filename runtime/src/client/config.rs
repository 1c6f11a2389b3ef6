//! The SDK's configuration in a Lambda function.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{Builder, Region};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::Secrets;
use super::start::{OnDifference, listed};
use crate::model::{Difference, Handler, REGION_VARIABLE, is_region, shown};

/// A call that takes longer than this is tried again.
const ATTEMPT: Duration = Duration::from_secs(3);
/// A call is given up after this, retries included.
const CALL: Duration = Duration::from_secs(10);

/// The environment does not say what the SDK has to know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No region is set. In a Lambda function AWS sets it.
    #[error("no AWS region is configured; set `AWS_REGION`")]
    NoRegion,
    /// The spec has many environments, and the variable with this one's prefix is not set.
    #[error("the prefix of this environment is not known; set `{variable}` to {}", one_of(declared))]
    NoPrefix {
        /// The variable.
        variable: String,
        /// The prefixes that the spec declares.
        declared: Vec<String>,
    },
    /// The prefix is not one that the spec declares.
    #[error("the spec has no environment with the prefix {}; it has {}", shown(found), one_of(declared))]
    UnknownPrefix {
        /// What is given as the prefix.
        found: String,
        /// The prefixes that the spec declares.
        declared: Vec<String>,
    },
    /// The region of the secrets is not one.
    #[error("`{REGION_VARIABLE}` is not the name of a region: {}", shown(found))]
    BadRegion {
        /// What is given as the region.
        found: String,
    },
    /// The infrastructure that was applied is not that of the spec which this program was compiled from, and
    /// [`OnDifference::Refuse`] was asked for.
    #[error(
        "`{handler}` was compiled for other infrastructure than is applied: {}; run `cargo xtask gen-infra`, apply the Terraform, \
         and deploy the function with its code of the same spec",
        listed(differences)
    )]
    Outdated {
        /// The handler's name.
        handler: &'static str,
        /// In what they differ.
        differences: Vec<Difference>,
    },
}

fn one_of(prefixes: &[String]) -> String {
    match prefixes {
        [] => "no prefixes at all".to_owned(),
        [only] => shown(only),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|prefix| shown(prefix)).collect();
            format!("{} or {}", first.join(", "), shown(last))
        }
    }
}

impl<H: Handler> Secrets<H> {
    /// A client configured by the environment, as in a Lambda function: region and credentials of the function's role.
    ///
    /// Makes no call. TLS is rustls with ring, which starts faster than the SDK's default; a call is tried for at most
    /// ten seconds. The ARN of a key that the spec names by a variable, say `tokens_key_arn`, is taken from the environment's
    /// `TOKENS_KEY_ARN`, and where the spec declares prefixes, say by `name_prefix`, this environment's from `NAME_PREFIX`. For
    /// anything else configure an SDK client and pass it to [`Secrets::new`].
    ///
    /// The output `handler_environments` of the infrastructure code has all that: also `SECRETS_REGION`, the region of the
    /// secrets, and `SECRETS_FINGERPRINT`, which says what was applied. Where that is not what this program was compiled for,
    /// it warns; [`from_env_with`](Self::from_env_with) can refuse.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoRegion`], [`ConfigError::BadRegion`], [`ConfigError::NoPrefix`] and [`ConfigError::UnknownPrefix`].
    /// Missing credentials show at the first call.
    pub async fn from_env() -> Result<Self, ConfigError> {
        Self::from_env_with(OnDifference::Warn).await
    }

    /// The same, and says what to do where the infrastructure that was applied is another.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env), and [`ConfigError::Outdated`].
    pub async fn from_env_with(on_difference: OnDifference) -> Result<Self, ConfigError> {
        let https =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).timeout_config(timeouts);
        let config = match variable(REGION_VARIABLE) {
            Some(found) if !is_region(&found) => return Err(ConfigError::BadRegion { found }),
            Some(region) => config.region(Region::new(region)),
            None => config,
        };
        let config = config.load().await;
        if config.region().is_none() {
            return Err(ConfigError::NoRegion);
        }
        Self::configured(Builder::from(&config)).in_environment(variable, on_difference)
    }
}

/// What is no text is given all the same, and is then not what it should be.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
