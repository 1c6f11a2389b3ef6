//! Each kind of event that can be a request, and credentials that nobody can be sure of.

use paypulse_handlers::local::Outcome;
use paypulse_handlers::local::events::HttpRequest;
use serde_json::{Value, json};

use crate::world::{Answered, World, account, ingest, session, session_of};

fn bearer() -> String {
    format!("Bearer {}", session())
}

async fn asked(world: &mut World, event: &Value) -> Answered {
    let outcome = world.invoke(event).await;
    world.answered(outcome)
}

#[tokio::test]
async fn a_load_balancer_gets_what_it_takes() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let request = HttpRequest { query: vec![("x", "a+b".to_owned())], ..ingest() };
    for (event, is_multi) in [(request.balanced(), false), (request.balanced_multi_value(), true)] {
        let outcome = world.invoke(&event).await;
        let Outcome::Answered(answer) = &outcome else { panic!("{outcome:?}") };
        let lists = if is_multi { json!(["application/json"]) } else { json!(null) };
        assert_eq!(answer["multiValueHeaders"]["content-type"], lists, "{answer}");
        let answer = world.answered(outcome);
        assert_eq!((answer.status, answer.count()), (200, Some(if is_multi { 0 } else { 4 })));
    }
}

#[tokio::test]
async fn err_two_credentials_open_no_session() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let other = format!("Bearer {}", session_of("whisper2"));
    let event = |headers: Value, lists: Value| json!({ "httpMethod": "POST", "requestContext": {}, "headers": headers, "multiValueHeaders": lists });
    for event in [
        event(json!({ "Authorization": bearer(), "authorization": other }), json!(null)),
        event(json!({ "Authorization": other }), json!({ "Authorization": [bearer(), other] })),
        event(json!(null), json!({ "authorization": [bearer(), other] })),
        event(json!({ "authorization": format!("{},{other}", bearer()) }), json!(null)),
    ] {
        for _ in 0..3 {
            let answer = asked(&mut world, &event).await;
            assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{event}");
        }
    }
    for event in [
        event(json!({ "Authorization": bearer(), "x": null }), json!({ "Authorization": [bearer(), null], "x": null })),
        event(json!({ "authorization": null }), json!({ "Authorization": [bearer()] })),
    ] {
        assert_eq!(asked(&mut world, &event).await.status, 200, "{event}");
    }
}

#[tokio::test]
async fn what_is_no_text_or_null_fails_no_invocation() {
    let world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let with = |more: &str| {
        format!(r#"{{"httpMethod":"POST","requestContext":{{}},"headers":{{"authorization":"{}",{more}"#, bearer())
    };
    let end = r#"},"queryStringParameters":{"page":null},"body":null,"isBase64Encoded":null}"#;
    let mut latin = with("\"x-name\":\"J").into_bytes();
    latin.extend(b"\xfcrgen\"");
    latin.extend(end.as_bytes());
    for event in [
        latin,
        format!("{}{end}", with(r#""x-name":"\ud83d""#)).into_bytes(),
        format!("{}{end}", with(r#""x":null"#)).into_bytes(),
    ] {
        let outcome = world.invoke_bytes(event).await;
        assert_eq!(world.answered(outcome).status, 200);
    }
    // In the credentials it is no session, and no failure either.
    let mut latin = br#"{"httpMethod":"POST","requestContext":{},"headers":{"authorization":"Bearer "#.to_vec();
    latin.extend(b"\xfc\"}}");
    let outcome = world.invoke_bytes(latin).await;
    assert_eq!(world.answered(outcome).code(), "session_invalid");
}
