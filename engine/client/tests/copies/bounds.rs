//! For how long copies are asked while the secret's own Region is down.

use std::time::Duration;

use driftless::{CacheConfig, CachePolicy, Secrets};
use driftless_testing::FaultKind;
use tokio::time::{Instant, sleep};

use super::support::*;

fn cached(world: &World, bound: Duration) -> Secrets<Porter> {
    let policy = CachePolicy::new().ttl(Duration::from_mins(1)).jitter(0.0).stale_if_error(bound);
    let config = CacheConfig::new().policy(policy).clock(|| Instant::now().into_std());
    world.client().with_cache(config).expect("the configuration holds")
}

#[tokio::test(start_paused = true)]
async fn without_a_cache_it_is_the_default_of_one() {
    let world = World::new();
    world.ireland_is_down();
    let secrets = world.client();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    sleep(Duration::from_mins(59)).await;
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    sleep(Duration::from_mins(2)).await;
    assert!(is_outage(&gate(&secrets).await.expect_err("it has been down for too long")));
    // An outage ends with an answer.
    world.ireland.set_outage(None);
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    world.ireland_is_down();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
}

#[tokio::test(start_paused = true)]
async fn with_a_cache_it_is_that_of_the_secrets_policy() {
    let world = World::new();
    let secrets = cached(&world, Duration::from_mins(10));
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("1"));
    world.ireland.put("gate", "hush-2");
    world.ireland.replicate();
    world.ireland_is_down();
    sleep(Duration::from_mins(2)).await;
    // What is cached is past its life, and the copy has a newer one.
    while cached_gate(&secrets).await.as_deref() == Ok("1") {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("2"));
    sleep(Duration::from_mins(11)).await;
    world.calls();
    secrets.invalidate(&GateCode);
    assert!(is_outage(&cached_gate(&secrets).await.expect_err("it has been down for too long")));
    assert_eq!(world.calls()[1..], [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_bound_of_nothing_turns_it_off_and_the_copy_where_it_runs_is_read_all_the_same() {
    let world = World::new();
    world.ireland_is_down();
    let secrets = cached(&world, Duration::ZERO);
    assert!(is_outage(&cached_gate(&secrets).await.expect_err("copies do not count")));
    assert!(is_outage(&gate(&secrets).await.expect_err("here neither")));
    assert_eq!(world.calls()[1..], [0, 0]);
    let there = world
        .client_in::<Porter>(FRANKFURT)
        .with_cache(CacheConfig::new().policy(CachePolicy::new().stale_if_error(Duration::ZERO)));
    assert_eq!(cached_gate(&there.expect("it holds")).await.as_deref(), Ok("1"));
    assert_eq!(world.calls(), [0, 1, 0]);
}

/// While AWS hangs, a load has the time that its policy gives, and a part of it is a copy's.
#[tokio::test(start_paused = true)]
async fn a_load_has_a_part_of_its_time_left_for_a_copy() {
    let world = World::new();
    world.ireland.set_outage(Some(FaultKind::Hang));
    let policy = CachePolicy::new().call_timeout(Duration::from_millis(900));
    let secrets = world.client().with_cache(CacheConfig::new().policy(policy)).expect("it holds");
    let begun = Instant::now();
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("1"));
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
}
