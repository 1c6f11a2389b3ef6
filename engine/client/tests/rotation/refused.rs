//! What a step refuses to do, and what it says then.

use std::time::Duration;

use driftless::model::{ApiCall, PayloadError};
use driftless::{Error, ErrorKind, Rotate, RotationError, RotationEvent, RotationStep, Secrets};
use driftless_testing::{Fault, FaultKind};

use crate::shared::mark::{hush, told};
use crate::shared::server::Server;
use crate::world::calls;
use crate::world::{
    AtDatabase, Database, DatabaseLogin, Login, LoginError, NAME, RotateLogin, client, event, labels, login, server,
};

type Refused = RotationError<LoginError>;

/// The error of one step on a server, which says no value.
async fn refused(server: &Server, event: &str) -> Refused {
    let rotation = AtDatabase::new(server, &Database::new());
    let error = rotation.step(event).await.expect_err("it is refused");
    told(&error);
    error
}

#[tokio::test]
async fn an_event_about_another_secret_calls_nothing() {
    let server = server();
    let version = server.begin_rotation("shop/database2");
    let event = server.rotation_event("shop/database2", RotationStep::Create, &version);
    server.take_calls();
    let error = refused(&server, &event).await;
    assert!(matches!(error, RotationError::OtherSecret { .. }), "{error:?}");
    assert_eq!(error.to_string(), "`rotate-login` cannot rotate `DatabaseLogin`: the event is for another secret");
    assert_eq!((error.kind(), calls(&server).len()), (ErrorKind::InvalidInput, 0));
}

#[tokio::test]
async fn a_secret_that_is_not_rotated_is_left_alone() {
    let server = server();
    let event = event(&server, RotationStep::Create, &"1".repeat(32));
    let error = refused(&server, &event).await;
    assert_eq!(
        error.to_string(),
        "`rotate-login` cannot rotate `DatabaseLogin`: its rotation is not turned on; apply the Terraform"
    );
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_version_that_is_not_pending_is_left_alone() {
    let server = server();
    server.begin_rotation(NAME);
    for step in RotationStep::ALL {
        let error = refused(&server, &event(&server, step, &"1".repeat(32))).await;
        assert_eq!(
            error.to_string(),
            "`rotate-login` cannot rotate `DatabaseLogin`: the event's version is not the pending version"
        );
    }
}

#[tokio::test]
async fn a_step_before_the_value_is_made_moves_nothing() {
    let server = server();
    let version = server.begin_rotation(NAME);
    for step in [RotationStep::Set, RotationStep::Test, RotationStep::Finish] {
        let error = refused(&server, &event(&server, step, &version)).await;
        let RotationError::NothingPending { step: named, .. } = error else { panic!("{error:?}") };
        assert_eq!(named, step);
    }
    assert_eq!(labels(&server), ["AWSCURRENT", "AWSPENDING"]);
    assert_eq!(server.value(NAME), Some(login("first")), "readers have what they had");
}

#[tokio::test]
async fn what_the_rotation_itself_fails_with_is_the_cause() {
    let server = server();
    let locked = Database::new();
    let rotation = AtDatabase::new(&server, &locked);
    let version = server.begin_rotation(NAME);
    rotation.step(&event(&server, RotationStep::Create, &version)).await.expect("nothing is in its way");
    server.put(NAME, login("unknown to the database"));
    let error = rotation.step(&event(&server, RotationStep::Set, &version)).await.expect_err("it is locked out");
    told(&error);
    assert_eq!(
        error.to_string(),
        "`rotate-login` cannot rotate `DatabaseLogin`: the rotation's implementation of `setSecret` failed"
    );
    let cause = std::error::Error::source(&error).expect("the cause is kept").to_string();
    assert_eq!(cause, "the database lets in neither the new login nor the one before");
    assert_eq!(error.kind().as_str(), "step_failed");
}

/// Secrets Manager starts the step again: nothing of it is lost.
#[tokio::test(start_paused = true)]
async fn a_fault_of_awss_own_can_be_tried_again() {
    let server = server();
    let version = server.begin_rotation(NAME);
    server.inject(Fault::on(ApiCall::PutSecretValue, FaultKind::InternalServiceError).times(3));
    let error = refused(&server, &event(&server, RotationStep::Create, &version)).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.kind().is_retryable() && error.to_string().contains("`InternalServiceError`"), "{error}");
    let rotation = AtDatabase::new(&server, &Database::new());
    rotation.step(&event(&server, RotationStep::Create, &version)).await.expect("AWS answers again");
}

