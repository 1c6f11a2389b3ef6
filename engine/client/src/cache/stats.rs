//! Statistics of the cache.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Cache;

/// The contents of a cache, and counts of its operations since it was created.
///
/// Hits are not counted: a counter that all readers write to would cost several times as much as the hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Secrets that are in the cache now, including those that are known not to exist.
    pub entries: usize,
    /// The total size in bytes of the values that are in the cache now, as they are stored.
    pub bytes: u64,
    /// Loads that were started. Each is one `GetSecretValue` with the SDK's retries.
    pub loads: u64,
    /// Loads that were started in the background, while the old value was handed out.
    pub refreshes: u64,
    /// Loads that ended without a response from AWS.
    pub failures: u64,
    /// Reads that waited for a load that another read had started.
    pub joined: u64,
    /// Reads that got a value past its ttl before a load had responded. The following reads until the next attempt are
    /// hits, and are not counted.
    pub stale: u64,
    /// Secrets that were evicted.
    pub evictions: u64,
    /// Values that were dropped by an invalidation, or because a write, a plain read or a load that was cut off
    /// observed another value.
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
    pub(crate) fn stats(&self) -> CacheStats {
        let (entries, bytes, evictions) = {
            let eviction = self.eviction();
            (eviction.entries(), eviction.bytes(), eviction.evicted)
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
