//! The cache slot of one secret: the cached entry and its in-flight load.
//!
//! Two rules decide which operation may change the entry. A load may do so only while it is the flight of the slot; the
//! end of a write and an invalidation remove the flight, so the response of a load that began before them is not
//! stored. And a writer stores its own value only if nothing else has changed since it began, which it detects by the
//! epoch. If two responses cannot be ordered, the entry is dropped, and the next read asks AWS.
//!
//! A flight is a load in progress. It is cut off if it is no longer the flight of the slot: its response is then only
//! given to the reads that wait for it.
//!
//! The transitions of a slot, each under its lock. An empty cell means unchanged. Every replacement of `known` increments
//! the epoch, even if it was empty before.
//!
//! | Event | `flight` | `shown` | `known` |
//! |---|---|---|---|
//! | A load starts: no flight, or an overdue one (`start`) | new | none | |
//! | The flight gets a response (`LoadGuard::learn`) | none | none | the response, or empty (1) |
//! | A cut-off flight gets a response (`LoadGuard::show`) | may be cut off (2) | the response (2) | may be emptied (3) |
//! | The flight fails, or its task is dropped | none | none | |
//! | A write begins: `writers` + 1 | | | |
//! | A write ends before any call: `writers` - 1 | | | |
//! | A write ends after a call: `writers` - 1 | none | none | the written value, or empty (4) |
//! | An invalidation, or a plain read of another version (`forget`) | none | none | empty |
//! | The value is no longer usable (`drop_if_past`) | | | empty |
//! | Eviction, if `flight` is none and `writers` is 0 (`retire`): `is_dead` is set | | | empty |
//!
//! 1. Empty if the response may be older than `shown`, or is larger than the cache.
//! 2. The flight is cut off if the response does not follow from `shown`. Without a flight, `shown` is none.
//! 3. Emptied unless it is the response or follows from it.
//! 4. Empty if the epoch has changed since the write began, or if the value is larger than the cache.

use std::any::Any;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::clock::nanos;
use super::entry::Entry;
use super::policy::{Policies, Rules};
use super::seed::Seed;
use crate::error::Error;
use crate::model::Secret;
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use crate::sync::{Mutex, MutexGuard};

pub(super) struct Slot<S: Secret> {
    pub(super) secret: S,
    pub(super) known: ArcSwapOption<Entry<S::Payload>>,
    state: Mutex<State<S::Payload>>,
    mark: Mark,
}

/// The state of a slot that its lock protects.
pub(super) struct State<P> {
    /// Changes whenever the entry is replaced or dropped.
    pub(super) epoch: u32,
    /// Writes of this client that have begun and not ended.
    pub(super) writers: u16,
    pub(super) flight: Option<Arc<InFlight<P>>>,
    /// The entry that a cut-off flight gave to its readers since the current flight started. The response of the
    /// current flight is only stored if it is certainly not older.
    pub(super) shown: Option<Arc<Entry<P>>>,
    /// The slot is no longer in the index. A reader that finds such a slot looks it up again.
    pub(super) is_dead: bool,
}

/// One call of AWS that reads the secret, and the readers that wait for it.
pub(super) struct InFlight<P> {
    pub(super) started: u64,
    /// When its task was last known to run.
    pub(super) heard: AtomicU64,
    pub(super) progress: watch::Sender<Progress<P>>,
}

/// A flight of the slot that has ended, with the entry that readers were shown meanwhile.
pub(super) struct Ended<P> {
    pub(super) shown: Option<Arc<Entry<P>>>,
}

pub(super) enum Progress<P> {
    Pending,
    Done(Result<Arc<Entry<P>>, Error>),
    /// The response may be older than an entry that readers were shown meanwhile.
    Superseded,
    /// The task was dropped, for example because its runtime was shut down.
    Abandoned,
}

/// The interval at which the task of a flight records that it runs.
pub(super) const BEAT: Duration = Duration::from_millis(100);
/// A task that did not record this for longer was suspended: the process was frozen or overloaded.
const SILENCE: Duration = Duration::from_millis(500);

impl<P> InFlight<P> {
    /// Records that the task runs. Returns whether it was suspended before.
    pub(super) fn beat(&self, now: u64) -> bool {
        let stood_still = self.stands_still(now);
        self.heard.store(now, Relaxed);
        stood_still
    }

    /// Whether the task has been suspended, and so cannot have received a response.
    pub(super) fn stands_still(&self, now: u64) -> bool {
        now.saturating_sub(self.heard.load(Relaxed)) > nanos(SILENCE)
    }

    /// When the flight is considered overdue, and the next read starts another one.
    pub(super) fn deadline(&self, rules: &Rules) -> u64 {
        self.started.saturating_add(nanos(rules.call_timeout))
    }
}

