//! A load: one call that reads a secret for everybody who wants it, in a task of its own, so that no reader who goes away
//! takes it along.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::Cache;
use super::entry::Entry;
use super::policy::Rules;
use super::read::is_answer;
use super::slot::{BEAT, Ended, Flight, Progress, Slot};
use super::stats::count;
use crate::client::Secrets;
use crate::client::current::Versioned;
use crate::client::error::{Error, Operation};
use crate::client::observe::cache_load;
use crate::model::{Handler, Secret, Verb};

impl<H: Handler> Secrets<H> {
    /// Begins the load behind a flight that has just become the slot's.
    pub(super) fn load<S: Secret>(&self, cache: &Arc<Cache>, slot: &Arc<Slot<S>>, flight: Arc<Flight<S::Payload>>) {
        let at = Operation::of::<H, S>(Verb::Read);
        // A call that hangs must not keep the values of a cache that is no longer used.
        let rules = cache.rules::<S>();
        let copies = self.copies.within(rules.call_timeout, cache.stale_bound::<S>());
        let secrets = Self { cache: None, deadline: None, copies, ..self.clone() };
        let why = reason(slot, flight.started);
        let mut pilot = Pilot::begin(cache, slot, flight, at);
        tokio::spawn(async move {
            let secret = &pilot.slot.secret;
            let read = async {
                cache_load(at, why);
                secrets.current(at, secret).await?.into_value_of_size(at)
            };
            let in_time = async {
                let answer = tokio::time::timeout(pilot.rules.call_timeout, read).await;
                answer.unwrap_or(Err(Error::Transport { at, reason: "time-out" }))
            };
            let answer = watched(&pilot, secrets.observed(at, secret, in_time)).await;
            pilot.stood_still |= answer.1;
            pilot.land(answer.0);
        });
    }
}

/// Why a load begins, by what is known then.
fn reason<S: Secret>(slot: &Slot<S>, now: u64) -> &'static str {
    match slot.known.load().as_ref().filter(|entry| entry.is_value()) {
        None => "miss",
        Some(entry) if now < entry.expires_at() => "refresh",
        Some(_) => "expired",
    }
}

/// Does a flight's work, and says again and again that it does. With it, whether it stood still for a while: by the cache's clock,
/// or by the one that its time limits have.
async fn watched<S: Secret, T>(pilot: &Pilot<S>, work: impl Future<Output = T>) -> (T, bool) {
    let (mut work, mut stood_still) = (pin!(work), false);
    let began = Instant::now();
    let result = loop {
        match tokio::time::timeout(BEAT, &mut work).await {
            Ok(result) => break result,
            Err(_) => stood_still |= pilot.beat(),
        }
    };
    let differs = pilot.time_passed().is_some_and(|passed| passed.abs_diff(began.elapsed()) > Duration::from_secs(1));
    (result, stood_still | differs | pilot.beat())
}

/// Brings a flight to its end, also where its task is dropped.
pub(super) struct Pilot<S: Secret> {
    cache: Weak<Cache>,
    slot: Arc<Slot<S>>,
    flight: Arc<Flight<S::Payload>>,
    at: Operation,
    rules: Rules,
    /// Its task did not run for a while: that there is no answer says nothing of AWS.
    stood_still: bool,
}

impl<S: Secret> Pilot<S> {
    fn beat(&self) -> bool {
        self.cache.upgrade().is_some_and(|cache| self.flight.beat(cache.clock.looked_up()))
    }

    /// The time since it took off, by the cache's clock.
    fn time_passed(&self) -> Option<Duration> {
        let now = self.cache.upgrade()?.clock.looked_up();
        Some(Duration::from_nanos(now.saturating_sub(self.flight.started)))
    }

