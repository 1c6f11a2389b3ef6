//! What this client does past the cache, and what the cache learns from it: its writes, its plain reads, and the word of
//! another API that a value is no longer good.

use std::sync::Arc;

use super::Cache;
use super::entry::{Cached, Entry};
use super::read::is_answer;
use super::scope::Shelf;
use super::slot::Slot;
use super::stats::{CacheStats, count};
use crate::client::Secrets;
use crate::client::current::Versioned;
use crate::client::error::{Error, Operation};
use crate::model::verb::read;
use crate::model::{Granted, Handler, Payload, Secret, Verb};

impl<H: Handler> Secrets<H> {
    /// The same client with a cache of its own, which its clones share. It serves [`cached`](Self::cached).
    ///
    /// A clone that is given another prefix ([`with_prefix`](Self::with_prefix)) or other keys
    /// ([`with_kms_keys`](Self::with_kms_keys)) has a cache of its own again, with the same bounds: its secrets are others.
    ///
    /// What this client writes goes through the cache: a cached read that begins after a write has returned sees its value.
    /// A [`read`](Self::read) is never answered by the cache, and corrects it.
    ///
    /// A handler that always needs the same secrets reads them at once at its start: together they take as long as the
    /// slowest, the first error says which one it is about, and later reads find them.
    ///
    /// ```
    /// use paypulse_runtime::client::{CacheConfig, Secrets};
    /// use paypulse_runtime::spec::{FetchInvoices, GoogleOauthClientId, JwtSigningKey};
    ///
    /// # async fn start() -> Result<Secrets<FetchInvoices>, Box<dyn std::error::Error>> {
    /// let secrets = Secrets::<FetchInvoices>::from_env().await?.with_cache(CacheConfig::new())?;
    /// tokio::try_join!(secrets.cached(&JwtSigningKey), secrets.cached(&GoogleOauthClientId))?;
    /// # Ok(secrets)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheConfigError`](super::CacheConfigError) where no cache can be as `config` says.
    pub fn with_cache(self, config: super::CacheConfig) -> Result<Self, super::CacheConfigError> {
        Ok(Self { cache: Some(Shelf::new(config, self.scope())?), ..self })
    }

    /// Forgets what is known of a secret. The next cached read asks AWS, and does not join a load that has begun before.
    ///
    /// Where many tasks find out at once that a value is no longer good, each after a read of its own,
    /// [`invalidate_seen`](Self::invalidate_seen) makes one call where this makes one for each.
    pub fn invalidate<S: Granted<read, H>>(&self, secret: &S) {
        let Some(cache) = &self.cache else { return };
        if let Some(slot) = cache.index.find(secret) {
            cache.forget(&slot, |_| true);
        }
    }

    /// Forgets a value that the API that it is for has refused, say with a status of 401, if it is still what is known.
    ///
    /// Whether it was: without that, somebody else has done so, and a newer value is there or on its way.
    ///
    /// ```
    /// # use paypulse_runtime::client::{Error, Secrets};
    /// # use paypulse_runtime::spec::{JwtSigningKey, LoginUser};
    /// # async fn call(key: &str) -> u16 { 200 }
    /// # async fn handler(secrets: Secrets<LoginUser>) -> Result<(), Error> {
    /// let key = secrets.cached(&JwtSigningKey).await?;
    /// if call(key.expose()).await == 401 {
    ///     secrets.invalidate_seen(&JwtSigningKey, &key);
    ///     let key = secrets.cached(&JwtSigningKey).await?;
    ///     call(key.expose()).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn invalidate_seen<S: Granted<read, H>>(&self, secret: &S, seen: &Cached<S::Payload>) -> bool {
        let slot = self.cache.as_ref().and_then(|cache| Some((cache, cache.index.find(secret)?)));
        slot.is_some_and(|(cache, slot)| cache.forget(&slot, |known| seen.is(known)))
    }

    /// What the cache holds and has done; nothing without a cache.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.as_ref().map(|cache| cache.stats()).unwrap_or_default()
    }

    /// To be held from before a write's first call to after its last.
    pub(in crate::client) fn through<S: Secret>(&self, secret: &S) -> Through<S> {
        Through(self.cache.as_ref().map(|cache| Write::begin(cache, secret)))
    }

    /// To be held from before a plain read's call to after it.
    pub(in crate::client) fn watch<S: Secret>(&self, secret: &S) -> Watch<S> {
        Watch(self.cache.as_ref().map(|cache| {
            let before = cache.index.find(secret).map(|slot| {
                let epoch = slot.state().epoch;
                (slot, epoch)
            });
            Seen { began: cache.clock.looked_up(), cache: Arc::clone(cache), secret: secret.clone(), before }
        }))
    }
}

