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
    assert_eq!(world.ask(&post(&tokens(&account(1)))).await.status, 201);
}

fn bucket() -> (&'static str, String) {
    ("S3_BUCKET", "rental-invoices-bucket".to_owned())
}

#[tokio::test]
async fn err_a_function_that_cannot_start_says_why() {
    for (environment, why) in [
        (
            vec![("GOOGLE_TOKEN_URL", "http://example.com/hush".to_owned())],
            "`GOOGLE_TOKEN_URL` must be an `https` address",
        ),
        (vec![("GOOGLE_USER_INFO_URL", "hush".to_owned())], "`GOOGLE_USER_INFO_URL` must be an `https` address"),
        (vec![("GMAIL_URL", "http://hush.example.com".to_owned())], "`GMAIL_URL` must be an `https` address"),
        (vec![("GMAIL_URL", String::new())], "`GMAIL_URL` must be an `https` address"),
        (vec![bucket(), ("AWS_ENDPOINT_URL", "http://hush.example.com".to_owned())], "`AWS_ENDPOINT_URL` must be"),
        (vec![("SESSION_USER_CLAIMS", "hush,,".to_owned())], "`SESSION_USER_CLAIMS` must be names of claims"),
        (vec![], "set `S3_BUCKET`"),
        (vec![("S3_BUCKET", "Hush".to_owned())], "`S3_BUCKET` is not the name of a bucket"),
        (vec![bucket(), ("INVOICE_DIRECTORY", "hush".to_owned())], "and not both"),
        (
            vec![bucket(), ("AWS_ENDPOINT_URL_S3", "http://hush.example.com".to_owned())],
            "`AWS_ENDPOINT_URL_S3` must be",
        ),
        (
            vec![bucket(), ("USERS_TABLE", "Users".to_owned()), ("AWS_ENDPOINT_URL_DYNAMODB", "hush".to_owned())],
            "`AWS_ENDPOINT_URL_DYNAMODB` must be",
        ),
        (vec![bucket(), ("EMAIL_SUBJECT", "hush\"".to_owned())], "`EMAIL_SUBJECT` must have"),
        (vec![bucket(), ("GMAIL_QUERY", String::new())], "`GMAIL_QUERY` must have"),
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_fetch_invoices"));
        let function = Lambda::new(environment).start("fetch_invoices", program).await.expect("it starts");
        let outcome = function.invoke(json!({}).to_string(), TIME).await;
        assert!(matches!(outcome, Outcome::Ended(status) if !status.success()), "{outcome:?}");
        let log = function.stop();
        assert!(log.contains(why) && !log.contains("hush"), "{log}");
    }
}
