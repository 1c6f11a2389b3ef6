//! Inputs next to those of the tests of events, stored bundles and Google's answers: each is of a kind that a bug report was about.

use paypulse_handlers::local::events::HttpRequest;
use paypulse_handlers::local::{Account, Outcome};
use paypulse_runtime::testing::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{GMAIL, World, account, ingest, session, session_of};

/// A bundle of the account whose access token has ended, with some fields changed. `null` as a change removes the field.
fn bundle(account: &Account, changes: &Value) -> String {
    let mut bundle = json!({
        "access_token": "ya29.hush-of-before", "refresh_token": account.refresh_token,
        "expires_at": "2024-11-01T11:00:00.000000", "expires_in": 3599, "scope": GMAIL, "token_type": "Bearer",
        "created_at": "2024-11-01T10:00:00.000000", "google_user_id": "", "google_email": account.email,
        "google_name": "", "google_verified_email": false,
    });
    bundle.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    bundle.to_string()
}

/// The texts of bundles that functions, people and editors leave behind.
fn texts() -> Vec<String> {
    let account = account(1);
    let with = |name: &str, value: Value| bundle(&account, &json!({ name: value }));
    let plain = bundle(&account, &json!({}));
    let mut texts = Vec::new();
    for lifetime in [
        json!(3598.5),
        json!(3600.0),
        json!("3599"),
        json!(" 3599 "),
        json!("3599.5"),
        json!(-1),
        json!(-0.0),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!("soon"),
        json!(1e300),
        json!(u64::MAX),
    ] {
        texts.push(with("expires_in", lifetime));
    }
    for time in [
        json!("2024-11-01 11:00:00"),
        json!("2024-11-01T11:00:00+0000"),
        json!("2024-11-01T11:00:00+00:00"),
        json!("2024-11-01T11:00"),
        json!("2024-11-01T11:00Z"),
        json!("2024-11-01T11:00:00.123456789Z"),
        json!("2024-11-01"),
        json!(""),
        json!("yesterday"),
        json!(null),
        json!(1_730_458_800),
        json!(1_730_458_800_000_u64),
        json!("1730458800"),
        json!(true),
        json!(["2024-11-01T11:00:00"]),
        json!("0000-00-00T00:00:00"),
        json!("2024-02-30T00:00:00"),
    ] {
        texts.push(with("expires_at", time.clone()));
        texts.push(with("created_at", time));
    }
    for value in [json!("true"), json!("TRUE"), json!(1), json!("yes"), json!(null), json!([])] {
        texts.push(with("google_verified_email", value));
    }
    for value in
        [json!([GMAIL, "openid"]), json!([]), json!(null), json!({}), json!(5), json!([GMAIL, 1]), json!("None")]
    {
        texts.push(with("scope", value));
    }
    for value in [json!(117), json!(null), json!(true), json!([])] {
        texts.push(with("google_user_id", value.clone()));
        texts.push(with("google_name", value.clone()));
        texts.push(with("token_type", value));
    }
    for value in [json!(null), json!(""), json!(5)] {
        texts.push(with("access_token", value));
    }
    texts.push(with("later", json!({ "deep": [[[[1, { "a": null }]]]], "\u{1f5dd} key": "\u{0}" })));
    texts.push(format!("\u{feff}{plain}"));
    texts.push(format!("\r\n\t {plain}\n"));
    texts.push(Value::String(plain.clone()).to_string());
    texts.push(json!({ "tokens": serde_json::from_str::<Value>(&plain).expect("JSON") }).to_string());
    texts.push(plain[..plain.len() - 9].to_owned());
    texts.push(plain.replace('"', "'").replace("false", "False"));
    texts
}

/// No form of a field costs a user their refresh token: an ingest works, and the next write leaves the documented form.
#[tokio::test]
async fn a_bundle_of_any_form_is_used_and_keeps_its_refresh_token() {
    let account = account(1);
    let mut world = World::quiet().await;
    world.google.consent(&account);
    for (number, text) in texts().into_iter().enumerate() {
        let user = format!("whisper{number}");
        let name = format!("gmail/user/{user}");
        world.secrets.put(&name, text.as_str());
        let said = world.ask(&HttpRequest::plain_post(&session_of(&user))).await;
        assert_eq!((said.status, said.code()), (200, ""), "{text:.300}");
        let stored: Value = serde_json::from_str(&world.secrets.value(&name).expect("it is there")).expect("JSON");
        assert_eq!(stored["refresh_token"], json!(account.refresh_token), "{text:.300}");
        assert!(stored["expires_in"].is_u64() && stored["scope"].is_string(), "{text:.300}");
    }
}

