//! Sends one request to Google: HTTPS on the same TLS stack as the SDK, with a size limit and without redirects.
//!
//! The HTTP client and `oauth2` copy the bytes of requests and answers, so these are not wiped from memory.

use std::io::Cursor;
use std::time::Duration;

use driftless::https::{self, BadProxy, Https, Proxies};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use serde::de::IgnoredAny;
use tokio::time::timeout;

use super::answer::{retry_after, unusable};
use super::error::{GoogleConfigError, GoogleError};
use super::refusal;

/// The default size limit of an answer, ten times what answers about tokens and accounts need.
const MAX_BODY: usize = 64 * 1024;
/// How long to wait for the body of a 429 or a server error, which contains the reason or how long to wait.
const FOR_THE_REASON: Duration = Duration::from_millis(500);
/// A byte order mark, which some servers write before a text. It is not part of the document.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The HTTP client. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(super) struct Http {
    https: Https<Full<Cursor<Vec<u8>>>>,
    /// The size limit of an answer, in bytes.
    max_answer: usize,
}

impl Http {
    pub(super) fn new() -> Result<Self, GoogleConfigError> {
        let roots = https::installed().map_err(|_| GoogleConfigError::NoRootCertificates)?;
        let proxies = Proxies::from(&|name| std::env::var(name).ok());
        let proxies = proxies.map_err(|BadProxy { variable }| GoogleConfigError::Proxy { variable })?;
        // Plain HTTP is only used for loopback addresses, which is checked when an endpoint is set.
        Ok(Self { https: Https::new(roots, proxies.guarding_plain()), max_answer: MAX_BODY })
    }

    pub(super) fn with_max_answer(self, bytes: usize) -> Self {
        Self { max_answer: bytes, ..self }
    }

    /// Sends one request. Returns answers with a JSON content type and leaves their status to the caller, except that
    /// redirects, 429 and server errors are errors here.
    pub(super) async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, GoogleError> {
        let request = request.map(|body| Full::new(Cursor::new(body)));
        let answer = self.https.request(request).await.map_err(|error| {
            if let Some(what) = https::cause_of(&error) {
                tracing::warn!("{what}");
            }
            GoogleError::Connection
        })?;
        let (head, body) = answer.into_parts();
        if head.status == StatusCode::TOO_MANY_REQUESTS || head.status.is_server_error() {
            // Without the body it is unknown whether a limit is a daily one. It is not worth a long wait.
            let body = timeout(FOR_THE_REASON, Limited::new(body, MAX_BODY).collect()).await;
            let body = body.ok().and_then(Result::ok).map(|body| body.to_bytes().to_vec());
            return Err(refusal::of("", head.status, &head.headers, &body.unwrap_or_default()));
        }
        judge(head.status, &head.headers)?;
        let mut body = match Limited::new(body, self.max_answer).collect().await {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(unusable("it is longer than the largest answer that is read"));
            }
            Err(_) => return Err(GoogleError::Connection),
        };
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        // Also refuses data after the document, which a reader that stops at its end would not notice, and successful
        // answers that are arrays, which serde accepts for a struct.
        let is_json = serde_json::from_slice::<IgnoredAny>(&body).is_ok();
        let is_object = !head.status.is_success() || body.trim_ascii_start().starts_with(b"{");
        if !is_json || !is_object {
            return Err(unusable("it is not a JSON object"));
        }
        Ok(Response::from_parts(head, body))
    }
}

fn judge(status: StatusCode, headers: &HeaderMap) -> Result<(), GoogleError> {
    match status {
        StatusCode::REQUEST_TIMEOUT => {
            Err(GoogleError::Unavailable { status: status.as_u16(), retry_after: retry_after(headers) })
        }
        _ if status.is_redirection() => Err(unusable("it is a redirect")),
        _ if !is_json(headers) => Err(unusable("its content type is not JSON")),
        _ => Ok(()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}
