//! Which secrets are kept: S3-FIFO over all slots, bounded in entries and in bytes.
//!
//! New slots queue in a small queue, a tenth of the room; those that were read again while they waited go on to the main
//! queue, the others are evicted, so that a pass over many users, each read once, flows through the small queue and leaves
//! what is hot alone. A slot that was evicted a short while ago and comes back goes to the main queue at once. A read marks
//! its slot and moves nothing, so reads need no lock.
//!
//! Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.

use std::collections::VecDeque;
use std::sync::Arc;

use super::index::Seed;
use super::policy::Policies;
use super::slot::AnySlot;
use crate::sync::atomic::Ordering::Relaxed;

/// Values of [`Mark::queue`](super::slot::Mark::queue).
const NEW: u8 = 0;
const SMALL: u8 = 1;
const MAIN: u8 = 2;
const EVICTED: u8 = 3;

/// The small queue has one part in this many of the room.
const SMALL_SHARE: u64 = 10;
/// So many reads while it waits in the small queue make a slot worth keeping: more than one handler's second look.
const KEEP_FROM: u8 = 2;
/// So many slots are looked at for values past all use whenever the ledger is in hand anyway.
const SWEPT: usize = 2;

#[derive(Default)]
struct Queue {
    slots: VecDeque<Arc<dyn AnySlot>>,
    bytes: u64,
}

pub(super) struct Ledger {
    max_entries: usize,
    max_bytes: u64,
    small: Queue,
    main: Queue,
    /// Traces of evicted slots, by hash; a newer trace replaces an older one at its place.
    ghosts: Vec<u32>,
    hand: usize,
    seed: Seed,
    pub(super) evicted: u64,
}

impl Ledger {
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

    /// All slots, in no order.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<dyn AnySlot>> {
        self.small.slots.iter().chain(&self.main.slots)
    }

    /// Takes in a slot that is new or whose value has changed, and evicts until the bounds hold. The caller removes what is
    /// returned from the index.
    pub(super) fn settle(&mut self, slot: &Arc<dyn AnySlot>, now: u64, policies: &Policies) -> Vec<Arc<dyn AnySlot>> {
        match slot.mark().queue.load(Relaxed) {
            EVICTED => return Vec::new(),
            NEW => self.admit(slot),
            _ => {}
        }
        self.charge(slot);
        self.sweep(now, policies);
        let mut out = Vec::new();
        // Each round evicts, moves on, or counts a read off; after this many rounds all that is left is at work.
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
            // A step of an eighth: to double would leave up to half of the room empty.
            queue.slots.reserve_exact(queue.slots.len() / 8 + 16);
        }
        queue.slots.push_back(slot);
    }

    /// Counts what the slot holds now in place of what it held before.
    fn charge(&mut self, slot: &Arc<dyn AnySlot>) {
        let (mark, bytes) = (slot.mark(), slot.bytes());
        let queue = if mark.queue.load(Relaxed) == MAIN { &mut self.main } else { &mut self.small };
        queue.bytes = queue.bytes + u64::from(bytes) - u64::from(mark.charged.swap(bytes, Relaxed));
    }

    /// `at_work` counts the slots of each queue that were found at work: once all of a queue are, the other makes room.
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

    /// Where a hash leaves its trace, and the trace, which is never 0.
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

    /// Wipes values that were not asked for since they were past all use.
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

/// Slots that cannot make room now, because they are written to or loaded.
#[derive(Default)]
struct AtWork {
    small: usize,
    main: usize,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{EVICTED, Ledger, Relaxed, Seed};
    use crate::client::cache::config::CacheConfig;
    use crate::client::cache::schedules::{DoorCode, door};
    use crate::client::cache::slot::{AnySlot, Slot};
    use crate::sync::schedules::alone;

    #[test]
    fn a_pass_over_20_000_slots_leaves_what_is_hot() {
        alone(|| {
            let policies = CacheConfig::new().checked().expect("the defaults hold").policies;
            let mut ledger = Ledger::new(1_000, u64::MAX, Seed::default());
            let mut settle = |slot: &Arc<Slot<DoorCode>>| {
                let slot: Arc<dyn AnySlot> = Arc::<Slot<DoorCode>>::clone(slot);
                ledger.settle(&slot, 0, &policies);
                assert!(ledger.entries() <= 1_000);
            };
            let hot: Vec<_> = (0..100).map(|room| Arc::new(Slot::new(door(room)))).collect();
            for slot in &hot {
                settle(slot);
                (0..3).for_each(|_| slot.touch());
            }
            (1_000..21_000).for_each(|room| settle(&Arc::new(Slot::new(door(room)))));
            assert!(hot.iter().all(|slot| slot.mark().queue.load(Relaxed) != EVICTED));
        });
    }
}
