//! Observability and time limits of a verb: its deadline, its tracing span, AWS's messages about rejected calls, and
//! with the feature `metrics` a counter and a duration histogram.
//!
//! Logs and metrics contain no values and no keys, and a user's id only on request: by default, a secret is identified
//! by its type name and its name template.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use hyper_util::client::legacy::connect::CaptureConnection;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Secrets;
use super::causes::is_not_connected;
use super::error::{Error, ErrorKind, Operation};
use super::redaction::{Names, plain_code};
use super::sent::{End, Reached, Sent};
use crate::model::{Handler, Secret};
use crate::run::Run;

impl<H: Handler> Secrets<H> {
    /// Returns this client for one request: every call is aborted after `time`, including retries and pauses.
    ///
    /// A Lambda function passes its remaining time, less the time that it needs to answer. An aborted call fails with
    /// [`Error::Transport`] and the reason `deadline`; a write in progress may have been carried out. A background load
    /// that a cached read started continues, and serves the next request.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use driftless::Secrets;
    /// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
    /// # use shop::{PaymentKey, Charge};
    /// # async fn handler(secrets: &Secrets<Charge>, remaining: Duration) -> Result<(), Box<dyn std::error::Error>> {
    /// let secrets = secrets.clone().within(remaining.saturating_sub(Duration::from_millis(200)));
    /// let key = secrets.read(&PaymentKey).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        // If the deadline is not representable, there is no limit.
        Self { deadline: Instant::now().checked_add(time), ..self }
    }

    /// Returns this client with secret names in its spans: for a family, the name of the member, which contains the id
    /// that it belongs to.
    ///
    /// By default, no log line of this crate contains a user's id. Turn this on while you investigate a problem of one
    /// user, if the log may hold such ids.
    #[must_use]
    pub fn showing_names(self) -> Self {
        Self { shows_names: true, ..self }
    }

    /// Runs a verb's work within the deadline and in its span.
    pub(super) fn observed<S: Secret, T, E: Failure>(
        &self,
        at: Operation,
        secret: &S,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        // The SDK's futures are large; boxed, they are not moved together with the verb's future.
        let work = Box::pin(work);
        let span = tracing::info_span!(
            "secret",
            handler = at.handler,
            verb = at.verb.name(),
            secret = at.secret,
            template = S::TEMPLATE.as_str(),
            name = Empty,
            cache = Empty,
            attempts = Empty,
            outcome = Empty,
        );
        let name = self.name_of(at, secret).unwrap_or_default();
        if self.shows_names && !name.is_empty() {
            span.record("name", &name);
        }
        let names = Names { name, template: S::TEMPLATE.as_str().to_owned(), shows: self.shows_names };
        async move {
            let run = Run::begin(&span, |outcome, time| count(at, outcome, time));
            let calls = CallsOfVerb { attempts: run.attempts(), sent: Sent::default(), names };
            let work = CALLS.scope(calls, self.in_time(at, work));
            let result = work.instrument(span).await;
            run.end(result.as_ref().err().map_or("ok", |error| error.kind().as_str()));
            result
        }
    }

    /// Awaits `work` until the deadline.
    pub(super) async fn in_time<T, E: Failure>(
        &self,
        at: Operation,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.deadline {
            None => work.await,
            Some(deadline) => {
                let given_up = || Err(Error::transport(at, "deadline").into());
                tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| given_up())
            }
        }
    }
}

/// The error type of a verb.
pub(super) trait Failure: From<Error> {
    fn kind(&self) -> ErrorKind;
}

impl Failure for Error {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}

tokio::task_local! {
    /// The calls of the verb that runs in this task.
    static CALLS: CallsOfVerb;
}

struct CallsOfVerb {
    /// The number of attempts so far, over all calls.
    attempts: Arc<AtomicU32>,
    sent: Sent,
    names: Names,
}

/// How far the call came that has failed, or is given up now.
pub(super) fn reached() -> Reached {
    // Nothing is known about a call outside a verb.
    CALLS.try_with(|calls| calls.sent.reached()).unwrap_or(Reached::Received)
}

