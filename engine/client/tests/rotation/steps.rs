//! What each step does and calls; each done twice; and what is found again after a step was cut off.

use std::collections::BTreeSet;
use std::convert::Infallible;

use driftless::model::{ApiCall, Text, Verb};
use driftless::{Rotate, RotationEvent, RotationStep, Secrets, StepOutcome};
use driftless_testing::{Fault, FaultKind};

use crate::shared::mark::{debugged, hush};
use crate::shared::server::Server;
use crate::world::calls;
use crate::world::{
    AtDatabase, Database, DatabaseLogin, Login, NAME, RotateLogin, client, event, is_in_step, labels, login, server,
};

#[tokio::test]
async fn a_rotation_replaces_the_value_and_keeps_the_one_before() {
    let (server, database) = (server(), Database::new());
    AtDatabase::new(&server, &database).rotate(&server).await.expect("nothing is in its way");
    assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"]);
    assert!(is_in_step(&server, &database));
    assert_eq!(database.changes(), 1);
    AtDatabase::new(&server, &database).rotate(&server).await.expect("nothing is in its way");
    assert_eq!(labels(&server), ["", "AWSPREVIOUS", "AWSCURRENT"]);
    assert!(is_in_step(&server, &database));
    assert_eq!(server.value("shop/database2"), Some(login("other")), "the other secret is as it was");
}

#[tokio::test]
async fn each_step_makes_these_calls() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let version = server.begin_rotation(NAME);
    let empty = "GetSecretValue: ResourceNotFoundException";
    for (step, expected) in [
        (RotationStep::Create, &["DescribeSecret", empty, "GetSecretValue", "GetRandomPassword", "PutSecretValue"][..]),
        (RotationStep::Set, &["DescribeSecret", "GetSecretValue", "GetSecretValue"]),
        (RotationStep::Test, &["DescribeSecret", "GetSecretValue"]),
        (
            RotationStep::Finish,
            &[
                "DescribeSecret",
                "GetSecretValue",
                "UpdateSecretVersionStage",
                "DescribeSecret",
                "UpdateSecretVersionStage",
            ],
        ),
    ] {
        rotation.step(&event(&server, step, &version)).await.expect("nothing is in its way");
        assert_eq!(calls(&server), expected, "{step}");
    }
}

/// A rotation that needs no other call than its own.
struct Plain;

impl Rotate<DatabaseLogin> for Plain {
    type Error = Infallible;

    async fn create(&self, current: Option<&Login>) -> Result<Login, Infallible> {
        assert!(current.is_some_and(|login| login.password.expose() == "hush-first"));
        Ok(Login { account: hush("shop"), password: Text::from(hush("second")) })
    }

    async fn set(&self, current: Option<&Login>, pending: &Login) -> Result<(), Infallible> {
        assert!(current.is_some_and(|login| login.password.expose() == "hush-first"));
        assert_eq!(pending.password.expose(), "hush-second");
        Ok(())
    }

    async fn test(&self, pending: &Login) -> Result<(), Infallible> {
        assert_eq!(pending.password.expose(), "hush-second");
        Ok(())
    }
}

async fn rotate_plainly(server: &Server) {
    let secrets: Secrets<RotateLogin> = client(server);
    let rotation = server.rotate(NAME, async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("it is one");
        secrets.rotate(&DatabaseLogin, &event, &Plain).await.map(drop)
    });
    rotation.await.expect("nothing is in its way");
}

/// The row of the verb, in both directions, on a server that enforces the grants.
#[tokio::test]
async fn the_verb_makes_the_calls_of_its_row() {
    let server = server();
    rotate_plainly(&server).await;
    let made: BTreeSet<String> = server.take_calls().into_iter().map(|call| call.call).collect();
    let table: BTreeSet<String> = Verb::Rotate.api_calls().iter().map(|call| call.name().to_owned()).collect();
    assert_eq!(made, table);
    assert_eq!(server.value(NAME), Some(login("second")));
}

#[tokio::test]
async fn each_step_can_be_done_twice() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let version = server.begin_rotation(NAME);
    for (step, first, second) in [
        (RotationStep::Create, StepOutcome::Created, StepOutcome::Kept),
        (RotationStep::Set, StepOutcome::Set, StepOutcome::Set),
        (RotationStep::Test, StepOutcome::Tested, StepOutcome::Tested),
        (RotationStep::Finish, StepOutcome::Finished, StepOutcome::AlreadyFinished),
    ] {
        let event = event(&server, step, &version);
        assert_eq!(rotation.step(&event).await.expect("it is done"), first);
        assert_eq!(rotation.step(&event).await.expect("it is done again"), second);
    }
    for step in RotationStep::ALL {
        let late = rotation.step(&event(&server, step, &version)).await;
        assert_eq!(late.expect("it changes nothing"), StepOutcome::AlreadyFinished);
    }
    assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"]);
    assert_eq!((database.changes(), is_in_step(&server, &database)), (1, true));
}