/// The value before and the pending one must be what the spec says: what cannot be read is not guessed.
#[tokio::test]
async fn a_value_that_cannot_be_read_stops_the_rotation_and_shows_nothing() {
    let server = server();
    let version = server.begin_rotation(NAME);
    server.put(NAME, r#"{"account":"hush","password":["hush"]}"#);
    let error = refused(&server, &event(&server, RotationStep::Create, &version)).await;
    let RotationError::Secrets(Error::InvalidPayload { source: PayloadError::Mismatch { path, .. }, .. }) = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!((path.as_str(), error.kind()), ("password", ErrorKind::InvalidPayload));

    server.put(NAME, login("first"));
    let put = server.client().put_secret_value().secret_id(NAME).client_request_token(&version);
    put.version_stages("AWSPENDING").secret_string("hush, no login").send().await.expect("it is written");
    for step in RotationStep::ALL {
        let error = refused(&server, &event(&server, step, &version)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidPayload, "{step}");
    }
    assert_eq!(server.value(NAME), Some(login("first")), "no reader is given it");
    // The test's own look at what is stored is at values that carry the mark.
    server.put(NAME, login("first"));
}

/// A value of this many bytes, and a service that never answers.
struct Odd(usize);

impl Rotate<DatabaseLogin> for Odd {
    type Error = LoginError;

    async fn create(&self, _: Option<&Login>) -> Result<Login, LoginError> {
        Ok(Login { account: hush("shop"), password: hush(&"x".repeat(self.0)).into() })
    }

    async fn set(&self, _: Option<&Login>, _: &Login) -> Result<(), LoginError> {
        std::future::pending().await
    }

    async fn test(&self, _: &Login) -> Result<(), LoginError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_too_large_is_not_sent() {
    let server = server();
    let version = server.begin_rotation(NAME);
    let event = RotationEvent::parse(event(&server, RotationStep::Create, &version).as_bytes()).expect("it is one");
    let secrets: Secrets<RotateLogin> = client(&server);
    let error = secrets.rotate(&DatabaseLogin, &event, &Odd(65_536)).await.expect_err("it is too large");
    told(&error);
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(!calls(&server).contains(&"PutSecretValue".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_rotations_own_part_too() {
    let server = server();
    let version = server.begin_rotation(NAME);
    let at = |step| RotationEvent::parse(event(&server, step, &version).as_bytes()).expect("it is one");
    let secrets: Secrets<RotateLogin> = client(&server);
    secrets.rotate(&DatabaseLogin, &at(RotationStep::Create), &Odd(5)).await.expect("nothing is in its way");
    let secrets = secrets.within(Duration::from_secs(3));
    let error = secrets.rotate(&DatabaseLogin, &at(RotationStep::Set), &Odd(5)).await.expect_err("it hangs");
    assert!(matches!(error, RotationError::Secrets(Error::Transport { reason: "deadline", .. })), "{error:?}");
}

#[tokio::test]
async fn code_that_runs_ahead_of_its_infrastructure_is_told_so() {
    let mut old = crate::world::spec();
    old.handlers.retain(|handler| handler.id != "RotateLogin");
    let server = Server::enforcing(&old);
    server.put(NAME, login("first"));
    let version = server.begin_rotation(NAME);
    let error = refused(&server, &event(&server, RotationStep::Create, &version)).await;
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.to_string().contains("run `gen-infra` and apply the Terraform"), "{error}");
}
