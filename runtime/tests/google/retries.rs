//! What is asked again, how often, and after which pause.

use std::time::{Duration, Instant};

use paypulse_runtime::google::{GoogleError, RefreshError};

use crate::playing::{Playing, Reply};
use crate::support::{connected, fresh, granted, stored_tokens};

fn unavailable(status: u16) -> Reply {
    Reply::with_headers(status, &[("Content-Type", "text/html")], "<html>hush</html>")
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for reply in [
        unavailable(500),
        unavailable(502),
        unavailable(503),
        unavailable(504),
        unavailable(429),
        unavailable(408),
        Reply::json(400, r#"{"error":"temporarily_unavailable","error_description":"hush"}"#),
        Reply::json(403, r#"{"error":"rate_limit_exceeded","error_description":"hush"}"#),
        Reply::hang_up(),
        granted("late").after(Duration::from_secs(2)),
    ] {
        let server = connected().await;
        let google = Playing::new([reply.clone(), granted("new")]).await;
        let limits = google.google().with_time_limits(Duration::from_secs(1), Duration::from_secs(8));
        assert_eq!(fresh(&server, limits).await.as_deref(), Ok("new"), "{reply:?}");
        let asked = google.asked();
        assert_eq!(asked.len(), 2, "{reply:?}");
        assert_eq!(asked[0].body, asked[1].body);
        assert_eq!(server.versions(crate::support::USER).len(), 2, "{reply:?}");
    }
}

/// Also where the answer looks like a refused refresh token.
#[tokio::test]
async fn a_fault_that_stays_is_given_up_after_four_requests() {
    let server = connected().await;
    let google = Playing::always(Reply::json(503, r#"{"error":"invalid_grant","error_description":"hush"}"#)).await;
    let began = Instant::now();
    let error = fresh(&server, google.google()).await;
    assert_eq!(error, Err(GoogleError::Unavailable { status: 503, retry_after: None }.into()));
    assert_eq!(google.asked().len(), 4);
    // Pauses of 100, 200 and 400 ms, each between a half and the whole of it.
    let expected = Duration::from_millis(350)..Duration::from_secs(4);
    assert!(expected.contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
}

fn throttled(seconds: &str) -> Reply {
    Reply::with_headers(429, &[("Retry-After", seconds)], "")
}

#[tokio::test]
async fn the_pause_is_as_long_as_google_asks() {
    let server = connected().await;
    let google = Playing::new([throttled("1"), granted("new")]).await;
    let began = Instant::now();
    assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

/// The caller learns of it at once, and when to come back.
#[tokio::test]
async fn a_pause_that_ends_after_the_deadline_is_not_waited_for() {
    for (header, seconds) in [("60", 60), ("18446744073709551615", u64::MAX)] {
        let server = connected().await;
        let google = Playing::always(throttled(header)).await;
        let began = Instant::now();
        let expected = GoogleError::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(fresh(&server, google.google()).await, Err(expected.into()));
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert_eq!(google.asked().len(), 1);
    }
}

#[tokio::test]
async fn all_requests_together_end_at_the_deadline() {
    let server = connected().await;
    let google = Playing::always(granted("late").after(Duration::from_mins(1))).await;
    let total = Duration::from_millis(800);
    for (attempt, requests) in [(Duration::from_millis(300), 2..=3), (Duration::from_secs(20), 1..=1)] {
        let before = google.asked().len();
        let began = Instant::now();
        let error = fresh(&server, google.google().with_time_limits(attempt, total)).await;
        assert_eq!(error, Err(RefreshError::Google(GoogleError::Timeout)));
        assert!(began.elapsed() < total * 2, "{:?}", began.elapsed());
        assert!(requests.contains(&(google.asked().len() - before)), "{:?}", google.asked());
    }
}