/// What cuts a step off: nothing that the SDK would try again by itself.
fn cut_off(call: ApiCall, acts: bool) -> Fault {
    let fault = Fault::on(call, FaultKind::MalformedJson);
    if acts { fault.after_acting() } else { fault }
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_anywhere_ends_well_when_it_is_called_again() {
    let all = Verb::Rotate.api_calls().iter().chain(Verb::Generate.api_calls());
    for (&call, acts) in all.flat_map(|call| [(call, false), (call, true)]) {
        for cut in RotationStep::ALL {
            let (server, database) = (server(), Database::new());
            let rotation = AtDatabase::new(&server, &database);
            let version = server.begin_rotation(NAME);
            let mut failed = false;
            for step in RotationStep::ALL.into_iter().filter(|step| *step <= cut) {
                if step == cut {
                    server.inject(cut_off(call, acts));
                }
                failed = rotation.step(&event(&server, step, &version)).await.is_err();
            }
            let at = format!("{call} in {cut}, acts: {acts}");
            // AWS calls all steps again, for the same version.
            for step in RotationStep::ALL {
                let again = rotation.step(&event(&server, step, &version)).await;
                assert!(again.is_ok() || !failed, "{at}: {again:?}");
                if again.is_err() {
                    // A call that the step does not make struck now: once more, then.
                    rotation.step(&event(&server, step, &version)).await.expect(&at);
                }
            }
            assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"], "{at}");
            assert!(is_in_step(&server, &database), "{at}");
        }
    }
}

/// The function's own process ends between any two of its calls: what is left is what the calls before it did.
#[tokio::test(start_paused = true)]
async fn a_step_that_is_dropped_at_any_call_ends_well_when_it_is_called_again() {
    for cut in RotationStep::ALL {
        for calls in 0..12_u32 {
            let (server, database) = (server(), Database::new());
            server.set_latency(std::time::Duration::from_millis(10));
            let rotation = AtDatabase::new(&server, &database);
            let version = server.begin_rotation(NAME);
            for step in RotationStep::ALL.into_iter().filter(|step| *step < cut) {
                rotation.step(&event(&server, step, &version)).await.expect("nothing is in its way");
            }
            // Each call takes ten milliseconds, and acts after five.
            let time = std::time::Duration::from_millis(5) * calls;
            let _ = tokio::time::timeout(time, rotation.step(&event(&server, cut, &version))).await;
            for step in RotationStep::ALL {
                let at = format!("{cut} dropped after {time:?}");
                rotation.step(&event(&server, step, &version)).await.expect(&at);
            }
            assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"], "{cut} dropped after {time:?}");
            assert_eq!((database.changes(), is_in_step(&server, &database)), (1, true));
        }
    }
}

#[tokio::test]
async fn a_finish_that_was_cut_off_between_its_labels_is_finished() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let version = server.begin_rotation(NAME);
    let old = server.versions(NAME)[0].0.clone();
    for step in [RotationStep::Create, RotationStep::Set, RotationStep::Test] {
        rotation.step(&event(&server, step, &version)).await.expect("nothing is in its way");
    }
    let update = server.client().update_secret_version_stage().secret_id(NAME).version_stage("AWSCURRENT");
    update.remove_from_version_id(old).move_to_version_id(&version).send().await.expect("it is moved");
    assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSPENDING+AWSCURRENT"]);
    for step in RotationStep::ALL {
        rotation.step(&event(&server, step, &version)).await.expect("all steps can be done in that state");
    }
    assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"]);
}

#[tokio::test]
async fn a_secret_without_a_value_gets_its_first_one() {
    let server = Server::enforcing(&crate::world::spec());
    server.client().create_secret().name(NAME).send().await.expect("it is created");
    let database = Database::default();
    AtDatabase::new(&server, &database).rotate(&server).await.expect("nothing is in its way");
    assert_eq!(labels(&server), ["AWSCURRENT"]);
    assert!(is_in_step(&server, &database));
}

/// Where AWS makes the first version that has a value the current one at once.
#[tokio::test]
async fn a_first_value_that_is_current_at_once_is_set_and_tested_all_the_same() {
    let server = Server::enforcing(&crate::world::spec());
    server.client().create_secret().name(NAME).send().await.expect("it is created");
    let version = "1".repeat(32);
    let put = server.client().put_secret_value().secret_id(NAME).client_request_token(&version);
    put.version_stages("AWSPENDING").secret_string(login("given")).send().await.expect("it is written");
    assert_eq!(labels(&server), ["AWSCURRENT+AWSPENDING"]);
    assert_eq!(server.begin_rotation(NAME).len(), 36, "a version that is current is not one that is pending");
    let (server, database) = (server, Database::default());
    let rotation = AtDatabase::new(&server, &database);
    let newer = server.begin_rotation(NAME);
    for step in RotationStep::ALL {
        rotation.step(&event(&server, step, &newer)).await.expect("nothing is in its way");
    }
    assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"]);
    assert!(is_in_step(&server, &database));
}

#[tokio::test]
async fn a_rotation_that_is_set_up_for_later_is_tried_with_the_current_value() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let tried = server.try_rotation(NAME, async |event| rotation.step(&event).await.map(drop)).await;
    tried.expect("the database lets the current login in");
    assert_eq!((labels(&server), database.changes()), (vec!["AWSCURRENT".to_owned()], 0));
}

#[tokio::test]
async fn nothing_of_it_shows_a_value() {
    let server = server();
    let version = server.begin_rotation(NAME);
    let event = RotationEvent::parse(event(&server, RotationStep::Create, &version).as_bytes()).expect("it is one");
    debugged(&(&event, RotationStep::ALL, StepOutcome::Created, client::<RotateLogin>(&server)));
}
