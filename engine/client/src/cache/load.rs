//! Loads: one call reads a secret for all its current readers, in a separate task, so that it continues if a reader is
//! dropped.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::Cache;
use super::entry::Entry;
use super::policy::Rules;
use super::read::is_answer;
use super::slot::{BEAT, Ended, InFlight, Progress, Slot};
use super::stats::count;
use crate::Secrets;
use crate::current::Versioned;
use crate::error::{Error, Operation};
use crate::model::{Handler, Secret, Verb};
use crate::observe::cache_load;

impl<H: Handler> Secrets<H> {
    /// Starts the load for a flight that has just become the slot's.
    pub(super) fn load<S: Secret>(&self, cache: &Arc<Cache>, slot: &Arc<Slot<S>>, flight: Arc<InFlight<S::Payload>>) {
        let at = Operation::of::<H, S>(Verb::Read);
        // Without the cache in it, a call that hangs does not keep alive the values of a cache that is no longer used.
        let rules = cache.rules::<S>();
        let copies = self.copies.within(rules.call_timeout, cache.stale_bound::<S>());
        let secrets = Self { cache: None, deadline: None, copies, ..self.clone() };
        let why = reason(slot, flight.started);
        let mut guard = LoadGuard::begin(cache, slot, flight, at);
        tokio::spawn(async move {
            let secret = &guard.slot.secret;
            let read = async {
                cache_load(at, why);
                secrets.current(at, secret).await?.into_value_of_size(at)
            };
            let in_time = async {
                let answer = tokio::time::timeout(guard.rules.call_timeout, read).await;
                answer.unwrap_or_else(|_| Err(Error::given_up(at)))
            };
            let answer = watched(&guard, secrets.observed(at, secret, in_time)).await;
            guard.stood_still |= answer.1;
            guard.land(answer.0);
        });
    }
}

/// The reason for a load, according to the entry at its start.
fn reason<S: Secret>(slot: &Slot<S>, now: u64) -> &'static str {
    match slot.known.load().as_ref().filter(|entry| entry.is_value()) {
        None => "miss",
        Some(entry) if now < entry.expires_at() => "refresh",
        Some(_) => "expired",
    }
}

/// Runs a flight's work with regular heartbeats. Also returns whether the task was suspended for a while, according to
/// the cache's clock or to the runtime's clock, which the time limits use.
async fn watched<S: Secret, T>(guard: &LoadGuard<S>, work: impl Future<Output = T>) -> (T, bool) {
    let (mut work, mut stood_still) = (pin!(work), false);
    let began = Instant::now();
    let result = loop {
        match tokio::time::timeout(BEAT, &mut work).await {
            Ok(result) => break result,
            Err(_) => stood_still |= guard.beat(),
        }
    };
    // The two clocks disagree by more than a second if only one of them advanced while the process was frozen.
    let differs = guard.time_passed().is_some_and(|passed| passed.abs_diff(began.elapsed()) > Duration::from_secs(1));
    (result, stood_still | differs | guard.beat())
}

/// Guard of a flight: ends it even if its task is dropped.
pub(super) struct LoadGuard<S: Secret> {
    cache: Weak<Cache>,
    slot: Arc<Slot<S>>,
    flight: Arc<InFlight<S::Payload>>,
    at: Operation,
    rules: Rules,
    /// The task was suspended for a while: a missing response says nothing about AWS.
    stood_still: bool,
}

impl<S: Secret> LoadGuard<S> {
    fn beat(&self) -> bool {
        self.cache.upgrade().is_some_and(|cache| self.flight.beat(cache.clock.looked_up()))
    }

    /// The time since the flight started, according to the cache's clock.
    fn time_passed(&self) -> Option<Duration> {
        let now = self.cache.upgrade()?.clock.looked_up();
        Some(Duration::from_nanos(now.saturating_sub(self.flight.started)))
    }

    /// Becomes the guard of a flight that has just become the slot's.
    pub(super) fn begin(
        cache: &Arc<Cache>,
        slot: &Arc<Slot<S>>,
        flight: Arc<InFlight<S::Payload>>,
        at: Operation,
    ) -> Self {
        let rules = *cache.rules::<S>();
        let slot_of_it = Arc::clone(slot);
        let guard = Self { cache: Arc::downgrade(cache), slot: slot_of_it, flight, at, rules, stood_still: false };
        count(&cache.counters.loads);
        cache.record(slot);
        guard
    }

