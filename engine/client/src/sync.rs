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
