//! Hundreds of random schedules of handlers that share one user, on a paused clock; the history of each is checked against the
//! rules. A schedule is its seed, which a failure names.

mod fresh;
mod writes;

#[path = "../histories/mod.rs"]
mod histories;
#[path = "../google/playing.rs"]
#[allow(dead_code, reason = "another suite's, which needs more of it")]
mod playing;
#[path = "../../../engine/testing/tests/shared/mod.rs"]
mod shared;

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// Runs `schedules` schedules on all cores and returns their results. The environment variable `SCHEDULES` overrides the
/// number, for a longer search.
fn explore<T: Send>(schedules: u64, run: impl AsyncFn(u64) -> T + Sync) -> Vec<T> {
    let schedules = std::env::var("SCHEDULES").map_or(schedules, |number| number.parse().expect("a number"));
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    thread::scope(|scope| {
        let start = |thread| {
            let run = &run;
            scope.spawn(move || {
                let seeds = (thread..schedules).step_by(usize::try_from(threads).expect("a few"));
                let one = |seed| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
                    runtime.expect("a runtime").block_on(run(seed))
                };
                seeds.map(one).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..threads).map(start).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
