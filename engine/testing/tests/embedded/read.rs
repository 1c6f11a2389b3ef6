//! `GetSecretValue` and `DescribeSecret`.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::primitives::{Blob, DateTime};
use driftless_testing::EmbeddedSecretsManager;

use crate::{MARKED, NOT_FOUND, check_refused, token};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_secret_is_found_by_name_by_arn_and_by_partial_arn() {
    let server = EmbeddedSecretsManager::new();
    server.put("shop/key", "v");
    let client = server.client();
    let arn = client.describe_secret().secret_id("shop/key").send().await.unwrap().arn.unwrap();
    for id in ["shop/key", &arn, &arn[..arn.len() - 7]] {
        let answer = client.get_secret_value().secret_id(id).send().await.unwrap();
        assert_eq!((answer.secret_string(), answer.arn()), (Some("v"), Some(arn.as_str())), "{id}");
    }
    for id in ["shop", "shop/key-", &arn[..arn.len() - 1], &arn.replace("eu-west-1", "eu-west-2")] {
        let missing = client.get_secret_value().secret_id(id).send().await;
        check_refused(missing, "ResourceNotFoundException", NOT_FOUND);
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_a_name_is_refused_before_the_secret_is_looked_for() {
    let server = EmbeddedSecretsManager::new();
    server.put("managed!name", "v");
    let client = server.client();
    let id = "with space";
    let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: \
                   -/_+=.@!";
    check_refused(client.get_secret_value().secret_id(id).send().await, "ValidationException", message);
    check_refused(client.describe_secret().secret_id(id).send().await, "ValidationException", message);
    let put = client.put_secret_value().secret_id(id).secret_string("v").send().await;
    check_refused(put, "ValidationException", message);
    let delete = client.delete_secret().secret_id(id).force_delete_without_recovery(true).send().await;
    check_refused(delete, "ValidationException", message);
    check_refused(client.restore_secret().secret_id(id).send().await, "ValidationException", message);

    client.get_secret_value().secret_id("managed!name").send().await.unwrap();
    let missing = client.get_secret_value().secret_id("arn:aws:secretsmanager:*").send().await;
    check_refused(missing, "ResourceNotFoundException", NOT_FOUND);
}

#[tokio::test]
async fn a_name_that_ends_like_a_suffix_is_not_found_by_partial_arn() {
    let server = EmbeddedSecretsManager::new();
    server.put("app-prod01", "v");
    let client = server.client();
    let arn = client.describe_secret().secret_id("app-prod01").send().await.unwrap().arn.unwrap();
    client.get_secret_value().secret_id(&arn).send().await.unwrap();
    let partial = client.get_secret_value().secret_id(&arn[..arn.len() - 7]).send().await;
    check_refused(partial, "ResourceNotFoundException", NOT_FOUND);
}

#[tokio::test]
async fn the_arn_of_a_deleted_secret_does_not_find_its_successor() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "old");
    let client = server.client();
    let deleted = client.delete_secret().secret_id("k").force_delete_without_recovery(true).send().await.unwrap();
    server.put("k", "new");
    let read = client.get_secret_value().secret_id(deleted.arn.unwrap()).send().await;
    check_refused(read, "ResourceNotFoundException", NOT_FOUND);
}

#[tokio::test]
async fn a_version_is_read_by_id_by_label_or_by_both_when_they_agree() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "old");
    server.put("k", "new");
    let client = server.client();
    let [(old, _), (new, _)] = &server.versions("k")[..] else { panic!("two versions") };

    let read = || client.get_secret_value().secret_id("k");
    let answer = read().send().await.unwrap();
    assert_eq!((answer.secret_string(), answer.version_id()), (Some("new"), Some(new.as_str())));
    assert_eq!(answer.version_stages(), ["AWSCURRENT"]);
    assert_eq!(read().version_id(old).send().await.unwrap().secret_string(), Some("old"));
    assert_eq!(read().version_stage("AWSPREVIOUS").send().await.unwrap().secret_string(), Some("old"));
    assert!(read().version_id(old).version_stage("AWSPREVIOUS").send().await.is_ok());

    let mismatch = read().version_id(old).version_stage("AWSCURRENT").send().await;
    let message = "You provided a VersionStage that is not associated to the provided VersionId.";
    check_refused(mismatch, "InvalidRequestException", message);
    let message = "Secrets Manager can't find the specified secret value for staging label: AWSPENDING";
    check_refused(read().version_stage("AWSPENDING").send().await, "ResourceNotFoundException", message);
    let message = format!("Secrets Manager can't find the specified secret value for VersionId: {}", token('x'));
    check_refused(read().version_id(token('x')).send().await, "ResourceNotFoundException", &message);
}

