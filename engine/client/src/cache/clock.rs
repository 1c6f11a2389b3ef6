//! Monotonic coarse clock. Counts nanoseconds, never goes backwards, and includes the time in which the process is
//! frozen.
//!
//! Reports differ on whether the monotonic clock advances while a Lambda function is frozen. The wall clock does, or is
//! set when the function resumes. So the elapsed time is the longer of the two: a value's age can be overestimated, but
//! not underestimated.
//!
//! Every read asks for the time, so the cost matters. Measured (AMD EPYC, two shared cores, best of 40 runs):
//! `Instant::now` 27 to 33 ns, `quanta` 12 ns, a coarse clock 4.5 ns. A coarse clock advances once per kernel tick (1
//! to 10 ms), which is precise enough for the times of a policy. A hit reads only the wall clock, for at most one second
//! after both clocks were read; every other operation reads both clocks and compensates if the wall clock was set back.
//! So a wall clock that was set back affects hits for less than a second. No timer is used to detect that a value is
//! too old.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A test's clock.
#[derive(Clone)]
pub(super) struct Injected(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Injected {
    pub(super) fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Injected")
    }
}

pub(super) enum Clock {
    /// The system's clocks.
    System(Steady),
    /// A test's clock, with the instant from which it counts.
    Injected(Instant, Injected),
}

impl Clock {
    pub(super) fn new(injected: Option<Injected>) -> Self {
        match injected {
            Some(clock) => Self::Injected((clock.0)(), clock),
            None => Self::System(Steady::from(Reading::of_the_system())),
        }
    }

    /// The time, for a hit, which only compares it. Usually reads only the wall clock.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        match self {
            Self::System(steady) => steady.now(wall(), Reading::of_the_system),
            Self::Injected(..) => self.looked_up(),
        }
    }

    /// The time, according to both clocks.
    pub(super) fn looked_up(&self) -> u64 {
        match self {
            Self::System(steady) => steady.look(Reading::of_the_system()),
            Self::Injected(start, now) => nanos((now.0)().saturating_duration_since(*start)),
        }
    }
}

/// How long after a reading of both clocks the wall clock is enough, in nanoseconds.
const GLANCES: u64 = 1_000_000_000;

/// A reading of both clocks.
#[derive(Clone, Copy)]
struct Reading {
    wall: u64,
    monotonic: u64,
}

impl Reading {
    fn of_the_system() -> Self {
        Self { wall: wall(), monotonic: monotonic() }
    }
}

/// Combines both clocks: the longer of their elapsed times counts.
pub(super) struct Steady {
    /// The combined time minus the wall clock.
    ahead: AtomicU64,
    /// The combined time when both clocks were last read.
    looked: AtomicU64,
    last: Mutex<(Reading, u64)>,
}

impl Steady {
    fn from(reading: Reading) -> Self {
        Self {
            ahead: AtomicU64::new(0_u64.wrapping_sub(reading.wall)),
            looked: AtomicU64::new(0),
            last: Mutex::new((reading, 0)),
        }
    }

    /// The time according to the wall clock, or according to both clocks if that is not enough.
    #[inline]
    fn now(&self, wall: u64, read: impl FnOnce() -> Reading) -> u64 {
        self.glance(wall).unwrap_or_else(|| self.look(read()))
    }

    /// The time according to the wall clock; `None` if both clocks were last read [`GLANCES`] ago or longer, or if the
    /// wall clock was set back to before that.
    #[inline]
    fn glance(&self, wall: u64) -> Option<u64> {
        let now = wall.wrapping_add(self.ahead.load(Relaxed));
        // If the clock was set back, the difference wraps around to a number near the maximum.
        let since = now.wrapping_sub(self.looked.load(Relaxed));
        (since < GLANCES).then_some(now)
    }

    fn look(&self, reading: Reading) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, then) = *last;
        let passed = reading.wall.saturating_sub(before.wall).max(reading.monotonic.saturating_sub(before.monotonic));
        let now = then.saturating_add(passed);
        *last = (reading, now);
        self.ahead.store(now.wrapping_sub(reading.wall), Relaxed);
        self.looked.store(now, Relaxed);
        now
    }
}

#[cfg(target_os = "linux")]
#[inline]
fn read(clock: rustix::time::ClockId) -> u64 {
    let time = rustix::time::clock_gettime(clock);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

#[cfg(target_os = "linux")]
#[inline]
fn wall() -> u64 {
    read(rustix::time::ClockId::RealtimeCoarse)
}

#[cfg(target_os = "linux")]
fn monotonic() -> u64 {
    read(rustix::time::ClockId::MonotonicCoarse)
}

/// Other systems have no coarse clocks.
#[cfg(not(target_os = "linux"))]
fn wall() -> u64 {
    nanos(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
}

/// Counts from the first call.
#[cfg(not(target_os = "linux"))]
fn monotonic() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    nanos(START.elapsed())
}

/// A duration in nanoseconds. Durations above 500 years saturate.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Reading, Steady};

    const START: Reading = Reading { wall: 1_000_000, monotonic: 50 };

    #[test]
    fn the_time_that_passes_is_the_longer_of_both() {
        for (wall, monotonic, passed) in [(10, 10, 10), (2_000, 10, 2_000), (0, 10, 10), (10, 0, 10), (0, 0, 0)] {
            let steady = Steady::from(START);
            let reading = Reading { wall: START.wall + wall, monotonic: START.monotonic + monotonic };
            assert_eq!(steady.look(reading), passed);
            assert_eq!(steady.glance(reading.wall), Some(passed));
            assert_eq!(steady.glance(reading.wall + 7), Some(passed + 7));
        }
    }

    #[test]
    fn a_wall_clock_that_is_set_back_takes_no_time_back() {
        let steady = Steady::from(START);
        let later = Reading { wall: START.wall + 100, monotonic: START.monotonic + 100 };
        assert_eq!(steady.look(later), 100);
        let set_back = Reading { wall: 5_000, monotonic: later.monotonic + 20 };
        assert_eq!(steady.glance(set_back.wall), None, "a hit looks closer");
        assert_eq!(steady.look(set_back), 120);
        assert_eq!(steady.glance(set_back.wall + 3), Some(123));
    }

    /// Only hits read the clock. The wall clock is set back by less than the time that has passed.
    #[test]
    fn hits_notice_within_a_second_that_the_wall_clock_was_set_back() {
        const SECOND: u64 = 1_000_000_000;
        let steady = Steady::from(START);
        let hit = |passed: u64, set_back: u64| {
            let wall = START.wall + passed - set_back;
            steady.now(wall, || Reading { wall, monotonic: START.monotonic + passed })
        };
        for tenth in 1..6_000 {
            assert_eq!(hit(tenth * SECOND / 10, 0), tenth * SECOND / 10);
        }
        let set_back = 300 * SECOND;
        let passed = 600 * SECOND;
        assert!(hit(passed, set_back) >= passed - SECOND);
        assert!(hit(passed + SECOND, set_back) >= passed);
        assert!(hit(passed + 400 * SECOND, set_back) >= passed + 399 * SECOND);
    }

    #[test]
    fn a_glance_is_enough_for_a_second() {
        let steady = Steady::from(START);
        assert_eq!(steady.glance(START.wall + 999_999_999), Some(999_999_999));
        assert_eq!(steady.glance(START.wall + 1_000_000_000), None);
    }

    #[test]
    fn the_systems_clock_never_goes_backwards() {
        let clock = Clock::new(None);
        let mut last = 0;
        for turn in 0..100_000 {
            let now = if turn % 7 == 0 { clock.looked_up() } else { clock.now() };
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
    }
}
