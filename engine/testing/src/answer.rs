//! HTTP responses, complete and broken. [`protocol`](super::protocol) writes the bodies of complete ones.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use uuid::Uuid;

use super::fault::FaultKind;
use super::protocol;
use super::refusal::Refusal;
use super::signing_time;

/// A body that arrives completely, or breaks off before its announced length.
#[derive(Debug)]
pub(super) struct AnswerBody {
    left: Bytes,
    /// The number of announced bytes that never arrive.
    missing: u64,
    /// Whether the writer has had the opportunity to send the data. An error directly after the data would discard
    /// both.
    flushed: bool,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.left.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.left)))));
        }
        if self.missing > 0 {
            if !self.flushed {
                self.flushed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64 + self.missing)
    }
}

/// The response to a request that was carried out.
pub(super) fn done(body: Vec<u8>) -> Response<AnswerBody> {
    with_status(StatusCode::OK, body)
}

/// The response to a request that was refused.
pub(super) fn refused(refusal: &Refusal) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_status(status, protocol::error(refusal))
}

/// The response that a fault substitutes.
///
/// # Errors
///
/// If the fault breaks the connection.
pub(super) async fn faulty(kind: &FaultKind) -> io::Result<Response<AnswerBody>> {
    let refusal = match kind {
        // A slow response is a normal response, so `Slow` does not reach this point.
        FaultKind::Slow(_) | FaultKind::ConnectionReset => return Err(io::ErrorKind::ConnectionReset.into()),
        FaultKind::Hang => std::future::pending().await,
        FaultKind::ServiceUnavailable => return Ok(with_status(StatusCode::SERVICE_UNAVAILABLE, Vec::new())),
        FaultKind::MalformedJson => return Ok(done(br#"{"Name":"#.to_vec())),
        FaultKind::TruncatedBody => {
            let mut answer = done(br#"{"ARN":"arn:aws:secretsmanager"#.to_vec());
            answer.body_mut().missing = 100;
            return Ok(answer);
        }
        FaultKind::Throttled => Refusal::new(kind.code(), "Rate exceeded"),
        FaultKind::InternalServiceError => {
            Refusal::new(kind.code(), "An error occurred on the server side.").with_status(500)
        }
        FaultKind::ExpiredToken => Refusal::new(kind.code(), "The security token included in the request is expired"),
        FaultKind::DecryptionFailure => Refusal::new(
            kind.code(),
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        ),
        FaultKind::Error { code, status, message } => Refusal::new(code, message.as_str()).with_status(*status),
    };
    Ok(refused(&refusal))
}

fn with_status(status: StatusCode, body: Vec<u8>) -> Response<AnswerBody> {
    let mut answer = Response::new(AnswerBody { left: body.into(), missing: 0, flushed: false });
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    let request_id =
        HeaderValue::try_from(Uuid::new_v4().to_string()).expect("a UUID is hexadecimal digits and hyphens");
    headers.insert("x-amzn-requestid", request_id);
    headers.insert(http::header::DATE, signing_time::date(SystemTime::now()));
    answer
}