    /// Ends the flight with the result of the call.
    pub(super) fn land(self, answer: Result<(Versioned<S::Payload>, usize), Error>) {
        // Without a cache no read is waiting: a waiting read keeps the cache alive.
        let Some(cache) = self.cache.upgrade() else { return };
        let progress = match answer {
            Ok((value, bytes)) => self.learn(&cache, Entry::value(value, bytes, self.flight.started, &self.rules), Ok),
            Err(error) if is_answer(&error) => {
                let entry = Entry::refused(error.clone(), self.flight.started, &self.rules);
                self.learn(&cache, entry, |_| Err(error))
            }
            Err(error) => {
                self.fail(&cache, &error);
                Progress::Done(Err(error))
            }
        };
        self.flight.progress.send_replace(progress);
    }

    /// Stores the response in the slot, unless it may be outdated because something happened since the call began.
    fn learn(
        &self,
        cache: &Cache,
        entry: Entry<S::Payload>,
        result: impl FnOnce(Arc<Entry<S::Payload>>) -> Result<Arc<Entry<S::Payload>>, Error>,
    ) -> Progress<S::Payload> {
        // AWS answered, even if the answer is a refusal: reads may wait for AWS again.
        cache.no_trouble();
        let entry = Arc::new(entry);
        let mut state = self.slot.state();
        // The flight was cut off by a write, an invalidation or a newer flight. Only the reads that wait for it get the
        // response.
        let Some(Ended { shown }) = state.end_flight(&self.flight) else {
            drop(state);
            self.show(cache, &entry);
            return Progress::Done(result(entry));
        };
        // A cut-off flight has shown another version to readers meanwhile. A response that is neither that version nor
        // its successor may be older: it is not kept, and the waiting reads look again.
        let is_superseded = shown.is_some_and(|shown| !entry.is_or_follows(&shown));
        let kept = (!is_superseded && cache.has_room_for(&entry)).then(|| Arc::clone(&entry));
        let replaced = self.slot.replace(&mut state, kept);
        drop(state);
        // Wiped only now, outside the lock.
        drop(replaced);
        if is_superseded { Progress::Superseded } else { Progress::Done(result(entry)) }
    }

    /// Ensures that reads that waited for this flight, which was cut off, do not get an older value next. It is unknown
    /// whether the stored entry or the one that is being loaded is newer, unless it follows from this one. The slot may
    /// have been replaced by another one since.
    fn show(&self, cache: &Cache, entry: &Arc<Entry<S::Payload>>) {
        let Some(slot) = cache.index.find(&self.slot.secret) else { return };
        let mut state = slot.state();
        // Tells the flight of the slot, if any, what readers have seen; `learn` compares its response with that.
        state.show(entry);
        let is_behind = slot.known.load().as_ref().is_some_and(|known| !known.is_or_follows(entry));
        let forgotten = is_behind.then(|| slot.replace(&mut state, None)).flatten();
        drop(state);
        if forgotten.is_some() {
            count(&cache.counters.invalidations);
            drop(forgotten);
            cache.record(&slot);
        }
    }

    /// Keeps the entry, and leaves the next attempt to a later read.
    fn fail(&self, cache: &Cache, error: &Error) {
        let now = cache.clock.looked_up();
        count(&cache.counters.failures);
        // If the task was suspended, the failure says nothing about AWS.
        if !self.stood_still {
            cache.trouble::<S>(now);
        }
        let mut state = self.slot.state();
        if state.end_flight(&self.flight).is_none() || self.stood_still {
            return;
        }
        // Until `retry_after` has passed, reads get the old value as plain hits.
        if let Some(entry) = self.slot.known.load().as_ref().filter(|entry| entry.is_value()) {
            entry.fresh_until(now.saturating_add(self.rules.retry_after).min(entry.usable_until(&self.rules)));
            let kind = error.kind().as_str();
            tracing::warn!(
                handler = self.at.handler,
                secret = self.at.secret,
                kind,
                "refresh of a cached value failed"
            );
        }
    }
}

impl<S: Secret> Drop for LoadGuard<S> {
    fn drop(&mut self) {
        self.slot.state().end_flight(&self.flight);
        self.flight.progress.send_if_modified(|progress| {
            let is_lost = matches!(progress, Progress::Pending);
            if is_lost {
                *progress = Progress::Abandoned;
            }
            is_lost
        });
        // The slot is no longer in use, so it can be evicted now.
        if let Some(cache) = self.cache.upgrade() {
            cache.record(&self.slot);
        }
    }
}
