//! Signed requests to AWS services of which only one operation is used, instead of an SDK client for the whole service.
//! The signer is the SDK's own, and the HTTP client is the one that reads the secrets.
//!
//! Source: [Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).

use std::fmt;
use std::time::{Duration, SystemTime};

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
use paypulse_runtime::client::{ConfigError, http_connector, sdk_config};

/// Time limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Maximum number of attempts, with pauses of 200 ms and 400 ms between them.
const MAX_ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Maximum size of an answer: a page of a DynamoDB scan has 1 MB of items, and JSON around them.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Why AWS did not carry out a request. Repeats nothing of the request.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A later attempt may succeed: no answer in time, too many requests, a fault of the service.
    #[error("{0}; it may work in a while")]
    Unavailable(String),
    /// Every attempt fails until permissions, a name or credentials are changed.
    #[error("{0}")]
    Refused(String),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a client for a service cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoService {
    /// The environment lacks settings that the SDK needs.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The SDK has no source of credentials.
    #[error("there is no source of credentials")]
    NoCredentials,
    /// A variable names an address that is neither encrypted nor on loopback.
    #[error("`{0}` must be an `https` address, or on loopback")]
    Endpoint(&'static str),
}

/// The answer of a service, with any status that [`Service::send`] does not treat as unavailable.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// One request, which must be safe to repeat.
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    /// Percent-encoded, with the slash at its beginning.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: &'a [u8],
}

/// A service in the Region of the environment, with the credentials of the function's role.
pub(crate) struct Service {
    name: &'static str,
    region: String,
    endpoint: String,
    http: SharedHttpConnector,
    credentials: SharedCredentialsProvider,
}

impl Service {
    /// A service by its signing name. `variable` is the one with which the SDKs set another endpoint.
    pub(crate) async fn from_env(name: &'static str, variable: &'static str) -> Result<Self, NoService> {
        let config = sdk_config(None).await?;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let endpoint = match std::env::var(variable) {
            Ok(endpoint) if !is_allowed(&endpoint) => return Err(NoService::Endpoint(variable)),
            Ok(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            Err(_) => format!("https://{name}.{region}.{}", suffix(&region)),
        };
        let credentials = config.credentials_provider().ok_or(NoService::NoCredentials)?;
        Ok(Self { name, region, endpoint, http: http_connector(MAX_ANSWER).await?, credentials })
    }

    /// Sends a request, and repeats it after a pause if the service is unavailable.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Result<Answer, Error> {
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

    /// One attempt. Status 409 means a concurrent write to the same name, so the request can be repeated.
    async fn attempt(&self, request: &Request<'_>) -> Result<Answer, Error> {
        let unavailable = |what: &str| Error::Unavailable(format!("{}: {what}", self.name));
        let request = self.signed(request).await?;
        let exchange = async {
            let answer = self.http.call(request).await.map_err(|_| unavailable("the connection failed"))?;
            let status = answer.status().as_u16();
            let body = ByteStream::new(answer.into_body()).collect().await;
            let body = body.map_err(|_| unavailable("the answer broke off or is too long"))?.to_vec();
            Ok(Answer { status, body })
        };
        let answer = tokio::time::timeout(ATTEMPT, exchange).await.map_err(|_| unavailable("no answer in time"))??;
        match answer.status {
            408 | 409 | 429 | 500.. => Err(unavailable(&format!("status {}", answer.status))),
            _ => Ok(answer),
        }
    }

    async fn signed(&self, request: &Request<'_>) -> Result<HttpRequest, Error> {
        let refused = |what: &str| self.refused(what);
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(|_| refused("there are no credentials"))?.into();
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

    /// A refusal of this service.
    pub(crate) fn refused(&self, what: &str) -> Error {
        Error::Refused(format!("{}: {what}", self.name))
    }
}

/// Whether requests to this endpoint are encrypted or stay on this machine.
fn is_allowed(endpoint: &str) -> bool {
    let uri: Option<http::Uri> = endpoint.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    match uri.as_ref().and_then(http::Uri::scheme_str) {
        Some("https") => !host.is_empty(),
        Some("http") => ["127.0.0.1", "[::1]"].contains(&host),
        _ => false,
    }
}

/// Source: [endpoints](https://docs.aws.amazon.com/general/latest/gr/rande.html).
fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn err_an_address_that_nothing_may_be_sent_to() {
        assert!(is_allowed("https://s3.eu-west-1.amazonaws.com") && is_allowed("http://127.0.0.1:9000"));
        for bad in ["http://example.com", "http://127.0.0.1.example.com", "s3", "", "ftp://127.0.0.1"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
