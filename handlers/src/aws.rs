//! Signed requests to AWS services of which only one operation is used, instead of an SDK client for the whole service.
//! The signer is that of the SDK, and the HTTP client is the one that reads secrets.
//!
//! Source: [Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use paypulse_runtime::client::{ConfigError, credentials_may_come, http_connector, sdk_config};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::endpoint::{self, BadEndpoint, Switches};

/// The time limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(10);
/// The maximum number of attempts of a request, with pauses of 200 ms and 400 ms in between.
const MAX_ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Credentials are requested again this long before they expire, and those without an expiry after a quarter of an hour,
/// as the SDK does.
const BEFORE_EXPIRY: Duration = Duration::from_mins(1);
const WITHOUT_EXPIRY: Duration = Duration::from_mins(15);
/// The size limit of an answer. A page of a DynamoDB scan has 1 MB of items, plus the JSON around them.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Codes of status 400 that a retry may fix. Sources: [DynamoDB's errors][dynamodb], [S3's errors][s3].
///
/// [dynamodb]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
/// [s3]: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const PASSING: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
];

/// Why a request to AWS failed. The error contains nothing of the request.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A retry may succeed: no answer in time, too many requests, or a server error.
    #[error("{0}; it may work in a while")]
    Unavailable(String),
    /// A retry will fail without a change of permissions, names or credentials.
    #[error("{0}")]
    Refused(String),
}

/// Why a service cannot be set up.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum NoService {
    /// The environment lacks configuration that the SDK needs.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The SDK found no source of credentials.
    #[error("there is no source of credentials")]
    NoCredentials,
    /// The environment sets an endpoint to which nothing may be sent.
    #[error(transparent)]
    Endpoint(#[from] BadEndpoint),
}

/// A service's answer with any status that is not retried.
pub(crate) struct ServiceAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// An error in the format of DynamoDB.
#[derive(Deserialize)]
struct JsonError {
    /// The code, after a namespace and a `#`.
    #[serde(rename = "__type")]
    kind: String,
}

impl ServiceAnswer {
    /// The status, and the code of the error, such as `AccessDenied`: XML in S3, JSON in DynamoDB. The message is
    /// dropped, because it can contain the name of an object.
    pub(crate) fn described(&self) -> String {
        format!("status {}, {}", self.status, self.code().as_deref().unwrap_or("without a code"))
    }

