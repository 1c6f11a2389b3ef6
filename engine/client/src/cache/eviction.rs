//! Eviction: S3-FIFO over all slots, limited by number of entries and by bytes.
//!
//! New slots enter a small queue, which gets a tenth of the capacity. Slots that are read again while they are in it
//! move on to the main queue, and the others are evicted. So a scan over many users, each read once, passes through the
//! small queue and does not displace frequently read slots. A slot that returns shortly after its eviction enters the
//! main queue directly. A read only counts in its slot and moves nothing, so reads need no lock.
//!
//! Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.

use std::collections::VecDeque;
use std::sync::Arc;

use super::policy::Policies;
use super::seed::Seed;
use super::slot::AnySlot;
use crate::sync::atomic::Ordering::Relaxed;

/// Values of [`Mark::queue`](super::slot::Mark::queue).
const NEW: u8 = 0;
const SMALL: u8 = 1;
const MAIN: u8 = 2;
const EVICTED: u8 = 3;

/// The small queue gets 1/10 of the capacity.
const SMALL_SHARE: u64 = 10;
/// A slot moves to the main queue after this many reads in the small queue: more than a second read by the same
/// handler.
const KEEP_FROM: u8 = 2;
/// Slots that each `record` checks for expired values.
const SWEPT: usize = 2;

#[derive(Default)]
struct Queue {
    slots: VecDeque<Arc<dyn AnySlot>>,
    bytes: u64,
}

/// Both queues and the accounting of all slots. Changed only under the lock of `Cache::ledger`.
pub(super) struct Eviction {
    max_entries: usize,
    max_bytes: u64,
    small: Queue,
    main: Queue,
    /// Fingerprints of evicted slots, indexed by hash; a newer fingerprint overwrites an older one at the same index.
    ghosts: Vec<u32>,
    /// The slot that `sweep` checked last, as an index over both queues.
    hand: usize,
    seed: Seed,
    pub(super) evicted: u64,
}

impl Eviction {
    pub(super) fn new(max_entries: usize, max_bytes: u64, seed: Seed) -> Self {
        let (small, main) = (Queue::default(), Queue::default());
        Self { max_entries, max_bytes, small, main, ghosts: Vec::new(), hand: 0, seed, evicted: 0 }
    }

    pub(super) fn entries(&self) -> usize {
        self.small.slots.len() + self.main.slots.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.small.bytes + self.main.bytes
    }

