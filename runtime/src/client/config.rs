//! The SDK's configuration in a Lambda function.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::Secrets;
use crate::model::Handler;

/// A call that takes longer than this is tried again.
const ATTEMPT: Duration = Duration::from_secs(3);
/// A call is given up after this, retries included.
const CALL: Duration = Duration::from_secs(10);

/// The environment does not say what the SDK has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No region is set. In a Lambda function AWS sets it.
    #[error("no AWS region is configured; set `AWS_REGION`")]
    NoRegion,
}

impl<H: Handler> Secrets<H> {
    /// A client configured by the environment, as in a Lambda function: region and credentials of the function's role.
    ///
    /// Makes no call. TLS is rustls with ring, which starts faster than the SDK's default; a call is tried for at most
    /// ten seconds. The ARN of a key that the spec names by a variable, say `tokens_key_arn`, is taken from the environment's
    /// `TOKENS_KEY_ARN`. For anything else configure an SDK client and pass it to [`Secrets::new`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoRegion`]. Missing credentials show at the first call.
    pub async fn from_env() -> Result<Self, ConfigError> {
        let https =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).timeout_config(timeouts);
        let config = config.load().await;
        if config.region().is_none() {
            return Err(ConfigError::NoRegion);
        }
        Ok(Self::configured(Builder::from(&config))
            .with_kms_keys(|variable| std::env::var(variable.to_ascii_uppercase()).ok()))
    }
}
