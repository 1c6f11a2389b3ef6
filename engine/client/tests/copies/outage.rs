//! Which place is asked while a Region is down.

use std::time::Duration;

use driftless::{CacheConfig, ErrorKind};
use driftless_testing::FaultKind;
use tokio::time::Instant;

use super::support::*;
use crate::shared::log;

fn error(code: &str, status: u16) -> FaultKind {
    FaultKind::Error { code: code.to_owned(), status, message: String::new() }
}

#[tokio::test(start_paused = true)]
async fn a_copy_answers_for_a_region_that_does_not() {
    for outage in [
        FaultKind::ServiceUnavailable,
        FaultKind::InternalServiceError,
        FaultKind::ConnectionReset,
        FaultKind::Hang,
        FaultKind::TruncatedBody,
        FaultKind::Slow(Duration::from_mins(1)),
        error("ServiceUnavailable", 503),
    ] {
        let world = World::new();
        world.ireland.set_outage(Some(outage.clone()));
        let begun = Instant::now();
        assert_eq!(gate(&world.client()).await.as_deref(), Ok("1"), "{outage:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{outage:?}: {:?}", begun.elapsed());
        let [_, frankfurt, virginia] = world.calls();
        assert_eq!((frankfurt, virginia), (1, 0), "{outage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_answer() {
    for (refusal, kind) in [
        (error("AccessDeniedException", 400), ErrorKind::AccessDenied),
        (error("ResourceNotFoundException", 400), ErrorKind::NotFound),
        (FaultKind::DecryptionFailure, ErrorKind::Decryption),
        (FaultKind::ExpiredToken, ErrorKind::Credentials),
        (FaultKind::Throttled, ErrorKind::Throttled),
        (error("InvalidParameterException", 400), ErrorKind::Service),
    ] {
        let world = World::new();
        world.ireland.set_outage(Some(refusal));
        assert_eq!(gate(&world.client()).await.expect_err("it is refused").kind(), kind);
        let [_, frankfurt, virginia] = world.calls();
        assert_eq!((frankfurt, virginia), (0, 0), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn copies_are_asked_in_the_order_of_the_spec_and_no_others() {
    let world = World::new();
    world.ireland_is_down();
    world.frankfurt.set_outage(Some(FaultKind::ConnectionReset));
    let secrets = world.client();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    assert_eq!(world.calls()[2], 1);
    // Where each of them fails, the outcome is that of the secret's own Region.
    world.virginia.set_outage(Some(error("AccessDeniedException", 400)));
    assert!(is_outage(&gate(&secrets).await.expect_err("nobody answers")));
    // Nobody reads the copies of this one.
    assert!(is_outage(&secrets.read(&DoorCode).await.expect_err("nobody answers")));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_once_and_its_end_is_seen() {
    let world = World::new();
    world.ireland.set_outage(Some(FaultKind::Hang));
    let secrets = world.client();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    assert!(log::line_with(&["the Region is down", "eu-west-1"]).contains("WARN"));
    world.calls();
    // A clone knows it too.
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(gate(&secrets.clone()).await.as_deref(), Ok("1"));
    }
    assert_eq!((world.calls(), begun.elapsed()), ([0, 20, 0], Duration::ZERO));
    // After a while one read looks, and the others do not wait for it.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let begun = Instant::now();
    let (one, other) = tokio::join!(gate(&secrets), gate(&secrets));
    assert_eq!((one.as_deref(), other.as_deref()), (Ok("1"), Ok("1")));
    assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(world.calls()[1], 2);
    world.ireland.set_outage(None);
    world.ireland.put("gate", "hush-2");
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    log::line_with(&["the Region is back", "eu-west-1"]);
}

/// Of a Region of copies too.
#[tokio::test(start_paused = true)]
async fn a_copy_that_hangs_is_waited_for_once() {
    let world = World::new();
    world.frankfurt.set_outage(Some(FaultKind::Hang));
    let there = world.client_in::<Porter>(FRANKFURT);
    assert_eq!(gate(&there).await.as_deref(), Ok("1"));
    let begun = Instant::now();
    assert_eq!(gate(&there).await.as_deref(), Ok("1"));
    assert_eq!((begun.elapsed(), world.calls()), (Duration::ZERO, [2, 1, 0]));
    world.frankfurt.set_outage(None);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(gate(&there).await.as_deref(), Ok("1"));
    assert_eq!(world.calls(), [0, 1, 0]);

    let at_home = world.client();
    world.ireland_is_down();
    world.frankfurt.set_outage(Some(FaultKind::Hang));
    assert_eq!(gate(&at_home).await.as_deref(), Ok("1"));
    let begun = Instant::now();
    assert_eq!(gate(&at_home).await.as_deref(), Ok("1"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_leaves_time_for_a_copy() {
    let world = World::new();
    world.ireland.set_outage(Some(FaultKind::Hang));
    let begun = Instant::now();
    assert_eq!(gate(&world.client().within(Duration::from_secs(1))).await.as_deref(), Ok("1"));
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    // It holds for all places together.
    world.frankfurt.set_outage(Some(FaultKind::Hang));
    world.virginia.set_outage(Some(FaultKind::Hang));
    let begun = Instant::now();
    let error = gate(&world.client().within(Duration::from_secs(1))).await.expect_err("nobody answers");
    assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Transport, Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_load_of_the_cache_asks_a_copy_and_a_hit_asks_nobody() {
    let world = World::new();
    world.ireland.set_outage(Some(FaultKind::Hang));
    let secrets = world.client().with_cache(CacheConfig::new()).expect("the default is good");
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("1"));
    world.calls();
    for _ in 0..100 {
        assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("1"));
    }
    assert_eq!(world.calls(), [0, 0, 0]);
}

/// Only what reads asks copies: no write is lost in one.
#[tokio::test(start_paused = true)]
async fn a_rotation_fails_while_its_region_is_down() {
    let world = World::new();
    world.ireland_is_down();
    assert!(!turn(&world, &world.client::<Locksmith>()).await);
    assert_eq!(world.calls()[1..], [0, 0]);
}
