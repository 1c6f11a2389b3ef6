//! What Google's refusals mean: bodies as Google writes them, and whose turn it is.

use std::time::Duration;

use paypulse_runtime::google::{Fault, GoogleError};
use serde::Deserialize;
use tracing::Level;

use crate::playing::{Playing, Reply};
use crate::shared::mark::told;
use crate::support::{CLIENT_ID, connected, fresh};

#[derive(Debug, Deserialize)]
struct Anything {}

/// The error of a read that is refused so each time, and how often it was asked for.
async fn read(reply: Reply) -> (GoogleError, usize) {
    let google = Playing::new([reply.clone(), reply.clone(), reply.clone(), reply]).await;
    let limit = Duration::from_secs(5);
    let client = google.google().with_time_limits(limit, limit);
    let error = client.get::<Anything>(&google.url("/gmail"), &"ya29.hush".into()).await.expect_err("it is refused");
    told(&error);
    (error, google.asked().len())
}

/// As Gmail writes it: with `errors`, a status, and details.
fn body(status: u16, reason: &str, message: &str, rpc: &str, details: &str) -> String {
    format!(
        r#"{{"error":{{"code":{status},"message":"{message}","errors":[{{"message":"hush","domain":"global",
        "reason":"{reason}"}}],"status":"{rpc}","details":[{details}]}}}}"#
    )
}

