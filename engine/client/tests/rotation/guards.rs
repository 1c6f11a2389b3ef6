//! What a step does not do a second time, or any more.

use std::sync::Mutex;
use std::time::Duration;

use driftless::model::ApiCall;
use driftless::{ErrorKind, Rotate, RotationError, RotationEvent, RotationStep, Secrets, StepOutcome};
use driftless_testing::{Fault, FaultKind};

use crate::shared::server::Server;
use crate::world::calls;
use crate::world::{
    AtDatabase, Database, DatabaseLogin, Login, LoginError, NAME, RotateLogin, client, event, labels, server,
};

/// A rotation up to its last step.
async fn tested(server: &Server, rotation: &AtDatabase) -> String {
    let version = server.begin_rotation(NAME);
    for step in [RotationStep::Create, RotationStep::Set, RotationStep::Test] {
        rotation.step(&event(server, step, &version)).await.expect("nothing is in its way");
    }
    version
}

fn refusing_to_move() -> Fault {
    let (code, message) = ("InvalidParameterException".to_owned(), "It is not there.".to_owned());
    Fault::on(ApiCall::UpdateSecretVersionStage, FaultKind::Error { code, status: 400, message })
}

#[tokio::test]
async fn a_value_that_is_there_is_kept_and_no_other_is_made() {
    let server = server();
    let rotation = AtDatabase::new(&server, &Database::new());
    let version = server.begin_rotation(NAME);
    let event = event(&server, RotationStep::Create, &version);
    assert_eq!(rotation.step(&event).await.expect("it is made"), StepOutcome::Created);
    server.take_calls();
    assert_eq!(rotation.step(&event).await.expect("it is kept"), StepOutcome::Kept);
    assert_eq!(calls(&server), ["DescribeSecret", "GetSecretValue"]);
}

/// Notes whether there was another value to log in with.
struct Noting(Mutex<Vec<bool>>);

impl Rotate<DatabaseLogin> for Noting {
    type Error = LoginError;

    async fn create(&self, _: Option<&Login>) -> Result<Login, LoginError> {
        Err(LoginError::LockedOut)
    }

    async fn set(&self, current: Option<&Login>, _: &Login) -> Result<(), LoginError> {
        self.0.lock().expect("nobody panics").push(current.is_some());
        Ok(())
    }

    async fn test(&self, _: &Login) -> Result<(), LoginError> {
        Ok(())
    }
}

#[tokio::test]
async fn the_new_value_is_not_handed_out_as_the_one_before() {
    let server = server();
    let rotation = AtDatabase::new(&server, &Database::new());
    let version = tested(&server, &rotation).await;
    let (secrets, noting): (Secrets<RotateLogin>, _) = (client(&server), Noting(Mutex::default()));
    let event = RotationEvent::parse(event(&server, RotationStep::Set, &version).as_bytes()).expect("it is one");
    secrets.rotate(&DatabaseLogin, &event, &noting).await.expect("nothing is in its way");
    let old = server.versions(NAME)[0].0.clone();
    let update = server.client().update_secret_version_stage().secret_id(NAME).version_stage("AWSCURRENT");
    update.remove_from_version_id(old).move_to_version_id(&version).send().await.expect("it is moved");
    secrets.rotate(&DatabaseLogin, &event, &noting).await.expect("nothing is in its way");
    assert_eq!(*noting.0.lock().expect("nobody panics"), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn labels_that_never_settle_end_the_step_with_pauses_in_between() {
    let server = server();
    let rotation = AtDatabase::new(&server, &Database::new());
    let version = tested(&server, &rotation).await;
    server.inject(refusing_to_move().times(100));
    let began = tokio::time::Instant::now();
    let error = rotation.step(&event(&server, RotationStep::Finish, &version)).await.expect_err("it gives up");
    let RotationError::Unsettled { rounds, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*rounds, error.kind()), (5, ErrorKind::Conflict));
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    assert_eq!(labels(&server), ["AWSCURRENT", "AWSPENDING"], "readers have what they had");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_given_up_while_it_is_finished_does_not_become_current() {
    let server = server();
    let rotation = AtDatabase::new(&server, &Database::new());
    let version = tested(&server, &rotation).await;
    server.inject(refusing_to_move());
    server.set_latency(Duration::from_millis(10));
    let (finish, others) = (event(&server, RotationStep::Finish, &version), server.client());
    // After the first attempt to move the label, which acts at 25 ms, and before the look at 35.
    let given_up = async {
        tokio::time::sleep(Duration::from_millis(22)).await;
        let update = others.update_secret_version_stage().secret_id(NAME).version_stage("AWSPENDING");
        update.remove_from_version_id(&version).send().await.expect("it is taken away");
    };
    let (error, ()) = tokio::join!(rotation.step(&finish), given_up);
    let error = error.expect_err("there is nothing to finish");
    assert!(matches!(error, RotationError::NotPending { .. }), "{error:?}");
    assert_eq!(labels(&server)[0], "AWSCURRENT", "readers have what they had");
}
