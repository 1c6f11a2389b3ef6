//! Loads, writes and invalidations at the same time, in every order that a step of some milliseconds tells apart.
//!
//! Each call takes 40 ms and acts in its middle. Values are numbers that count up, so an older one shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use driftless::model::Text;
use driftless::{Found, Secrets};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::shared::mark::{bare, hush};
use crate::support::{Caretaker, SafeCode, TTL, World, code, config, pass, world};

const CALL: u64 = 40;

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

async fn number(secrets: &Secrets<Caretaker>) -> u64 {
    // 0 is what is there after a deletion.
    code(secrets).await.map_or(0, |code| code.parse().expect("a number"))
}

fn number_of(code: &str) -> u64 {
    bare(code).parse().expect("a number")
}

async fn increment(secrets: &Secrets<Caretaker>) -> u64 {
    add(secrets, 1).await
}

async fn add(secrets: &Secrets<Caretaker>, much: u64) -> u64 {
    let more = |found: Found<'_, Text>| match found {
        Found::Value(code) => Some((number_of(code.expose()) + much).to_string()).map(|code| hush(&code).into()),
        _ => None,
    };
    let written = secrets.update(&SafeCode, more).await.expect("it is updated");
    number_of(written.stored.expose())
}

/// Reads all the time, from the cache, and holds each read to what had been written when it began, and to what was read
/// before.
fn watch(world: &World, written: &Arc<AtomicU64>, until: Instant, pause: u64) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    for reader in 0..3 {
        let (secrets, written) = (world.secrets.clone(), Arc::clone(written));
        readers.spawn(async move {
            pass(ms(reader)).await;
            let mut newest = 0;
            while Instant::now() < until {
                let known = written.load(SeqCst);
                let found = number(&secrets).await;
                assert!(found >= known, "{found} was read after {known} was written");
                assert!(found >= newest, "{found} was read after {newest}");
                newest = found;
                pass(ms(pause)).await;
            }
        });
    }
    readers
}

