//! What time it is, for the cache: nanoseconds of a clock that never goes backwards.
//!
//! Every read asks, so the cost counts. Measured (AMD EPYC, two shared cores, best of 40 runs): `Instant::now` 27 to 33 ns,
//! `quanta` 12 ns, `CLOCK_MONOTONIC_COARSE` 4.5 ns. The coarse clock moves once a kernel tick (1 to 10 ms), which is finer
//! than any time of a policy has to be. It goes on while a Lambda function is frozen, and nothing here waits for a timer
//! to find a value too old.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone)]
pub(super) enum Clock {
    /// The system's.
    Coarse,
    /// A test's, with the moment from which it counts.
    Injected(Instant, Arc<dyn Fn() -> Instant + Send + Sync>),
}

impl Clock {
    pub(super) const fn coarse() -> Self {
        Self::Coarse
    }

    pub(super) fn injected(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self::Injected(now(), Arc::new(now))
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        match self {
            Self::Coarse => coarse_now(),
            Self::Injected(start, now) => nanos(now().saturating_duration_since(*start)),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Coarse) { "Coarse" } else { "Injected" })
    }
}

#[cfg(target_os = "linux")]
#[inline]
fn coarse_now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Elsewhere there is no coarse clock, and the precise one counts from the first time that it is asked.
#[cfg(not(target_os = "linux"))]
fn coarse_now() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    nanos(START.elapsed())
}

/// A duration as the clock counts. What is longer than 500 years counts as that.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