    /// All slots, in arbitrary order.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<dyn AnySlot>> {
        self.small.slots.iter().chain(&self.main.slots)
    }

    /// Records a slot that is new or whose value has changed, and evicts until both limits hold. The caller removes the
    /// returned slots from the index.
    pub(super) fn record(&mut self, slot: &Arc<dyn AnySlot>, now: u64, policies: &Policies) -> Vec<Arc<dyn AnySlot>> {
        match slot.mark().queue.load(Relaxed) {
            EVICTED => return Vec::new(),
            NEW => self.admit(slot),
            _ => {}
        }
        self.charge(slot);
        self.sweep(now, policies);
        let mut out = Vec::new();
        // Each round evicts a slot, moves one, or decrements a read count. After this many rounds every remaining slot
        // is in use.
        let mut rounds = 8 * self.entries() + 8;
        let mut at_work = AtWork::default();
        while rounds > 0 && (self.entries() > self.max_entries || self.bytes() > self.max_bytes) {
            out.extend(self.evict_one(&mut at_work));
            rounds -= 1;
        }
        out
    }

    fn admit(&mut self, slot: &Arc<dyn AnySlot>) {
        let (place, trace) = self.ghost(slot.hash(&self.seed));
        let was_here = self.ghosts.get_mut(place).is_some_and(|ghost| *ghost == trace && std::mem::take(ghost) != 0);
        self.push(if was_here { MAIN } else { SMALL }, Arc::clone(slot));
    }

    fn push(&mut self, place: u8, slot: Arc<dyn AnySlot>) {
        slot.mark().queue.store(place, Relaxed);
        let queue = if place == MAIN { &mut self.main } else { &mut self.small };
        queue.bytes += u64::from(slot.mark().charged.load(Relaxed));
        if queue.slots.len() == queue.slots.capacity() {
            // Grows by an eighth: doubling would leave up to half of the capacity unused.
            queue.slots.reserve_exact(queue.slots.len() / 8 + 16);
        }
        queue.slots.push_back(slot);
    }

    /// Updates the accounted bytes to the current size of the slot's value.
    fn charge(&mut self, slot: &Arc<dyn AnySlot>) {
        let (mark, bytes) = (slot.mark(), slot.bytes());
        let queue = if mark.queue.load(Relaxed) == MAIN { &mut self.main } else { &mut self.small };
        queue.bytes = queue.bytes + u64::from(bytes) - u64::from(mark.charged.swap(bytes, Relaxed));
    }

    /// Evicts or moves one slot. `at_work` counts the slots of each queue that could not be evicted because they are in
    /// use: when this applies to a whole queue, the other queue is used.
    fn evict_one(&mut self, at_work: &mut AtWork) -> Option<Arc<dyn AnySlot>> {
        let room = (self.max_entries as u64, self.max_bytes);
        let is_over = |has: u64, room: u64| has.saturating_mul(SMALL_SHARE) > room;
        let small_is_full = is_over(self.small.slots.len() as u64, room.0) || is_over(self.small.bytes, room.1);
        let main_is_at_work = self.main.slots.len() <= at_work.main;
        let from_small = self.small.slots.len() > at_work.small && (small_is_full || main_is_at_work);
        let queue = if from_small { &mut self.small } else { &mut self.main };
        let slot = queue.slots.pop_front()?;
        let mark = slot.mark();
        queue.bytes -= u64::from(mark.charged.load(Relaxed));
        let hits = mark.hits.load(Relaxed);
        // S3-FIFO: a slot that was read often enough moves to the main queue; a slot of the main queue gets another
        // round for each counted read; any other slot is evicted, unless it is in use.
        if from_small && hits >= KEEP_FROM {
            mark.hits.store(0, Relaxed);
            self.push(MAIN, slot);
        } else if !from_small && hits > 0 {
            mark.hits.store(hits - 1, Relaxed);
            self.push(MAIN, slot);
        } else if slot.retire() {
            mark.queue.store(EVICTED, Relaxed);
            self.remember(slot.hash(&self.seed));
            self.evicted += 1;
            return Some(slot);
        } else if from_small {
            at_work.small += 1;
            self.push(SMALL, slot);
        } else {
            at_work.main += 1;
            self.push(MAIN, slot);
        }
        None
    }

    /// The index of a hash in `ghosts`, and its fingerprint, which is never 0.
    fn ghost(&self, hash: u64) -> (usize, u32) {
        let place = usize::try_from(hash & 0xffff_ffff).unwrap_or(0) & self.ghosts.len().wrapping_sub(1);
        (place, u32::try_from(hash >> 32).unwrap_or(0) | 1)
    }

    fn remember(&mut self, hash: u64) {
        if self.ghosts.is_empty() {
            self.ghosts = vec![0; self.max_entries.min(1 << 20).next_power_of_two()];
        }
        let (place, trace) = self.ghost(hash);
        self.ghosts[place] = trace;
    }

    /// Wipes values that are no longer usable and were not read since they expired.
    fn sweep(&mut self, now: u64, policies: &Policies) {
        for _ in 0..SWEPT.min(self.entries()) {
            self.hand = (self.hand + 1) % self.entries();
            let in_main = self.hand.checked_sub(self.small.slots.len());
            let queue = if in_main.is_some() { &self.main } else { &self.small };
            let slot = queue.slots.get(in_main.unwrap_or(self.hand)).map(Arc::clone);
            if let Some(slot) = slot.filter(|slot| slot.drop_if_past(now, policies)) {
                self.charge(&slot);
            }
        }
    }
}

/// The number of slots that cannot be evicted now because they are being loaded or written.
#[derive(Default)]
struct AtWork {
    small: usize,
    main: usize,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{EVICTED, Eviction, Relaxed, Seed};
    use crate::cache::config::CacheConfig;
    use crate::cache::schedules::{DoorCode, door};
    use crate::cache::slot::{AnySlot, Slot};
    use driftless_testing::schedules::alone;

    #[test]
    fn a_pass_over_20_000_slots_leaves_what_is_hot() {
        alone(|| {
            let policies = CacheConfig::new().checked().expect("the defaults hold").policies;
            let mut eviction = Eviction::new(1_000, u64::MAX, Seed::default());
            let mut record = |slot: &Arc<Slot<DoorCode>>| {
                let slot: Arc<dyn AnySlot> = Arc::<Slot<DoorCode>>::clone(slot);
                eviction.record(&slot, 0, &policies);
                assert!(eviction.entries() <= 1_000);
            };
            let hot: Vec<_> = (0..100).map(|room| Arc::new(Slot::new(door(room)))).collect();
            for slot in &hot {
                record(slot);
                (0..3).for_each(|_| slot.touch());
            }
            (1_000..21_000).for_each(|room| record(&Arc::new(Slot::new(door(room)))));
            assert!(hot.iter().all(|slot| slot.mark().queue.load(Relaxed) != EVICTED));
        });
    }
}
