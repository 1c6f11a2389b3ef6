//! A verb as seen from outside: its deadline, a span while it runs, what AWS says of a call that it refuses, and with the feature
//! `metrics` a count and a time.
//!
//! No value and no key is among it, and a user's id only where it was asked for: else a secret is called by its type's name
//! and its name template.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
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
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Secrets;
use super::error::{Error, ErrorKind, Operation};
use super::meaning::{is_not_connected, plain_code};
use super::redaction::Names;
use crate::model::{Handler, Secret};
use crate::run::Run;

impl<H: Handler> Secrets<H> {
    /// The same client for one request: every call that it makes is given up so long from now, retries and pauses included.
    ///
    /// A Lambda function passes what is left of its time, less what it needs to answer. A call that is given up is
    /// [`Error::Transport`] for the reason `deadline`; a write that was under way may have been carried out. What a cached
    /// read has begun in the background goes on, for the next request.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use paypulse_runtime::client::Secrets;
    /// # use paypulse_runtime::spec::{JwtSigningKey, LoginUser};
    /// # async fn handler(secrets: &Secrets<LoginUser>, remaining: Duration) -> Result<(), Box<dyn std::error::Error>> {
    /// let secrets = secrets.clone().within(remaining.saturating_sub(Duration::from_millis(200)));
    /// let key = secrets.read(&JwtSigningKey).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        // A time beyond all clocks is no limit.
        Self { deadline: Instant::now().checked_add(time), ..self }
    }

    /// The same client, whose spans also name the secret: of a family the member, and with it the id that it is for.
    ///
    /// Without this no id of a user is in any log line of this crate. To be turned on while one user's trouble is looked
    /// into, where the log may hold such ids.
    #[must_use]
    pub fn showing_names(self) -> Self {
        Self { shows_names: true, ..self }
    }

    /// Does a verb's work within the deadline and in its span.
    pub(super) fn observed<S: Secret, T, E: Failure>(
        &self,
        at: Operation,
        secret: &S,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        // What the SDK does for a call is large, and would be moved wherever the verb's future is.
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
            let calls = Calls { attempts: run.attempts(), transmits: false.into(), was_sent: false.into(), names };
            let work = CALLS.scope(calls, self.in_time(at, work));
            let result = work.instrument(span).await;
            run.end(result.as_ref().err().map_or("ok", |error| error.kind().as_str()));
            result
        }
    }

    /// Waits for something until the deadline.
    pub(super) async fn in_time<T, E: Failure>(
        &self,
        at: Operation,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.deadline {
            None => work.await,
            Some(deadline) => {
                let given_up = || Err(Error::Transport { at, reason: "deadline" }.into());
                tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| given_up())
            }
        }
    }
}

/// What a verb can fail with.
pub(super) trait Failure: From<Error> {
    fn kind(&self) -> ErrorKind;
}

impl Failure for Error {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}

tokio::task_local! {
    /// The calls of the verb that runs here.
    static CALLS: Calls;
}

struct Calls {
    /// How many attempts there were so far, of all calls.
    attempts: Arc<AtomicU32>,
    /// The attempt that is under way has come as far as to be sent.
    transmits: AtomicBool,
    /// The call that is under way may have been received: an attempt had a connection, and ended without an answer.
    was_sent: AtomicBool,
    names: Names,
}

/// Whether the call that has just failed may have been received; nothing where it did not come as far as to be sent.
pub(super) fn was_sent() -> Option<bool> {
    let sent = CALLS.try_with(|calls| calls.transmits.load(Relaxed).then(|| calls.was_sent.load(Relaxed)));
    // Nothing is known of a call that no verb makes.
    sent.unwrap_or(Some(true))
}

/// Tells the log what AWS says of a call that it refuses, as far as somebody has to do something about it.
pub(super) fn said(at: Operation, meaning: &Error, answer: &impl ProvideErrorMetadata, status: u16, value: &str) {
    if matches!(meaning, Error::NotFound { .. } | Error::PendingDeletion { .. } | Error::Transport { .. }) {
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
        "AWS refuses the call"
    );
}

/// Says of the verb that runs here that it is a load of the cache, and why.
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

/// An SDK client whose every attempt shows.
///
/// The SDK parses all root certificates for each client that is made, and once more at the first call. So a client is made
/// once, with this in its configuration, where the configuration is at hand.
pub(super) fn with_attempts(config: Builder) -> Client {
    Client::from_conf(config.interceptor(Attempts).build())
}

/// Tells of each attempt that the SDK makes, retries included: an event in the verb's span, and a count.
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
            calls.transmits.store(false, Relaxed);
            if attempt == 1 {
                calls.was_sent.store(false, Relaxed);
            }
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
        let _ = CALLS.try_with(|calls| calls.transmits.store(true, Relaxed));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Err(error)) = context.output_or_error() else { return Ok(()) };
        let is_not_connected = error.as_connector_error().is_some_and(is_not_connected);
        let _ = CALLS.try_with(|calls| {
            if calls.transmits.load(Relaxed) && !is_not_connected {
                calls.was_sent.store(true, Relaxed);
            }
        });
        Ok(())
    }
}
