//! The locks and atomics that tasks share: the standard library's.
//!
//! In this crate's own unit tests they are those of [shuttle](https://docs.rs/shuttle), which runs all tasks of a test in one
//! thread and chooses, at every use of them, which one goes on: each test sees thousands of schedules, always the same ones,
//! and a schedule in which no task can go on fails. What other crates lock for themselves (arc-swap, papaya, Tokio) is one
//! step in these schedules, and an ordering weaker than sequential consistency counts as that.

#[cfg(test)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

/// A place at which another task may go on, between two steps that other crates make. Nothing, but in those tests.
#[inline]
pub(crate) fn turn() {
    // Not `yield_now`, after which PCT would always have all others go first.
    #[cfg(test)]
    atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
}

#[cfg(test)]
pub(crate) mod schedules {
    use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
    use shuttle::{Config, MaxSteps, Runner};

    /// Under each scheduler, unless the environment's `SCHEDULES` says how many.
    const SCHEDULES: usize = 500;
    /// So many changes of who goes first does the second scheduler try: most races need no more.
    const DEPTH: usize = 4;

    /// Runs a test under random schedules, and under ones in which some tasks are slow (PCT).
    pub(crate) fn explore(test: impl Fn() + Copy + Send + Sync + 'static) {
        let schedules = std::env::var("SCHEDULES").map_or(SCHEDULES, |number| number.parse().expect("a number"));
        run(RandomScheduler::new_from_seed(0, schedules), test);
        run(PctScheduler::new_from_seed(0, DEPTH, schedules), test);
    }

    /// Runs a test of one task, which has one schedule.
    pub(crate) fn alone(test: impl Fn() + Send + Sync + 'static) {
        run(RandomScheduler::new_from_seed(0, 1), test);
    }

    fn run(scheduler: impl Scheduler + 'static, test: impl Fn() + Send + Sync + 'static) {
        // Timers can be set, and never go off: this runtime is not driven.
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
