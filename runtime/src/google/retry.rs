//! How often, and how fast, a request to Google is repeated.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::error::GoogleError;

/// A request is made so many times at most.
const MAX_ATTEMPTS: u32 = 4;
/// The first pause; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// When a request, and all its repetitions, are given up.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) attempt: Duration,
    pub(super) deadline: Instant,
}

/// Makes a request, and repeats it after a pause while that can help and there is time. All requests to Google here are
/// safe to repeat: a refresh whose answer was lost leaves the refresh token as it was.
pub(super) async fn with_retries<T, F>(limits: Limits, mut attempt: impl FnMut() -> F) -> Result<T, GoogleError>
where
    F: Future<Output = Result<T, GoogleError>>,
{
    let mut made = 0;
    loop {
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let answer = timeout(limits.attempt.min(left), attempt()).await;
        let error = match answer.unwrap_or(Err(GoogleError::Timeout)) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        made += 1;
        let pause = pause_before(made, &error);
        // A pause that ends after the deadline is no pause but a way to lose the reason.
        let is_in_time = Instant::now().checked_add(pause).is_some_and(|then| then < limits.deadline);
        if made >= MAX_ATTEMPTS || !error.passes() || !is_in_time {
            return Err(error);
        }
        tracing::debug!(kind = %error.kind(), made, "google is asked again");
        sleep(pause).await;
    }
}

/// Doubles, with jitter, and is never shorter than what Google asks for.
/// Source: [RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
fn pause_before(next: u32, error: &GoogleError) -> Duration {
    let backoff = FIRST_PAUSE * 2_u32.pow(next - 1);
    backoff.mul_f64(0.5 + fastrand::f64() / 2.0).max(error.retry_after().unwrap_or_default())
}
