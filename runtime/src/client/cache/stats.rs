//! Counters of what the cache did.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Cache;

/// What a cache holds and has done since it was made.
///
/// Hits are not counted: a counter that all readers write to would cost several times as much as the hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Secrets that have a place at present, those included that are known not to be there.
    pub entries: usize,
    /// The bytes of the values that are held at present, as they are stored.
    pub bytes: u64,
    /// Loads that were begun, each one `GetSecretValue` and the SDK's retries of it.
    pub loads: u64,
    /// Loads that were begun in the background, for a value that was handed out meanwhile.
    pub refreshes: u64,
    /// Loads that ended without an answer.
    pub failures: u64,
    /// Reads that waited for a load that another read had begun.
    pub joined: u64,
    /// Reads past the ttl for which a value was handed out before a load had answered. Those that follow until the next
    /// attempt are hits, and not counted.
    pub stale: u64,
    /// Secrets that had to make room.
    pub evictions: u64,
    /// Values that were dropped by an invalidation, or because a write, a plain read or a load that was cut off showed
    /// another one.
    pub invalidations: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) loads: AtomicU64,
    pub(super) refreshes: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) joined: AtomicU64,
    pub(super) stale: AtomicU64,
    pub(super) invalidations: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl Cache {
    pub(in crate::client) fn stats(&self) -> CacheStats {
        let (entries, bytes, evictions) = {
            let ledger = self.ledger();
            (ledger.entries(), ledger.bytes(), ledger.evicted)
        };
        CacheStats {
            entries,
            bytes,
            evictions,
            loads: self.counters.loads.load(Relaxed),
            refreshes: self.counters.refreshes.load(Relaxed),
            failures: self.counters.failures.load(Relaxed),
            joined: self.counters.joined.load(Relaxed),
            stale: self.counters.stale.load(Relaxed),
            invalidations: self.counters.invalidations.load(Relaxed),
        }
    }
}