    /// Takes charge of a flight that has just become the slot's.
    pub(super) fn begin(
        cache: &Arc<Cache>,
        slot: &Arc<Slot<S>>,
        flight: Arc<Flight<S::Payload>>,
        at: Operation,
    ) -> Self {
        let rules = *cache.rules::<S>();
        let slot_of_it = Arc::clone(slot);
        let pilot = Self { cache: Arc::downgrade(cache), slot: slot_of_it, flight, at, rules, stood_still: false };
        count(&cache.counters.loads);
        cache.settle(slot);
        pilot
    }

    /// Ends the flight with what the call brought.
    pub(super) fn land(self, answer: Result<(Versioned<S::Payload>, usize), Error>) {
        // Without a cache there is no one to tell: who waits holds it.
        let Some(cache) = self.cache.upgrade() else { return };
        let progress = match answer {
            Ok((value, bytes)) => self.learn(&cache, Entry::value(value, bytes, self.flight.started, &self.rules), Ok),
            Err(error) if is_answer(&error) => {
                let entry = Entry::refused(error.clone(), self.flight.started, &self.rules);
                self.learn(&cache, entry, |_| Err(error))
            }
            Err(error) => {
                self.fail(&cache, &error);
                Progress::Landed(Err(error))
            }
        };
        self.flight.progress.send_replace(progress);
    }

    /// Makes the answer what is known, unless something has happened since the call began that it may not reflect.
    fn learn(
        &self,
        cache: &Cache,
        entry: Entry<S::Payload>,
        result: impl FnOnce(Arc<Entry<S::Payload>>) -> Result<Arc<Entry<S::Payload>>, Error>,
    ) -> Progress<S::Payload> {
        cache.no_trouble();
        let entry = Arc::new(entry);
        let mut state = self.slot.state();
        let Some(Ended { shown }) = state.end_flight(&self.flight) else {
            drop(state);
            self.show(cache, &entry);
            return Progress::Landed(result(entry));
        };
        let is_outrun = shown.is_some_and(|shown| !entry.is_or_follows(&shown));
        let kept = (!is_outrun && cache.has_room_for(&entry)).then(|| Arc::clone(&entry));
        let replaced = self.slot.replace(&mut state, kept);
        drop(state);
        drop(replaced);
        if is_outrun { Progress::Outrun } else { Progress::Landed(result(entry)) }
    }

    /// Who waited for this flight, which was cut off, must not read an older answer next. Nobody can tell whether what is
    /// known or on its way is newer, unless it follows from this one. The slot can be another one by now.
    fn show(&self, cache: &Cache, entry: &Arc<Entry<S::Payload>>) {
        let Some(slot) = cache.index.find(&self.slot.secret) else { return };
        let mut state = slot.state();
        state.show(entry);
        let is_behind = slot.known.load().as_ref().is_some_and(|known| !known.is_or_follows(entry));
        let forgotten = is_behind.then(|| slot.replace(&mut state, None)).flatten();
        drop(state);
        if forgotten.is_some() {
            count(&cache.counters.invalidations);
            drop(forgotten);
            cache.settle(&slot);
        }
    }

    /// Leaves what is known, and the next attempt to a later read.
    fn fail(&self, cache: &Cache, error: &Error) {
        let now = cache.clock.looked_up();
        count(&cache.counters.failures);
        if !self.stood_still {
            cache.trouble::<S>(now);
        }
        let mut state = self.slot.state();
        if state.end_flight(&self.flight).is_none() || self.stood_still {
            return;
        }
        if let Some(entry) = self.slot.known.load().as_ref().filter(|entry| entry.is_value()) {
            entry.calm_until(now.saturating_add(self.rules.retry_after).min(entry.usable_until(&self.rules)));
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

impl<S: Secret> Drop for Pilot<S> {
    fn drop(&mut self) {
        self.slot.state().end_flight(&self.flight);
        self.flight.progress.send_if_modified(|progress| {
            let is_lost = matches!(progress, Progress::Flying);
            if is_lost {
                *progress = Progress::Crashed;
            }
            is_lost
        });
        // The slot is no longer at work, and may have to make room.
        if let Some(cache) = self.cache.upgrade() {
            cache.settle(&self.slot);
        }
    }
}
