//! The SDK clients of an audit, configured like any AWS tool, with a common rate limit.

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
use driftless::{ConfigError, sdk_config};

use super::error::{Error, causes, plain};
use super::pace::{Pace, Paced};
use crate::audit::Look;

/// Timeout of an attempt; a slower call is retried.
const ATTEMPT: Duration = Duration::from_secs(30);
/// Number of attempts by the SDK, with increasing pauses.
const ATTEMPTS: u32 = 4;
/// Number of rounds of attempts while AWS keeps throttling: other callers that use up the quota may be done in a few
/// minutes.
const ROUNDS: u32 = 10;
/// The pause between two rounds, as a multiple of the first pause.
const REST: u32 = 20;

/// Loads the configuration from the environment: Region and credentials, from variables, profiles or the role of the
/// machine. Profiles can use IAM Identity Center (SSO) and `credential_process`.
///
/// # Errors
///
/// If a setting is invalid, or there is no Region, or there are no credentials.
pub async fn from_env(region: Option<&str>) -> Result<SdkConfig, Error> {
    let config = sdk_config(region).await.map_err(|error| match error {
        ConfigError::Setting { setting, problem, remedy } => {
            Error::Setting { what: format!("{setting} {problem}"), remedy }
        }
        _ => Error::NoRegion,
    })?;
    // Credentials are loaded here, because at the first call their absence would be one failure among many.
    let cause = match config.credentials_provider() {
        None => "none are configured".to_owned(),
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => return Ok(config),
            Err(error) => causes(&error).map(|cause| plain(&cause.to_string())).collect::<Vec<_>>().join(": "),
        },
    };
    Err(Error::NoCredentials { cause })
}

/// The clients of the three services that an audit calls. Secrets Manager has a client per Region.
#[derive(Clone, Debug)]
pub struct Clients {
    config: SdkConfig,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) region: String,
    pause: Duration,
}

impl Clients {
    /// Creates clients that together make at most `rate` calls per second. The pause before the first retry is at most
    /// `pause`, and doubles with each retry.
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

    /// The Secrets Manager client of a Region.
    pub(super) fn secrets(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        let config = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        aws_sdk_secretsmanager::Client::from_conf(config.region(Region::new(region.to_owned())).build())
    }

    /// Makes a call, and repeats it while AWS throttles.
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
