//! `gmail_store_tokens`: what is stored, and what the answer says of it.

use std::time::Duration;

use paypulse_handlers::local::events::HttpRequest;
use paypulse_handlers::local::{Google, Reply};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::testing::{Fault, FaultKind};
use serde_json::json;

use crate::world::{GMAIL, SECRET, World, account, post, session, tokens};

const SAME: &str = "Gmail is connected again, with the same Google account";
const SWITCHED: &str = "Gmail is connected with another Google account than before";

#[tokio::test]
async fn tokens_are_stored_as_google_s_account_with_the_calls_of_the_verb() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let answer = world.ask(&post(&tokens(&account(1)))).await;
    assert_eq!(
        (answer.status, &answer.body["data"]),
        (
            201,
            &json!({ "google_email": "hush1@gmail.com", "scope": format!("{GMAIL} openid"), "account_switch": false,
                "message": "Gmail is connected" })
        )
    );
    assert_eq!(answer.headers["cache-control"], json!("no-store"));
    let stored = world.stored();
    assert_eq!(stored["access_token"], json!("ya29.hush-access-1"));
    assert_eq!(stored["refresh_token"], json!("1//hush-refresh-1"));
    assert_eq!((&stored["expires_in"], &stored["scope"]), (&json!(3599), &json!(format!("{GMAIL} openid"))));
    assert_eq!((&stored["google_user_id"], &stored["google_name"]), (&json!("hush-1"), &json!("Jane Doe")));
    // The key at the start, and the store.
    assert_eq!(world.calls(), ["GetSecretValue", "GetSecretValue", "CreateSecret"]);
    let log = world.end();
    for line in ["tokens stored", "answered", "calling AWS", "hyper_util"] {
        assert!(log.contains(line), "`{line}` is not logged at TRACE");
    }
}

#[tokio::test]
async fn another_account_is_said_and_nothing_of_the_old_one_is_kept() {
    let mut world = World::gmail_store_tokens().await;
    for number in [1, 2] {
        world.google.consent(&account(number));
    }
    let without_refresh_token = |number| {
        let mut tokens = tokens(&account(number));
        tokens.as_object_mut().expect("an object").remove("refresh_token");
        post(&tokens)
    };
    for (request, message, switched, refresh) in [
        (post(&tokens(&account(1))), "Gmail is connected", false, Some("1//hush-refresh-1")),
        (without_refresh_token(1), SAME, false, Some("1//hush-refresh-1")),
        (without_refresh_token(2), SWITCHED, true, None),
        (post(&tokens(&account(2))), SAME, false, Some("1//hush-refresh-2")),
    ] {
        let answer = world.ask(&request).await;
        assert_eq!((answer.status, answer.body["data"]["message"].as_str()), (201, Some(message)));
        assert_eq!(answer.body["data"]["account_switch"], json!(switched));
        assert_eq!(world.stored()["refresh_token"].as_str(), refresh);
    }
}

/// The answers of user info for a consent to Gmail alone: it covers nothing, or looks as if there were no token.
fn without_user_info() -> [Reply; 3] {
    let missing = json!({ "error": { "code": 401, "status": "UNAUTHENTICATED",
        "message": "Request is missing required authentication credential. Expected OAuth 2 access token." } });
    let insufficient = r#"{"error":"insufficient_scope","error_description":"hush"}"#;
    [Reply::json(403, r#"{"error":{"message":"hush"}}"#), Reply::json(401, missing), Reply::json(403, insufficient)]
}

/// A user who consents to Gmail alone is not asked for more: the address of the mailbox is the account's.
#[tokio::test]
async fn an_account_without_user_info_is_known_by_its_mailbox() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    for reply in without_user_info() {
        world.google.answer_next(Google::USER_INFO, reply);
        let answer = world.ask(&post(&tokens(&account(1)))).await;
        assert_eq!((answer.status, &answer.body["data"]["google_email"]), (201, &json!("hush1@gmail.com")));
        let stored = world.stored();
        assert_eq!((stored.get("google_user_id"), &stored["google_verified_email"]), (None, &json!(true)));
        assert_eq!(world.asked(), ["GET /oauth2/v3/userinfo", "GET /gmail/v1/users/me/profile"]);
    }
}

/// Only if Gmail does not tell it either, the account is not known.
#[tokio::test]
async fn an_account_that_google_does_not_tell_is_not_known() {
    let mut world = World::gmail_store_tokens().await;
    let [reply, ..] = without_user_info();
    let forbidden = r#"{"error":{"errors":[{"reason":"insufficientPermissions"}],"message":"hush"}}"#;
    world.google.answer_next(Google::USER_INFO, reply.clone());
    world.google.answer_next(Google::PROFILE, Reply::json(403, forbidden));
    let answer = world.ask(&post(&tokens(&account(1)))).await;
    assert_eq!((answer.status, &answer.body["data"]["google_email"]), (201, &json!("")));
    assert_eq!(world.stored().get("google_user_id"), None);
    // A token that Gmail does not accept is not stored.
    world.google.answer_next(Google::USER_INFO, reply);
    let answer = world.ask(&post(&tokens(&account(1)))).await;
    assert_eq!((answer.status, answer.code()), (400, "token_not_accepted"));
}

/// With `openid`, but not `email`, user info has an id without an address; some versions do not say that it is verified.
#[tokio::test]
async fn an_address_that_user_info_does_not_tell_is_that_of_the_mailbox() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    for info in [
        json!({ "sub": "hush-1" }),
        json!({ "sub": "hush-1", "email": " " }),
        json!({ "sub": "hush-1", "email": "hush2@gmail.com", "email_verified": false }),
        json!({ "sub": "hush-1", "email": "hush1@gmail.com" }),
    ] {
        world.google.answer_next(Google::USER_INFO, Reply::json(200, &info));
        let answer = world.ask(&post(&tokens(&account(1)))).await;
        assert_eq!((answer.status, &answer.body["data"]["google_email"]), (201, &json!("hush1@gmail.com")), "{info}");
        let stored = world.stored();
        assert_eq!((&stored["google_user_id"], &stored["google_verified_email"]), (&json!("hush-1"), &json!(true)));
    }
}