/// Whether AWS may have carried out a write of this verb. `has_answer` is set for an answer of AWS that does not tell
/// whether it did.
pub(super) fn may_have_written(has_answer: bool) -> bool {
    CALLS.try_with(|calls| calls.sent.may_have_written(has_answer)).unwrap_or(false)
}

/// Reports the connection that a request of this verb uses.
pub(super) fn opens(connection: &CaptureConnection) {
    let _ = CALLS.try_with(|calls| calls.sent.opens(connection));
}

/// Logs AWS's message about a rejected call, unless the rejection needs no action by an operator.
pub(super) fn said(at: Operation, meaning: &Error, answer: &impl ProvideErrorMetadata, status: u16, value: &str) {
    if matches!(meaning, Error::NotFound { .. } | Error::PendingDeletion { .. }) {
        return;
    }
    if matches!(meaning, Error::Transport { .. }) {
        let (handler, verb, secret) = (at.handler, at.verb.name(), at.secret);
        tracing::warn!(handler, verb, secret, status, "the answer is not AWS's: it has no error code");
        return;
    }
    let code = plain_code(answer.code().unwrap_or_default());
    let message = answer.message().unwrap_or_default();
    let said = CALLS.try_with(|calls| calls.names.redact(message, value)).unwrap_or_default();
    tracing::warn!(
        handler = at.handler,
        verb = at.verb.name(),
        secret = at.secret,
        code,
        status,
        said,
        "AWS rejected the call"
    );
}

/// Records in the current verb's span that it is a load of the cache, and why.
pub(super) fn cache_load(at: Operation, why: &'static str) {
    Span::current().record("cache", why);
    #[cfg(feature = "metrics")]
    metrics::counter!("secret_cache_loads_total", "handler" => at.handler, "secret" => at.secret, "cache" => why)
        .increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = at;
}

#[cfg(feature = "metrics")]
fn count(at: Operation, outcome: &'static str, time: Duration) {
    let labels = [("handler", at.handler), ("verb", at.verb.name()), ("secret", at.secret), ("outcome", outcome)];
    metrics::counter!("secret_operations_total", &labels).increment(1);
    metrics::histogram!("secret_operation_seconds", &labels).record(time);
}

#[cfg(not(feature = "metrics"))]
const fn count(_: Operation, _: &'static str, _: Duration) {}

/// An SDK client that reports every attempt.
///
/// The SDK parses all root certificates when a client is created, and once more at the first call. So the client is
/// created only once, with this interceptor in its configuration.
pub(super) fn with_attempts(config: Builder) -> Client {
    Client::from_conf(config.interceptor(Attempts).build())
}

/// Reports each attempt of the SDK, including retries: as an event in the verb's span, and as a count.
#[derive(Debug)]
struct Attempts;

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = config.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        let call = config.load::<Metadata>().map_or("", Metadata::name).to_owned();
        tracing::debug!(call, attempt, "calling AWS");
        let _ = CALLS.try_with(|calls| {
            calls.attempts.fetch_add(1, Relaxed);
            calls.sent.begin(&call, attempt == 1);
        });
        #[cfg(feature = "metrics")]
        metrics::counter!("secret_api_calls_total", "call" => call).increment(1);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = CALLS.try_with(|calls| calls.sent.passed());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failed = context.output_or_error().and_then(Result::err);
        let is_not_connected = failed.and_then(|error| error.as_connector_error()).is_some_and(is_not_connected);
        // A request that AWS gave up waiting for (408) may be complete anyway.
        let is_refusal = context.response().is_some_and(|answer| {
            let status = answer.status();
            status.is_client_error() && status.as_u16() != 408
        });
        let end = match (is_not_connected, is_refusal) {
            (true, _) => End::NotConnected,
            (_, true) => End::Refused,
            _ => End::Other,
        };
        let _ = CALLS.try_with(|calls| calls.sent.ended(end));
        Ok(())
    }
}
