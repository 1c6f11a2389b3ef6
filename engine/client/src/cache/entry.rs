//! A cached response for one secret: how long it is valid, and how it is handed out.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;

use super::policy::Rules;
use super::version::Version;
use crate::current::Versioned;
use crate::error::Error;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use crate::token;

const NANOS_A_MILLI: u64 = 1_000_000;

/// A response of AWS. It is dropped, and so wiped, when it is replaced and the last reader has released it.
pub(super) struct Entry<P> {
    pub(super) answer: Answer<P>,
    /// The length of the stored value in bytes.
    pub(super) bytes: u32,
    /// A time at which the response was certainly valid.
    seen_at: AtomicU64,
    /// Its lifetime from `seen_at` on, in milliseconds.
    life: AtomicU32,
    /// Until this time a read returns the entry as a plain hit. After it, a read takes the slow path; see `look`.
    check_at: AtomicU64,
}

/// The entry of a secret, borrowed without reference counting.
pub(super) type Known<P> = Guard<Option<Arc<Entry<P>>>>;

pub(super) enum Answer<P> {
    Value(P, Version),
    /// AWS responded that there is nothing to read.
    Refused(Error),
}

impl<P> Answer<P> {
    fn of(value: Versioned<P>) -> Self {
        let version = value.version().into();
        Self::Value(value.into_value(), version)
    }
}

impl<P> Entry<P> {
    pub(super) fn value(value: Versioned<P>, bytes: usize, seen_at: u64, rules: &Rules) -> Self {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let entry = Self::new(Answer::of(value), bytes);
        entry.seen(seen_at, rules);
        entry
    }

    /// An entry for a missing or unreadable secret, valid for `negative_ttl` from `seen_at` on.
    pub(super) fn refused(error: Error, seen_at: u64, rules: &Rules) -> Self {
        let entry = Self::new(Answer::Refused(error), 0);
        entry.seen_at.store(seen_at, Relaxed);
        entry.check_at.store(seen_at.saturating_add(rules.negative_ttl), Relaxed);
        entry
    }

    fn new(answer: Answer<P>, bytes: u32) -> Self {
        Self { answer, bytes, seen_at: AtomicU64::new(0), life: AtomicU32::new(0), check_at: AtomicU64::new(0) }
    }

    /// Restarts the lifetime: the value was current at this time.
    pub(super) fn seen(&self, at: u64, rules: &Rules) {
        let (life, fresh) = rules.draw_life();
        self.seen_at.store(at, Relaxed);
        self.life.store(life, Relaxed);
        self.check_at.store(at.saturating_add(fresh), Relaxed);
    }

    #[inline]
    pub(super) fn is_fresh(&self, now: u64) -> bool {
        now < self.check_at.load(Relaxed)
    }

    pub(super) fn fresh_until(&self, at: u64) {
        self.check_at.store(at, Relaxed);
    }

    pub(super) fn expires_at(&self) -> u64 {
        let life = u64::from(self.life.load(Relaxed)) * NANOS_A_MILLI;
        self.seen_at.load(Relaxed).saturating_add(life)
    }

    /// After this time the value is not handed out, even if AWS is unavailable.
    pub(super) fn usable_until(&self, rules: &Rules) -> u64 {
        self.expires_at().saturating_add(rules.stale_if_error)
    }

    pub(super) fn is_value(&self) -> bool {
        matches!(self.answer, Answer::Value(..))
    }

    /// Whether this is the same value as `other`, or the successor that this client wrote to it.
    pub(super) fn is_or_follows(&self, other: &Self) -> bool {
        match &other.answer {
            Answer::Value(_, version) => {
                let version = version.text();
                self.is_version(&version) || self.is_version(&token::successor_of(&version))
            }
            Answer::Refused(_) => !self.is_value(),
        }
    }

    /// Whether this is a value with this version id.
    pub(super) fn is_version(&self, id: &str) -> bool {
        matches!(&self.answer, Answer::Value(_, version) if version.is(id))
    }
}

/// A value that the cache handed out. Dereferences to the value.
///
/// It borrows the cached value without reference counting: readers do not slow each other down, and nothing is copied.
/// It can be held across `.await` and sent to other threads. The value never changes, and is wiped after the last
/// borrow is dropped, so drop this when the value has been used. Each thread can hold eight borrows without counting;
/// further ones are counted, at the cost of an [`Arc`].
pub struct Cached<P> {
    /// Always holds a value, never `None` or a refusal.
    held: Known<P>,
    read_at: u64,
}

impl<P> Cached<P> {
    /// Converts an entry to the result of a read; `None` if there is no entry.
    #[inline]
    pub(super) fn of(held: Known<P>, read_at: u64) -> Option<Result<Self, Error>> {
        match &held.as_ref()?.answer {
            Answer::Refused(error) => Some(Err(error.clone())),
            Answer::Value(..) => Some(Ok(Self { held, read_at })),
        }
    }

    /// A value that is not in any cache.
    pub(super) fn uncached(value: Versioned<P>) -> Self {
        let entry = Entry::new(Answer::of(value), 0);
        entry.life.store(u32::MAX, Relaxed);
        Self { held: Guard::from_inner(Some(Arc::new(entry))), read_at: 0 }
    }

    /// The id of the version in Secrets Manager.
    #[must_use]
    pub fn version(&self) -> Cow<'_, str> {
        self.parts().1.text()
    }

    /// The time between the last moment at which the value was known to be current and the read, with a precision of
    /// about ten milliseconds.
    #[must_use]
    pub fn age(&self) -> Duration {
        let seen_at = self.held.as_ref().map_or(0, |entry| entry.seen_at.load(Relaxed));
        Duration::from_nanos(self.read_at.saturating_sub(seen_at))
    }

    /// Whether the value had exceeded its ttl when it was read, because AWS was unavailable or too slow.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.held.as_ref().is_some_and(|entry| self.read_at >= entry.expires_at())
    }

    pub(super) fn is(&self, other: Option<&Arc<Entry<P>>>) -> bool {
        self.held.as_ref().zip(other).is_some_and(|(held, other)| Arc::ptr_eq(held, other))
    }

    #[inline]
    fn parts(&self) -> (&P, &Version) {
        match self.held.as_ref().map(|entry| &entry.answer) {
            Some(Answer::Value(value, version)) => (value, version),
            _ => unreachable!("only a value is handed out"),
        }
    }
}

impl<P> Deref for Cached<P> {
    type Target = P;

    fn deref(&self) -> &P {
        self.parts().0
    }
}

/// Shows the version and the age, never the value.
impl<P> fmt::Debug for Cached<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("version", &self.version())
            .field("age", &self.age())
            .field("is_stale", &self.is_stale())
            .finish_non_exhaustive()
    }
}
