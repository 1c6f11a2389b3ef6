//! How often, and how fast, a request to Google is repeated; and what of it is seen from outside: a span while it runs,
//! and with the feature `metrics` a count and a time. No token, no id and no URL is among it.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;
use tracing::field::Empty;

use super::error::GoogleError;
use crate::run::Run;

/// A request is made this many times at most.
const MAX_ATTEMPTS: u32 = 4;
/// The first pause; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// When a request, and all its repetitions, are given up.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) attempt: Duration,
    pub(super) deadline: Instant,
}

/// What is asked of Google, as its span and its count call it.
#[derive(Clone, Copy)]
pub(super) struct Asked<T> {
    pub(super) request: &'static str,
    /// How an answer that is no error counts.
    pub(super) outcome: fn(&T) -> &'static str,
}

impl<T> Asked<T> {
    /// A request whose every answer is `ok`.
    pub(super) const fn plainly(request: &'static str) -> Self {
        Self { request, outcome: |_| "ok" }
    }
}

/// Makes a request, and repeats it after a pause while that can help and there is time. All requests to Google here are
/// safe to repeat: a refresh whose answer was lost leaves the refresh token as it was.
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
    // What a request holds is large, and would be moved wherever its caller's future is.
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
        // A pause that ends after the deadline is no pause but a way to lose the reason.
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

/// Doubles, with jitter, and is never shorter than what Google asks for.
/// Source: [RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
fn pause_before(next: u32, error: &GoogleError) -> Duration {
    let backoff = FIRST_PAUSE * 2_u32.pow(next - 1);
    backoff.mul_f64(0.5 + fastrand::f64() / 2.0).max(error.retry_after().unwrap_or_default())
}
