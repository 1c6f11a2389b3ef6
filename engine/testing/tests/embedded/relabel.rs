//! `UpdateSecretVersionStage`: labels that move, and those that do not.

use driftless_testing::EmbeddedSecretsManager;

use crate::{MARKED, NOT_FOUND, check_refused, check_refused_for, token};

/// A secret with a version `a` before the current one, `b`, and a pending one, `c`.
async fn server() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    client.create_secret().name("k").secret_string("1").client_request_token(token('a')).send().await.unwrap();
    let put =
        |last, value| client.put_secret_value().secret_id("k").secret_string(value).client_request_token(token(last));
    put('b', "2").send().await.unwrap();
    put('c', "3").version_stages("AWSPENDING").send().await.unwrap();
    server
}

type Sent = Result<
    aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageOutput,
    aws_sdk_secretsmanager::error::SdkError<
        aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageError,
    >,
>;

async fn relabel(server: &EmbeddedSecretsManager, stage: &str, from: Option<char>, to: Option<char>) -> Sent {
    let update = server.client().update_secret_version_stage().secret_id("k").version_stage(stage);
    update.set_remove_from_version_id(from.map(token)).set_move_to_version_id(to.map(token)).send().await
}

#[track_caller]
fn check(server: &EmbeddedSecretsManager, expected: [&[&str]; 3]) {
    let labels: Vec<Vec<String>> = server.versions("k").into_iter().map(|(_, labels)| labels).collect();
    assert_eq!(labels, expected.map(|labels| labels.iter().map(ToString::to_string).collect::<Vec<_>>()));
}

#[tokio::test]
async fn current_takes_previous_along() {
    let server = server().await;
    let moved = relabel(&server, "AWSCURRENT", Some('b'), Some('c')).await.unwrap();
    assert_eq!(moved.name(), Some("k"));
    assert!(moved.arn().unwrap().contains(":secret:k-"));
    check(&server, [&[], &["AWSPREVIOUS"], &["AWSPENDING", "AWSCURRENT"]]);
    relabel(&server, "AWSPENDING", Some('c'), None).await.unwrap();
    check(&server, [&[], &["AWSPREVIOUS"], &["AWSCURRENT"]]);
    assert_eq!(server.value("k").as_deref(), Some("3"));
}

#[tokio::test]
async fn a_rollback_is_a_move_to_the_one_before() {
    let server = server().await;
    relabel(&server, "AWSCURRENT", Some('b'), Some('a')).await.unwrap();
    check(&server, [&["AWSCURRENT"], &["AWSPREVIOUS"], &["AWSPENDING"]]);
}

#[tokio::test]
async fn a_label_of_ones_own_is_attached_moved_and_taken_away() {
    let server = server().await;
    relabel(&server, "BLUE", None, Some('a')).await.unwrap();
    relabel(&server, "BLUE", None, Some('a')).await.unwrap();
    check(&server, [&["AWSPREVIOUS", "BLUE"], &["AWSCURRENT"], &["AWSPENDING"]]);
    relabel(&server, "BLUE", Some('a'), Some('c')).await.unwrap();
    check(&server, [&["AWSPREVIOUS"], &["AWSCURRENT"], &["AWSPENDING", "BLUE"]]);
    relabel(&server, "BLUE", Some('c'), None).await.unwrap();
    check(&server, [&["AWSPREVIOUS"], &["AWSCURRENT"], &["AWSPENDING"]]);
}

/// The version that a write takes `AWSCURRENT` from is no longer pending either.
#[tokio::test]
async fn a_write_ends_the_mark_of_the_rotation_before() {
    let server = server().await;
    relabel(&server, "AWSCURRENT", Some('b'), Some('c')).await.unwrap();
    server.put("k", "4");
    let labels: Vec<_> = server.versions("k").into_iter().map(|(_, labels)| labels.join("+")).collect();
    assert_eq!(labels, ["", "", "AWSPREVIOUS", "AWSCURRENT"]);
}

#[tokio::test]
async fn err_a_label_that_is_elsewhere() {
    let server = server().await;
    let code = "InvalidParameterException";
    let taken = format!(
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version {}, \
         so you must explicitly reference that version in RemoveFromVersionId.",
        token('b')
    );
    check_refused(relabel(&server, "AWSCURRENT", None, Some('c')).await, code, &taken);
    let elsewhere = |stage| {
        format!(
            "When you move staging label {stage}, if you specify RemoveFromVersionId, it must be set to the version that \
             currently has the staging label {stage}."
        )
    };
    check_refused(relabel(&server, "AWSCURRENT", Some('a'), Some('c')).await, code, &elsewhere("AWSCURRENT"));
    check_refused(relabel(&server, "AWSPENDING", Some('b'), None).await, code, &elsewhere("AWSPENDING"));
    check_refused(relabel(&server, "BLUE", Some('b'), Some('c')).await, code, &elsewhere("BLUE"));
    check(&server, [&["AWSPREVIOUS"], &["AWSCURRENT"], &["AWSPENDING"]]);
}

#[tokio::test]
async fn err_current_is_never_taken_away() {
    let server = server().await;
    let message =
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.";
    check_refused(relabel(&server, "AWSCURRENT", Some('b'), None).await, "InvalidParameterException", message);
    check(&server, [&["AWSPREVIOUS"], &["AWSCURRENT"], &["AWSPENDING"]]);
}

#[tokio::test]
async fn err_what_is_not_there() {
    let server = server().await;
    let missing = format!("Secrets Manager can't find the specified secret value for VersionId: {}", token('z'));
    for (from, to) in [(Some('z'), Some('c')), (Some('b'), Some('z')), (Some('z'), None)] {
        check_refused(relabel(&server, "AWSCURRENT", from, to).await, "ResourceNotFoundException", &missing);
    }
    check_refused_for(relabel(&server, "AWSCURRENT", None, None).await, "InvalidParameterException", "MoveToVersionId");
    let client = server.client();
    let update = || client.update_secret_version_stage().version_stage("AWSCURRENT").move_to_version_id(token('c'));
    check_refused(update().secret_id("other").send().await, "ResourceNotFoundException", NOT_FOUND);
    server.schedule_deletion("k");
    check_refused(update().secret_id("k").send().await, "InvalidRequestException", MARKED);
}

#[tokio::test]
async fn err_members_of_a_wrong_length() {
    let server = server().await;
    let client = server.client();
    let update = || client.update_secret_version_stage().secret_id("k").version_stage("AWSCURRENT");
    let code = "ValidationException";
    check_refused_for(update().move_to_version_id("short").send().await, code, "'moveToVersionId'");
    check_refused_for(update().remove_from_version_id("x".repeat(65)).send().await, code, "'removeFromVersionId'");
    let long = client.update_secret_version_stage().secret_id("k").version_stage("x".repeat(257));
    check_refused_for(long.move_to_version_id(token('c')).send().await, code, "'versionStage'");
}
