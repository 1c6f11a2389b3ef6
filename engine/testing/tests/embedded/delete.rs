//! `DeleteSecret` and `RestoreSecret`.

use std::time::{Duration, SystemTime};

use driftless_testing::EmbeddedSecretsManager;

use crate::{NOT_FOUND, check_refused, check_refused_for};

const DAY: Duration = Duration::from_hours(24);

fn with_secret() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    server
}

#[tokio::test]
async fn a_deletion_waits_for_its_recovery_window() {
    let check = async |days: Option<i64>, expected: u32| {
        let server = with_secret();
        let delete = server.client().delete_secret().secret_id("k").set_recovery_window_in_days(days);
        let answer = delete.send().await.unwrap();
        let due = SystemTime::try_from(*answer.deletion_date().unwrap()).unwrap();
        let left = due.duration_since(SystemTime::now()).unwrap();
        assert!(left > DAY * (expected - 1) && left <= DAY * expected, "{left:?}");

        server.advance(DAY * (expected - 1) + Duration::from_mins(23 * 60 + 59));
        assert_eq!(server.names(), ["k"]);
        server.advance(Duration::from_mins(1));
        assert!(server.names().is_empty());
        let described = server.client().describe_secret().secret_id("k").send().await;
        check_refused(described, "ResourceNotFoundException", NOT_FOUND);
    };
    check(None, 30).await;
    check(Some(7), 7).await;
    check(Some(30), 30).await;
}

#[tokio::test]
async fn a_recovery_window_has_7_to_30_days() {
    let server = with_secret();
    for days in [-1, 0, 6, 31, i64::MAX] {
        let deleted = server.client().delete_secret().secret_id("k").recovery_window_in_days(days).send().await;
        check_refused_for(deleted, "InvalidParameterException", "between 7 and 30 days");
    }
    server.client().get_secret_value().secret_id("k").send().await.unwrap();
}

#[tokio::test]
async fn force_deletes_at_once_and_for_good() {
    let server = with_secret();
    let client = server.client();
    let force = || client.delete_secret().secret_id("k").force_delete_without_recovery(true).send();
    let arn = force().await.unwrap().arn.unwrap();
    assert!(server.names().is_empty());
    check_refused(client.restore_secret().secret_id("k").send().await, "ResourceNotFoundException", NOT_FOUND);

    let created = client.create_secret().name("k").secret_string("v").send().await.unwrap();
    assert_ne!(created.arn, Some(arn), "the new secret is another one");
    server.schedule_deletion("k");
    force().await.unwrap();
    assert!(server.names().is_empty(), "force also ends a recovery window");
}

#[tokio::test]
async fn force_and_a_recovery_window_exclude_each_other() {
    let server = with_secret();
    let delete = server.client().delete_secret().secret_id("k").recovery_window_in_days(7);
    let both = delete.clone().force_delete_without_recovery(true).send().await;
    check_refused_for(both, "InvalidParameterException", "in conjunction with RecoveryWindowInDays");
    delete.force_delete_without_recovery(false).send().await.unwrap();
}

#[tokio::test]
async fn a_missing_secret_is_an_error_only_without_force() {
    let client = EmbeddedSecretsManager::new().client();
    let delete = || client.delete_secret().secret_id("k");
    check_refused(delete().send().await, "ResourceNotFoundException", NOT_FOUND);
    let answer = delete().force_delete_without_recovery(true).send().await.unwrap();
    assert_eq!(answer.name(), Some("k"));
}

#[tokio::test]
async fn a_scheduled_secret_is_not_scheduled_again() {
    let server = with_secret();
    server.schedule_deletion("k");
    let message = "You can't perform this operation on the secret because it was already scheduled for deletion.";
    check_refused(server.client().delete_secret().secret_id("k").send().await, "InvalidRequestException", message);
}

#[tokio::test]
async fn a_restored_secret_is_as_before() {
    let server = with_secret();
    let client = server.client();
    let before = server.versions("k");
    server.schedule_deletion("k");
    let restored = client.restore_secret().secret_id("k").send().await.unwrap();
    assert_eq!(restored.name(), Some("k"));

    assert_eq!(client.get_secret_value().secret_id("k").send().await.unwrap().secret_string(), Some("v"));
    assert_eq!(client.describe_secret().secret_id("k").send().await.unwrap().deleted_date(), None);
    assert_eq!(server.versions("k"), before);
    server.advance(DAY * 60);
    assert_eq!(server.names(), ["k"]);
    client.restore_secret().secret_id("k").send().await.unwrap();
}
