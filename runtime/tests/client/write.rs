//! The write loop: what is created, replaced, restored, refused, and what a lost answer does.

use std::time::Duration;

use paypulse_runtime::client::{Error, ErrorKind, Found, Outcome};
use paypulse_runtime::model::{ApiCall, Payload, PayloadError};
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use paypulse_runtime::spec::DeleteUser;
use paypulse_runtime::testing::{Fault, FaultKind};
use tokio::time::Instant;
use uuid::Uuid;

use crate::shared::mark::bare;
use crate::shared::server::Server;
use crate::support::{USER, access_token, account, calls, consent, fetching, secrets, server, stored, storing, user};

/// The documented rule, written out again: the token of a write follows from the version that was read.
fn successor_of(version: &str) -> String {
    Uuid::new_v5(&Uuid::from_u128(0x5c0c_4ad7_6a34_4d9c_9d6e_2f3b_71c8_e0a5), version.as_bytes()).to_string()
}

fn bundle(access_token: &str) -> OauthTokens {
    let json = format!(
        r#"{{"access_token":"hush-{access_token}","expires_at":"2024-11-01T11:00:00","expires_in":3600,"scope":"s",
        "token_type":"Bearer","created_at":"2024-11-01T10:00:00"}}"#
    );
    OauthTokens::parse(&json).expect("a bundle")
}

fn version(server: &Server) -> String {
    let versions = server.versions(USER);
    let current = versions.into_iter().find(|(_, stages)| stages.iter().any(|stage| stage == "AWSCURRENT"));
    current.expect("there is a current version").0
}

#[tokio::test]
async fn a_version_follows_from_the_one_before() {
    let server = server();
    let secrets = storing(&server);
    let first = secrets.store(&user(), bundle("a")).await.expect("it is created");
    assert_eq!((first.outcome, first.stored.version()), (Outcome::Created, version(&server).as_str()));
    let second = secrets.store(&user(), bundle("b")).await.expect("it is replaced");
    assert_eq!(second.outcome, Outcome::Replaced);
    assert_eq!(second.stored.version(), successor_of(first.stored.version()));
    assert_eq!(second.stored.version(), version(&server));
}

