//! One secret's place in the cache: what is known of it, and what is going on with it.
//!
//! Who may change what is known is decided here, by two rules. A load may do so only while it is the slot's flight; the
//! end of a write and an invalidation take the flight away, so a load that began before them never does. And a
//! writer trusts its own value only if nothing else changed since it began, which the epoch tells. Where two answers cannot be
//! put in order, what is known is forgotten, and the next read asks.

use std::any::Any;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::clock::nanos;
use super::entry::Entry;
use super::index::Seed;
use super::policy::{Policies, Rules};
use crate::client::error::Error;
use crate::model::Secret;
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use crate::sync::{Mutex, MutexGuard};

pub(super) struct Slot<S: Secret> {
    pub(super) secret: S,
    pub(super) known: ArcSwapOption<Entry<S::Payload>>,
    state: Mutex<State<S::Payload>>,
    mark: Mark,
}

/// What changes under the slot's lock.
pub(super) struct State<P> {
    /// Changes whenever what is known is replaced or forgotten.
    pub(super) epoch: u32,
    /// Writes of this client that have begun and not ended.
    pub(super) writers: u16,
    pub(super) flight: Option<Arc<Flight<P>>>,
    /// What readers were shown since the flight took off by another that was cut off. Only an answer that surely is as new
    /// may follow.
    pub(super) shown: Option<Arc<Entry<P>>>,
    /// No longer in the index. A reader that finds such a slot looks it up again.
    pub(super) is_dead: bool,
}

/// One call of AWS that reads the secret, and those who wait for it.
pub(super) struct Flight<P> {
    pub(super) started: u64,
    /// When the task that carries it was last seen to run.
    pub(super) heard: AtomicU64,
    pub(super) progress: watch::Sender<Progress<P>>,
}

/// The end of a slot's flight, with what readers were shown meanwhile.
pub(super) struct Ended<P> {
    pub(super) shown: Option<Arc<Entry<P>>>,
}

pub(super) enum Progress<P> {
    Flying,
    Landed(Result<Arc<Entry<P>>, Error>),
    /// Its answer may be older than what readers were shown meanwhile.
    Outrun,
    /// The runtime that carried it is gone.
    Crashed,
}

/// A task that carries a flight says so often that it runs.
pub(super) const BEAT: Duration = Duration::from_millis(100);
/// One that was not heard of for so long did not run: the process was frozen, or had no time for it.
const SILENCE: Duration = Duration::from_millis(500);

impl<P> Flight<P> {
    /// Its task runs. Whether it did not for a while.
    pub(super) fn beat(&self, now: u64) -> bool {
        let stood_still = self.stands_still(now);
        self.heard.store(now, Relaxed);
        stood_still
    }

    /// Whether its task has not run for a while, and so cannot have had an answer.
    pub(super) fn stands_still(&self, now: u64) -> bool {
        now.saturating_sub(self.heard.load(Relaxed)) > nanos(SILENCE)
    }

    /// When it is given up.
    pub(super) fn back_at(&self, rules: &Rules) -> u64 {
        self.started.saturating_add(nanos(rules.call_timeout))
    }
}

impl<P> State<P> {
    /// Begins a flight in place of any other.
    pub(super) fn take_off(&mut self, now: u64) -> Arc<Flight<P>> {
        let progress = watch::Sender::new(Progress::Flying);
        let flight = Arc::new(Flight { started: now, heard: AtomicU64::new(now), progress });
        self.flight = Some(Arc::clone(&flight));
        self.shown = None;
        flight
    }

    /// Readers were shown this by a flight that is not the slot's.
    pub(super) fn show(&mut self, entry: &Arc<Entry<P>>) {
        if self.shown.as_ref().is_some_and(|shown| !entry.is_or_follows(shown)) {
            // No answer can be as new as both.
            self.cut_off();
        }
        self.shown = self.flight.is_some().then(|| Arc::clone(entry));
    }

    /// Takes the flight away from the slot, and what was shown meanwhile, which is kept for no other.
    pub(super) fn cut_off(&mut self) {
        self.flight = None;
        self.shown = None;
    }

    /// Ends a flight if it is the slot's, and so may change what is known.
    pub(super) fn end_flight(&mut self, flight: &Arc<Flight<P>>) -> Option<Ended<P>> {
        self.flight.take_if(|ours| Arc::ptr_eq(ours, flight)).map(|_| Ended { shown: self.shown.take() })
    }
}

impl<S: Secret> Slot<S> {
    pub(super) fn new(secret: S) -> Self {
        let state = State { epoch: 0, writers: 0, flight: None, shown: None, is_dead: false };
        Self { secret, known: ArcSwapOption::empty(), state: Mutex::new(state), mark: Mark::default() }
    }

    /// The state. Nothing that can panic runs under the lock half way through a change.
    pub(super) fn state(&self) -> MutexGuard<'_, State<S::Payload>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a read. A slot that is read often is not written to, so that its readers do not disturb each other.
    #[inline]
    pub(super) fn touch(&self) {
        let hits = self.mark.hits.load(Relaxed);
        if hits < Mark::MAX_HITS {
            self.mark.hits.store(hits + 1, Relaxed);
        }
    }

    /// Replaces what is known. The state's borrow proves that the lock is held; the old answer is the caller's to drop.
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

/// What the ledger keeps of a slot.
#[derive(Default)]
pub(super) struct Mark {
    /// Reads since the slot was last considered for eviction, up to a maximum.
    pub(super) hits: AtomicU8,
    /// Where the ledger has it. Changed under the ledger's lock alone.
    pub(super) queue: AtomicU8,
    /// The bytes that the ledger has counted for it. Changed under the ledger's lock alone.
    pub(super) charged: AtomicU32,
}

impl Mark {
    pub(super) const MAX_HITS: u8 = 3;
}

/// A slot of any kind of secret.
pub(super) trait AnySlot: Any + Send + Sync {
    fn mark(&self) -> &Mark;

    fn hash(&self, seed: &Seed) -> u64;

    /// Whether both stand for the same secret.
    fn is_same(&self, other: &dyn AnySlot) -> bool;

    /// The bytes of its value.
    fn bytes(&self) -> u32;

    /// Drops what is known and takes the slot out of use, unless somebody is at work on it.
    fn retire(&self) -> bool;

    /// Drops a value that no read may be given any more.
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
