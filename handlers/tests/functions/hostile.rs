//! Events that are no requests, and a world that is not whole: the function says so and goes on.

use std::process::Command;

use paypulse_handlers::local::{Lambda, Outcome};
use serde_json::json;

use crate::world::{TIME, World, account, post, tokens};

#[tokio::test]
async fn err_an_event_that_is_no_request_fails_and_the_next_one_is_served() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let deep = format!(r#"{{"requestContext":{}"#, "[".repeat(100_000));
    for event in [
        "{}",
        "null",
        r#""hush""#,
        r#"{"Records":[{"eventSource":"aws:sqs","body":"hush"}]}"#,
        r#"{"httpMethod":"POST","requestContext":{},"headers":{"Authorization":["hush"]}}"#,
        r#"{"httpMethod":"POST","requestContext":{},"body":{"access_token":"hush"}}"#,
        r#"{"httpMethod":"POST","requestContext":{},"body":"hush"#,
        r#"{"httpMethod":"POST","requestContext":{},"isBase64Encoded":"hush"}"#,
        "hush",
        "",
        &deep,
    ] {
        let outcome = world.invoke_raw(event.to_owned(), TIME).await;
        let shown = &event[..event.len().min(80)];
        let Outcome::Failed(error) = outcome else { panic!("{shown}: {outcome:?}") };
        assert!(error["errorType"].as_str().is_some_and(|kind| !kind.is_empty()), "{error}");
        assert!(!error.to_string().contains("hush"), "{shown}: {error}");
    }
    assert_eq!(world.ask(&post(&tokens(&account(1)))).await.status, 200);
}

#[tokio::test]
async fn err_a_function_that_cannot_start_says_why() {
    for (environment, why) in [
        (vec![("GOOGLE_TOKEN_URL", "http://example.com/hush".to_owned())], "must be an `https` address"),
        (vec![("GOOGLE_USER_INFO_URL", "hush".to_owned())], "must be an `https` address"),
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_gmail_store_tokens"));
        let function = Lambda::new(environment).start("gmail_store_tokens", program).await.expect("it starts");
        let outcome = function.invoke(json!({}).to_string(), TIME).await;
        assert!(matches!(outcome, Outcome::Ended(status) if !status.success()), "{outcome:?}");
        let log = function.stop();
        assert!(log.contains(why) && !log.contains("hush"), "{log}");
    }
}