/// A consent to Gmail alone, which brings no refresh token, does not lose the stored one.
#[tokio::test]
async fn a_consent_to_gmail_alone_keeps_the_refresh_token_of_the_same_address() {
    let mut world = World::gmail_store_tokens().await;
    let mut body = tokens(&account(1));
    body.as_object_mut().expect("an object").remove("refresh_token");
    body["scope"] = json!([GMAIL]);
    let replies = without_user_info().into_iter().chain([Reply::json(200, json!({ "sub": "hush-1" }))]);
    for (reply, (id, email)) in replies.flat_map(|reply| {
        ["", "hush-1"]
            .map(|id| (reply.clone(), (id, "Hush1@gmail.com")))
            .into_iter()
            .chain([(reply.clone(), ("", "hush2@gmail.com"))])
    }) {
        world.connect(&account(1), -60);
        let mut stored = world.stored();
        stored["google_user_id"] = json!(id);
        stored["google_email"] = json!(email);
        world.secrets.put(SECRET, stored.to_string());
        world.google.answer_next(Google::USER_INFO, reply);
        let answer = world.ask(&post(&body)).await;
        let is_same = email.starts_with("Hush1");
        assert_eq!((answer.status, &answer.body["data"]["account_switch"]), (201, &json!(!is_same)), "{id} {email}");
        let kept = if is_same { json!("1//hush-refresh-1") } else { json!(null) };
        assert_eq!(world.stored()["refresh_token"], kept, "{id} {email}");
    }
}

