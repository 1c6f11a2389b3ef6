//! A cached read: returns a hit, or takes the slow path, which may wait for a load.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::Guard;
use tokio::time::Instant;

use super::Cache;
use super::entry::{Cached, Entry};
use super::policy::Rules;
use super::slot::{InFlight, Progress, Slot, State};
use super::stats::count;
use crate::error::{Error, Operation};
use crate::model::verb::read;
use crate::model::{Granted, Handler, Secret, Verb};
use crate::{Call, Secrets};

/// Maximum iterations of a read. One more than the longest expected sequence: wait, see the load superseded a few times,
/// see a load fail, take the old value.
const MAX_LOOKS: u32 = 8;

/// The decision of the slow path.
enum Look<P> {
    Take(Result<Cached<P>, Error>),
    /// Wait for the flight. If a value can be handed out afterwards, only for this duration.
    Wait(Option<Duration>),
}

/// The decision of the slow path, and the flight that it depends on.
struct Turn<S: Secret> {
    look: Look<S::Payload>,
    slot: Arc<Slot<S>>,
    /// The flight, and whether it is new. The caller starts the load of a new flight, because the slot's lock is
    /// released by then.
    flight: Option<(Arc<InFlight<S::Payload>>, bool)>,
}

impl<H: Handler> Secrets<H> {
    /// Reads the value: from the cache if possible, otherwise with `GetSecretValue`.
    ///
    /// Concurrent reads of one secret share one call. A value near the end of its lifetime is refreshed in the
    /// background, and an expired value is handed out while AWS is unavailable, both according to its
    /// [`CachePolicy`](super::CachePolicy); see [`Cached::is_stale`]. A hit takes no lock, allocates nothing and counts
    /// nothing.
    ///
    /// Without [`with_cache`](Secrets::with_cache) this is equivalent to [`read`](Secrets::read).
    ///
    /// ```
    /// use driftless::{CacheConfig, Secrets};
    /// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
    /// use shop::{PaymentKey, Charge};
    /// # use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = EmbeddedSecretsManager::new();
    /// # server.put("shop-payment-key", "hunter2");
    /// # let client = server.client();
    /// let secrets = Secrets::<Charge>::new(client).with_cache(CacheConfig::new())?;
    /// for _ in 0..1_000 {
    ///     let key = secrets.cached(&PaymentKey).await?;
    ///     assert_eq!(key.expose(), "hunter2");
    /// }
    /// # assert_eq!(server.calls().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read`](Secrets::read). An error that means that there is nothing to read is cached for a short time.
    pub const fn cached<'a, S: Granted<read, H>>(&'a self, secret: &'a S) -> CachedRead<'a, H, S> {
        CachedRead { secrets: self, secret, miss: None }
    }

    /// The slow path, out of line and boxed, so that a hit does not pay for the size of its future.
    #[cold]
    #[inline(never)]
    fn missed<'a, S: Secret>(&'a self, secret: &'a S) -> Call<'a, Cached<S::Payload>> {
        Box::pin(self.in_time(Operation::of::<H, S>(Verb::Read), self.cached_closely(secret)))
    }

    async fn cached_closely<S: Secret>(&self, secret: &S) -> Result<Cached<S::Payload>, Error> {
        let at = Operation::of::<H, S>(Verb::Read);
        let Some(cache) = &self.cache else {
            let value = self.observed(at, secret, async { self.current(at, secret).await?.into_value(at) }).await?;
            return Ok(Cached::uncached(value));
        };
        cache.closely(secret, at, self.deadline, |slot, flight| self.load(cache, slot, flight)).await
    }
}

/// The future that [`Secrets::cached`] returns. A hit is answered at the first poll, without an allocation.
#[must_use = "futures do nothing unless they are polled"]
pub struct CachedRead<'a, H, S: Secret> {
    secrets: &'a Secrets<H>,
    secret: &'a S,
    /// Set where the first poll did not find a value that can be handed out.
    miss: Option<Call<'a, Cached<S::Payload>>>,
}

