//! The cache: values are read and parsed once, and handed out without copying.
//!
//! - `read`: a cached read, from the hit, which takes no lock, to the decision whether to wait for a load;
//! - `load`: the single call in flight for a secret, and how its response changes the slot;
//! - `write_guard`: write-through and invalidation by this client's writes and plain reads;
//! - `slot` and `entry`: the state of one secret and a response in it; `index` finds slots, `eviction` evicts them;
//! - `policy`, `config`, `clock`: lifetimes and capacity;
//! - `scope`: which cache a client uses.
//!
//! Expiry is checked when a value is read, never by a timer. So a process that was frozen between two requests detects
//! expired values when it resumes. A call that was in flight meanwhile is abandoned, and its failure is not attributed
//! to AWS.

mod clock;
mod config;
mod config_error;
mod entry;
mod eviction;
mod guards;
mod index;
mod load;
mod policy;
mod read;
#[cfg(test)]
mod schedules;
mod scope;
mod seed;
mod slot;
mod stats;
mod version;

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

pub use config::CacheConfig;
pub use config_error::CacheConfigError;
pub use entry::Cached;
pub use read::CachedRead;
pub(super) use scope::{Scope, Shelf};
pub use stats::CacheStats;

pub use crate::freshness::CachePolicy;

use crate::model::Secret;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::{Mutex, MutexGuard};
use clock::{Clock, nanos};
use entry::Entry;
use eviction::Eviction;
use index::Index;
use policy::{Policies, Rules};
use seed::Seed;
use slot::{AnySlot, Slot, State};
use stats::Counters;

pub(super) struct Cache {
    index: Index,
    eviction: Mutex<Eviction>,
    policies: Policies,
    max_bytes: u64,
    clock: Clock,
    /// Until this time AWS is considered unavailable: reads with a usable value do not wait for a load.
    trouble_until: AtomicU64,
    counters: Counters,
}

impl Cache {
    pub(super) fn new(config: CacheConfig) -> Result<Self, CacheConfigError> {
        let config = config.checked()?;
        let seed = Seed::default();
        Ok(Self {
            index: Index::new(seed.clone()),
            eviction: Mutex::new(Eviction::new(config.entries, config.bytes, seed)),
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

    /// Runs `work` on a secret's slot, under its lock. Adds a slot if the secret has none.
    fn in_slot<S: Secret, R>(&self, secret: &S, work: impl FnOnce(&Arc<Slot<S>>, &mut State<S::Payload>) -> R) -> R {
        loop {
            let slot = self.index.find_or_add(secret);
            let mut state = slot.state();
            if !state.is_dead {
                return work(&slot, &mut state);
            }
            // The slot was evicted a moment ago, and the evicting task has not removed it from the index yet.
            drop(state);
            let slot: Arc<dyn AnySlot> = slot;
            self.index.remove(&slot);
        }
    }

    fn eviction(&self) -> MutexGuard<'_, Eviction> {
        self.eviction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the changes of a slot in the eviction queues, and evicts. The caller must have released the slot's lock.
    fn record<S: Secret>(&self, slot: &Arc<Slot<S>>) {
        let slot: Arc<dyn AnySlot> = Arc::<Slot<S>>::clone(slot);
        let evicted = self.eviction().record(&slot, self.clock.looked_up(), &self.policies);
        for slot in &evicted {
            self.index.remove(slot);
        }
    }

    /// Whether the value can be stored at all: a value that is larger than the whole cache would evict every other
    /// value.
    fn has_room_for<P>(&self, entry: &Entry<P>) -> bool {
        u64::from(entry.bytes) <= self.max_bytes
    }

    fn is_in_trouble(&self, now: u64) -> bool {
        now < self.trouble_until.load(Relaxed)
    }

    /// Records that AWS did not respond. It lasts for twice the maximum duration of a call, so that an attempt that
    /// hangs fails, and renews it, before it ends.
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

/// Shows counts and sizes, never names or values.
impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
