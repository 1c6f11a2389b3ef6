//! The SDK's configuration in a Lambda function.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_secretsmanager::config::{Builder, Region};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use super::Secrets;
use super::http::MAX_ANSWER;
use super::settings::Settings;
use super::start::{OnDifference, listed};
use crate::model::{Difference, Handler, REGION_VARIABLE, is_region, shown};

/// A call that takes longer than this is tried again.
const ATTEMPT: Duration = Duration::from_secs(3);
/// A call is given up after this, retries included.
const CALL: Duration = Duration::from_secs(10);

/// The environment does not say what the SDK has to know.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting of the SDK cannot be used: a variable of the environment, a key of the profile, or a file that one of them names.
    #[error("{setting} {problem}; {remedy}")]
    Setting {
        /// What it is called, and where it stands.
        setting: String,
        /// What is wrong with it.
        problem: String,
        /// What it can be, or what to do.
        remedy: String,
    },
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
    /// ten seconds, and goes through the proxy that `HTTPS_PROXY` names, unless `NO_PROXY` has the endpoint. The ARN of a key that the spec names by a variable, say `tokens_key_arn`, is taken from the environment's
    /// `TOKENS_KEY_ARN`, and where the spec declares prefixes, say by `name_prefix`, this environment's from `NAME_PREFIX`. For
    /// anything else configure an SDK client and pass it to [`Secrets::new`].
    ///
    /// The output `handler_environments` of the infrastructure code has all that: also `SECRETS_REGION`, the region of the
    /// secrets, and `SECRETS_FINGERPRINT`, which says what was applied. Where that is not what this program was compiled for,
    /// it warns; [`from_env_with`](Self::from_env_with) can refuse.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`] for a setting of the SDK that cannot be used, [`ConfigError::NoRegion`],
    /// [`ConfigError::BadRegion`], [`ConfigError::NoPrefix`] and [`ConfigError::UnknownPrefix`]. Missing credentials show at the
    /// first call.
    pub async fn from_env() -> Result<Self, ConfigError> {
        Self::from_env_with(OnDifference::Warn).await
    }

    /// The same, and says what to do where the infrastructure that was applied is another.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env), and [`ConfigError::Outdated`].
    pub async fn from_env_with(on_difference: OnDifference) -> Result<Self, ConfigError> {
        let region = match variable(REGION_VARIABLE) {
            Some(found) if !is_region(&found) => return Err(ConfigError::BadRegion { found }),
            region => region,
        };
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
        let config = loaded(region, MAX_ANSWER, |config| config.timeout_config(timeouts)).await?;
        Self::configured(Builder::from(&config)).in_environment(variable, on_difference)
    }
}

/// The SDK's configuration of this process's environment, checked, with the HTTP client of this crate: for other services than
/// Secrets Manager. `region` comes before what the environment says.
///
/// Makes no call but what it takes to find the Region of the machine where nothing else names one.
///
/// # Errors
///
/// [`ConfigError::Setting`] and [`ConfigError::NoRegion`].
pub async fn sdk_config(region: Option<&str>) -> Result<SdkConfig, ConfigError> {
    loaded(region.map(str::to_owned), usize::MAX, |config| config).await
}

/// HTTPS as [`sdk_config`] uses it, for a request that its caller signs: to a service without an SDK client in the program. Reads
/// answers of up to `max_answer` bytes, and leaves time limits to the caller.
///
/// # Errors
///
/// [`ConfigError::Setting`].
pub async fn http_connector(max_answer: usize) -> Result<SharedHttpConnector, ConfigError> {
    Ok(SharedHttpConnector::new(Settings::read(&variable, true).await?.into_http(max_answer)))
}

async fn loaded(
    region: Option<String>,
    max_answer: usize,
    more: impl FnOnce(ConfigLoader) -> ConfigLoader,
) -> Result<SdkConfig, ConfigError> {
    let settings = Settings::read(&variable, region.is_some()).await?;
    let mut loader = more(settings.into_loader(aws_config::defaults(BehaviorVersion::latest()), max_answer));
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    if config.region().is_none() { Err(ConfigError::NoRegion) } else { Ok(config) }
}

/// What is no text is given all the same, and is then not what it should be.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
