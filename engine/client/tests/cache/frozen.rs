//! A process that is frozen while a value is refreshed, by a clock that jumps meanwhile or stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftless::model::ApiCall;
use driftless_testing::{Fault, FaultKind};
use tokio::time::Instant;

use crate::support::{LATENCY, World, config, jumping_clock, pass, settle, world};

/// A call's time.
const CALL: Duration = Duration::from_secs(10);

async fn hanging_refresh(world: &World) {
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    world.code().await.expect("a refresh begins in the background, and hangs");
    settle().await;
    world.server.put("safe", "hush-2");
    world.server.set_latency(LATENCY);
    world.calls();
}

/// The call's time runs out while the process is frozen, and its failure is the first thing that happens on waking.
#[tokio::test(start_paused = true)]
async fn a_call_whose_time_ran_out_on_ice_is_no_outage() {
    for frozen in [20, 200, 1_800, 3_000] {
        let (jumped, clock) = jumping_clock();
        let world = world(config().clock(clock));
        world.code().await.expect("it is there");
        jumped.store(90, Ordering::SeqCst);
        hanging_refresh(&world).await;
        jumped.store(90 + frozen, Ordering::SeqCst);
        pass(CALL).await;
        let (found, time) = world.timed().await;
        assert_eq!((found.as_deref(), time), (Ok("2"), LATENCY), "after {frozen} s");
        assert_eq!(world.calls(), ["GetSecretValue"]);
        assert!(!world.secrets.cached(&crate::support::SafeCode).await.expect("it is there").is_stale());
    }
}

/// A clock that stands still for as long as it is told to.
fn stopping_clock() -> (Arc<AtomicBool>, impl Fn() -> std::time::Instant + Send + Sync + 'static) {
    let stopped = Arc::new(AtomicBool::new(false));
    let (frozen, last) = (Arc::clone(&stopped), std::sync::Mutex::new((Instant::now(), Duration::ZERO)));
    (stopped, move || {
        let (mut last, now) = (last.lock().expect("no test panics here"), Instant::now());
        let (at, gone) = *last;
        // What passes while it stands still is lost.
        *last = if frozen.load(Ordering::SeqCst) { (now, gone + (now - at)) } else { (now, gone) };
        (now - last.1).into_std()
    })
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_stood_still_makes_no_outage_either() {
    let (stopped, clock) = stopping_clock();
    let world = world(config().clock(clock));
    world.code().await.expect("it is there");
    pass(Duration::from_secs(90)).await;
    hanging_refresh(&world).await;
    stopped.store(true, Ordering::SeqCst);
    pass(Duration::from_mins(30)).await;
    // By its clock the value is still good, and the failed call says nothing.
    assert_eq!(world.code().await.as_deref(), Ok("1"));
    stopped.store(false, Ordering::SeqCst);
    pass(Duration::from_secs(11)).await;
    let (found, time) = world.timed().await;
    assert!(found.as_deref() == Ok("2") && time <= LATENCY, "{found:?} after {time:?}");
}

/// A call that hangs while the process runs is an outage as before: nobody waits for the next one.
#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_while_the_process_runs_is_an_outage() {
    let world = world(config());
    world.code().await.expect("it is there");
    pass(Duration::from_secs(85)).await;
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang).times(1_000));
    for _ in 0..40 {
        pass(Duration::from_secs(1)).await;
        let (found, time) = world.timed().await;
        assert_eq!((found.as_deref(), time), (Ok("1"), Duration::ZERO));
    }
}
