//! A cached read: take what is there, look closer, or wait for a load.

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
use super::slot::{Flight, Progress, Slot, State};
use super::stats::count;
use crate::client::error::{Error, Operation};
use crate::client::{Call, Secrets};
use crate::model::verb::read;
use crate::model::{Granted, Handler, Secret, Verb};

/// A read looks this many times again before it gives up. Once more than it takes: wait, see the load outrun a few times, see one
/// fail, take the old value.
const MAX_LOOKS: u32 = 8;

/// What a closer look decides.
enum Look<P> {
    Take(Result<Cached<P>, Error>),
    /// To wait for the flight; where there is a value to hand out after that, only for so long.
    Wait(Option<Duration>),
}

/// A closer look's decision, and the flight on which what it decides depends.
struct Turn<S: Secret> {
    look: Look<S::Payload>,
    slot: Arc<Slot<S>>,
    /// With whether it has to be begun, now that the slot's lock is free.
    flight: Option<(Arc<Flight<S::Payload>>, bool)>,
}

impl<H: Handler> Secrets<H> {
    /// Reads the value, from the cache where it is known. Makes `GetSecretValue` where it is not.
    ///
    /// Concurrent reads of one secret share one call. A value near the end of its life is refreshed in the background, and
    /// one past it is handed out while AWS cannot be asked, both as its [`CachePolicy`](super::CachePolicy) says; see
    /// [`Cached::is_stale`]. A hit takes no lock, allocates nothing and counts nothing.
    ///
    /// Without [`with_cache`](Secrets::with_cache) this is a [`read`](Secrets::read).
    ///
    /// ```
    /// use paypulse_runtime::client::{CacheConfig, Secrets};
    /// use paypulse_runtime::spec::{JwtSigningKey, LoginUser};
    /// # use paypulse_runtime::testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = EmbeddedSecretsManager::new();
    /// # server.put("PayPulseAppJWTSecret", "hunter2");
    /// # let client = server.client();
    /// let secrets = Secrets::<LoginUser>::new(client).with_cache(CacheConfig::new())?;
    /// for _ in 0..1_000 {
    ///     let key = secrets.cached(&JwtSigningKey).await?;
    ///     assert_eq!(key.expose(), "hunter2");
    /// }
    /// # assert_eq!(server.calls().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read`](Secrets::read). That there is nothing to read is remembered for a short while.
    pub const fn cached<'a, S: Granted<read, H>>(&'a self, secret: &'a S) -> CachedRead<'a, H, S> {
        CachedRead { secrets: self, secret, miss: None }
    }

    /// Out of line and in a box, so that a hit does not pay for the size of what it never does.
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
            && let Some(hit) = secrets.cache.as_ref().and_then(|cache| cache.calm(secret))
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

/// How waiting for a flight ends.
enum Landing<P> {
    Answer(Result<Arc<Entry<P>>, Error>),
    /// The answer is not used; the next look finds what is there.
    Outrun,
    /// It takes too long, or its runtime is gone; then this read's own carries the next.
    None,
}

/// What the flight brings, if it lands within the time that there is.
async fn landing<P>(flight: &Flight<P>, patience: Option<Duration>) -> Landing<P> {
    let mut progress = flight.progress.subscribe();
    let landing = async {
        match progress.wait_for(|progress| !matches!(progress, Progress::Flying)).await.as_deref() {
            Ok(Progress::Landed(result)) => Landing::Answer(result.clone()),
            Ok(Progress::Outrun) => Landing::Outrun,
            _ => Landing::None,
        }
    };
    match patience {
        None => landing.await,
        Some(patience) => tokio::time::timeout(patience, landing).await.unwrap_or(Landing::None),
    }
}

/// Whether AWS has answered, and the answer is that there is nothing to read (any longer).
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
    /// What is known, if a read may take it without a second thought.
    #[inline]
    pub(super) fn calm<S: Secret>(&self, secret: &S) -> Option<Result<Cached<S::Payload>, Error>> {
        let now = self.clock.now();
        let known = self.index.with(secret, |slot| {
            slot.touch();
            let known = slot.known.load();
            known.as_ref().is_some_and(|entry| entry.is_calm(now)).then_some(known)
        })?;
        Cached::of(known?, now)
    }

