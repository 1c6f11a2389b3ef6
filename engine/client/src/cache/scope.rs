//! Selects the cache of a client. The clones of a client have one cache per environment, region and set of keys,
//! because secrets of the same name are different secrets in each of them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::config::Region;

use super::{Cache, CacheConfig, CacheConfigError};
use crate::KeyLookup;
use crate::environment::Prefix;

/// Maximum number of caches that are remembered. A client keeps using a cache that is no longer remembered, but later
/// clones do not share it.
const REMEMBERED: usize = 32;

/// The scope of a client's secrets: clients with equal scopes read the same secrets.
#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) prefix: Prefix,
    pub(crate) region: Option<Region>,
    pub(crate) kms_keys: Arc<KeyLookup>,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix && self.region == other.region && Arc::ptr_eq(&self.kms_keys, &other.kms_keys)
    }
}

/// The cache of a client, and the caches of its clones with other scopes.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(super) cache: Arc<Cache>,
    all: Arc<ScopedCaches>,
}

struct ScopedCaches {
    config: CacheConfig,
    caches: Mutex<Vec<(Scope, Arc<Cache>)>>,
}

impl Shelf {
    /// Creates the first cache.
    pub(crate) fn new(config: CacheConfig, scope: Scope) -> Result<Self, CacheConfigError> {
        let cache = Arc::new(Cache::new(config.clone())?);
        let caches = Mutex::new(vec![(scope, Arc::clone(&cache))]);
        Ok(Self { cache, all: Arc::new(ScopedCaches { config, caches }) })
    }

    /// The cache of another scope; creates one with the same limits if none exists.
    pub(crate) fn of(&self, scope: Scope) -> Self {
        let mut caches = self.all.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let known = caches.iter().find(|(known, _)| *known == scope).map(|(_, cache)| Arc::clone(cache));
        let cache = known.unwrap_or_else(|| {
            let cache = Cache::new(self.all.config.clone()).expect("the configuration was checked");
            let cache = Arc::new(cache);
            if caches.len() >= REMEMBERED {
                caches.remove(1);
            }
            caches.push((scope, Arc::clone(&cache)));
            cache
        });
        drop(caches);
        Self { cache, all: Arc::clone(&self.all) }
    }
}

impl std::ops::Deref for Shelf {
    type Target = Arc<Cache>;

    #[inline]
    fn deref(&self) -> &Arc<Cache> {
        &self.cache
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cache.fmt(f)
    }
}
