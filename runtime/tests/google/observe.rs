//! What the outside sees of a request to Google: its span and its counts.

use paypulse_runtime::google::GoogleError;

use crate::counts::{clock_runs, counted};
use crate::playing::{Playing, Reply};
use crate::shared::log::line_with;
use crate::shared::mark::hush;
use crate::support::{connected, fresh, granted, invalid_grant};

#[tokio::test]
async fn a_span_tells_what_was_asked_how_often_and_how_it_ended() {
    let server = connected().await;
    let google = Playing::new([Reply::json(503, "{}"), granted("new")]).await;
    fresh(&server, google.google()).await.expect("the second request succeeds");
    line_with(&["close", "google{request=\"refresh\"", "attempts=2", "outcome=\"ok\""]);
    line_with(&["asking Google", "request=\"refresh\"", "attempt=2"]);
}

#[test]
fn requests_are_counted_by_what_came_of_them() {
    let counted = counted(clock_runs(), async {
        let server = connected().await;
        let google = Playing::new([Reply::json(503, "{}"), Reply::json(401, "{}"), invalid_grant()]).await;
        let error = google.google().user_info(&hush("token").into()).await;
        assert_eq!(error.expect_err("it is not accepted"), GoogleError::Unauthorized);
        fresh(&server, google.google()).await.expect_err("it is refused");
    });
    let counted: Vec<_> = counted.iter().filter(|line| line.starts_with("google")).collect();
    assert_eq!(
        counted,
        [
            "google_request_seconds request=refresh outcome=invalid_grant: 1 times",
            "google_request_seconds request=user_info outcome=unauthorized: 1 times",
            "google_requests_total request=refresh outcome=invalid_grant: 1",
            "google_requests_total request=user_info outcome=unauthorized: 1",
        ]
    );
}