    /// Looks, and waits where it has to. `load` begins the load behind a new flight. A value that can be handed out is so at
    /// the deadline, however patient its policy is.
    pub(super) async fn closely<S: Secret>(
        &self,
        secret: &S,
        at: Operation,
        deadline: Option<Instant>,
        load: impl Fn(&Arc<Slot<S>>, Arc<Flight<S::Payload>>),
    ) -> Result<Cached<S::Payload>, Error> {
        let mut failure = Error::Transport { at, reason: "time-out" };
        for _ in 0..MAX_LOOKS {
            let turn = self.look(secret, deadline.is_some_and(|deadline| deadline <= Instant::now()));
            if let Some((flight, true)) = &turn.flight {
                load(&turn.slot, Arc::clone(flight));
            }
            let (patience, flight) = match (turn.look, turn.flight) {
                (Look::Take(result), _) => return result,
                (Look::Wait(patience), Some((flight, _))) => (patience, flight),
                (Look::Wait(_), None) => continue,
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let is_cut = patience.zip(left).is_some_and(|(patience, left)| left < patience);
            match landing(&flight, if is_cut { left } else { patience }).await {
                Landing::Answer(Ok(entry)) => {
                    let handed_out = Cached::of(Guard::from_inner(Some(entry)), self.clock.now());
                    return handed_out.unwrap_or(Err(failure));
                }
                Landing::Answer(Err(error)) if patience.is_none() || is_answer(&error) => return Err(error),
                Landing::Answer(Err(error)) => failure = error,
                Landing::Outrun => {}
                // Says nothing of AWS.
                Landing::None if is_cut => {}
                Landing::None => self.trouble::<S>(self.clock.now()),
            }
        }
        Err(failure)
    }

    /// Decides under the slot's lock, so that one of all readers begins a load. A read that is `late` takes what there is.
    fn look<S: Secret>(&self, secret: &S, late: bool) -> Turn<S> {
        let now = self.clock.looked_up();
        let rules = self.rules::<S>();
        self.in_slot(secret, |slot, state| {
            let known = slot.known.load();
            if known.as_ref().is_some_and(|entry| entry.is_calm(now))
                && let Some(result) = Cached::of(slot.known.load(), now)
            {
                return Turn { look: Look::Take(result), slot: Arc::clone(slot), flight: None };
            }
            let (flight, is_new) = Self::flight(state, now, rules);
            let usable = known.as_ref().filter(|entry| entry.is_value() && now < entry.usable_until(rules));
            let look = match usable.map(|entry| self.patience(entry, &flight, now, rules, late)) {
                None => Look::Wait(None),
                Some(Some(patience)) => Look::Wait(Some(patience)),
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

    /// The flight to rely on, and whether it is new. One that should be back is left to itself.
    fn flight<P>(state: &mut State<P>, now: u64, rules: &Rules) -> (Arc<Flight<P>>, bool) {
        match state.flight.as_ref().filter(|flight| now < flight.back_at(rules)) {
            Some(flight) => (Arc::clone(flight), false),
            None => (state.take_off(now), true),
        }
    }

    /// How long a read that could be given this value waits for the flight instead. For none at all nobody need look again
    /// until the flight is back or the value's standing changes, unless it is that this read alone is late.
    fn patience<P>(
        &self,
        entry: &Entry<P>,
        flight: &Flight<P>,
        now: u64,
        rules: &Rules,
        late: bool,
    ) -> Option<Duration> {
        let end = if now < entry.expires_at() {
            entry.expires_at()
        } else {
            // One whose task stood still, because the process was frozen, has yet to begin.
            let started = if flight.stands_still(now) { now } else { flight.started };
            let until = started.saturating_add(rules.patience);
            let began_in_time = started < entry.expires_at();
            let is_worth_it = !began_in_time && !self.is_in_trouble(now) && now < until;
            if is_worth_it && !late {
                return Some(Duration::from_nanos(until - now));
            }
            count(&self.counters.stale);
            if is_worth_it {
                return None;
            }
            entry.usable_until(rules)
        };
        entry.calm_until(end.min(flight.back_at(rules)));
        None
    }
}