#[tokio::test]
async fn a_secret_that_exists_without_a_value_gets_one() {
    let server = server();
    server.client().create_secret().name(USER).send().await.expect("it can be created");
    server.take_calls();
    storing(&server).store(&user(), bundle("a")).await.expect("it is stored");
    assert_eq!(calls(&server), ["GetSecretValue: ResourceNotFoundException", "PutSecretValue",]);
    assert_eq!(access_token(&server), "a");
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_replaced_by_a_store() {
    let server = server();
    for broken in ["", "hush, not json", "{}", "[\"hush\"]"] {
        server.put(USER, broken);
        storing(&server).store(&user(), bundle("a")).await.expect("it is stored");
        assert_eq!(access_token(&server), "a");
    }
}

/// A name that AWS still deletes, for so many more creations.
fn deleting(server: &Server, creations: u32) {
    let busy = FaultKind::Error {
        code: "InvalidRequestException".into(),
        status: 400,
        message: "You can't create this secret because a secret with this name is already scheduled for deletion."
            .into(),
    };
    server.inject(Fault::on(ApiCall::CreateSecret, busy).times(creations));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_aws_still_deletes_is_waited_for() {
    let server = server();
    storing(&server).store(&user(), bundle("a")).await.expect("it is stored");
    secrets::<DeleteUser>(&server).delete(&user()).await.expect("it is deleted");
    deleting(&server, 8);
    let start = Instant::now();
    storing(&server).store(&user(), bundle("b")).await.expect("it is stored in the end");
    assert_eq!(access_token(&server), "b");
    assert!((6..13).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_stays_taken_is_said() {
    let server = server();
    deleting(&server, 100);
    let start = Instant::now();
    let error = storing(&server).store(&user(), bundle("a")).await.expect_err("the name stays taken");
    assert_eq!(error.kind(), ErrorKind::PendingDeletion, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(13), "{:?}", start.elapsed());
    let creations = calls(&server).into_iter().filter(|call| call.starts_with("CreateSecret")).count();
    assert_eq!(creations, 9);
}

#[tokio::test]
async fn a_value_that_is_too_large_makes_no_call() {
    let server = server();
    let fitting = 65_536 - bundle("").to_stored().expect("JSON").len();
    let error = storing(&server).store(&user(), bundle(&"x".repeat(fitting + 1))).await.expect_err("it is too large");
    assert!(matches!(error, Error::TooLarge { bytes: 65_537, .. }), "{error:?}");
    assert_eq!(calls(&server), Vec::<String>::new());
    storing(&server).store(&user(), bundle(&"x".repeat(fitting))).await.expect("the largest value fits");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_writes_no_second_version() {
    for (prepare, lost) in [(false, ApiCall::CreateSecret), (true, ApiCall::PutSecretValue)] {
        let server = server();
        if prepare {
            server.put(USER, "{}");
        }
        let before = server.versions(USER).len();
        server.inject(Fault::on(lost, FaultKind::ConnectionReset).times(2).after_acting());
        storing(&server).store(&user(), bundle("a")).await.expect("the SDK tries again with the same token");
        assert_eq!(server.versions(USER).len(), before + 1, "{lost}");
        assert_eq!(access_token(&server), "a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_by_hand_is_a_conflict_and_never_a_guess() {
    for same_value in [false, true] {
        let server = server();
        storing(&server).store(&user(), bundle("old")).await.expect("it is stored");
        let old = version(&server);
        let next = if same_value { bundle("new").to_stored().expect("JSON").to_string() } else { "{}".to_owned() };
        let put = server.client().put_secret_value().secret_id(USER).client_request_token(successor_of(&old));
        put.secret_string(next).version_stages("KEPT").send().await.expect("the successor exists now");
        let before = Instant::now();
        let error = storing(&server).store(&user(), bundle("new")).await.expect_err("its token is taken for good");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
        assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
        assert_eq!((version(&server), access_token(&server)), (old, "old".into()));
        let (reads, puts): (Vec<_>, Vec<_>) = calls(&server).into_iter().partition(|call| call.starts_with("Get"));
        // One store and one put set the scene; then one try, and reads with ever longer pauses.
        assert!(before.elapsed() > Duration::from_secs(1), "{:?}", before.elapsed());
        assert!(reads.len() <= 10, "{reads:?}");
        assert_eq!(puts.len(), 3, "{puts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_without_a_label_is_not_taken_for_the_current_one() {
    let server = server();
    storing(&server).store(&user(), bundle("old")).await.expect("it is stored");
    let old = version(&server);
    let new = bundle("new").to_stored().expect("JSON");
    for (token, value) in [(successor_of(&old), new.as_str()), (successor_of("other"), "{}")] {
        let put = server.client().put_secret_value().secret_id(USER).client_request_token(token);
        put.secret_string(value).version_stages("MOVES").send().await.expect("the label moves on");
    }
    let error = storing(&server).store(&user(), bundle("new")).await.expect_err("its token is taken for good");
    assert!(matches!(error, Error::Stale { .. }), "{error:?}");
    assert_eq!(access_token(&server), "old");
}

#[tokio::test]
async fn an_update_never_creates() {
    let server = server();
    let error = fetching(&server).update(&user(), |_| Some(bundle("a"))).await.expect_err("there is nothing to update");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!(server.names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_update_never_takes_a_deletion_back() {
    let server = server();
    server.put(USER, "{}");
    server.schedule_deletion(USER);
    let error = fetching(&server).update(&user(), |_| Some(bundle("a"))).await.expect_err("it is to be deleted");
    assert_eq!(error.kind(), ErrorKind::PendingDeletion, "{error:?}");
    assert_eq!(calls(&server), ["GetSecretValue: InvalidRequestException"]);
    let error = storing(&server).store_with(&user(), |_| None).await.expect_err("nothing is to be stored");
    assert_eq!(error.kind(), ErrorKind::PendingDeletion, "{error:?}");
    assert_eq!(calls(&server), ["GetSecretValue: InvalidRequestException"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_lags_behind_a_creation_is_not_believed() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("kept"), account("1"))).await.expect("it is stored");
    let absent = FaultKind::Error {
        code: "ResourceNotFoundException".into(),
        status: 400,
        message: "Secrets Manager can't find the specified secret.".into(),
    };
    server.inject(Fault::on(ApiCall::GetSecretValue, absent).times(2));
    storing(&server).store_tokens(&user(), consent("b", None, account("1"))).await.expect("it is stored in the end");
    assert_eq!(stored(&server).refresh_token.map(|token| bare(token.expose()).to_owned()), Some("kept".to_owned()));
}

#[tokio::test]
async fn an_empty_value_makes_no_call() {
    let server = Server::new();
    let secrets = paypulse_runtime::client::Secrets::<seed::Sample>::new(server.client_for::<seed::Sample>());
    let error = secrets.store(&seed::Seed, "".into()).await.expect_err("AWS stores no empty value");
    assert!(matches!(&error, Error::InvalidPayload { source: PayloadError::Empty, .. }), "{error:?}");
    assert_eq!(server.calls(), []);
}

/// A spec of the test's own, with a plain text that a handler writes.
mod seed {
    paypulse_runtime::declare! {
        source: "runtime/tests/client/write.rs";
        keys {}
        secrets {
            /// A seed.
            Seed: paypulse_runtime::model::Text = "sample/seed", owner: runtime;
        }
        handlers {
            /// Draws a sample.
            Sample = "sample" {
                Seed: store;
            }
        }
    }
}

#[tokio::test]
async fn a_change_that_declines_writes_nothing() {
    let server = server();
    storing(&server).store(&user(), bundle("a")).await.expect("it is stored");
    server.take_calls();
    let kept = fetching(&server).update(&user(), |_| None).await.expect("there is a value to keep");
    assert_eq!((kept.outcome, bare(kept.stored.access_token.expose())), (Outcome::Kept, "a"));
    assert_eq!(calls(&server), ["GetSecretValue"]);
    server.put(USER, "{}");
    let error = fetching(&server).update(&user(), |_| None).await.expect_err("there is no value to keep");
    let missing = PayloadError::MissingField { field: "access_token".into() };
    assert!(matches!(&error, Error::InvalidPayload { source, .. } if *source == missing), "{error:?}");
}

#[tokio::test]
async fn binary_values_are_not_read_and_can_be_replaced() {
    let server = server();
    let bytes = aws_sdk_secretsmanager::primitives::Blob::new(*b"hush");
    server.client().create_secret().name(USER).secret_binary(bytes).send().await.expect("it can be created");
    let error = storing(&server).read(&user()).await.expect_err("it is not a bundle");
    assert!(matches!(&error, Error::InvalidPayload { source: PayloadError::Binary, .. }), "{error:?}");
    let change = |found: Found<'_, OauthTokens>| {
        assert!(matches!(found, Found::Unreadable(PayloadError::Binary)));
        Some(bundle("a"))
    };
    storing(&server).store_with(&user(), change).await.expect("it is replaced");
    assert_eq!(stored(&server), bundle("a"));
}

#[tokio::test]
async fn the_documented_form_is_what_is_stored() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("ya29", Some("1//0g"), account("123"))).await.expect("it is stored");
    let documented = concat!(
        r#"{"access_token":"hush-ya29","refresh_token":"hush-1//0g","expires_at":"2024-11-01T11:00:00.000000","expires_in":3600,"#,
        r#""scope":"scope-a scope-b","token_type":"Bearer","created_at":"2024-11-01T10:00:00.000000","#,
        r#""google_user_id":"hush-123","google_email":"hush-123@gmail.com","google_name":"Name of hush-123","google_verified_email":true}"#,
    );
    assert_eq!(server.value(USER).as_deref(), Some(documented));
}