impl<H: Handler, S: Secret> Future for CachedRead<'_, H, S> {
    type Output = Result<Cached<S::Payload>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (secrets, secret) = (self.secrets, self.secret);
        if self.miss.is_none()
            && let Some(hit) = secrets.cache.as_ref().and_then(|cache| cache.fresh(secret))
        {
            return Poll::Ready(hit);
        }
        self.miss.get_or_insert_with(|| secrets.missed(secret)).as_mut().poll(context)
    }
}

impl<H: Handler, S: Secret> fmt::Debug for CachedRead<'_, H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedRead").field("handler", &H::NAME).field("secret", &S::ID).finish_non_exhaustive()
    }
}

/// The result of waiting for a flight.
enum Waited<P> {
    Answer(Result<Arc<Entry<P>>, Error>),
    /// The response is not used; the next look finds the current state.
    Superseded,
    /// The wait took too long, or the flight's task was dropped. The next look then continues.
    None,
}

/// Waits for the result of a flight, at most for `patience`.
async fn wait_for_load<P>(flight: &InFlight<P>, patience: Option<Duration>) -> Waited<P> {
    let mut progress = flight.progress.subscribe();
    let waiting = async {
        match progress.wait_for(|progress| !matches!(progress, Progress::Pending)).await.as_deref() {
            Ok(Progress::Done(result)) => Waited::Answer(result.clone()),
            Ok(Progress::Superseded) => Waited::Superseded,
            _ => Waited::None,
        }
    };
    match patience {
        None => waiting.await,
        Some(patience) => tokio::time::timeout(patience, waiting).await.unwrap_or(Waited::None),
    }
}

/// Whether AWS has responded that there is nothing to read (any longer).
pub(super) fn is_answer(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. }
            | Error::PendingDeletion { .. }
            | Error::AccessDenied { .. }
            | Error::Decryption { .. }
            | Error::InvalidPayload { .. }
    )
}

impl Cache {
    /// The fast path: the entry, if it is still fresh.
    #[inline]
    pub(super) fn fresh<S: Secret>(&self, secret: &S) -> Option<Result<Cached<S::Payload>, Error>> {
        let now = self.clock.now();
        let known = self.index.with(secret, |slot| {
            slot.touch();
            let known = slot.known.load();
            known.as_ref().is_some_and(|entry| entry.is_fresh(now)).then_some(known)
        })?;
        Cached::of(known?, now)
    }