impl Cache {
    /// Forgets what is known if it is the one, and cuts off the load that is under way.
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
        self.settle(slot);
        true
    }
}

/// A plain read in progress.
pub(in crate::client) struct Watch<S: Secret>(Option<Seen<S>>);

struct Seen<S: Secret> {
    cache: Arc<Cache>,
    secret: S,
    /// The slot before the call, if there was one, with its epoch.
    before: Option<(Arc<Slot<S>>, u32)>,
    began: u64,
}

impl<S: Secret> Watch<S> {
    /// What the read has seen: the version that is cached lives on, and any other is forgotten.
    pub(in crate::client) fn saw(self, result: &Result<Versioned<S::Payload>, Error>) {
        let Some(seen) = self.0 else { return };
        // The slot can be another one by now, or the first, with what was read before this read.
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
            if self.before.as_ref().is_some_and(|(it, epoch)| Arc::ptr_eq(it, slot) && *epoch == state.epoch) {
                entry.seen(self.began, self.cache.rules::<S>());
            }
            return;
        }
        drop((known, state));
        self.cache.forget(slot, |known| known.is_none_or(|entry| !entry.is_version(version)));
    }
}

/// A write in progress. Dropped without a word after a call that writes was sent, it makes the cache forget: nobody knows
/// whether the call was carried out.
pub(in crate::client) struct Through<S: Secret>(Option<Write<S>>);

struct Write<S: Secret> {
    cache: Arc<Cache>,
    slot: Arc<Slot<S>>,
    epoch: u32,
    /// When the last call that writes was sent.
    sent: Option<u64>,
    /// What is known from now on.
    outcome: Option<Entry<S::Payload>>,
}

impl<S: Secret> Through<S> {
    /// A call that writes is sent next.
    pub(in crate::client) fn sending(&mut self) {
        if let Some(write) = &mut self.0 {
            write.sent = Some(write.cache.clock.looked_up());
        }
    }

    /// This is stored now, by the last call.
    pub(in crate::client) fn wrote(mut self, stored: &str, version: &str) {
        let Some(write) = &mut self.0 else { return };
        // Read as a load would read it, so that the cache shows what is stored and not what was meant.
        if let Ok(value) = S::Payload::parse(stored) {
            let value = Versioned::new(value, version.to_owned());
            write.outcome = Some(Entry::value(value, stored.len(), write.sent.unwrap_or(0), write.cache.rules::<S>()));
        }
    }

    /// The secret is gone, by the last call.
    pub(in crate::client) fn deleted(mut self, at: Operation) {
        let Some(write) = &mut self.0 else { return };
        let gone = Error::NotFound { at: Operation { verb: Verb::Read, ..at } };
        write.outcome = Some(Entry::refused(gone, write.sent.unwrap_or(0), write.cache.rules::<S>()));
    }

    /// Nothing was written, and this version was found.
    pub(in crate::client) fn found(self, version: &str) {
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
        cache.settle(&slot);
        Self { cache: Arc::clone(cache), slot, epoch, sent: None, outcome: None }
    }
}

impl<S: Secret> Drop for Write<S> {
    fn drop(&mut self) {
        let mut state = self.slot.state();
        state.writers -= 1;
        let mut replaced = None;
        if self.sent.is_some() {
            // Nothing else was learnt since the write began, so nothing newer can be driven out.
            let is_alone = state.epoch == self.epoch;
            let outcome = self.outcome.take().filter(|entry| is_alone && self.cache.has_room_for(entry));
            state.cut_off();
            replaced = self.slot.replace(&mut state, outcome.map(Arc::new));
        }
        drop(state);
        drop(replaced);
        self.cache.settle(&self.slot);
    }
}
