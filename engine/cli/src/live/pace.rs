//! The HTTP client of an audit: limits the rate of calls, slows down while AWS throttles, and limits the size of a
//! response.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use tokio::time::{Instant, sleep_until};

/// Maximum size of a response. A page has at most 100 entries; the largest is a role with all its policies, about 50
/// kB.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Maximum interval between calls, however often AWS throttles.
const SLOWEST: Duration = Duration::from_secs(5);

/// Rate limiter: decides when the next call may be made.
#[derive(Debug)]
pub(super) struct Pace {
    /// Interval between two calls without retries.
    least: Duration,
    state: Mutex<PaceState>,
}

#[derive(Debug)]
struct PaceState {
    next: Instant,
    interval: Duration,
}

impl Pace {
    pub(super) fn new(calls_a_second: u32) -> Self {
        let least = Duration::from_secs(1) / calls_a_second.max(1);
        Self { least, state: Mutex::new(PaceState { next: Instant::now(), interval: least }) }
    }

    /// The time at which this call may be made. Each retry doubles the interval, and each first attempt shortens it by
    /// a tenth.
    fn turn(&self, is_repetition: bool) -> Instant {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.interval = if is_repetition {
            (state.interval * 2).min(SLOWEST.max(self.least))
        } else {
            state.interval.mul_f64(0.9).max(self.least)
        };
        let turn = state.next.max(Instant::now());
        state.next = turn + state.interval;
        turn
    }
}

/// An HTTP client with a rate limit.
#[derive(Debug)]
pub(super) struct Paced {
    pub(super) inner: SharedHttpClient,
    pub(super) pace: Arc<Pace>,
}

impl HttpClient for Paced {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, pace: Arc::clone(&self.pace) })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    pace: Arc<Pace>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let turn = self.pace.turn(is_repetition(&request));
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            sleep_until(turn).await;
            limited(inner.call(request).await?)
        })
    }
}

/// The SDK numbers its attempts: `amz-sdk-request: attempt=2; max=8`.
fn is_repetition(request: &HttpRequest) -> bool {
    let attempt = request.headers().get("amz-sdk-request").and_then(|value| value.split("attempt=").nth(1));
    attempt.is_some_and(|attempt| attempt.split(';').next() != Some("1"))
}

fn limited(answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let answer = answer.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?;
    let answer = answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, MAX_ANSWER)));
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_keep_their_distance() {
        let (pace, start) = (Pace::new(10), Instant::now());
        let turns: Vec<_> = (0..3).map(|_| (pace.turn(false) - start).as_millis()).collect();
        assert_eq!(turns, [0, 100, 200]);
        tokio::time::sleep(Duration::from_mins(1)).await;
        let late = (pace.turn(false) - start).as_millis();
        assert_eq!(late, 60_000, "what was not used is not saved up");
        assert_eq!((pace.turn(false) - start).as_millis(), 60_100);
    }

    #[tokio::test(start_paused = true)]
    async fn repetitions_slow_everything_down_for_a_while() {
        let pace = Pace::new(10);
        let interval = || pace.state.lock().expect("nobody panicked").interval.as_millis();
        for expected in [200, 400, 800, 1600, 3200, 5000, 5000] {
            pace.turn(true);
            assert_eq!(interval(), expected);
        }
        pace.turn(false);
        assert_eq!(interval(), 4500);
        (0..100).for_each(|_| _ = pace.turn(false));
        assert_eq!(interval(), 100);
        assert_eq!(Pace::new(0).least, Duration::from_secs(1));
    }
}