fn info(reason: &str) -> String {
    format!(r#"{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}","domain":"googleapis.com"}}"#)
}

async fn check(status: u16, body: &str, expected: GoogleError) {
    let (error, asked) = read(Reply::json(status, body)).await;
    assert_eq!(error, expected, "{status} {body}");
    assert_eq!(asked, if expected.meaning().advice().repeat { 4 } else { 1 }, "{status} {body}");
}

fn project(code: &str) -> GoogleError {
    GoogleError::Configuration { code: code.into() }
}

#[tokio::test]
async fn an_api_that_is_not_enabled_is_a_matter_of_the_operator() {
    let help = r#"{"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"https://console/hush"}]}"#;
    let disabled = format!("{help},{}", info("SERVICE_DISABLED"));
    let message = "Gmail API has not been used in project 123 before or it is disabled.";
    check(403, &body(403, "accessNotConfigured", message, "PERMISSION_DENIED", &disabled), project("SERVICE_DISABLED"))
        .await;
    check(403, &body(403, "accessNotConfigured", message, "PERMISSION_DENIED", ""), project("accessNotConfigured"))
        .await;
    check(
        403,
        &body(403, "forbidden", "Delegation denied for hush@x.com", "PERMISSION_DENIED", ""),
        project("forbidden"),
    )
    .await;
    // The general reason only repeats the status.
    for exact in
        ["API_KEY_SERVICE_BLOCKED", "LOCATION_POLICY_VIOLATED", "RESOURCE_USAGE_RESTRICTION_VIOLATED", "SOMETHING_NEW"]
    {
        for general in ["forbidden", "PERMISSION_DENIED"] {
            let body = body(403, general, "hush", "PERMISSION_DENIED", &info(exact));
            check(403, &body, project(exact)).await;
        }
    }
    let two = format!("{},{}", info("SOMETHING_NEW"), info("SOMETHING_ELSE"));
    check(403, &body(403, "forbidden", "hush", "PERMISSION_DENIED", &two), project("SOMETHING_NEW")).await;
    // What Google will add: no consent ends it, as far as anybody knows.
    check(403, &body(403, "somethingNew", "hush", "PERMISSION_DENIED", ""), project("somethingNew")).await;
    check(403, &body(403, "hush is no word", "hush", "PERMISSION_DENIED", ""), project("an unknown error")).await;
}

#[tokio::test]
async fn a_consent_that_is_missing_is_told_by_its_reason() {
    let scopes = info("ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    let message = "Request had insufficient authentication scopes.";
    for (status, body) in [
        (403, body(403, "insufficientPermissions", message, "PERMISSION_DENIED", &scopes)),
        (403, body(403, "insufficientPermissions", "Insufficient Permission", "", "")),
        (401, body(401, "authError", message, "UNAUTHENTICATED", &scopes)),
        (403, body(403, "forbidden", "hush", "PERMISSION_DENIED", "")),
        (403, body(403, "insufficientPermissions", "hush", "PERMISSION_DENIED", &info("SOMETHING_NEW"))),
        (403, r#"{"error":"insufficient_scope","error_description":"hush"}"#.to_owned()),
        (403, r#"{"error":{"code":403,"message":"hush","status":"PERMISSION_DENIED"}}"#.to_owned()),
    ] {
        check(status, &body, GoogleError::Forbidden).await;
    }
    let challenge = ("WWW-Authenticate", r#"Bearer realm="https://accounts.google.com/", error="insufficient_scope""#);
    let reply = Reply::with_headers(401, &[("Content-Type", "application/json"), challenge], "{}");
    assert_eq!(read(reply).await.0, GoogleError::Forbidden);
}

#[tokio::test]
async fn a_policy_and_an_account_without_a_mailbox_are_no_missing_consent() {
    let message = "The domain administrators have disabled Gmail apps.";
    check(403, &body(403, "domainPolicy", message, "", ""), GoogleError::Policy { reason: "domainPolicy".into() })
        .await;
    check(403, &body(403, "forbidden", message, "", ""), GoogleError::Policy { reason: "forbidden".into() }).await;
    let body_of = |message| body(400, "failedPrecondition", message, "FAILED_PRECONDITION", "");
    let disabled = GoogleError::Account { reason: "failedPrecondition".into() };
    check(400, &body_of("Mail service not enabled"), disabled).await;
    let disabled = body(403, "forbidden", "hush", "PERMISSION_DENIED", &info("ACCOUNT_STATE_INVALID"));
    check(403, &disabled, GoogleError::Account { reason: "ACCOUNT_STATE_INVALID".into() }).await;
    assert_eq!(GoogleError::Policy { reason: String::new() }.meaning().advice().fault, Fault::Administrator);
}

/// Gmail says so of a healthy account now and then; of one without a mailbox it says so each time.
#[tokio::test]
async fn a_precondition_that_google_does_not_name_is_asked_again() {
    let body = body(400, "failedPrecondition", "Precondition check failed.", "FAILED_PRECONDITION", "");
    let google = Playing::new([Reply::json(400, &body), Reply::json(200, "{}")]).await;
    let read = google.google().get::<Anything>(&google.url("/gmail"), &"ya29.hush".into()).await;
    assert!(read.is_ok() && google.asked().len() == 2, "{read:?}");
    let stays = GoogleError::Precondition { reason: "failedPrecondition".into() };
    check(400, &body, stays.clone()).await;
    let advice = stays.meaning().advice();
    assert_eq!((advice.fault, advice.level, advice.status), (Fault::User, Level::WARN, 403));
}

/// No consent ends these, and Google gives them no reason of their own.
#[tokio::test]
async fn a_project_at_fault_is_told_by_the_message() {
    let help = r#"{"@type":"type.googleapis.com/google.rpc.Help","links":[]}"#;
    for message in [
        "Gmail API has not been used in project 123 before or it is disabled. Enable it by visiting hush then retry.",
        "Caller does not have required permission to use project hush. Grant the caller the role.",
        "hush: Project 7 is not found and cannot be used for API calls.",
        "Permission denied on resource project hush.",
    ] {
        let bare = format!(
            r#"{{"error":{{"code":403,"message":"{message}","status":"PERMISSION_DENIED","details":[{help}]}}}}"#
        );
        check(403, &bare, project("PERMISSION_DENIED")).await;
        check(403, &body(403, "forbidden", message, "PERMISSION_DENIED", ""), project("forbidden")).await;
        check(403, &format!("[{bare}]"), project("PERMISSION_DENIED")).await;
    }
}

#[tokio::test]
async fn a_server_error_is_waited_for_as_long_as_its_body_asks() {
    let delay = r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36.5s"}"#;
    let (error, asked) = read(Reply::json(503, &body(503, "backendError", "hush", "UNAVAILABLE", delay))).await;
    assert_eq!((error.retry_after(), asked), (Some(Duration::from_millis(36_500)), 1));
}

/// Seconds do not help until the day of Google ends.
#[tokio::test]
async fn a_limit_of_the_day_is_not_asked_again() {
    let per_day = r#"{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"defaultPerDayPerProject","quota_unit":"1/d/{project}"}}"#;
    let in_words =
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'gmail.googleapis.com'";
    for (status, body, reason) in [
        (403, body(403, "dailyLimitExceeded", "Daily Limit Exceeded", "", ""), "dailyLimitExceeded"),
        (429, body(429, "dailyLimitExceeded", "hush", "RESOURCE_EXHAUSTED", ""), "dailyLimitExceeded"),
        (403, body(403, "quotaExceeded", "hush", "", ""), "quotaExceeded"),
        (429, body(429, "rateLimitExceeded", "hush", "RESOURCE_EXHAUSTED", per_day), "RATE_LIMIT_EXCEEDED"),
        (429, body(429, "rateLimitExceeded", in_words, "RESOURCE_EXHAUSTED", ""), "rateLimitExceeded"),
    ] {
        let error = GoogleError::DailyLimit { reason: reason.into() };
        check(status, &body, error.clone()).await;
        let wait = error.retry_after().expect("it says when");
        assert!(wait <= Duration::from_hours(24) && wait > Duration::ZERO, "{wait:?}");
        assert_eq!(error.meaning().advice().level, Level::ERROR);
    }
}

#[tokio::test]
async fn a_limit_of_a_moment_is_asked_again_when_google_says() {
    let per_minute = r#"{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_unit":"1/min/{project}/{user}"}}"#;
    let throttled = || GoogleError::Throttled { retry_after: None };
    for (status, body) in [
        (403, body(403, "userRateLimitExceeded", "hush", "", "")),
        (403, body(403, "rateLimitExceeded", "hush", "", "")),
        (403, body(403, "quotaExceeded", "hush", "", per_minute)),
        (429, body(429, "userRateLimitExceeded", "Too many concurrent requests for user", "", "")),
        (429, body(429, "somethingNew", "hush", "", "")),
        (429, "hush, not JSON".to_owned()),
    ] {
        check(status, &body, throttled()).await;
    }
    // The waits are longer than there is time for.
    let delay = r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36.5s"}"#;
    let (error, asked) = read(Reply::json(429, &body(429, "rateLimitExceeded", "hush", "", delay))).await;
    assert_eq!((error.retry_after(), asked), (Some(Duration::from_millis(36_500)), 1));
    let message = "User-rate limit exceeded.  Retry after 2999-01-01T00:00:00.000Z";
    let (error, asked) = read(Reply::json(429, &body(429, "userRateLimitExceeded", message, "", ""))).await;
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_hours(24)) && asked == 1, "{error:?}");
}

#[tokio::test]
async fn what_google_does_not_take_of_a_request_is_told_apart() {
    for (reason, message) in
        [("invalidArgument", "Invalid pageToken"), ("badRequest", "hush"), ("invalid", "Invalid Value")]
    {
        let expected = GoogleError::Request { reason: reason.into() };
        check(400, &body(400, reason, message, "INVALID_ARGUMENT", ""), expected).await;
    }
    check(404, &body(404, "notFound", "Requested entity was not found.", "NOT_FOUND", ""), GoogleError::NotFound).await;
    check(401, &body(401, "authError", "Invalid Credentials", "UNAUTHENTICATED", ""), GoogleError::Unauthorized).await;
    check(401, &body(401, "somethingNew", "hush", "", ""), GoogleError::Unauthorized).await;
}

/// Google says so of a token whose consent covers nothing of the user info.
#[tokio::test]
async fn a_user_info_that_misses_a_credential_misses_a_consent() {
    let message = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or \
                   other valid authentication credential.";
    let missing = body(401, "required", message, "UNAUTHENTICATED", &info("CREDENTIALS_MISSING"));
    let bare = format!(r#"{{"error":{{"code":401,"message":"{message} hush","status":"UNAUTHENTICATED"}}}}"#);
    let bad = r#"{"error":"invalid_request","error_description":"Invalid Credentials hush"}"#.to_owned();
    for (body, expected) in
        [(missing, GoogleError::Forbidden), (bare, GoogleError::Forbidden), (bad, GoogleError::Unauthorized)]
    {
        let google = Playing::new([Reply::json(401, &body)]).await;
        assert_eq!(google.google().user_info(&"ya29.hush".into()).await, Err(expected), "{body}");
    }
}

/// A byte order mark, and what else an editor leaves in a file.
#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_an_answer_or_of_a_client_id() {
    let server = connected().await;
    server.put("Google-OAuth-Client-ID", format!("\u{feff}{CLIENT_ID}\r\n"));
    let answer = r#"{"access_token":"hush-new","expires_in":3599,"token_type":"Bearer"}"#;
    let google = Playing::new([Reply::json(200, &format!("\u{feff}{answer}"))]).await;
    assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"));
    assert!(google.asked()[0].body.contains(&format!("client_id={CLIENT_ID}")), "{:?}", google.asked()[0].body);
}