/// The user info does not tell a bad token from one that covers nothing of it. Gmail does, and knows the address.
#[tokio::test]
async fn of_a_consent_to_gmail_alone_gmail_says_whose_it_is() {
    let mut world = World::gmail_store_tokens().await;
    let invalid = || Reply::json(401, r#"{"error":"invalid_request","error_description":"Invalid Credentials"}"#);
    let mut body = tokens(&account(1));
    body["scope"] = json!([GMAIL]);
    world.google.answer_next(Google::USER_INFO, invalid());
    let answer = world.ask(&post(&body)).await;
    assert_eq!((answer.status, answer.code()), (400, "token_not_accepted"));
    assert_eq!(world.secrets.value(SECRET), None);

    world.google.consent(&account(1));
    world.google.answer_next(Google::USER_INFO, invalid());
    world.asked();
    let answer = world.ask(&post(&body)).await;
    assert_eq!((answer.status, &answer.body["data"]["google_email"]), (201, &json!("hush1@gmail.com")));
    assert_eq!(world.asked(), ["GET /oauth2/v3/userinfo", "GET /gmail/v1/users/me/profile"]);
    assert_eq!(world.stored()["refresh_token"], json!("1//hush-refresh-1"));
}

/// What the Python functions store has no id of the account, and its address decides.
#[tokio::test]
async fn a_consent_without_a_refresh_token_keeps_the_one_that_python_stored() {
    let mut world = World::gmail_store_tokens().await;
    let mut without = tokens(&account(1));
    without.as_object_mut().expect("an object").remove("refresh_token");
    for (email, switched, refresh) in
        [("HUSH1@gmail.com", false, json!("1//hush-refresh-1")), ("hush2@gmail.com", true, json!(null))]
    {
        world.connect(&account(1), -60);
        let mut stored = world.stored();
        stored["google_user_id"] = json!("");
        stored["google_verified_email"] = json!(false);
        stored["google_email"] = json!(email);
        stored["expires_in"] = json!(3598.517);
        world.secrets.put(SECRET, stored.to_string());
        let answer = world.ask(&post(&without)).await;
        assert_eq!((answer.status, &answer.body["data"]["account_switch"]), (201, &json!(switched)), "{email}");
        assert_eq!((&world.stored()["refresh_token"], &world.stored()["google_user_id"]), (&refresh, &json!("hush-1")));
    }
}

#[tokio::test]
async fn err_tokens_that_google_does_not_accept_are_not_stored() {
    let mut world = World::gmail_store_tokens().await;
    let answer = world.ask(&post(&tokens(&account(1)))).await;
    assert_eq!((answer.status, answer.code(), answer.field()), (400, "token_not_accepted", "access_token"));
    assert_eq!(world.secrets.value(SECRET), None);
}

#[tokio::test]
async fn err_what_passes_is_answered_with_when_to_come_back() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let request = post(&tokens(&account(1)));
    // Each attempt of the SDK.
    world.secrets.inject(Fault::on(ApiCall::CreateSecret, FaultKind::Throttled).times(3));
    let answer = world.ask(&request).await;
    assert_eq!((answer.status, answer.code(), answer.headers["retry-after"].as_str()), (503, "try_again", Some("5")));
    let busy = Reply::json(429, "{}").with_header("retry-after", 7);
    for _ in 0..4 {
        world.google.answer_next(Google::USER_INFO, busy.clone());
    }
    let answer = world.ask(&request).await;
    assert_eq!((answer.status, answer.code()), (503, "try_again"));
    assert_eq!(answer.headers["retry-after"].as_str(), Some("7"));
    assert_eq!(world.ask(&request).await.status, 201);
}

/// AWS's own faults, in every attempt of the SDK, at the reads and at the write.
#[tokio::test]
async fn err_a_fault_of_awss_own_is_answered_with_when_to_come_back() {
    for call in [ApiCall::GetSecretValue, ApiCall::CreateSecret] {
        for kind in [FaultKind::InternalServiceError, FaultKind::ServiceUnavailable] {
            let mut world = World::gmail_store_tokens().await;
            world.google.consent(&account(1));
            world.secrets.inject(Fault::on(call, kind.clone()).times(20));
            let answer = world.ask(&post(&tokens(&account(1)))).await;
            assert_eq!((answer.status, answer.code()), (503, "try_again"), "{call:?} {kind:?}");
            assert_eq!(answer.headers["retry-after"].as_str(), Some("2"), "{call:?} {kind:?}");
        }
    }
}

#[tokio::test]
async fn err_a_deployment_that_is_not_whole_is_told_to_its_log_alone() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let denied = FaultKind::Error {
        code: "AccessDeniedException".into(),
        status: 400,
        message: "User is not authorized".into(),
    };
    world.secrets.inject(Fault::on(ApiCall::CreateSecret, denied));
    let answer = world.ask(&post(&tokens(&account(1)))).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert!(world.end().contains("`gmail_store_tokens` cannot store `GmailUserTokens`: AWS denies access"));
}

#[tokio::test]
async fn err_the_answer_comes_before_lambda_ends_the_invocation() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let event = post(&tokens(&account(1))).v2();
    // The first one also starts the program.
    let warm = world.invoke(&event).await;
    assert_eq!(world.answered(warm).status, 201);
    let slow = Duration::from_mins(1);
    for is_google in [true, false] {
        world.google.set_latency(if is_google { slow } else { Duration::ZERO });
        world.secrets.set_latency(if is_google { Duration::ZERO } else { slow });
        let begin = std::time::Instant::now();
        let outcome = world.invoke_raw(event.to_string(), Duration::from_secs(2)).await;
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        assert_eq!((world.answered(outcome).code()), "try_again");
    }
}

#[tokio::test]
async fn err_the_wrong_method_names_the_right_one() {
    let mut world = World::gmail_store_tokens().await;
    let answer = world.ask(&HttpRequest::get(&session())).await;
    assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, Some("POST")));
    assert_eq!(world.asked(), [""; 0]);
}