/// Whatever a gateway or a person makes of the members of an event: an answer, and no failed invocation.
#[tokio::test]
async fn an_event_with_members_of_other_types_is_answered() {
    let mut world = World::quiet().await;
    world.connect(&account(1), 3600);
    let good = format!("Bearer {}", session());
    let v1 = |headers: Value, lists: Value| json!({ "httpMethod": "POST", "requestContext": {}, "headers": headers, "multiValueHeaders": lists });
    for (event, status) in [
        (v1(json!({ "authorization": good }), json!({ "Authorization": [good] })), 200),
        (v1(json!({ "authorization": good }), json!({ "Authorization": [good, good] })), 200),
        (v1(json!({ "AUTHORIZATION": good }), json!({})), 200),
        (v1(json!({ "authorization": good }), json!({ "authorization": null })), 200),
        (v1(json!({ "authorization": good }), json!({ "authorization": [] })), 200),
        (v1(json!({ "authorization": good }), json!({ "x": [null, "a"], "y": null })), 200),
        (v1(json!({ "authorization": good, "authorization ": "Bearer x" }), json!(null)), 200),
        (v1(json!({}), json!(null)), 401),
        (v1(json!({ "authorization": format!("{good}, {good}") }), json!(null)), 401),
        (v1(json!({ "authorization": format!("{good} x") }), json!(null)), 401),
        (v1(json!({ "authorization": format!("Bearer\t{}", session()) }), json!(null)), 401),
        (v1(json!({ "authorization": format!(" {good}") }), json!(null)), 401),
        (v1(json!({ "authorization": format!("Bearer Bearer {}", session()) }), json!(null)), 401),
        (v1(json!({ "authorization": "Bearer \u{0}" }), json!(null)), 401),
        (v1(json!({ "authorization": format!("Bearer {}", "a".repeat(100_000)) }), json!(null)), 401),
        (v1(json!({ "cookie": good }), json!(null)), 401),
    ] {
        let outcome = world.invoke(&event).await;
        let answer = world.answered(outcome);
        assert_eq!(answer.status, status, "{:.300}", event.to_string());
    }
    for (member, values) in [
        ("isBase64Encoded", [json!(null), json!(false), json!(true)]),
        ("body", [json!(null), json!(""), json!("e30=")]),
        ("queryStringParameters", [json!(null), json!({}), json!({ "a": null })]),
        ("pathParameters", [json!(null), json!({}), json!({ "type": "\u{1f5dd}" })]),
        ("cookies", [json!(null), json!([]), json!(["a=b"])]),
        ("stageVariables", [json!(null), json!({}), json!({ "a": "b" })]),
        ("anotherMember", [json!(null), json!(5), json!([{}])]),
    ] {
        for value in values {
            let mut event = ingest().v2();
            event[member] = value;
            let outcome = world.invoke(&event).await;
            let answer = world.answered(outcome);
            assert_eq!(answer.status, 200, "{event:.300}");
        }
    }
}

/// An event that is not a request fails the invocation with the kind of the event, and the process goes on.
#[tokio::test]
async fn an_event_that_is_not_a_request_leaves_the_function_running() {
    let mut world = World::quiet().await;
    world.connect(&account(1), 3600);
    for event in
        ["null", "[]", "5", "\"text\"", "{}", "{\"Records\":[{}]}", "{\"requestContext\":null}", "{\"headers\":{}}"]
    {
        let outcome = world.invoke_raw(event.to_owned(), crate::world::TIME).await;
        assert!(!matches!(outcome, Outcome::Answered(_)), "{event}: {outcome:?}");
        assert_eq!(world.ask(&ingest()).await.status, 200, "after {event}");
    }
}

/// A failure of AWS is not reported as a mistake of the caller, and the answer says when to try again.
#[tokio::test]
async fn each_fault_of_aws_has_its_status() {
    let call = paypulse_runtime::model::ApiCall::GetSecretValue;
    let error =
        |code: &str, status| FaultKind::Error { code: code.to_owned(), status, message: "a message".to_owned() };
    for (kind, status, reason) in [
        (FaultKind::Throttled, 503, "try_again"),
        (FaultKind::InternalServiceError, 503, "try_again"),
        (FaultKind::ServiceUnavailable, 503, "try_again"),
        (FaultKind::ConnectionReset, 503, "try_again"),
        (FaultKind::MalformedJson, 503, "try_again"),
        (FaultKind::TruncatedBody, 503, "try_again"),
        (error("", 500), 503, "try_again"),
        (error("SlowDown", 503), 503, "try_again"),
        (error("TooManyRequestsException", 429), 503, "try_again"),
        (FaultKind::ExpiredToken, 500, "internal"),
        (FaultKind::DecryptionFailure, 500, "internal"),
        (error("AccessDeniedException", 400), 500, "internal"),
        (error("InvalidParameterException", 400), 500, "internal"),
        (error("ValidationException", 400), 500, "internal"),
        (error("ResourceNotFoundException", 400), 502, "not_connected"),
    ] {
        let mut world = World::quiet().await;
        world.connect(&account(1), 3600);
        // The key and the client id are known: what follows is about the user's tokens.
        assert_eq!(world.ask(&HttpRequest::plain_post(&session_of("whisper9"))).await.code(), "not_connected");
        world.secrets.inject(Fault::on(call, kind.clone()).times(20));
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (status, reason), "{kind:?}");
        assert_eq!(answer.headers["retry-after"].is_string(), status == 503, "{kind:?}: {:?}", answer.headers);
    }
}
