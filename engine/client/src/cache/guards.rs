//! Write-through and invalidation: how this client's writes, its plain reads and reports of other APIs that a value is
//! no longer valid change the cache.

use std::sync::Arc;

use super::Cache;
use super::entry::{Cached, Entry};
use super::read::is_answer;
use super::scope::Shelf;
use super::slot::Slot;
use super::stats::{CacheStats, count};
use crate::Secrets;
use crate::current::Versioned;
use crate::error::{Error, Operation};
use crate::model::verb::read;
use crate::model::{Granted, Handler, Payload, Secret, Verb};

impl<H: Handler> Secrets<H> {
    /// Returns this client with its own cache, which its clones share. The cache serves [`cached`](Self::cached).
    ///
    /// A clone with another prefix ([`with_prefix`](Self::with_prefix)) or other keys
    /// ([`with_kms_keys`](Self::with_kms_keys)) gets a separate cache with the same limits, because its secrets are
    /// different ones.
    ///
    /// Writes of this client go through the cache: a cached read that begins after a write has returned sees its value.
    /// A [`read`](Self::read) is never answered from the cache, and corrects the cache.
    ///
    /// A handler that always needs the same secrets can read them concurrently at startup: the total time is that of
    /// the slowest read, the first error identifies its secret, and later reads are hits.
    ///
    /// ```
    /// use driftless::{CacheConfig, Secrets};
    /// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
    /// use shop::{Reorder, MailKey, PaymentKey};
    ///
    /// # async fn start() -> Result<Secrets<Reorder>, Box<dyn std::error::Error>> {
    /// let secrets = Secrets::<Reorder>::from_env().await?.with_cache(CacheConfig::new())?;
    /// tokio::try_join!(secrets.cached(&PaymentKey), secrets.cached(&MailKey))?;
    /// # Ok(secrets)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheConfigError`](super::CacheConfigError) if `config` is invalid.
    pub fn with_cache(self, config: super::CacheConfig) -> Result<Self, super::CacheConfigError> {
        Ok(Self { cache: Some(Shelf::new(config, self.scope())?), ..self })
    }

    /// Drops the cached entry of a secret. The next cached read asks AWS, and does not join a load that began before.
    ///
    /// If many tasks detect at the same time that a value is no longer valid, each after its own read,
    /// [`invalidate_seen`](Self::invalidate_seen) causes one call, while this method causes one call per task.
    pub fn invalidate<S: Granted<read, H>>(&self, secret: &S) {
        let Some(cache) = &self.cache else { return };
        if let Some(slot) = cache.index.find(secret) {
            cache.forget(&slot, |_| true);
        }
    }

    /// Drops a value if it is still the cached one. Call it if the API that uses the value rejects it, for example with
    /// status 401.
    ///
    /// Returns whether the value was dropped. If not, another caller has already dropped it, and a newer value is
    /// cached or being loaded.
    ///
    /// ```
    /// # use driftless::{Error, Secrets};
    /// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
    /// # use shop::{PaymentKey, Charge};
    /// # async fn call(key: &str) -> u16 { 200 }
    /// # async fn handler(secrets: Secrets<Charge>) -> Result<(), Error> {
    /// let key = secrets.cached(&PaymentKey).await?;
    /// if call(key.expose()).await == 401 {
    ///     secrets.invalidate_seen(&PaymentKey, &key);
    ///     let key = secrets.cached(&PaymentKey).await?;
    ///     call(key.expose()).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn invalidate_seen<S: Granted<read, H>>(&self, secret: &S, seen: &Cached<S::Payload>) -> bool {
        let slot = self.cache.as_ref().and_then(|cache| Some((cache, cache.index.find(secret)?)));
        slot.is_some_and(|(cache, slot)| cache.forget(&slot, |known| seen.is(known)))
    }

    /// The statistics of the cache; all zero without a cache.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.as_ref().map(|cache| cache.stats()).unwrap_or_default()
    }

    /// A guard that must be held from before the first call of a write until after its last call.
    pub(crate) fn write_guard<S: Secret>(&self, secret: &S) -> WriteGuard<S> {
        WriteGuard(self.cache.as_ref().map(|cache| Write::begin(cache, secret)))
    }

    /// A guard that must be held from before the call of a plain read until after it.
    pub(crate) fn read_guard<S: Secret>(&self, secret: &S) -> ReadGuard<S> {
        ReadGuard(self.cache.as_ref().map(|cache| {
            let before = cache.index.find(secret).map(|slot| {
                let epoch = slot.state().epoch;
                (slot, epoch)
            });
            Seen { began: cache.clock.looked_up(), cache: Arc::clone(cache), secret: secret.clone(), before }
        }))
    }
}

impl Cache {
    /// If `is_it` accepts the current entry, drops it and cuts off the flight. Returns whether it did.
    fn forget<S: Secret>(
        &self,
        slot: &Arc<Slot<S>>,
        is_it: impl FnOnce(Option<&Arc<Entry<S::Payload>>>) -> bool,
    ) -> bool {
        let mut state = slot.state();
        if !is_it(slot.known.load().as_ref()) {
            return false;
        }
        state.cut_off();
        let forgotten = slot.replace(&mut state, None);
        drop(state);
        if forgotten.is_some() {
            count(&self.counters.invalidations);
        }
        drop(forgotten);
        self.record(slot);
        true
    }
}

