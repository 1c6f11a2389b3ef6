//! Rotations at the same time: the same step twice, the whole rotation twice, and an event that comes too late.

use std::time::Duration;

use driftless::{RotationError, RotationStep, StepOutcome};

use crate::world::{AtDatabase, Database, NAME, event, is_in_step, labels, login, server};

#[tokio::test(start_paused = true)]
async fn two_at_each_step_make_one_new_version() {
    for round in 0..20_u64 {
        let (server, database) = (server(), Database::new());
        server.set_latency(Duration::from_millis(10));
        let rotation = AtDatabase::new(&server, &database);
        let version = server.begin_rotation(NAME);
        for step in RotationStep::ALL {
            let event = event(&server, step, &version);
            let later = async {
                tokio::time::sleep(Duration::from_millis(3 * round)).await;
                rotation.step(&event).await
            };
            let (one, other) = tokio::join!(rotation.step(&event), later);
            let outcomes = [one.expect("one goes well"), other.expect("the other goes well")];
            if step == RotationStep::Create {
                let created = outcomes.iter().filter(|outcome| **outcome == StepOutcome::Created).count();
                assert_eq!(created, 1, "{outcomes:?}");
            }
        }
        assert_eq!(labels(&server), ["AWSPREVIOUS", "AWSCURRENT"]);
        assert_eq!((database.changes(), is_in_step(&server, &database)), (1, true), "{} ms apart", 3 * round);
    }
}

#[tokio::test(start_paused = true)]
async fn two_whole_rotations_at_once_end_in_step() {
    for round in 0..40_u64 {
        let (server, database) = (server(), Database::new());
        server.set_latency(Duration::from_millis(10));
        let rotation = AtDatabase::new(&server, &database);
        let later = async {
            tokio::time::sleep(Duration::from_millis(7 * round)).await;
            rotation.rotate(&server).await
        };
        let (one, other) = tokio::join!(rotation.rotate(&server), later);
        // One that finds that the other has ended it, and gone on to the next, says so; AWS calls it again.
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert!(
            labels(&server).ends_with(&["AWSPREVIOUS".to_owned(), "AWSCURRENT".to_owned()]),
            "{:?}",
            labels(&server)
        );
        assert!(is_in_step(&server, &database), "{} ms apart", 7 * round);
    }
}

#[tokio::test]
async fn an_event_of_a_rotation_before_the_last_is_refused_and_changes_nothing() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let first = server.begin_rotation(NAME);
    rotation.rotate(&server).await.expect("nothing is in its way");
    rotation.rotate(&server).await.expect("nothing is in its way");
    let before = (server.versions(NAME), server.value(NAME));
    for step in RotationStep::ALL {
        let late = rotation.step(&event(&server, step, &first)).await;
        assert!(matches!(late, Err(RotationError::NotPending { .. })), "{step}: {late:?}");
    }
    assert_eq!((server.versions(NAME), server.value(NAME)), before);
}

/// Somebody writes a value by hand while a rotation is under way: the rotation's value, which the database has taken, follows.
#[tokio::test]
async fn a_value_written_by_hand_in_between_does_not_stop_the_rotation() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let version = server.begin_rotation(NAME);
    for step in [RotationStep::Create, RotationStep::Set, RotationStep::Test] {
        rotation.step(&event(&server, step, &version)).await.expect("nothing is in its way");
    }
    server.put(NAME, login("by hand"));
    rotation.step(&event(&server, RotationStep::Finish, &version)).await.expect("it is finished");
    assert!(is_in_step(&server, &database));
    assert_eq!(labels(&server), ["", "AWSCURRENT", "AWSPREVIOUS"]);
}
