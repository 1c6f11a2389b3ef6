//! Configures the SDK in a Lambda function.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_secretsmanager::config::{Builder, Region};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use super::Secrets;
use super::config_error::ConfigError;
use super::http::MAX_ANSWER;
use super::settings::Settings;
use super::start::OnDifference;
use crate::model::{Handler, REGION_VARIABLE, is_region};

/// Time limit of one attempt. The SDK retries after it.
const ATTEMPT: Duration = Duration::from_secs(3);
/// Time limit of a call, including retries.
const CALL: Duration = Duration::from_secs(10);

impl<H: Handler> Secrets<H> {
    /// Creates a client from the environment of a Lambda function: with the region and the credentials of the
    /// function's role.
    ///
    /// Makes no API call. TLS is rustls with ring, which starts faster than the SDK's default. A call takes at most ten
    /// seconds, including retries, and goes through the proxy that `HTTPS_PROXY` names, unless `NO_PROXY` lists the
    /// endpoint.
    ///
    /// If the spec names a key by a variable, for example `tokens_key_arn`, its ARN is read from `TOKENS_KEY_ARN`. If
    /// the spec declares prefixes, for example by `name_prefix`, the prefix of this environment is read from
    /// `NAME_PREFIX`. For any other configuration, configure an SDK client and pass it to [`Secrets::new`].
    ///
    /// The output `handler_environments` of the infrastructure code provides all of these variables, and also
    /// `SECRETS_REGION`, the region of the secrets, and `SECRETS_FINGERPRINT`, which describes what was applied. If the
    /// fingerprint does not match this program, a warning is logged; [`from_env_with`](Self::from_env_with) can return
    /// an error instead.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`] if a setting of the SDK is invalid, [`ConfigError::NoRegion`],
    /// [`ConfigError::BadRegion`], [`ConfigError::NoPrefix`] and [`ConfigError::UnknownPrefix`]. Missing credentials
    /// are only detected by the first call.
    pub async fn from_env() -> Result<Self, ConfigError> {
        Self::from_env_with(OnDifference::Warn).await
    }

    /// Like [`from_env`](Self::from_env), and chooses what happens if the applied infrastructure does not match the
    /// spec.
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

/// The SDK configuration of this process's environment, checked, with the HTTP client of this crate. It is meant for
/// services other than Secrets Manager. `region` takes precedence over the environment.
///
/// Makes no call, except to find the region of the machine if no setting names one.
///
/// # Errors
///
/// [`ConfigError::Setting`] and [`ConfigError::NoRegion`].
pub async fn sdk_config(region: Option<&str>) -> Result<SdkConfig, ConfigError> {
    loaded(region.map(str::to_owned), usize::MAX, |config| config).await
}

/// The HTTPS client of [`sdk_config`], for requests that the caller signs: to a service without an SDK client in the
/// program. Reads responses of at most `max_answer` bytes, and sets no time limits.
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

/// Non-UTF-8 values are converted lossily so that validation rejects them.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