    fn code(&self) -> Option<String> {
        let json = || serde_json::from_slice::<JsonError>(&self.body).ok();
        let text = String::from_utf8_lossy(&self.body);
        let xml = text.split_once("<Code>").and_then(|(_, rest)| Some(rest.split_once("</Code>")?.0.to_owned()));
        let code = xml.or_else(|| json()?.kind.rsplit('#').next().map(str::to_owned));
        code.filter(|code| (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// Whether a retry may succeed. 409 means that another write to the same name is in progress.
    fn is_passing(&self) -> bool {
        match self.status {
            408 | 409 | 429 | 500.. => true,
            400 => self.code().is_some_and(|code| PASSING.contains(&code.as_str())),
            _ => false,
        }
    }
}

/// A request that is safe to repeat.
pub(crate) struct ServiceRequest<'a> {
    pub(crate) method: &'static str,
    /// The encoded path, with a leading slash.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: &'a [u8],
}

/// A service in the region of the environment, with the credentials of the function's role.
pub(crate) struct Service {
    name: &'static str,
    region: String,
    endpoint: String,
    http: SharedHttpConnector,
    credentials: SharedCredentialsProvider,
    /// The last credentials, and when they are requested again. The SDK's clients cache credentials; a provider does not.
    known: Mutex<Option<(Credentials, SystemTime)>>,
}

impl Service {
    /// A service, by its signing name and the variable with which SDKs override its endpoint. Without that variable, the
    /// endpoint is the one that is set for all services, or AWS's own.
    pub(crate) async fn from_env(name: &'static str, variable: &'static str) -> Result<Self, NoService> {
        let config = sdk_config(None).await?;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let endpoint = match (endpoint::from_env(variable)?, config.endpoint_url()) {
            (Some(endpoint), _) => endpoint,
            (None, Some(endpoint)) => endpoint::checked("AWS_ENDPOINT_URL", endpoint)?,
            (None, None) => {
                let is_on = |switch: Option<bool>| switch.unwrap_or_default();
                let switches = Switches { fips: is_on(config.use_fips()), dual_stack: is_on(config.use_dual_stack()) };
                endpoint::of_aws(name, &region, switches)
            }
        };
        let credentials = config.credentials_provider().ok_or(NoService::NoCredentials)?;
        Ok(Self {
            name,
            region,
            endpoint,
            http: http_connector(MAX_ANSWER).await?,
            credentials,
            known: Mutex::default(),
        })
    }

    /// Makes a request, and retries it after a pause if that can help.
    pub(crate) async fn send(&self, request: &ServiceRequest<'_>) -> Result<ServiceAnswer, Error> {
        let mut attempts = 1;
        loop {
            let answer = self.attempt(request).await;
            if attempts == MAX_ATTEMPTS || !matches!(answer, Err(Error::Unavailable(_))) {
                return answer;
            }
            tokio::time::sleep(FIRST_PAUSE * attempts).await;
            attempts += 1;
        }
    }

    /// Makes one attempt.
    async fn attempt(&self, request: &ServiceRequest<'_>) -> Result<ServiceAnswer, Error> {
        let unavailable = |what: &str| self.unavailable(what);
        let exchange = async {
            let request = self.signed(request, self.credentials().await?)?;
            let answer = self.http.call(request).await.map_err(|_| unavailable("the connection failed"))?;
            let status = answer.status().as_u16();
            let body = ByteStream::new(answer.into_body()).collect().await;
            let body = body.map_err(|_| unavailable("the answer broke off or is too long"))?.to_vec();
            Ok(ServiceAnswer { status, body })
        };
        let answer = tokio::time::timeout(ATTEMPT, exchange).await.map_err(|_| unavailable("no answer in time"))??;
        if answer.is_passing() { Err(unavailable(&answer.described())) } else { Ok(answer) }
    }

    /// The known credentials, or new ones. Concurrent requests wait for one answer of their source.
    async fn credentials(&self) -> Result<Credentials, Error> {
        let mut known = self.known.lock().await;
        let now = SystemTime::now();
        if let Some((credentials, until)) = known.as_ref()
            && now < *until
        {
            return Ok(credentials.clone());
        }
        let credentials = self.credentials.provide_credentials().await.map_err(|error| {
            if credentials_may_come(&error) {
                self.unavailable("there are no credentials for now")
            } else {
                self.refused("there are no credentials")
            }
        })?;
        let until = credentials.expiry().map_or(now + WITHOUT_EXPIRY, |expiry| expiry - BEFORE_EXPIRY);
        Ok(known.insert((credentials, until)).0.clone())
    }

    fn signed(&self, request: &ServiceRequest<'_>, credentials: Credentials) -> Result<HttpRequest, Error> {
        let refused = |what: &str| self.refused(what);
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = SigningParams::builder().identity(&identity).region(&self.region).name(self.name);
        let params = params.time(SystemTime::now()).settings(settings).build();
        let params = params.map_err(|_| refused("the request cannot be signed"))?.into();
        let url = format!("{}{}", self.endpoint, request.path);
        let (headers, body) = (request.headers.iter().copied(), SignableBody::Bytes(request.body));
        let signable = SignableRequest::new(request.method, &url, headers.clone(), body);
        let signed = signable.and_then(|signable| sign(signable, &params));
        let (signature, _) = signed.map_err(|_| refused("the request cannot be signed"))?.into_parts();
        let built = http::Request::builder().method(request.method).uri(url);
        let built = headers.fold(built, |built, (name, value)| built.header(name, value));
        let mut built = built.body(SdkBody::from(request.body)).map_err(|_| refused("the request cannot be made"))?;
        signature.apply_to_request_http1x(&mut built);
        built.try_into().map_err(|_| refused("the request cannot be made"))
    }

    fn unavailable(&self, what: &str) -> Error {
        Error::Unavailable(format!("{}: {what}", self.name))
    }

    /// An error that a retry does not fix.
    pub(crate) fn refused(&self, what: &str) -> Error {
        Error::Refused(format!("{}: {what}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::time::{Duration, SystemTime};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
    use paypulse_runtime::client::http_connector;

    use super::{Error, Service, ServiceAnswer};

    /// Gives one answer after the other, and then repeats the last one.
    #[derive(Debug)]
    struct Source {
        asked: Arc<AtomicUsize>,
        answers: [fn() -> provider::Result; 3],
    }

    impl ProvideCredentials for Source {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.asked.fetch_add(1, Relaxed).min(2);
            future::ProvideCredentials::ready((self.answers[number])())
        }
    }

    fn valid_for(seconds: u64) -> Credentials {
        let expiry = SystemTime::now() + Duration::from_secs(seconds);
        Credentials::new("a", "b", None, Some(expiry), "test")
    }

    #[tokio::test]
    async fn credentials_are_kept_until_shortly_before_they_expire() {
        let asked = Arc::new(AtomicUsize::new(0));
        let refused = || Err(CredentialsError::not_loaded("none"));
        let passing = || Err(CredentialsError::provider_timed_out(Duration::from_secs(1)));
        for (answers, expected) in [
            (
                [refused as fn() -> _, || Ok(valid_for(30)), || Ok(valid_for(3600))],
                Error::Refused("s3: there are no credentials".into()),
            ),
            (
                [passing, || Ok(valid_for(30)), || Ok(valid_for(3600))],
                Error::Unavailable("s3: there are no credentials for now".into()),
            ),
        ] {
            asked.store(0, Relaxed);
            let source = Source { asked: Arc::clone(&asked), answers };
            let service = Service {
                name: "s3",
                region: "eu-west-1".into(),
                endpoint: "http://127.0.0.1:1".into(),
                http: http_connector(1).await.expect("the environment is valid"),
                credentials: SharedCredentialsProvider::new(source),
                known: tokio::sync::Mutex::default(),
            };
            assert_eq!(service.credentials().await.err(), Some(expected));
            for (call, requests) in [(0, 2), (1, 3), (2, 3), (3, 3)] {
                assert!(service.credentials().await.is_ok());
                assert_eq!(asked.load(Relaxed), requests, "call {call}");
            }
        }
    }

    fn answer(status: u16, body: &str) -> ServiceAnswer {
        ServiceAnswer { status, body: body.into() }
    }

    #[test]
    fn of_an_error_only_the_code_is_said() {
        let xml = "<Error><Code>AccessDenied</Code><Message>hush</Message></Error>";
        assert_eq!(answer(403, xml).described(), "status 403, AccessDenied");
        let json = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"hush"}"#;
        assert_eq!(answer(400, json).described(), "status 400, ResourceNotFoundException");
        assert_eq!(
            answer(400, r#"{"__type":"AccessDeniedException"}"#).described(),
            "status 400, AccessDeniedException"
        );
        let long = format!("<Code>{}</Code>", "a".repeat(65));
        for bad in [
            "",
            "<Code>",
            "<Code>a b</Code>",
            "<Code></Code",
            &long,
            "{}",
            r#"{"__type":"hush hush"}"#,
            r#"{"__type":7}"#,
        ] {
            assert_eq!(answer(400, bad).described(), "status 400, without a code", "{bad}");
        }
    }

    #[test]
    fn a_limit_of_dynamodb_passes_though_its_status_is_400() {
        for code in ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"] {
            assert!(
                answer(400, &format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}"#)).is_passing(),
                "{code}"
            );
        }
        assert!(answer(400, "<Error><Code>RequestTimeout</Code></Error>").is_passing());
        for code in ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"] {
            assert!(
                !answer(400, &format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}"#)).is_passing(),
                "{code}"
            );
        }
        assert!(!answer(200, "").is_passing() && !answer(403, r#"{"__type":"ThrottlingException"}"#).is_passing());
        assert!([408, 409, 429, 500, 503].iter().all(|status| answer(*status, "").is_passing()));
    }
}
