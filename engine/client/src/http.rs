//! The HTTP client of the SDK, which uses the connections of [`https`](crate::https).

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};

use super::causes::{TimedOut, find};
use super::observe::opens;
use crate::https::Https;

/// Upper bound of a Secrets Manager response: the 65,536 bytes of a value take six times that if every byte is escaped.
pub(super) const MAX_ANSWER: usize = 1024 * 1024;

/// An HTTP client for the SDK. The SDK enforces the time limits of calls and attempts, and leaves those of connections
/// and answers to this client: those of its clients for credentials and for the metadata of a machine.
#[derive(Clone)]
pub(super) struct SdkHttp {
    https: Https<SdkBody>,
    /// The maximum size of a response body in bytes.
    max_answer: usize,
    /// The time limit for opening a connection, with the TLS handshake.
    connect: Option<Duration>,
    /// The time limit for the head of an answer, counted from the beginning of the request.
    read: Option<Duration>,
}

impl SdkHttp {
    pub(super) const fn new(https: Https<SdkBody>, max_answer: usize) -> Self {
        Self { https, max_answer, connect: None, read: None }
    }
}

/// Omits the connections: a proxy address can hold a password.
impl fmt::Debug for SdkHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkHttp")
    }
}

impl HttpClient for SdkHttp {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let (connect, read) = (settings.connect_timeout(), settings.read_timeout());
        SharedHttpConnector::new(Self { connect, read, ..self.clone() })
    }
}

impl HttpConnector for SdkHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        opens(&connection);
        let opened = connection.clone();
        if let Some(captured) = request.extensions().get::<CaptureSmithyConnection>() {
            captured.set_connection_retriever(move || metadata(&connection));
        }
        let (answer, max) = (self.https.request(request), self.max_answer);
        let (connect, read) = (self.connect, self.read);
        HttpConnectorFuture::new(async move {
            let answer = within(connect, TimedOut::Connect, || opened.connection_metadata().is_some(), answer);
            let answer = within(read, TimedOut::Read, || false, answer).await??.map_err(failed)?;
            HttpResponse::try_from(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, max))))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Awaits `work` until the time limit, which no longer holds once `is_done`.
async fn within<T>(
    limit: Option<Duration>,
    error: TimedOut,
    is_done: impl Fn() -> bool,
    work: impl Future<Output = T>,
) -> Result<T, ConnectorError> {
    let Some(limit) = limit else { return Ok(work.await) };
    let (mut work, mut end) = (pin!(work), pin!(tokio::time::sleep(limit)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Ok(result)),
        Poll::Pending if is_done() => Poll::Pending,
        Poll::Pending => end.as_mut().poll(context).map(|()| Err(ConnectorError::timeout(error.into()))),
    })
    .await
}

/// Connection metadata with which the SDK can close a connection after a failed call.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let captured = connection.clone();
    let connected = connection.connection_metadata();
    let connected = connected.as_ref()?;
    let mut extras = http::Extensions::new();
    connected.get_extras(&mut extras);
    let info = extras.get::<HttpInfo>();
    let metadata = ConnectionMetadata::builder().proxied(connected.is_proxied()).poison_fn(move || {
        if let Some(connected) = captured.connection_metadata().as_ref() {
            connected.poison();
        }
    });
    let mut metadata = metadata;
    metadata.set_local_addr(info.map(HttpInfo::local_addr)).set_remote_addr(info.map(HttpInfo::remote_addr));
    Some(metadata.build())
}

/// Classifies a failed request. The SDK retries I/O errors and time-outs, because the next attempt can succeed.
fn failed(error: legacy::Error) -> ConnectorError {
    // The limit of a TCP connection is an I/O error: see `connect.rs` of `https`.
    let is_late = find::<io::Error>(&error).is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut);
    match find::<hyper::Error>(&error) {
        Some(cause) if cause.is_user() => ConnectorError::user(error.into()),
        Some(cause) if cause.is_timeout() => ConnectorError::timeout(error.into()),
        _ if is_late => ConnectorError::timeout(error.into()),
        _ => ConnectorError::io(error.into()),
    }
}
