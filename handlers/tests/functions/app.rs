//! What PayPulse's iOS app makes of the answers: the requests are those that API Gateway's HTTP API hands over, and each answer is
//! decoded with the members that the app's types require, and with their types.
//!
//! The types: `APISuccessResponse` (`message` and `code`, and `data` if there is one), `GmailResponseModel`, `InvoiceCountModel`,
//! `APIErrorResponse`. Swift takes no `null` for a member that is not optional, and neither does this.

use paypulse_handlers::contract::{AppCode, INGEST, ROUTES, Route, STORE_TOKENS};
use paypulse_handlers::local::events::HttpRequest;
use paypulse_handlers::local::{Google, Outcome, Reply};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::world::{GMAIL, KEY, USER, World, account, claims, ingest, now, post, session, session_of, signed, tokens};

#[derive(Debug, Deserialize)]
struct Success<T> {
    message: String,
    code: i64,
    data: Option<T>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct GmailResponse {
    google_email: String,
    scope: String,
    account_switch: bool,
    message: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvoiceCount {
    invoice_count: i64,
}

#[derive(Debug, Deserialize)]
struct Failure {
    error: Detail,
}

#[derive(Debug, Deserialize)]
struct Detail {
    code: String,
    message: String,
}

/// The status and the body, as the gateway passes them on.
async fn ask(world: &mut World, route: &Route, request: &HttpRequest) -> (i64, String) {
    let Outcome::Answered(answer) = world.invoke(&request.of_route(route)).await else { panic!("no answer") };
    (answer["statusCode"].as_i64().expect("a status"), answer["body"].as_str().expect("a text").to_owned())
}

/// What the app does with a success.
async fn succeeds<T: DeserializeOwned>(world: &mut World, route: &Route, request: &HttpRequest) -> T {
    let (status, body) = ask(world, route, request).await;
    let success: Success<T> = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert_eq!((success.code, status), (status, i64::from(route.status)), "{body}");
    assert!(!success.message.is_empty());
    let data: Success<Value> = serde_json::from_str(&body).expect("it is a success");
    let members: Vec<String> = data.data.expect("data").as_object().expect("an object").keys().cloned().collect();
    let mut declared: Vec<&str> = route.data.to_vec();
    declared.sort_unstable();
    assert_eq!(members, declared, "the members of the table");
    success.data.expect("data")
}

/// What the app does with a failure: it tries to read a success first, whatever the status.
async fn fails(world: &mut World, route: &Route, request: &HttpRequest) -> (i64, &'static str) {
    let (status, body) = ask(world, route, request).await;
    assert!(serde_json::from_str::<Success<Value>>(&body).is_err(), "it reads as a success: {body}");
    let failure: Failure = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert!(!failure.error.message.is_empty());
    let known = AppCode::ALL.iter().map(|code| code.as_str()).find(|code| *code == failure.error.code);
    (status, known.unwrap_or_else(|| panic!("the app does not know `{}`", failure.error.code)))
}

#[tokio::test]
async fn the_app_reads_that_gmail_is_connected() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let request = post(&tokens(&account(1)));
    let data: GmailResponse = succeeds(&mut world, &STORE_TOKENS, &request).await;
    assert_eq!(data.google_email, "hush1@gmail.com");
    assert_eq!((data.scope, data.account_switch), (format!("{GMAIL} openid"), false));
    assert!(!data.message.is_empty());
    // Where Google tells nothing of the account, and the app nothing of the scope.
    world.google.answer_next(Google::USER_INFO, Reply::json(403, r#"{"error":{"message":"hush"}}"#));
    world.google.answer_next(Google::PROFILE, Reply::json(403, r#"{"error":{"message":"hush"}}"#));
    let least = HttpRequest::post(&session(), "application/json", r#"{"access_token":"ya29.hush"}"#);
    let data: GmailResponse = succeeds(&mut world, &STORE_TOKENS, &least).await;
    assert_eq!((data.google_email.as_str(), data.scope.as_str()), ("", ""));
    // Another account.
    world.google.consent(&account(2));
    world.connect(&account(1), 3600);
    let data: GmailResponse = succeeds(&mut world, &STORE_TOKENS, &post(&tokens(&account(2)))).await;
    assert!(data.account_switch);
}

#[tokio::test]
async fn the_app_reads_how_many_invoices_are_new() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    for (count, request) in [(4, ingest()), (0, HttpRequest::post(&session(), "application/json", ""))] {
        let data: InvoiceCount = succeeds(&mut world, &INGEST, &request).await;
        assert_eq!(data, InvoiceCount { invoice_count: count });
    }
}

#[tokio::test]
async fn err_each_refusal_of_a_session_is_one_that_the_app_knows() {
    let mut store = World::gmail_store_tokens().await;
    let mut fetch = World::fetch_invoices().await;
    let mut expired = claims(USER);
    expired["exp"] = json!(now() - 60);
    let mut none = HttpRequest::plain_post("");
    none.headers.clear();
    for (request, code) in [
        (HttpRequest::plain_post(&signed(&expired, KEY)), "TOKEN_EXPIRED"),
        (HttpRequest::plain_post(&signed(&claims(USER), "hush")), "INVALID_TOKEN"),
        (HttpRequest::plain_post("hush"), "INVALID_TOKEN"),
        (none, "INVALID_CREDENTIALS"),
    ] {
        assert_eq!(fails(&mut store, &STORE_TOKENS, &request).await, (401, code));
        assert_eq!(fails(&mut fetch, &INGEST, &request).await, (401, code));
    }
}

#[tokio::test]
async fn err_each_refusal_of_a_body_is_one_that_the_app_knows() {
    let mut world = World::gmail_store_tokens().await;
    for (body, status, code) in [
        ("{}", 400, "MISSING_FIELDS"),
        ("", 400, "INVALID_JSON"),
        ("{", 400, "INVALID_JSON"),
        ("scope=hush", 400, "MISSING_FIELDS"),
        (r#"{"access_token":"ya29.hush","scope":"openid"}"#, 400, "INVALID_CREDENTIALS"),
    ] {
        let request = HttpRequest::post(&session(), "application/json", body);
        assert_eq!(fails(&mut world, &STORE_TOKENS, &request).await, (status, code), "{body}");
    }
    assert_eq!(fails(&mut world, &STORE_TOKENS, &HttpRequest::get(&session())).await, (405, "DEPENDENCY_FAILURE"));
}

#[tokio::test]
async fn err_each_refusal_of_gmail_is_one_that_the_app_knows() {
    let mut world = World::fetch_invoices().await;
    let other = HttpRequest::plain_post(&session_of("whisper2"));
    assert_eq!(fails(&mut world, &INGEST, &other).await, (502, "GMAIL_TOKEN_EXPIRED"), "not connected");
    world.connect(&account(1), 3600);
    let reason = |reason: &str| json!({ "error": { "errors": [{ "reason": reason }] } });
    for (reply, status, code) in [
        (Reply::json(403, reason("insufficientPermissions")), 502, "GMAIL_TOKEN_EXPIRED"),
        (Reply::json(403, reason("domainPolicy")), 403, "DEPENDENCY_FAILURE"),
        (Reply::json(403, reason("dailyLimitExceeded")), 503, "DEPENDENCY_FAILURE"),
        (Reply::json(403, reason("accessNotConfigured")), 500, "DEPENDENCY_FAILURE"),
        (Reply::json(404, reason("notFound")), 404, "DEPENDENCY_FAILURE"),
        (Reply::json(200, "[]"), 502, "DEPENDENCY_FAILURE"),
    ] {
        world.google.answer_next(Google::MESSAGES, reply.clone());
        assert_eq!(fails(&mut world, &INGEST, &ingest()).await, (status, code), "{reply:?}");
    }
    world.google.revoke(&account(1));
    assert_eq!(fails(&mut world, &INGEST, &ingest()).await, (502, "GMAIL_TOKEN_EXPIRED"), "revoked");
    assert_eq!(ROUTES.len(), 2, "each route is tried here");
}
