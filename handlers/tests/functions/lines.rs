//! Lines of a log in Lambda's JSON format: each has Lambda's fields, at every level.

use std::collections::BTreeSet;

use paypulse_handlers::local::Reply;
use paypulse_runtime::oauth::Timestamp;
use serde_json::Value;

use crate::world::{World, account, ingest};

/// What a function logs that answers one request and then fails another one, at a level.
async fn lines(level: &str) -> Vec<Value> {
    let environment = [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", level)];
    let mut world = World::with_environment("fetch_invoices", &environment).await;
    world.connect(&account(1), 3600);
    assert_eq!(world.ask(&ingest()).await.status, 200);
    let disabled = r#"{"error":{"errors":[{"reason":"accessNotConfigured","message":"hush"}]}}"#;
    world.google.answer_next(paypulse_handlers::local::Google::MESSAGES, Reply::json(403, disabled));
    assert_eq!(world.ask(&ingest()).await.status, 500);
    let log = world.end();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[tokio::test]
async fn each_line_has_a_time_a_level_a_message_and_the_id_of_its_request() {
    for (level, allowed) in [
        ("DEBUG", vec!["DEBUG", "INFO", "WARN", "ERROR"]),
        ("INFO", vec!["INFO", "WARN", "ERROR"]),
        ("WARN", vec!["WARN", "ERROR"]),
        ("ERROR", vec!["ERROR"]),
        ("FATAL", vec!["ERROR"]),
    ] {
        let lines = lines(level).await;
        for line in &lines {
            let time = line["timestamp"].as_str().and_then(|time| time.strip_suffix('Z'));
            assert!(time.is_some_and(|time| time.parse::<Timestamp>().is_ok()), "{line}");
            assert!(allowed.contains(&line["level"].as_str().expect("a level")), "{level}: {line}");
            assert!(line["message"].is_string(), "{line}");
        }
        let error = lines.iter().find(|line| line["level"] == "ERROR").expect("the second request fails");
        assert!(error["requestId"].as_str().is_some_and(|id| id.starts_with("8476a536-")), "{error}");
        if level == "INFO" {
            let answered = lines.iter().filter(|line| line["message"] == "answered");
            let ids: BTreeSet<&str> = answered.map(|line| line["requestId"].as_str().expect("an id")).collect();
            assert_eq!(ids.len(), 2, "{lines:?}");
        }
    }
}

/// A failed invocation is logged as the sentence that its caller gets.
#[tokio::test]
async fn err_a_failed_invocation_is_logged_as_a_sentence() {
    let mut world = World::quiet().await;
    let _ = world.invoke_raw(r#"{"hush":1}"#.to_owned(), std::time::Duration::from_secs(5)).await;
    let log = world.end();
    let line = log.lines().find(|line| line.contains("ERROR")).unwrap_or_else(|| panic!("no error:\n{log}"));
    assert!(line.contains("the event is") && !line.contains("UnknownEvent"), "{line}");
}