    /// The slow path: looks, and waits if necessary. `load` starts the load of a new flight. At the deadline, a usable
    /// value is handed out even if its policy allows a longer wait.
    pub(super) async fn closely<S: Secret>(
        &self,
        secret: &S,
        at: Operation,
        deadline: Option<Instant>,
        load: impl Fn(&Arc<Slot<S>>, Arc<InFlight<S::Payload>>),
    ) -> Result<Cached<S::Payload>, Error> {
        let mut failure = Error::transport(at, "time-out");
        for _ in 0..MAX_LOOKS {
            let turn = self.look(secret, deadline.is_some_and(|deadline| deadline <= Instant::now()));
            if let Some((flight, true)) = &turn.flight {
                load(&turn.slot, Arc::clone(flight));
            }
            let (patience, flight) = match (turn.look, turn.flight) {
                (Look::Take(result), _) => return result,
                (Look::Wait(patience), Some((flight, _))) => (patience, flight),
                // Does not happen: a decision to wait always comes with a flight.
                (Look::Wait(_), None) => continue,
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let is_cut = patience.zip(left).is_some_and(|(patience, left)| left < patience);
            match wait_for_load(&flight, if is_cut { left } else { patience }).await {
                // The response itself, even if it could not be stored in the slot.
                Waited::Answer(Ok(entry)) => {
                    let handed_out = Cached::of(Guard::from_inner(Some(entry)), self.clock.now());
                    return handed_out.unwrap_or(Err(failure));
                }
                // Without a usable old value, or if AWS has responded, the failure is the result. Otherwise the next
                // look hands out the old value.
                Waited::Answer(Err(error)) if patience.is_none() || is_answer(&error) => return Err(error),
                Waited::Answer(Err(error)) => failure = error,
                Waited::Superseded => {}
                // The deadline of this read says nothing about AWS.
                Waited::None if is_cut => {}
                Waited::None => self.trouble::<S>(self.clock.now()),
            }
        }
        Err(failure)
    }

    /// Decides under the slot's lock, so that only one of the concurrent readers starts a load. A `late` read is past
    /// its deadline, and takes a usable value immediately.
    fn look<S: Secret>(&self, secret: &S, late: bool) -> Turn<S> {
        let now = self.clock.looked_up();
        let rules = self.rules::<S>();
        self.in_slot(secret, |slot, state| {
            let known = slot.known.load();
            // Another reader may have stored a fresh entry since the fast path looked.
            if known.as_ref().is_some_and(|entry| entry.is_fresh(now))
                && let Some(result) = Cached::of(slot.known.load(), now)
            {
                return Turn { look: Look::Take(result), slot: Arc::clone(slot), flight: None };
            }
            // The entry is not fresh: join the flight, or start one.
            let (flight, is_new) = Self::flight(state, now, rules);
            // A value past `usable_until`, or a refusal, is never handed out from here on.
            let usable = known.as_ref().filter(|entry| entry.is_value() && now < entry.usable_until(rules));
            let look = match usable.map(|entry| self.patience(entry, &flight, now, rules, late)) {
                // Nothing can be handed out: wait for the flight without a limit.
                None => Look::Wait(None),
                Some(Some(patience)) => Look::Wait(Some(patience)),
                // Hand out the old value while the flight is in progress.
                Some(None) => {
                    if is_new {
                        count(&self.counters.refreshes);
                    }
                    Cached::of(known, now).map_or(Look::Wait(None), Look::Take)
                }
            };
            if !is_new && matches!(look, Look::Wait(_)) {
                count(&self.counters.joined);
            }
            Turn { look, slot: Arc::clone(slot), flight: Some((flight, is_new)) }
        })
    }

    /// The flight to join, and whether it is new. An overdue flight is replaced.
    fn flight<P>(state: &mut State<P>, now: u64, rules: &Rules) -> (Arc<InFlight<P>>, bool) {
        match state.flight.as_ref().filter(|flight| now < flight.deadline(rules)) {
            Some(flight) => (Arc::clone(flight), false),
            None => (state.start(now), true),
        }
    }

    /// How long a read waits for the flight before it gets this usable value; `None` if it gets the value immediately.
    /// In the latter case, reads are plain hits until the flight is overdue or the value's status changes, unless only
    /// this read is late.
    fn patience<P>(
        &self,
        entry: &Entry<P>,
        flight: &InFlight<P>,
        now: u64,
        rules: &Rules,
        late: bool,
    ) -> Option<Duration> {
        // Not expired: the flight refreshes the value in the background.
        let end = if now < entry.expires_at() {
            entry.expires_at()
        } else {
            // The task of the flight was suspended, because the process was frozen: its time starts only now.
            let started = if flight.stands_still(now) { now } else { flight.started };
            let until = started.saturating_add(rules.patience);
            // Wait only for a load that began after the expiry (an earlier one is a refresh that is already late), only
            // while AWS is not considered unavailable, and only until `rules.patience` after the start of the load.
            let began_in_time = started < entry.expires_at();
            let is_worth_it = !began_in_time && !self.is_in_trouble(now) && now < until;
            if is_worth_it && !late {
                return Some(Duration::from_nanos(until - now));
            }
            count(&self.counters.stale);
            // Only this read is late: other reads may still wait, so `check_at` does not change.
            if is_worth_it {
                return None;
            }
            entry.usable_until(rules)
        };
        // Until then, reads get the value as plain hits.
        entry.fresh_until(end.min(flight.deadline(rules)));
        None
    }
}
