//! The locks and atomics that tasks share: those of the standard library.
//!
//! In the unit tests of this crate, they are those of [shuttle](https://docs.rs/shuttle), which runs all tasks of a
//! test in one thread, and chooses at each use of them which task continues. Each test runs under thousands of
//! schedules, which are the same in every run, and fails if no task can continue. Locks inside other crates (arc-swap,
//! papaya, Tokio) count as one step in these schedules, and every memory ordering is treated as sequentially
//! consistent.

#[cfg(test)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

/// A point at which another task may continue, between two steps inside other crates. Does nothing outside these tests.
#[inline]
pub(crate) fn turn() {
    // Not `yield_now`, because PCT would then always run all other tasks first.
    #[cfg(test)]
    atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
}

#[cfg(test)]
pub(crate) mod schedules {
    use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
    use shuttle::{Config, MaxSteps, Runner};

    /// The number of schedules under each scheduler, unless the environment variable `SCHEDULES` sets it.
    const SCHEDULES: usize = 500;
    /// The number of priority changes that the second scheduler makes: most races need no more.
    const DEPTH: usize = 4;

    /// Runs a test under random schedules, and under schedules in which some tasks are slow (PCT).
    pub(crate) fn explore(test: impl Fn() + Copy + Send + Sync + 'static) {
        let schedules = std::env::var("SCHEDULES").map_or(SCHEDULES, |number| number.parse().expect("a number"));
        run(RandomScheduler::new_from_seed(0, schedules), test);
        run(PctScheduler::new_from_seed(0, DEPTH, schedules), test);
    }

    /// Runs a test of one task, which has only one schedule.
    pub(crate) fn alone(test: impl Fn() + Send + Sync + 'static) {
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
}
