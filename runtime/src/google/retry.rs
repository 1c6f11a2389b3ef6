//! Retries of requests to Google, with a span per request and, with the feature `metrics`, a counter and a histogram.
//! None of these contains a token, an id or a URL.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use driftless::Run;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;
use tracing::field::Empty;

use super::error::GoogleError;

/// The maximum number of attempts of a request.
const MAX_ATTEMPTS: u32 = 4;
/// The first pause. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The time limit of one attempt, and the deadline of a request with all its retries.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) attempt: Duration,
    pub(super) deadline: Instant,
}

/// A request, as named in its span and metrics.
#[derive(Clone, Copy)]
pub(super) struct Asked<T> {
    pub(super) request: &'static str,
    /// The outcome that a successful answer is counted as.
    pub(super) outcome: fn(&T) -> &'static str,
}

impl<T> Asked<T> {
    /// A request whose successful answers all count as `ok`.
    pub(super) const fn plainly(request: &'static str) -> Self {
        Self { request, outcome: |_| "ok" }
    }
}

/// Makes a request, and retries it after a pause while that can help and time is left. All requests to Google in this
/// module are safe to repeat: a refresh whose answer is lost leaves the refresh token unchanged.
pub(super) async fn with_retries<T, F>(
    asked: Asked<T>,
    limits: Limits,
    attempt: impl FnMut() -> F,
) -> Result<T, GoogleError>
where
    F: Future<Output = Result<T, GoogleError>>,
{
    let span = tracing::info_span!("google", request = asked.request, attempts = Empty, outcome = Empty);
    let run = Run::begin(&span, |outcome, time| count(asked.request, outcome, time));
    let attempts = run.attempts();
    // Boxed because a request is large and would be moved with its caller's future.
    let result = Box::pin(repeated(&attempts, limits, attempt)).instrument(span).await;
    run.end(result.as_ref().map_or_else(|error| error.kind().as_str(), asked.outcome));
    result
}

async fn repeated<T, F>(attempts: &AtomicU32, limits: Limits, mut attempt: impl FnMut() -> F) -> Result<T, GoogleError>
where
    F: Future<Output = Result<T, GoogleError>>,
{
    loop {
        let made = attempts.fetch_add(1, Relaxed) + 1;
        tracing::debug!(attempt = made, "asking Google");
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let answer = timeout(limits.attempt.min(left), attempt()).await;
        let error = match answer.unwrap_or(Err(GoogleError::Timeout)) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let pause = pause_before(made, &error);
        // A pause that ends after the deadline would only replace the error by a timeout.
        let is_in_time = Instant::now().checked_add(pause).is_some_and(|then| then < limits.deadline);
        if made >= MAX_ATTEMPTS || !error.passes() || !is_in_time {
            return Err(error);
        }
        sleep(pause).await;
    }
}

#[cfg(feature = "metrics")]
fn count(request: &'static str, outcome: &'static str, time: Duration) {
    let labels = [("request", request), ("outcome", outcome)];
    metrics::counter!("google_requests_total", &labels).increment(1);
    metrics::histogram!("google_request_seconds", &labels).record(time);
}

#[cfg(not(feature = "metrics"))]
const fn count(_: &'static str, _: &'static str, _: Duration) {}

/// The pause before the next attempt: exponential backoff with jitter, and at least as long as Google asks for.
/// Source: [RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
fn pause_before(next: u32, error: &GoogleError) -> Duration {
    let backoff = FIRST_PAUSE * 2_u32.pow(next - 1);
    backoff.mul_f64(0.5 + fastrand::f64() / 2.0).max(error.retry_after().unwrap_or_default())
}
