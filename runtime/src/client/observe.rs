//! A verb as seen from outside: its deadline, a span while it runs, and with the feature `metrics` a count and a time.
//!
//! No value and no key is among it, and a user's id only where it was asked for: else a secret is called by its type's name
//! and its name template.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Secrets;
use super::error::{Error, ErrorKind, Operation};
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
        if self.shows_names
            && !span.is_disabled()
            && let Ok(name) = self.name_of(at, secret)
        {
            span.record("name", name);
        }
        async move {
            let run = Run::begin(&span, |outcome, time| count(at, outcome, time));
            let work = ATTEMPTS.scope(run.attempts(), self.in_time(at, work));
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
    /// How many attempts the verb that runs here has made so far.
    static ATTEMPTS: Arc<AtomicU32>;
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
        let _ = ATTEMPTS.try_with(|attempts| attempts.fetch_add(1, Relaxed));
        #[cfg(feature = "metrics")]
        metrics::counter!("secret_api_calls_total", "call" => call).increment(1);
        Ok(())
    }
}