#[tokio::test]
async fn binary_values_come_back_as_they_were() {
    let client = EmbeddedSecretsManager::new().client();
    let bytes = Blob::new([0, 159, 146, 150]);
    client.create_secret().name("k").secret_binary(bytes.clone()).send().await.unwrap();
    let answer = client.get_secret_value().secret_id("k").send().await.unwrap();
    assert_eq!((answer.secret_binary(), answer.secret_string()), (Some(&bytes), None));
}

#[tokio::test]
async fn a_scheduled_secret_is_described_but_not_read() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    server.schedule_deletion("k");
    let client = server.client();
    check_refused(client.get_secret_value().secret_id("k").send().await, "InvalidRequestException", MARKED);

    let described = client.describe_secret().secret_id("k").send().await.unwrap();
    let due = SystemTime::try_from(*described.deleted_date().unwrap()).unwrap();
    let left = due.duration_since(SystemTime::now()).unwrap();
    assert!(left > DAY * 29 && left <= DAY * 30, "{left:?}");
}

#[tokio::test]
async fn a_description_shows_labelled_versions_and_leaves_out_what_has_no_value() {
    let server = EmbeddedSecretsManager::new();
    for value in ["1", "2", "3"] {
        server.put("k", value);
    }
    let [_, (second, _), (third, _)] = &server.versions("k")[..] else { panic!("three versions") };

    let described = server.client().describe_secret().secret_id("k").send().await.unwrap();
    let stages = described.version_ids_to_stages().unwrap();
    assert_eq!(stages.len(), 2, "the first version has no label any more");
    assert_eq!(stages[second], ["AWSPREVIOUS"]);
    assert_eq!(stages[third], ["AWSCURRENT"]);
    assert!(described.created_date() <= described.last_changed_date());
    assert_eq!((described.description(), described.kms_key_id(), described.deleted_date()), (None, None, None));
    assert!(described.tags().is_empty());
}

#[tokio::test]
async fn the_last_access_is_a_day_on_the_servers_clock_without_a_time() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    let client = server.client();
    let accessed = async || client.describe_secret().secret_id("k").send().await.unwrap().last_accessed_date;
    assert_eq!(accessed().await, None, "describing is not reading");

    client.get_secret_value().secret_id("k").send().await.unwrap();
    let first: DateTime = accessed().await.unwrap();
    assert_eq!((first.secs() % 86_400, first.subsec_nanos()), (0, 0));

    server.advance(DAY * 3);
    assert_eq!(accessed().await, Some(first));
    client.get_secret_value().secret_id("k").send().await.unwrap();
    assert_eq!(accessed().await.unwrap().secs() - first.secs(), 3 * 86_400);
}

#[tokio::test]
async fn a_test_sees_and_sets_what_it_needs_without_a_call() {
    let server = EmbeddedSecretsManager::new();
    server.put("b", "1");
    server.put("a", "1");
    server.schedule_deletion("b");
    assert_eq!(server.names(), ["a", "b"]);
    assert_eq!(server.value("b").as_deref(), Some("1"), "a scheduled secret can be looked at");

    server.put("b", "2");
    assert_eq!(server.value("b").as_deref(), Some("2"));
    assert_eq!((server.value("missing"), server.versions("missing")), (None, Vec::new()));
    assert!(server.calls().is_empty());

    let client = server.client();
    assert_eq!(client.describe_secret().secret_id("b").send().await.unwrap().deleted_date(), None);
    client.create_secret().name("binary").secret_binary(Blob::new("v")).send().await.unwrap();
    assert_eq!(server.value("binary"), None);
}
