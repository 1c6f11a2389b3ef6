//! A value goes as soon as nobody may be given it any more.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use driftless::model::ApiCall;
use driftless_testing::{Fault, FaultKind};
use tokio::sync::{Mutex, MutexGuard};

use crate::support::{TTL, WATCHED, Watched, World, config, pass, policy, settle, watched, world};

/// One count for all tests of this file, so they take turns.
static TURN: Mutex<()> = Mutex::const_new(());

async fn watching(entries: usize) -> (World, MutexGuard<'static, ()>) {
    let turn = TURN.lock().await;
    assert_eq!(alive(), 0);
    let world = world(config().entries(entries).policy(policy().stale_if_error(TTL)));
    for room in 0..10 {
        world.server.put(&format!("watched/whisper-{room}"), "hush");
    }
    (world, turn)
}

fn alive() -> usize {
    WATCHED.load(SeqCst)
}

async fn read(world: &World, room: usize) {
    let code = world.secrets.cached(&watched(room)).await.expect("it is there");
    assert_eq!(Watched::text(&code), "hush");
}

#[tokio::test(start_paused = true)]
async fn when_it_is_replaced_forgotten_deleted_or_evicted() {
    let (world, _turn) = watching(100).await;
    for room in 0..10 {
        read(&world, room).await;
    }
    assert_eq!(alive(), 10);
    world.secrets.invalidate(&watched(0));
    assert_eq!(alive(), 9);
    world.secrets.delete(&watched(1)).await.expect("it is deleted");
    assert_eq!(alive(), 8);
    pass(TTL.mul_f64(0.9)).await;
    read(&world, 2).await;
    settle().await;
    assert_eq!(alive(), 8, "the refreshed value took the place of the old one");
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::DecryptionFailure));
    read(&world, 3).await;
    settle().await;
    assert_eq!(alive(), 7);
    let clone = world.secrets.clone();
    drop(world);
    assert_eq!(alive(), 7);
    drop(clone);
    assert_eq!(alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn when_it_is_evicted() {
    let (world, _turn) = watching(4).await;
    for room in 0..10 {
        read(&world, room).await;
        assert!(alive() <= 4, "{} values are kept", alive());
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_last_read_that_holds_it_is_done() {
    let (world, _turn) = watching(100).await;
    // More than a thread holds without counting.
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(world.secrets.cached(&watched(0)).await.expect("it is there"));
    }
    world.secrets.invalidate(&watched(0));
    drop(world);
    while let Some(code) = held.pop() {
        assert_eq!((alive(), code.text()), (1, "hush"));
        std::thread::spawn(move || drop(code)).join().expect("no panic");
    }
    assert_eq!(alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn when_nobody_asked_for_it_until_it_was_past_all_use() {
    let (world, _turn) = watching(100).await;
    for room in 0..10 {
        read(&world, room).await;
    }
    pass(TTL * 3).await;
    for _ in 0..10 {
        world.code().await.expect("it is there");
        world.secrets.invalidate(&crate::support::SafeCode);
    }
    assert_eq!(alive(), 0);
}

/// A load that is cut off shows its value to who waited for it, and the next one is held to that. It fails.
#[tokio::test(start_paused = true)]
async fn when_the_load_that_was_to_follow_it_fails_or_is_cut_off_too() {
    let ms = Duration::from_millis;
    for is_cut_off in [false, true] {
        let (world, _turn) = watching(100).await;
        world.server.set_latency(ms(40));
        let secrets = world.secrets.clone();
        let early = tokio::spawn(async move { secrets.cached(&watched(0)).await.map(drop) });
        pass(ms(30)).await;
        world.secrets.invalidate(&watched(0));
        if !is_cut_off {
            world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::ExpiredToken));
        }
        let secrets = world.secrets.clone();
        let late = tokio::spawn(async move { secrets.cached(&watched(0)).await.map(drop) });
        pass(ms(20)).await;
        early.await.expect("no panic").expect("it is there");
        if is_cut_off {
            world.secrets.invalidate(&watched(0));
            assert_eq!(alive(), 0);
        }
        assert_eq!(late.await.expect("no panic").is_ok(), is_cut_off);
        world.secrets.invalidate(&watched(0));
        assert_eq!(alive(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn also_when_the_cache_goes_while_a_refresh_hangs() {
    let (world, _turn) = watching(100).await;
    for room in 0..10 {
        read(&world, room).await;
    }
    pass(TTL.mul_f64(0.9)).await;
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    read(&world, 0).await;
    settle().await;
    drop(world);
    assert!(alive() <= 1, "{} values are left", alive());
    pass(Duration::from_secs(11)).await;
    assert_eq!(alive(), 0);
}