async fn all_well(mut tasks: JoinSet<()>) {
    while let Some(task) = tasks.join_next().await {
        task.expect("no reader sees an older value");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_never_brings_back_what_was_there_before_a_write() {
    // A load begins anywhere before, in and after an update; with nothing known, a known value, and one to be refreshed.
    for known in [None, Some(Duration::ZERO), Some(TTL.mul_f64(0.9)), Some(TTL * 2)] {
        for load_at in (0..=140).step_by(4) {
            let world = world(config());
            if let Some(age) = known {
                world.code().await.expect("it is there");
                pass(age).await;
            }
            world.server.set_latency(ms(CALL));
            let (secrets, writing) = (world.secrets.clone(), world.secrets.clone());
            let write = tokio::spawn(async move {
                pass(ms(50)).await;
                increment(&writing).await
            });
            let load = tokio::spawn(async move {
                pass(ms(load_at)).await;
                number(&secrets).await
            });
            assert_eq!(write.await.expect("no panic"), 2);
            assert_eq!(number(&world.secrets).await, 2, "{known:?}, load at {load_at} ms: right after the write");
            load.await.expect("no panic");
            pass(ms(3 * CALL)).await;
            assert_eq!(number(&world.secrets).await, 2, "{known:?}, load at {load_at} ms: for good");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_writers_and_many_readers_never_see_an_older_value() {
    for second_at in (0..=120).step_by(5) {
        for pause in [1, 7, 41] {
            let world = world(config());
            world.server.set_latency(ms(CALL));
            let written = Arc::new(AtomicU64::new(0));
            let readers = watch(&world, &written, Instant::now() + ms(900), pause);
            let mut writers = JoinSet::new();
            // Two that wrote the same value would be one write to AWS.
            for (begin, much) in [(60, 1), (60 + second_at, 10)] {
                let (secrets, written) = (world.secrets.clone(), Arc::clone(&written));
                writers.spawn(async move {
                    pass(ms(begin)).await;
                    let value = add(&secrets, much).await;
                    written.fetch_max(value, SeqCst);
                });
            }
            all_well(writers).await;
            all_well(readers).await;
            assert_eq!(number(&world.secrets).await, 12, "second writer {second_at} ms after the first");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_brings_nothing_older_back() {
    // The write is carried out after 150 ms, and its answer is there after 200; what comes next takes 20 ms, or 10.
    for next_at in (152..200).step_by(3) {
        for is_write in [true, false] {
            let world = world(config());
            world.server.set_latency(ms(100));
            let secrets = world.secrets.clone();
            let late = tokio::spawn(async move { add(&secrets, 1).await });
            pass(ms(110)).await;
            world.server.set_latency(ms(10));
            pass(ms(next_at - 110)).await;
            let newest = if is_write {
                add(&world.secrets, 10).await
            } else {
                world.server.put("safe", "hush-20");
                number(&world.secrets).await
            };
            assert_eq!(number(&world.secrets).await, newest);
            assert_eq!(late.await.expect("no panic"), 2);
            assert_eq!(number(&world.secrets).await, newest, "what came next began after {next_at} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_value_does_not_come_back() {
    for load_at in (0..=140).step_by(4) {
        for is_known in [false, true] {
            let world = world(config());
            if is_known {
                world.code().await.expect("it is there");
                pass(TTL.mul_f64(0.9)).await;
            }
            world.server.set_latency(ms(CALL));
            let secrets = world.secrets.clone();
            let load = tokio::spawn(async move {
                pass(ms(load_at)).await;
                number(&secrets).await
            });
            pass(ms(50)).await;
            world.secrets.delete(&SafeCode).await.expect("it is deleted");
            assert_eq!(number(&world.secrets).await, 0, "load at {load_at} ms: right after the deletion");
            load.await.expect("no panic");
            pass(ms(3 * CALL)).await;
            assert_eq!(number(&world.secrets).await, 0, "load at {load_at} ms: for good");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_dropped_half_way_leaves_no_older_value() {
    for dropped_at in (0..=90).step_by(3) {
        for load_at in (0..=120).step_by(10) {
            let world = world(config());
            world.code().await.expect("it is there");
            pass(TTL.mul_f64(0.9)).await;
            world.server.set_latency(ms(CALL));
            let secrets = world.secrets.clone();
            let load = tokio::spawn(async move {
                pass(ms(load_at)).await;
                number(&secrets).await
            });
            let _ = timeout(ms(dropped_at), increment(&world.secrets)).await;
            load.await.expect("no panic");
            pass(ms(3 * CALL)).await;
            let stored = number_of(&world.server.value("safe").expect("it is there"));
            let found = number(&world.secrets).await;
            assert_eq!(found, stored, "write dropped after {dropped_at} ms, load at {load_at} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_plain_read_has_seen_is_never_followed_by_an_older_value() {
    for (load_at, read_at) in (0..=100).step_by(5).flat_map(|load| (0..=100).step_by(5).map(move |read| (load, read))) {
        let world = world(config());
        world.server.set_latency(ms(CALL));
        let (loading, reading) = (world.secrets.clone(), world.secrets.clone());
        let load = tokio::spawn(async move {
            pass(ms(load_at)).await;
            number(&loading).await
        });
        let read = tokio::spawn(async move {
            pass(ms(read_at)).await;
            let seen = number_of(reading.read(&SafeCode).await.expect("it is there").expose());
            let then = number(&reading).await;
            assert!(then >= seen, "{then} after {seen}: load at {load_at} ms, read at {read_at} ms");
            pass(ms(3 * CALL)).await;
            let then = number(&reading).await;
            assert!(then >= seen, "{then} after {seen}, later: load at {load_at} ms, read at {read_at} ms");
        });
        pass(ms(55)).await;
        world.server.put("safe", "hush-2");
        load.await.expect("no panic");
        read.await.expect("the read sees no older value");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_and_invalidations_and_expiry_all_at_once() {
    for seed in 0..40_u64 {
        let life = ms(120);
        let policy = crate::support::policy().ttl(life).negative_ttl(ms(30)).patience(ms(seed % 3 * 30));
        let world = world(config().policy(policy));
        world.server.set_latency(ms(CALL));
        let written = Arc::new(AtomicU64::new(0));
        let end = Instant::now() + ms(4_000);
        let readers = watch(&world, &written, end, 1 + seed % 13);
        let (secrets, invalidating) = (world.secrets.clone(), world.secrets.clone());
        let writer = tokio::spawn(async move {
            while Instant::now() < end {
                let value = increment(&secrets).await;
                written.fetch_max(value, SeqCst);
                pass(ms(17 * (seed % 11))).await;
            }
        });
        while Instant::now() < end {
            pass(ms(20 + seed * 7 % 90)).await;
            invalidating.invalidate(&SafeCode);
        }
        writer.await.expect("no panic");
        all_well(readers).await;
        let stored = number_of(&world.server.value("safe").expect("it is there"));
        assert_eq!(number(&world.secrets).await, stored, "seed {seed}");
    }
}
