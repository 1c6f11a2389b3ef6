//! The cache: values that were read once, parsed once, and are handed out without a copy.
//!
//! - `read`: a cached read, from the hit that touches nothing shared to the choice whether to wait;
//! - `load`: the one call in flight for a secret, and what its answer changes;
//! - `through`: what this client's own writes and plain reads change;
//! - `slot`, `entry`: a secret's place and an answer in it; `index` finds a slot, `ledger` bounds them;
//! - `policy`, `config`, `clock`: how long, and how much;
//! - `scope`: which cache a client has.
//!
//! Time is judged when a value is read and never by a timer, so a process that is frozen between two requests finds on
//! waking what is too old, and a call that hung meanwhile is left behind, and says nothing of AWS.

mod clock;
mod config;
mod entry;
mod index;
mod ledger;
mod load;
mod policy;
mod read;
#[cfg(test)]
mod schedules;
mod scope;
mod slot;
mod stats;
mod through;
mod version;

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

pub use config::{CacheConfig, CacheConfigError};
pub use entry::Cached;
pub(super) use scope::{Scope, Shelf};
pub use stats::CacheStats;

pub use crate::freshness::CachePolicy;

use crate::model::Secret;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::{Mutex, MutexGuard};
use clock::{Clock, nanos};
use entry::Entry;
use index::{Index, Seed};
use ledger::Ledger;
use policy::{Policies, Rules};
use slot::{AnySlot, Slot, State};
use stats::Counters;

pub(super) struct Cache {
    index: Index,
    ledger: Mutex<Ledger>,
    policies: Policies,
    max_bytes: u64,
    clock: Clock,
    /// Until then AWS counts as out of order: reads that have something to hand out do not wait for it.
    trouble_until: AtomicU64,
    counters: Counters,
}

impl Cache {
    pub(super) fn new(config: CacheConfig) -> Result<Self, CacheConfigError> {
        let config = config.checked()?;
        let seed = Seed::default();
        Ok(Self {
            index: Index::new(seed.clone()),
            ledger: Mutex::new(Ledger::new(config.entries, config.bytes, seed)),
            policies: config.policies,
            max_bytes: config.bytes,
            clock: config.clock,
            trouble_until: AtomicU64::new(0),
            counters: Counters::default(),
        })
    }

    fn rules<S: Secret>(&self) -> &Rules {
        self.policies.of::<S>()
    }

    /// For how long a value is handed out past its life while AWS cannot be asked.
    pub(super) fn stale_bound<S: Secret>(&self) -> Duration {
        Duration::from_nanos(self.rules::<S>().stale_if_error)
    }

    /// Works in a secret's slot, under its lock; a new one if it has none.
    fn in_slot<S: Secret, R>(&self, secret: &S, work: impl FnOnce(&Arc<Slot<S>>, &mut State<S::Payload>) -> R) -> R {
        loop {
            let slot = self.index.find_or_add(secret);
            let mut state = slot.state();
            if !state.is_dead {
                return work(&slot, &mut state);
            }
            // It was evicted a moment ago, and the task that did that has not come to this yet.
            drop(state);
            let slot: Arc<dyn AnySlot> = slot;
            self.index.remove(&slot);
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Books what has changed in a slot, whose lock the caller has let go of, and makes room.
    fn settle<S: Secret>(&self, slot: &Arc<Slot<S>>) {
        let slot: Arc<dyn AnySlot> = Arc::<Slot<S>>::clone(slot);
        let evicted = self.ledger().settle(&slot, self.clock.looked_up(), &self.policies);
        for slot in &evicted {
            self.index.remove(slot);
        }
    }

    /// Whether a value can be kept at all: one that is larger than the whole cache would only drive out all others.
    fn has_room_for<P>(&self, entry: &Entry<P>) -> bool {
        u64::from(entry.bytes) <= self.max_bytes
    }

    fn is_in_trouble(&self, now: u64) -> bool {
        now < self.trouble_until.load(Relaxed)
    }

    /// Remembers that AWS did not answer: for twice as long as a call may take, so that an attempt that hangs has failed,
    /// and renewed this, before it is over.
    fn trouble<S: Secret>(&self, now: u64) {
        let call = nanos(self.rules::<S>().call_timeout);
        self.trouble_until.store(now.saturating_add(call.saturating_mul(2)), Relaxed);
    }

    fn no_trouble(&self) {
        if self.trouble_until.load(Relaxed) != 0 {
            self.trouble_until.store(0, Relaxed);
        }
    }
}

/// How much there is, never of what.
impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
