//! `PutSecretValue`: versions, staging labels, idempotence, and what becomes of old versions.

use std::time::Duration;

use driftless_testing::EmbeddedSecretsManager;

use crate::{MARKED, NOT_FOUND, check_refused, check_refused_for, token};

/// A version id, with the labels that it must have.
fn version(last: char, stages: &[&str]) -> (String, Vec<String>) {
    (token(last), stages.iter().map(ToString::to_string).collect())
}

/// Writes a version with these labels; none leaves them to the server.
async fn put(server: &EmbeddedSecretsManager, last: char, value: &str, stages: &[&str]) -> Vec<String> {
    let put = server.client().put_secret_value().secret_id("k").secret_string(value).client_request_token(token(last));
    let stages = (!stages.is_empty()).then(|| stages.iter().map(ToString::to_string).collect());
    put.set_version_stages(stages).send().await.unwrap().version_stages.unwrap_or_default()
}

async fn empty_secret() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::new();
    server.client().create_secret().name("k").send().await.unwrap();
    server
}

#[tokio::test]
async fn a_write_moves_current_and_previous() {
    let server = empty_secret().await;
    assert_eq!(put(&server, 'a', "1", &[]).await, ["AWSCURRENT"]);
    put(&server, 'b', "2", &[]).await;
    assert_eq!(server.versions("k"), [version('a', &["AWSPREVIOUS"]), version('b', &["AWSCURRENT"])]);
    put(&server, 'c', "3", &[]).await;
    let expected = [version('a', &[]), version('b', &["AWSPREVIOUS"]), version('c', &["AWSCURRENT"])];
    assert_eq!(server.versions("k"), expected);
}

#[tokio::test]
async fn labels_that_are_asked_for_move_and_the_others_stay() {
    let server = empty_secret().await;
    put(&server, 'a', "1", &[]).await;
    put(&server, 'b', "2", &["AWSPENDING"]).await;
    assert_eq!(server.versions("k"), [version('a', &["AWSCURRENT"]), version('b', &["AWSPENDING"])]);
    assert_eq!(server.value("k").as_deref(), Some("1"));
    put(&server, 'c', "3", &["AWSPENDING", "AWSCURRENT"]).await;
    let expected = [version('a', &["AWSPREVIOUS"]), version('b', &[]), version('c', &["AWSCURRENT", "AWSPENDING"])];
    assert_eq!(server.versions("k"), expected);
}

#[tokio::test]
async fn the_first_version_becomes_current_whatever_labels_it_asks_for() {
    let server = empty_secret().await;
    assert_eq!(put(&server, 'a', "1", &["AWSPENDING"]).await, ["AWSCURRENT", "AWSPENDING"]);
}

#[tokio::test]
async fn a_taken_token_with_the_same_value_changes_nothing() {
    let server = empty_secret().await;
    put(&server, 'a', "1", &[]).await;
    put(&server, 'b', "2", &[]).await;
    let before = server.versions("k");
    assert_eq!(put(&server, 'a', "1", &[]).await, ["AWSPREVIOUS"]);
    assert_eq!(server.versions("k"), before);
}

#[tokio::test]
async fn a_taken_token_with_another_value_is_refused() {
    let server = empty_secret().await;
    put(&server, 'a', "1", &[]).await;
    let client = server.client();
    let put = client.put_secret_value().secret_id("k").secret_string("2").client_request_token(token('a'));
    check_refused_for(put.send().await, "ResourceExistsException", &token('a'));
    assert_eq!(server.value("k").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_missing_or_scheduled_secret_is_not_written() {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    let write = || client.put_secret_value().secret_id("k").secret_string("2").send();
    check_refused(write().await, "ResourceNotFoundException", NOT_FOUND);
    server.put("k", "1");
    server.schedule_deletion("k");
    check_refused(write().await, "InvalidRequestException", MARKED);
    assert_eq!(server.value("k").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_write_needs_a_value_and_sound_labels() {
    let server = empty_secret().await;
    let client = server.client();
    let put = || client.put_secret_value().secret_id("k");
    let message = "You must provide either SecretString or SecretBinary.";
    check_refused(put().send().await, "InvalidRequestException", message);
    check_refused_for(put().secret_string("").send().await, "ValidationException", "'secretString'");
    let none = put().secret_string("v").set_version_stages(Some(Vec::new())).send().await;
    check_refused_for(none, "ValidationException", "Value '[]' at 'versionStages' failed");
    let many = Some((0..21).map(|label| label.to_string()).collect());
    let many = put().secret_string("v").set_version_stages(many).send().await;
    check_refused_for(many, "ValidationException", "18, 19, 20]' at 'versionStages' failed");
    let long = put().secret_string("v").version_stages("l".repeat(257)).send().await;
    check_refused_for(long, "ValidationException", "'versionStages.member'");
    assert_eq!(server.versions("k"), []);
}

#[tokio::test]
async fn versions_without_a_label_go_past_100_and_never_within_24_hours() {
    let server = EmbeddedSecretsManager::new();
    let labelled = server.client().create_secret().name("k").secret_string("kept").client_request_token(token('a'));
    labelled.send().await.unwrap();
    // Two labels keep their version, however old.
    for write in 0..110 {
        let put = server.client().put_secret_value().secret_id("k").secret_string(write.to_string());
        put.set_version_stages((write == 0).then(|| vec!["KEPT".to_owned()])).send().await.unwrap();
    }
    assert_eq!(server.versions("k").len(), 111, "all are younger than 24 hours");
    let ids = |server: &EmbeddedSecretsManager| server.versions("k").into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let before = ids(&server);

    server.advance(Duration::from_mins(23 * 60 + 59));
    server.put("k", "new");
    assert_eq!(server.versions("k").len(), 112);
    server.advance(Duration::from_mins(1));
    server.put("k", "newer");
    let after = ids(&server);
    assert_eq!(after.len(), 100);
    assert!(!after.contains(&before[0]), "the oldest goes first");
    assert!(after.contains(&before[1]), "a label keeps the second");
    assert_eq!(after[1], before[14], "no more go than needed");
}

/// What an optimistic update rests on: of two writers that derive the same token, one is told.
#[tokio::test(start_paused = true)]
async fn of_two_writers_with_one_token_exactly_one_wins() {
    let server = empty_secret().await;
    server.set_latency(Duration::from_millis(100));
    let client = server.client();
    let write = |value: &str| {
        client.put_secret_value().secret_id("k").secret_string(value).client_request_token(token('a')).send()
    };
    let (one, two) = tokio::join!(write("1"), write("2"));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|won| **won).count(), 1);
    assert_eq!(server.versions("k").len(), 1);
    assert_eq!(server.value("k").as_deref(), Some(if one.is_ok() { "1" } else { "2" }));
}
