//! The SDK's clients for an audit: configured as any AWS tool is, with one pace for all of them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use paypulse_runtime::client::{ConfigError, sdk_config};

use super::error::{Error, causes, plain};
use super::pace::{Pace, Paced};
use crate::audit::Look;

/// A call that takes longer than this is tried again.
const ATTEMPT: Duration = Duration::from_secs(30);
/// So often the SDK makes a call, each time after a longer pause.
const ATTEMPTS: u32 = 4;
/// The number of attempts where AWS goes on throttling: others that use up the quota may be done in a few minutes.
const ROUNDS: u32 = 10;
/// The pause between two rounds, in first pauses.
const REST: u32 = 20;

/// The configuration of the environment: Region and credentials, from variables, profiles or the machine's role; a profile's also by
/// IAM Identity Center (SSO) and `credential_process`.
///
/// # Errors
///
/// If a setting cannot be used, there is no Region, or there are no credentials.
pub async fn from_env(region: Option<&str>) -> Result<SdkConfig, Error> {
    let config = sdk_config(region).await.map_err(|error| match error {
        ConfigError::Setting { setting, problem, remedy } => {
            Error::Setting { what: format!("{setting} {problem}"), remedy }
        }
        _ => Error::NoRegion,
    })?;
    // Asked for here, because at the first call their absence is one failure among many.
    let cause = match config.credentials_provider() {
        None => "none are configured".to_owned(),
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => return Ok(config),
            Err(error) => causes(&error).map(|cause| plain(&cause.to_string())).collect::<Vec<_>>().join(": "),
        },
    };
    Err(Error::NoCredentials { cause })
}

/// The clients of the three services that an audit asks, that of Secrets Manager for each Region.
#[derive(Clone, Debug)]
pub struct Clients {
    config: SdkConfig,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) region: String,
    pause: Duration,
}

impl Clients {
    /// Clients that together make at most `rate` calls a second. The first pause before a repetition is at most `pause`
    /// long, and each doubles it.
    ///
    /// # Errors
    ///
    /// If the configuration has no Region.
    pub fn new(config: &SdkConfig, rate: u32, pause: Duration) -> Result<Self, Error> {
        let region = config.region().ok_or(Error::NoRegion)?.to_string();
        let inner = config.http_client().ok_or(Error::NoRegion)?;
        let paced = Paced { inner, pace: Arc::new(Pace::new(rate)) };
        let config = config
            .to_builder()
            .http_client(SharedHttpClient::new(paced))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(pause))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build())
            .build();
        Ok(Self {
            iam: aws_sdk_iam::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            config,
            region,
            pause,
        })
    }

    /// The client for the secrets of a Region.
    pub(super) fn secrets(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        let config = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        aws_sdk_secretsmanager::Client::from_conf(config.region(Region::new(region.to_owned())).build())
    }

    /// Makes a call, and makes it again while AWS throttles.
    pub(super) async fn ask<T, E, F>(&self, call: Look, send: impl Fn() -> F) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + StdError + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut round = 1;
        loop {
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Error::of(call, &error),
            };
            if round == ROUNDS || !matches!(error, Error::Throttled { .. }) {
                return Err(error);
            }
            round += 1;
            tokio::time::sleep(self.pause * REST).await;
        }
    }
}
