//! `fetch_invoices`: which token it uses, and what it tells the user.

use std::time::Duration;

use paypulse_handlers::local::{Google, Reply};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::testing::{Fault, FaultKind};
use serde_json::json;

use crate::world::{SECRET, USER_MARK, World, account, ingest};

const MESSAGE: &str = "/gmail/v1/users/me/messages/";

#[tokio::test]
async fn an_expired_token_is_refreshed_and_stored_once() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), -60);
    world.google.expire();
    assert_eq!(world.ask(&ingest()).await.status, 200);
    assert_eq!(world.asked()[0], "POST /token");
    assert_eq!(world.stored()["access_token"], json!("ya29.hush-access-1-1"));
    assert_eq!(world.ask(&ingest()).await.status, 200);
    assert!(!world.asked().contains(&"POST /token".to_owned()));
    assert!(world.calls().ends_with(&["GetSecretValue".to_owned(), "PutSecretValue".to_owned()]));
}

#[tokio::test]
async fn a_token_that_gmail_refuses_before_its_time_is_replaced() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    world.google.expire();
    assert_eq!(world.ask(&ingest()).await.status, 200);
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|line| *line == "POST /token").count(), 1, "{asked:?}");
    assert_eq!(world.stored()["access_token"], json!("ya29.hush-access-1-1"));

    // In the middle of a list, too.
    world.google.answer_next(MESSAGE, Reply::json(401, "{}"));
    assert_eq!(world.ask(&ingest()).await.status, 200);
    // A new token that is refused as well is not fought.
    for _ in 0..3 {
        world.google.answer_next(Google::MESSAGES, Reply::json(401, "{}"));
    }
    world.asked();
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (502, "google_refuses"));
    assert_eq!(world.asked().len(), 5);
    assert!(world.secrets.value(SECRET).is_some());
}

#[tokio::test]
async fn err_a_consent_that_was_taken_back_asks_the_user_to_reconnect() {
    // Before and after the access token's own end.
    for seconds in [3600, -60] {
        let mut world = World::fetch_invoices().await;
        world.connect(&account(1), seconds);
        world.google.revoke(&account(1));
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (502, "reconnect_required"));
        assert_eq!(answer.app_code(), "GMAIL_TOKEN_EXPIRED");
        assert_eq!(world.secrets.value(SECRET), None, "the tokens are of no use to anybody");
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (502, "not_connected"));
        assert_eq!(answer.app_code(), "GMAIL_TOKEN_EXPIRED");
    }
}

/// What this function's cache knows is refused, and so is what another function has stored since: Google has the last word.
#[tokio::test]
async fn err_a_cached_and_a_stored_token_of_a_consent_that_was_taken_back() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    assert_eq!(world.ask(&ingest()).await.status, 200);
    world.connect(&account(2), 3600);
    for number in [1, 2] {
        world.google.revoke(&account(number));
    }
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (502, "reconnect_required"));
    assert_eq!(world.secrets.value(SECRET), None);
}

#[tokio::test]
async fn err_without_tokens_or_without_a_refresh_token_the_user_has_to_connect() {
    let mut world = World::fetch_invoices().await;
    assert_eq!(world.ask(&ingest()).await.code(), "not_connected");
    world.connect(&account(1), -60);
    let without = world.secrets.value(SECRET).expect("it is there").replace(r#""refresh_token""#, r#""hush""#);
    world.secrets.put(SECRET, without);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (502, "reconnect_required"));
    assert!(world.secrets.value(SECRET).is_some());
}

/// AWS's own faults, in every attempt of the SDK, at the reads and at the write of a refreshed token.
#[tokio::test]
async fn err_a_fault_of_awss_own_is_answered_with_when_to_come_back() {
    for (call, seconds) in [(ApiCall::GetSecretValue, 3600), (ApiCall::PutSecretValue, -60)] {
        let mut world = World::fetch_invoices().await;
        world.connect(&account(1), seconds);
        world.secrets.inject(Fault::on(call, FaultKind::InternalServiceError).times(20));
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (503, "try_again"), "{call:?}");
        assert_eq!(answer.headers["retry-after"].as_str(), Some("2"), "{call:?}");
    }
}

#[tokio::test]
async fn err_a_missing_client_id_is_no_fault_of_the_user() {
    let mut world = World::fetch_invoices_without_client_id().await;
    world.connect(&account(1), -60);
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert!(world.secrets.value(SECRET).is_some());
    assert!(world.end().contains("`fetch_invoices` cannot read `GoogleOauthClientId`: it does not exist"));
}

#[tokio::test]
async fn err_each_answer_of_gmail_has_its_meaning() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let limit = r#"{"error":{"errors":[{"reason":"userRateLimitExceeded","message":"hush"}]}}"#;
    for (replies, status, code) in [
        (
            vec![Reply::json(403, r#"{"error":{"errors":[{"reason":"insufficientPermissions"}]}}"#)],
            502,
            "consent_missing",
        ),
        (vec![Reply::json(403, limit); 4], 503, "try_again"),
        (vec![Reply::json(429, "{}"); 4], 503, "try_again"),
        (vec![Reply::json(503, "{}"); 4], 503, "try_again"),
        (vec![Reply::json(200, "[]")], 502, "google_refuses"),
        (vec![Reply::json(200, r#"{"messages":"hush"}"#)], 502, "google_refuses"),
        (vec![Reply::json(200, format!(r#"{{"hush":"{}"}}"#, "x".repeat(70_000)))], 502, "google_refuses"),
        (vec![Reply::json(302, "{}").with_header("location", "http://127.0.0.1:1/hush")], 502, "google_refuses"),
        (vec![Reply::json(503, "{}"), Reply::json(429, "{}")], 200, ""),
        (vec![Reply::json(200, "{}")], 200, ""),
    ] {
        let shown = format!("{:?}", replies[0]);
        for reply in replies {
            world.google.answer_next(Google::MESSAGES, reply);
        }
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{}", &shown[..shown.len().min(200)]);
    }
    assert!(world.secrets.value(SECRET).is_some());
}

#[tokio::test]
async fn err_the_answer_comes_before_lambda_ends_the_invocation() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    assert_eq!(world.ask(&ingest()).await.status, 200);
    world.google.set_latency(Duration::from_mins(1));
    let begin = std::time::Instant::now();
    let outcome = world.invoke_raw(ingest().v2().to_string(), Duration::from_secs(2)).await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(world.answered(outcome).code(), "try_again");
}

/// At the level that Lambda has by itself, not even a user's id is logged.
#[tokio::test]
async fn a_log_that_nobody_turned_up_names_no_user() {
    let mut world = World::quiet().await;
    world.connect(&account(1), -60);
    world.google.expire();
    assert_eq!(world.ask(&ingest()).await.status, 200);
    world.google.revoke(&account(1));
    assert_eq!(world.ask(&ingest()).await.status, 502);
    let log = world.end();
    assert!(log.contains("tokens updated") && log.contains("tokens deleted"), "{log}");
    assert!(!log.contains(USER_MARK) && !log.contains("DEBUG") && !log.contains("TRACE"), "{log}");
}