/// A plain read in progress.
pub(crate) struct ReadGuard<S: Secret>(Option<Seen<S>>);

struct Seen<S: Secret> {
    cache: Arc<Cache>,
    secret: S,
    /// The slot before the call, if it existed, with its epoch.
    before: Option<(Arc<Slot<S>>, u32)>,
    began: u64,
}

impl<S: Secret> ReadGuard<S> {
    /// Applies the result of the read: if the cached entry has the same version, its lifetime restarts; otherwise the
    /// entry is dropped.
    pub(crate) fn observed(self, result: &Result<Versioned<S::Payload>, Error>) {
        let Some(seen) = self.0 else { return };
        // The secret may have a different slot now, or its first one, with an entry from before this read.
        let Some(slot) = seen.cache.index.find(&seen.secret) else { return };
        match result {
            Ok(value) => seen.version(&slot, value.version()),
            Err(error) if is_answer(error) => drop(seen.cache.forget(&slot, |_| true)),
            Err(_) => {}
        }
    }
}

impl<S: Secret> Seen<S> {
    fn version(&self, slot: &Arc<Slot<S>>, version: &str) {
        let state = slot.state();
        let known = slot.known.load();
        if let Some(entry) = known.as_ref().filter(|entry| entry.is_version(version)) {
            // Nothing changed since the read began, so the version was still current then.
            if self.before.as_ref().is_some_and(|(it, epoch)| Arc::ptr_eq(it, slot) && *epoch == state.epoch) {
                entry.seen(self.began, self.cache.rules::<S>());
            }
            return;
        }
        drop((known, state));
        self.cache.forget(slot, |known| known.is_none_or(|entry| !entry.is_version(version)));
    }
}

/// A write in progress. If it is dropped without a result after a call was sent, the entry is dropped: it is unknown
/// whether the call was carried out.
pub(crate) struct WriteGuard<S: Secret>(Option<Write<S>>);

struct Write<S: Secret> {
    cache: Arc<Cache>,
    slot: Arc<Slot<S>>,
    epoch: u32,
    /// When the last writing call was sent.
    sent: Option<u64>,
    /// The new entry.
    outcome: Option<Entry<S::Payload>>,
}

impl<S: Secret> WriteGuard<S> {
    /// A writing call is sent next.
    pub(crate) fn before_send(&mut self) {
        if let Some(write) = &mut self.0 {
            write.sent = Some(write.cache.clock.looked_up());
        }
    }

    /// The last call has stored this value.
    pub(crate) fn wrote(mut self, stored: &str, version: &str) {
        let Some(write) = &mut self.0 else { return };
        // Parsed as a load would parse it, so that the cache contains what is stored, not what was intended.
        if let Ok(value) = S::Payload::parse(stored) {
            let value = Versioned::new(value, version.to_owned());
            write.outcome = Some(Entry::value(value, stored.len(), write.sent.unwrap_or(0), write.cache.rules::<S>()));
        }
    }

    /// The last call has deleted the secret.
    pub(crate) fn deleted(mut self, at: Operation) {
        let Some(write) = &mut self.0 else { return };
        let gone = Error::NotFound { at: Operation { verb: Verb::Read, ..at } };
        write.outcome = Some(Entry::refused(gone, write.sent.unwrap_or(0), write.cache.rules::<S>()));
    }

    /// Nothing was written, and this version was found.
    pub(crate) fn found(self, version: &str) {
        let Some(write) = &self.0 else { return };
        let (cache, slot) = (Arc::clone(&write.cache), Arc::clone(&write.slot));
        drop(self);
        cache.forget(&slot, |known| known.is_none_or(|entry| !entry.is_version(version)));
    }
}

impl<S: Secret> Write<S> {
    fn begin(cache: &Arc<Cache>, secret: &S) -> Self {
        let (slot, epoch) = cache.in_slot(secret, |slot, state| {
            state.writers += 1;
            (Arc::clone(slot), state.epoch)
        });
        cache.record(&slot);
        Self { cache: Arc::clone(cache), slot, epoch, sent: None, outcome: None }
    }
}

impl<S: Secret> Drop for Write<S> {
    fn drop(&mut self) {
        let mut state = self.slot.state();
        state.writers -= 1;
        let mut replaced = None;
        if self.sent.is_some() {
            // If nothing else has changed the entry since the write began, the outcome cannot replace a newer entry.
            let is_alone = state.epoch == self.epoch;
            let outcome = self.outcome.take().filter(|entry| is_alone && self.cache.has_room_for(entry));
            state.cut_off();
            replaced = self.slot.replace(&mut state, outcome.map(Arc::new));
        }
        drop(state);
        drop(replaced);
        self.cache.record(&self.slot);
    }
}
