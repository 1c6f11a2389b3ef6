//! Who makes a call, who waits for it, and who does neither.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use driftless::model::ApiCall;
use driftless::{CacheConfig, ErrorKind, Secrets};
use driftless_testing::{Fault, FaultKind};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::shared::mark::{debugged, told};
use crate::shared::server::Server;
use crate::support::{
    Caretaker, LATENCY, SafeCode, TTL, code, config, door, jumping_clock, pass, policy, settle, world,
};

#[tokio::test(start_paused = true)]
async fn a_value_is_read_once_and_by_one_kind_of_call() {
    let world = world(config());
    for _ in 0..1_000 {
        assert_eq!(world.code().await.as_deref(), Ok("1"));
    }
    pass(TTL.mul_f64(0.9)).await;
    world.code().await.expect("it is refreshed in the background");
    pass(TTL * 2).await;
    world.code().await.expect("it is refreshed");
    assert_eq!(world.calls(), ["GetSecretValue"; 3]);
}

#[tokio::test(start_paused = true)]
async fn members_of_a_family_and_other_secrets_are_told_apart() {
    let world = world(config());
    for room in 0..20 {
        world.server.put(&format!("door/whisper-{room}"), format!("hush {room}"));
    }
    for _ in 0..2 {
        for room in 0..20 {
            assert_eq!(world.secrets.cached(&door(room)).await.expect("it is there").expose(), format!("hush {room}"));
        }
        assert_eq!(world.code().await.as_deref(), Ok("1"));
    }
    assert_eq!(world.calls().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn sixty_four_that_miss_make_one_call() {
    let world = world(config());
    world.server.set_latency(LATENCY);
    let mut readers = JoinSet::new();
    for _ in 0..64 {
        let secrets = world.secrets.clone();
        readers.spawn(async move { code(&secrets).await });
    }
    assert!(readers.join_all().await.iter().all(|code| code.as_deref() == Ok("1")));
    assert_eq!(world.calls().len(), 1);
    assert_eq!((world.secrets.cache_stats().loads, world.secrets.cache_stats().joined), (1, 63));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_takes_nobody_along() {
    // The first of 64 is the one that began the call; then any of them; then all of them.
    for gone in [0..1, 5..6, 0..63, 0..64] {
        for moment in [0, 10, 25, 40, 49] {
            let world = world(config());
            world.server.set_latency(LATENCY);
            let mut readers = JoinSet::new();
            for reader in 0..64 {
                let patience = if gone.contains(&reader) { moment } else { 1_000 };
                let secrets = world.secrets.clone();
                readers.spawn(async move { timeout(Duration::from_millis(patience), code(&secrets)).await });
            }
            let stayed = readers.join_all().await.into_iter().flatten();
            assert_eq!(stayed.filter(|code| code.as_deref() == Ok("1")).count(), 64 - gone.len());
            pass(LATENCY).await;
            assert_eq!(world.code().await.as_deref(), Ok("1"));
            assert_eq!(world.calls().len(), 1, "{gone:?} gone after {moment} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_get_the_error_and_it_is_remembered_for_a_while_if_it_is_an_answer() {
    let world = world(config().policy(policy().negative_ttl(Duration::from_secs(5))));
    world.server.set_latency(LATENCY);
    let mut readers = JoinSet::new();
    for _ in 0..64 {
        let secrets = world.secrets.clone();
        readers.spawn(async move { secrets.cached(&door(1)).await.map(drop) });
    }
    let all = readers.join_all().await;
    assert!(all.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound)));
    world.server.put("door/whisper-1", "hush-new");
    pass(Duration::from_millis(4_900)).await;
    world.secrets.cached(&door(1)).await.expect_err("it is remembered that it was not there");
    assert_eq!(world.calls().len(), 1);
    pass(Duration::from_millis(200)).await;
    assert_eq!(world.secrets.cached(&door(1)).await.expect("it is there now").expose(), "hush-new");
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_an_answer_goes_to_all_who_wait_and_is_not_remembered() {
    let world = world(config());
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::ExpiredToken));
    let mut readers = JoinSet::new();
    for _ in 0..64 {
        let secrets = world.secrets.clone();
        readers.spawn(async move { code(&secrets).await });
    }
    let all = readers.join_all().await;
    assert!(all.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Credentials)));
    assert_eq!(world.calls().len(), 1);
    assert_eq!(world.code().await.as_deref(), Ok("1"));
}

#[tokio::test(start_paused = true)]
async fn a_hot_value_expires_and_no_reader_waits() {
    let world = world(config());
    world.server.set_latency(LATENCY);
    world.code().await.expect("it is there");
    let end = Instant::now() + TTL.mul_f64(3.5);
    let mut readers = JoinSet::new();
    for reader in 0..64 {
        let secrets = world.secrets.clone();
        readers.spawn(async move {
            let mut longest = Duration::ZERO;
            pass(Duration::from_millis(reader)).await;
            while Instant::now() < end {
                let start = Instant::now();
                let code = secrets.cached(&SafeCode).await.expect("it is there");
                longest = longest.max(start.elapsed());
                assert!(!code.is_stale());
                pass(Duration::from_millis(500)).await;
            }
            longest
        });
    }
    assert_eq!(readers.join_all().await.into_iter().max(), Some(Duration::ZERO));
    assert_eq!(world.calls().len(), 5, "one call, and one each time that four fifths of a life were over");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_others_delete_is_gone_within_one_ttl() {
    for step in [Duration::from_secs(1), Duration::from_secs(33), TTL] {
        let world = world(config());
        world.server.set_latency(Duration::from_millis(20));
        world.code().await.expect("it is there");
        let elsewhere = Secrets::<Caretaker>::new(world.server.client());
        elsewhere.delete(&SafeCode).await.expect("it is deleted");
        let deleted = Instant::now();
        loop {
            pass(step).await;
            let found = world.code().await;
            if deleted.elapsed() >= TTL {
                assert!(found.is_err_and(|error| error.is_not_found()), "read every {step:?}");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_by_others_is_seen_within_one_ttl() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.put("safe", "hush-2");
    assert_eq!(world.code().await.as_deref(), Ok("1"));
    pass(TTL).await;
    assert_eq!(world.code().await.as_deref(), Ok("2"));
}

#[tokio::test(start_paused = true)]
async fn lives_are_spread_by_the_jitter_and_never_longer_than_the_ttl() {
    let world = world(config().policy(policy().jitter(0.5).refresh_ahead(0.0)));
    for room in 0..200 {
        world.server.put(&format!("door/whisper-{room}"), "hush-1");
        world.secrets.cached(&door(room)).await.expect("it is there");
    }
    let mut alive = Vec::new();
    for _ in 0..9 {
        pass(TTL / 10).await;
        world.calls();
        // Whatever is past its life is loaded again, and so leaves a call.
        for room in 0..200 {
            world.secrets.cached(&door(room)).await.expect("it is there");
        }
        alive.push(200 - world.calls().len());
    }
    assert!(alive[..4].iter().all(|alive| *alive == 200), "none ends before half the ttl: {alive:?}");
    assert!(alive[5..].iter().all(|alive| (120..200).contains(alive)), "some end in each tenth after that: {alive:?}");
}

#[tokio::test(start_paused = true)]
async fn a_read_tells_its_age() {
    let world = world(config());
    world.code().await.expect("it is there");
    pass(Duration::from_secs(30)).await;
    let code = world.secrets.cached(&SafeCode).await.expect("it is there");
    assert_eq!((code.age(), code.is_stale()), (Duration::from_secs(30), false));
    assert_eq!(code.version(), world.secrets.read(&SafeCode).await.expect("it is there").version());
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_changes_nothing() {
    let hour = Duration::from_hours(1);
    for wall in [SystemTime::now() - hour, SystemTime::now() + hour] {
        let world = world(config());
        world.code().await.expect("it is there");
        let secrets = world.secrets.clone().with_clock(move || wall);
        code(&secrets).await.expect("it is there");
        assert_eq!(world.calls().len(), 1);
        pass(TTL).await;
        code(&secrets).await.expect("it is there");
        assert_eq!(world.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hung_while_the_process_was_frozen_holds_nobody_up() {
    let (jumped, clock) = jumping_clock();
    let world = world(config().clock(clock));
    world.code().await.expect("it is there");
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    jumped.store(90, Ordering::SeqCst);
    world.code().await.expect("a refresh begins in the background, and hangs");
    settle().await;
    world.server.put("safe", "hush-2");
    // Half an hour on ice. Tokio's timers have not run, so nothing but the clock tells that the refresh is long overdue.
    jumped.store(90 + 1_800, Ordering::SeqCst);
    let (found, time) = world.timed().await;
    assert_eq!((found.as_deref(), time), (Ok("2"), Duration::ZERO));
    // Beyond every bound, with another refresh on the hook.
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    jumped.store(2_000, Ordering::SeqCst);
    world.code().await.expect("a refresh begins in the background, and hangs");
    settle().await;
    jumped.store(20_000, Ordering::SeqCst);
    assert_eq!(world.timed().await.1, Duration::ZERO);
}

#[test]
fn a_runtime_that_ends_takes_no_reader_of_another_along() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server::new();
    server.put("safe", "hush-1");
    let secrets = Secrets::<Caretaker>::new(server.client()).with_cache(CacheConfig::new()).expect("it holds");
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    let (first, other) = (runtime(), runtime());
    let _ = first.block_on(async { timeout(Duration::from_millis(20), secrets.cached(&SafeCode)).await });
    let reader = secrets.clone();
    let waiting = std::thread::spawn(move || other.block_on(async move { code(&reader).await }));
    std::thread::sleep(Duration::from_millis(50));
    drop(first);
    assert_eq!(waiting.join().expect("no panic").as_deref(), Ok("1"));
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_cache_every_read_is_a_call() {
    let server = Server::new();
    server.put("safe", "hush-1");
    let secrets = Secrets::<Caretaker>::new(server.client());
    for _ in 0..3 {
        let code = secrets.cached(&SafeCode).await.expect("it is there");
        assert_eq!((code.expose(), code.is_stale(), code.age()), ("hush-1", false, Duration::ZERO));
    }
    assert_eq!(server.calls().len(), 3);
    assert_eq!(secrets.cache_stats(), driftless::CacheStats::default());
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_a_value_or_a_members_key() {
    let world = world(config());
    world.server.put("door/whisper-4711", "hush");
    let code = world.secrets.cached(&door(4711)).await.expect("it is there");
    let gone = world.secrets.cached(&door(815)).await.expect_err("it is not there");
    told(&gone);
    debugged(&(&world.secrets, world.secrets.cache_stats(), config(), policy()));
    let shown = debugged(&code);
    assert!(shown.contains("Cached { version: "), "{shown}");
}