impl<P> State<P> {
    /// Starts a flight and replaces the current one, if any.
    pub(super) fn start(&mut self, now: u64) -> Arc<InFlight<P>> {
        let progress = watch::Sender::new(Progress::Pending);
        let flight = Arc::new(InFlight { started: now, heard: AtomicU64::new(now), progress });
        self.flight = Some(Arc::clone(&flight));
        self.shown = None;
        flight
    }

    /// Records that a cut-off flight has given this entry to readers.
    pub(super) fn show(&mut self, entry: &Arc<Entry<P>>) {
        if self.shown.as_ref().is_some_and(|shown| !entry.is_or_follows(shown)) {
            // No response can be certain to follow both entries.
            self.cut_off();
        }
        self.shown = self.flight.is_some().then(|| Arc::clone(entry));
    }

    /// Removes the flight from the slot, and `shown`, which only concerns this flight.
    pub(super) fn cut_off(&mut self) {
        self.flight = None;
        self.shown = None;
    }

    /// Ends a flight if it is the flight of the slot, and so may change the entry.
    pub(super) fn end_flight(&mut self, flight: &Arc<InFlight<P>>) -> Option<Ended<P>> {
        self.flight.take_if(|ours| Arc::ptr_eq(ours, flight)).map(|_| Ended { shown: self.shown.take() })
    }
}

impl<S: Secret> Slot<S> {
    pub(super) fn new(secret: S) -> Self {
        let state = State { epoch: 0, writers: 0, flight: None, shown: None, is_dead: false };
        Self { secret, known: ArcSwapOption::empty(), state: Mutex::new(state), mark: Mark::default() }
    }

    /// Locks the state. No code under the lock can panic in the middle of a change.
    pub(super) fn state(&self) -> MutexGuard<'_, State<S::Payload>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a read. Once the maximum is reached nothing is written, so that the readers of a hot slot do not slow
    /// each other down.
    #[inline]
    pub(super) fn touch(&self) {
        let hits = self.mark.hits.load(Relaxed);
        if hits < Mark::MAX_HITS {
            self.mark.hits.store(hits + 1, Relaxed);
        }
    }

    /// Replaces the entry. The borrow of the state proves that the lock is held; the caller drops the old entry.
    #[must_use = "what was known is wiped when this is dropped, better without the lock"]
    pub(super) fn replace(
        &self,
        state: &mut State<S::Payload>,
        known: Option<Arc<Entry<S::Payload>>>,
    ) -> Option<Arc<Entry<S::Payload>>> {
        state.epoch = state.epoch.wrapping_add(1);
        self.known.swap(known)
    }
}

/// The ledger's data about a slot.
#[derive(Default)]
pub(super) struct Mark {
    /// Reads since the slot was last considered for eviction, up to `MAX_HITS`.
    pub(super) hits: AtomicU8,
    /// The queue that holds the slot. Changed only under the lock of the eviction queues.
    pub(super) queue: AtomicU8,
    /// The bytes that the eviction queues count for it. Changed only under the lock of the eviction queues.
    pub(super) charged: AtomicU32,
}

impl Mark {
    pub(super) const MAX_HITS: u8 = 3;
}

/// A slot of any kind of secret.
pub(super) trait AnySlot: Any + Send + Sync {
    fn mark(&self) -> &Mark;

    fn hash(&self, seed: &Seed) -> u64;

    /// Whether both slots belong to the same secret.
    fn is_same(&self, other: &dyn AnySlot) -> bool;

    /// The size of its value in bytes.
    fn bytes(&self) -> u32;

    /// Drops the entry and marks the slot as dead, unless it is being loaded or written. Returns whether it did.
    fn retire(&self) -> bool;

    /// Drops a value that may no longer be handed out. Returns whether it did.
    fn drop_if_past(&self, now: u64, policies: &Policies) -> bool;
}

impl<S: Secret> AnySlot for Slot<S> {
    fn mark(&self) -> &Mark {
        &self.mark
    }

    fn hash(&self, seed: &Seed) -> u64 {
        seed.hash(&self.secret)
    }

    fn is_same(&self, other: &dyn AnySlot) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<Self>().is_some_and(|other| other.secret == self.secret)
    }

    fn bytes(&self) -> u32 {
        self.known.load().as_ref().map_or(0, |entry| entry.bytes)
    }

    fn retire(&self) -> bool {
        let mut state = self.state();
        let is_idle = state.writers == 0 && state.flight.is_none();
        if is_idle {
            state.is_dead = true;
            drop(self.replace(&mut state, None));
        }
        is_idle
    }

    fn drop_if_past(&self, now: u64, policies: &Policies) -> bool {
        let mut state = self.state();
        let rules = policies.of::<S>();
        let is_past = |entry: &Arc<Entry<_>>| entry.is_value() && now >= entry.usable_until(rules);
        let is_past = self.known.load().as_ref().is_some_and(is_past);
        if is_past {
            drop(self.replace(&mut state, None));
        }
        is_past
    }
}
