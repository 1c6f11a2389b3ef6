//! Runs a test of tasks under the schedules that [shuttle](https://docs.rs/shuttle) chooses: thousands of them, the same in
//! every run.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

/// The number of schedules under each scheduler, unless the environment variable `SCHEDULES` sets it.
const SCHEDULES: usize = 500;
/// The number of priority changes that the second scheduler makes: most races need no more.
const DEPTH: usize = 4;

/// Runs a test under random schedules, and under schedules in which some tasks are slow (PCT).
///
/// # Panics
///
/// If the test fails under one of them, or `SCHEDULES` is not a number.
pub fn explore(test: impl Fn() + Copy + Send + Sync + 'static) {
    let schedules = std::env::var("SCHEDULES").map_or(SCHEDULES, |number| number.parse().expect("a number"));
    run(RandomScheduler::new_from_seed(0, schedules), test);
    run(PctScheduler::new_from_seed(0, DEPTH, schedules), test);
}

/// Runs a test of one task, which has only one schedule.
pub fn alone(test: impl Fn() + Send + Sync + 'static) {
    run(RandomScheduler::new_from_seed(0, 1), test);
}

fn run(scheduler: impl Scheduler + 'static, test: impl Fn() + Send + Sync + 'static) {
    // Timers can be created, but never fire, because this runtime is not driven.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime can be built");
    let _entered = runtime.enter();
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(test);
}
