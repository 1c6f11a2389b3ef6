//! Finds the slot of a secret without a lock, without a copy and without formatting the secret's name.
//!
//! Measured on one hot key of 10,000 (AMD EPYC, two shared cores, best of many runs; one thread, then two):
//!
//! | | ns per read | M reads/s |
//! |---|---|---|
//! | moka, `Arc` | 108 | 9 |
//! | `quick_cache`, `Arc` | 20 | 35 |
//! | scc `HashMap`, borrowed under its lock | 16 | 46 |
//! | scc `HashIndex`, borrowed | 15 | 68 |
//! | dashmap, borrowed under its lock | 11 | 68 |
//! | papaya, `Arc` | 17 | 28 |
//! | papaya, borrowed | 12 | 142 |
//! | papaya with slots of any type, arc-swap, coarse clock | 27 | 47 |
//!
//! The caches hand out a counted `Arc`, so readers of one key contend for its counter, and neither cache supports
//! single flight with epochs or a limit for stale values. Of the maps, papaya has no lock on which a reader could
//! block. Maps without locks free removed elements at a later time that they choose, which is not acceptable for
//! secrets: so the map only holds the slots, and the value in a slot is an arc-swap, which frees a replaced value when
//! its last reader releases it.

use std::any::Any;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use papaya::{Equivalent, HashMap};

use super::seed::Seed;
use super::slot::{AnySlot, Slot};
use crate::model::Secret;
use crate::sync;

pub(super) struct Index {
    slots: HashMap<Handle, (), Hashed>,
    seed: Seed,
}

impl Index {
    pub(super) fn new(seed: Seed) -> Self {
        Self { slots: HashMap::builder().hasher(Hashed).build(), seed }
    }

    /// Calls `look` with a secret's slot, if it has one.
    #[inline]
    pub(super) fn with<S: Secret, R>(&self, secret: &S, look: impl FnOnce(&Slot<S>) -> R) -> Option<R> {
        let slots = self.slots.pin();
        let handle = slots.get_key_value(&Wanted { secret, hash: self.seed.hash(secret) })?.0;
        let slot: &dyn Any = &*handle.slot;
        slot.downcast_ref().map(look)
    }

    /// The slot of a secret, if it has one.
    pub(super) fn find<S: Secret>(&self, secret: &S) -> Option<Arc<Slot<S>>> {
        let slots = self.slots.pin();
        let handle = slots.get_key_value(&Wanted { secret, hash: self.seed.hash(secret) })?.0;
        let slot: Arc<dyn Any + Send + Sync> = Arc::<dyn AnySlot>::clone(&handle.slot);
        slot.downcast().ok()
    }

    /// The slot of a secret; adds a new one if it has none.
    pub(super) fn find_or_add<S: Secret>(&self, secret: &S) -> Arc<Slot<S>> {
        loop {
            if let Some(slot) = self.find(secret) {
                return slot;
            }
            sync::turn();
            let slot = Arc::new(Slot::new(secret.clone()));
            let handle = Handle { hash: self.seed.hash(secret), slot: Arc::<Slot<S>>::clone(&slot) };
            if self.slots.pin().try_insert(handle, ()).is_ok() {
                return slot;
            }
        }
    }

    /// All slots, in arbitrary order.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<Arc<dyn AnySlot>> {
        self.slots.pin().keys().map(|handle| Arc::clone(&handle.slot)).collect()
    }

    /// Removes this slot, but not another slot of the same secret.
    pub(super) fn remove(&self, slot: &Arc<dyn AnySlot>) {
        let handle = Handle { hash: slot.hash(&self.seed), slot: Arc::clone(slot) };
        let _ = self.slots.pin().remove_if(&handle, |found, ()| Arc::ptr_eq(&found.slot, slot));
    }
}

/// A slot with its hash. The hash needs no additional memory: the map's allocation for an element is rounded up anyway.
struct Handle {
    hash: u64,
    slot: Arc<dyn AnySlot>,
}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.slot.is_same(&*other.slot)
    }
}

impl Eq for Handle {}

/// A lookup key.
struct Wanted<'a, S> {
    secret: &'a S,
    hash: u64,
}

impl<S> Hash for Wanted<'_, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<S: Secret> Equivalent<Handle> for Wanted<'_, S> {
    #[inline]
    fn equivalent(&self, handle: &Handle) -> bool {
        let slot: &dyn Any = &*handle.slot;
        slot.downcast_ref::<Slot<S>>().is_some_and(|slot| slot.secret == *self.secret)
    }
}

/// Uses the hash that is stored in a handle.
#[derive(Clone)]
struct Hashed;

impl BuildHasher for Hashed {
    type Hasher = Brought;

    #[inline]
    fn build_hasher(&self) -> Brought {
        Brought(0)
    }
}

struct Brought(u64);

impl Hasher for Brought {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
