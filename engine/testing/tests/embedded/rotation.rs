//! Secrets Manager's part of a rotation, as the server plays it.

use driftless::RotationStep;
use driftless_testing::EmbeddedSecretsManager;

use crate::{check_refused, token};

fn labels(server: &EmbeddedSecretsManager) -> Vec<String> {
    server.versions("k").into_iter().map(|(_, labels)| labels.join("+")).collect()
}

#[tokio::test]
async fn the_pending_version_has_a_label_and_no_value() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let version = server.begin_rotation("k");
    assert_eq!(labels(&server), ["AWSCURRENT", "AWSPENDING"]);
    let client = server.client();
    let get = || client.get_secret_value().secret_id("k");
    let by_label = "Secrets Manager can't find the specified secret value for staging label: AWSPENDING";
    let by_id = format!("Secrets Manager can't find the specified secret value for VersionId: {version}");
    check_refused(get().version_stage("AWSPENDING").send().await, "ResourceNotFoundException", by_label);
    check_refused(get().version_id(&version).send().await, "ResourceNotFoundException", &by_id);
    let both = get().version_id(&version).version_stage("AWSPENDING").send().await;
    check_refused(both, "ResourceNotFoundException", &by_id);
    let known = client.describe_secret().secret_id("k").send().await.unwrap();
    assert_eq!(known.rotation_enabled(), Some(true));
    assert_eq!(known.version_ids_to_stages().unwrap()[&version], ["AWSPENDING"]);
}

#[tokio::test]
async fn the_pending_version_is_written_once() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let version = server.begin_rotation("k");
    let client = server.client();
    let put = |value| {
        let put = client.put_secret_value().secret_id("k").client_request_token(&version).secret_string(value);
        put.version_stages("AWSPENDING").send()
    };
    put("2").await.unwrap();
    put("2").await.unwrap();
    let error = put("3").await.expect_err("the version has a value").into_service_error();
    assert!(error.is_resource_exists_exception());
    assert_eq!(
        (labels(&server), server.value("k").as_deref()),
        (vec!["AWSCURRENT".into(), "AWSPENDING".into()], Some("1"))
    );
}

/// A version that a rotation has made is not made by the write of its value, and so is not current at once.
#[tokio::test]
async fn the_first_value_of_a_rotation_stays_pending() {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    client.create_secret().name("k").send().await.unwrap();
    let version = server.begin_rotation("k");
    let put = client.put_secret_value().secret_id("k").client_request_token(&version).secret_string("1");
    put.version_stages("AWSPENDING").send().await.unwrap();
    assert_eq!((labels(&server), server.value("k")), (vec!["AWSPENDING".to_owned()], None));
    let update = client.update_secret_version_stage().secret_id("k").version_stage("AWSCURRENT");
    update.move_to_version_id(&version).send().await.unwrap();
    assert_eq!(server.value("k").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_rotation_goes_on_with_its_version_until_that_is_current() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let version = server.begin_rotation("k");
    assert_eq!(server.begin_rotation("k"), version);
    let client = server.client();
    let put = client.put_secret_value().secret_id("k").client_request_token(&version).secret_string("2");
    put.version_stages("AWSCURRENT").send().await.unwrap();
    assert_ne!(server.begin_rotation("k"), version);
}

#[tokio::test]
async fn the_function_is_called_with_all_four_steps_in_order() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let mut events = Vec::new();
    let rotated = server.rotate("k", async |event| {
        events.push(serde_json::from_str::<serde_json::Value>(&event).unwrap());
        Ok::<(), ()>(())
    });
    rotated.await.unwrap();
    let steps: Vec<_> = events.iter().map(|event| event["Step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["createSecret", "setSecret", "testSecret", "finishSecret"]);
    let known = server.client().describe_secret().secret_id("k").send().await.unwrap();
    assert!(
        events.iter().all(|event| event["SecretId"] == known.arn().unwrap() && event.as_object().unwrap().len() == 3)
    );
    assert!(known.last_rotated_date().is_some());
}

#[tokio::test]
async fn a_function_that_fails_is_not_called_again_by_itself() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let mut calls = 0;
    let rotated = server.rotate("k", async |_| {
        calls += 1;
        if calls == 2 { Err("no") } else { Ok(()) }
    });
    assert_eq!(rotated.await, Err("no"));
    assert_eq!(calls, 2);
    let known = server.client().describe_secret().secret_id("k").send().await.unwrap();
    assert_eq!((known.rotation_enabled(), known.last_rotated_date()), (Some(true), None));
}

#[tokio::test]
async fn a_rotation_is_tried_with_the_current_value_and_leaves_no_version() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let client = server.client();
    let tried = server.try_rotation("k", async |event| {
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        assert_eq!(event["Step"], RotationStep::Test.word());
        let get = client.get_secret_value().secret_id("k").version_id(event["ClientRequestToken"].as_str().unwrap());
        assert_eq!(get.version_stage("AWSPENDING").send().await.unwrap().secret_string(), Some("1"));
        Ok::<(), ()>(())
    });
    tried.await.unwrap();
    assert_eq!(labels(&server), ["AWSCURRENT"]);
}

#[tokio::test]
#[should_panic(expected = "there is no secret `k` to rotate")]
async fn err_no_such_secret() {
    EmbeddedSecretsManager::new().begin_rotation("k");
}

#[tokio::test]
async fn err_a_secret_that_was_never_rotated_says_nothing_of_it() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "1");
    let known = server.client().describe_secret().secret_id("k").send().await.unwrap();
    assert_eq!((known.rotation_enabled(), known.last_rotated_date()), (None, None));
    assert_eq!(server.versions("k").len(), 1, "{}", token('a'));
}
