//! AWS cannot be asked, or answers that there is nothing any more.

use std::time::Duration;

use driftless::ErrorKind;
use driftless::model::ApiCall;
use driftless_testing::{Fault, FaultKind};

use crate::support::{SafeCode, TTL, World, config, door, pass, policy, settle, world};

const PATIENCE: Duration = Duration::from_millis(100);
const OUTAGES: [FaultKind; 6] = [
    FaultKind::Throttled,
    FaultKind::InternalServiceError,
    FaultKind::ServiceUnavailable,
    FaultKind::ConnectionReset,
    FaultKind::ExpiredToken,
    FaultKind::Hang,
];

fn break_down(world: &World, kind: &FaultKind) {
    world.server.inject(Fault::on(ApiCall::GetSecretValue, kind.clone()).times(100_000));
}

async fn warm() -> World {
    let world = world(config());
    world.code().await.expect("it is there");
    world.calls();
    world
}

#[tokio::test(start_paused = true)]
async fn a_hot_value_outlives_its_life_and_no_reader_waits() {
    for kind in &OUTAGES {
        let world = warm().await;
        break_down(&world, kind);
        for second in 1..=600 {
            pass(Duration::from_secs(1)).await;
            let (found, time) = world.timed().await;
            assert_eq!((found.as_deref(), time), (Ok("1"), Duration::ZERO), "{kind:?} after {second} s");
        }
        let code = world.secrets.cached(&SafeCode).await.expect("it is within the bound");
        assert!(code.is_stale() && code.age() == Duration::from_mins(10), "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_nobody_read_makes_one_reader_wait_once() {
    for kind in &OUTAGES {
        let world = warm().await;
        world.server.put("door/whisper-1", "hush-2");
        world.secrets.cached(&door(1)).await.expect("it is there");
        break_down(&world, kind);
        pass(TTL * 2).await;
        let (found, time) = world.timed().await;
        assert!(found.as_deref() == Ok("1") && time <= PATIENCE, "{kind:?}: {found:?} after {time:?}");
        // AWS is known to be out of order now, for every secret.
        let start = tokio::time::Instant::now();
        for _ in 0..10 {
            world.secrets.cached(&door(1)).await.expect("it is within the bound");
            world.code().await.expect("it is within the bound");
        }
        assert_eq!(start.elapsed(), Duration::ZERO, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_patience_waits_never() {
    let world = world(config().policy(policy().patience(Duration::ZERO)));
    world.code().await.expect("it is there");
    break_down(&world, &FaultKind::Hang);
    pass(TTL * 2).await;
    let (found, time) = world.timed().await;
    assert_eq!((found.as_deref(), time), (Ok("1"), Duration::ZERO));
}

/// The request has less time left than the policy has patience.
#[tokio::test(start_paused = true)]
async fn the_old_value_is_there_at_the_requests_deadline() {
    for left in [Duration::ZERO, Duration::from_millis(30), PATIENCE, PATIENCE * 2] {
        let world = warm().await;
        break_down(&world, &FaultKind::Hang);
        pass(TTL * 2).await;
        let start = tokio::time::Instant::now();
        let code = world.secrets.clone().within(left).cached(&SafeCode).await.expect("it is within the bound");
        assert!(code.is_stale());
        assert_eq!(start.elapsed(), left.min(PATIENCE));
    }
}

/// That one request has no time says nothing of AWS: those that have some wait for the new value.
#[tokio::test(start_paused = true)]
async fn a_read_at_its_deadline_makes_no_outage() {
    for left in [Duration::ZERO, Duration::from_millis(5)] {
        let world = warm().await;
        world.server.put("door/whisper-1", "hush-1");
        world.secrets.cached(&door(1)).await.expect("it is there");
        world.server.put("safe", "hush-2");
        world.server.put("door/whisper-1", "hush-2");
        world.server.set_latency(PATIENCE / 2);
        pass(TTL * 2).await;
        world.calls();
        let hasty = world.secrets.clone().within(left);
        assert!(hasty.cached(&SafeCode).await.expect("it is within the bound").is_stale());
        assert_eq!(world.code().await.as_deref(), Ok("2"));
        assert_eq!(world.secrets.cached(&door(1)).await.expect("it is there").expose(), "hush-2");
        assert_eq!(world.calls().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_bound_ends_it() {
    let bound = Duration::from_mins(5);
    for kind in &OUTAGES {
        for step in [Duration::from_secs(1), Duration::from_mins(1)] {
            let world = world(config().policy(policy().stale_if_error(bound)));
            world.code().await.expect("it is there");
            let loaded = tokio::time::Instant::now();
            break_down(&world, kind);
            loop {
                pass(step).await;
                let age = loaded.elapsed();
                let found = world.code().await;
                assert_eq!(found.is_ok(), age < TTL + bound, "{kind:?} at {age:?}");
                if found.is_err() {
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_bound_an_expired_value_is_never_handed_out() {
    let world = world(config().policy(policy().stale_if_error(Duration::ZERO)));
    world.code().await.expect("it is there");
    break_down(&world, &FaultKind::ExpiredToken);
    for _ in 0..99 {
        pass(Duration::from_secs(1)).await;
        assert_eq!(world.code().await.as_deref(), Ok("1"));
    }
    pass(Duration::from_secs(1)).await;
    assert!(world.code().await.is_err_and(|error| error.kind() == ErrorKind::Credentials));
}

#[tokio::test(start_paused = true)]
async fn a_failing_refresh_is_tried_at_the_callers_pace() {
    let world = world(config().policy(policy().retry_after(Duration::from_secs(10))));
    world.code().await.expect("it is there");
    world.calls();
    break_down(&world, &FaultKind::ExpiredToken);
    pass(TTL).await;
    for _ in 0..1_000 {
        world.code().await.expect("it is within the bound");
        pass(Duration::from_millis(100)).await;
    }
    let calls = world.calls().len();
    assert!((9..=11).contains(&calls), "{calls} calls in 100 seconds");
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_value_is_fresh_again() {
    let world = warm().await;
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::ExpiredToken).times(30));
    world.server.put("safe", "hush-2");
    pass(TTL * 2).await;
    for _ in 0..40 {
        world.code().await.expect("it is within the bound");
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    pass(Duration::from_secs(1)).await;
    assert!(!world.secrets.cached(&SafeCode).await.expect("it is there").is_stale());
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_no_outage() {
    let error =
        |code: &str, message: &str| FaultKind::Error { code: code.into(), status: 400, message: message.into() };
    for (kind, expected) in [
        (error("ResourceNotFoundException", ""), ErrorKind::NotFound),
        (error("AccessDeniedException", ""), ErrorKind::AccessDenied),
        (error("InvalidRequestException", "it was marked for deletion."), ErrorKind::PendingDeletion),
        (FaultKind::DecryptionFailure, ErrorKind::Decryption),
    ] {
        // In the background and in the foreground.
        for moment in [0.9, 1.5] {
            let world = warm().await;
            world.server.inject(Fault::on(ApiCall::GetSecretValue, kind.clone()));
            pass(TTL.mul_f64(moment)).await;
            let first = world.code().await;
            assert_eq!(first.is_ok(), moment < 1.0, "{kind:?}");
            settle().await;
            let second = world.code().await;
            assert!(second.is_err_and(|error| error.kind() == expected), "{kind:?} at {moment}");
            assert_eq!(world.calls().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_not_waited_for_longer_than_the_patience() {
    let world = warm().await;
    world.server.put("safe", "hush-2");
    world.server.set_latency(Duration::from_secs(2));
    pass(TTL * 2).await;
    assert_eq!(world.timed().await, (Ok("1".to_owned()), PATIENCE));
    assert_eq!(world.timed().await, (Ok("1".to_owned()), Duration::ZERO));
    pass(Duration::from_secs(2)).await;
    assert_eq!(world.timed().await, (Ok("2".to_owned()), Duration::ZERO));
    assert_eq!(world.calls().len(), 1);
}
