//! Which cache a client has: one for each environment, Region and set of keys that clones of one client are given. A secret of one
//! of them is another secret than that of its name in the next.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::config::Region;

use super::{Cache, CacheConfig, CacheConfigError};
use crate::client::KeyLookup;
use crate::client::environment::Prefix;

/// So many are remembered. Of one that is not, a client goes on using its cache, which no later clone joins.
const REMEMBERED: usize = 32;

/// What tells the secrets of one client from those of another.
#[derive(Clone)]
pub(in crate::client) struct Scope {
    pub(in crate::client) prefix: Prefix,
    pub(in crate::client) region: Option<Region>,
    pub(in crate::client) kms_keys: Arc<KeyLookup>,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix && self.region == other.region && Arc::ptr_eq(&self.kms_keys, &other.kms_keys)
    }
}

/// The cache of a client, and those of its clones in other scopes.
#[derive(Clone)]
pub(in crate::client) struct Shelf {
    pub(super) cache: Arc<Cache>,
    all: Arc<All>,
}

struct All {
    config: CacheConfig,
    caches: Mutex<Vec<(Scope, Arc<Cache>)>>,
}

impl Shelf {
    /// A first cache.
    pub(in crate::client) fn new(config: CacheConfig, scope: Scope) -> Result<Self, CacheConfigError> {
        let cache = Arc::new(Cache::new(config.clone())?);
        let caches = Mutex::new(vec![(scope, Arc::clone(&cache))]);
        Ok(Self { cache, all: Arc::new(All { config, caches }) })
    }

    /// The cache of another scope: a new one, with the same bounds, if there is none.
    pub(in crate::client) fn of(&self, scope: Scope) -> Self {
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
