//! The hash of a secret in the cache's index.

use std::any::TypeId;
use std::hash::BuildHasher;

/// Fixed in tests, so that a schedule is reproducible.
#[cfg(test)]
use foldhash::fast::FixedState as RandomState;
#[cfg(not(test))]
use foldhash::fast::RandomState;

use crate::model::Secret;

/// Hashes secrets. Seeded at random in each process, because keys come from requests.
#[derive(Clone, Default)]
pub(super) struct Seed(RandomState);

impl Seed {
    #[inline]
    pub(super) fn hash<S: Secret>(&self, secret: &S) -> u64 {
        self.0.hash_one((TypeId::of::<S>(), secret))
    }
}
