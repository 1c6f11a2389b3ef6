//! Copies of a secret in other Regions: which place a read asks, in which order, and whether the answer of a copy counts.
//!
//! A read asks the copy in the Region that the function runs in, if there is one, and then the secret's own Region. Where that is
//! down, it asks the other copies. A copy's answer counts if it is a value that is not older than what this process knows.

mod memory;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Secrets;
use super::current::Current;
use super::error::{Error, NOT_BUILT, NOT_SIGNED, Operation};
use crate::freshness::CachePolicy;
use crate::model::stage::CURRENT;
use crate::model::{Handler, Secret, is_region};
use memory::{Key, Memory, RegionState};

/// A place is given up after this, where there is another to ask.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a client knows of copies. Clones share what they have seen.
#[derive(Clone, Default)]
pub(super) struct Copies {
    /// The Region that the function runs in, where that is not the one that its client is configured for.
    here: Option<Arc<str>>,
    limits: Limits,
    memory: Memory,
}

/// How long a read may take, and for how long an outage is bridged. Nothing where the client's own limits hold.
#[derive(Clone, Copy, Default)]
pub(super) struct Limits {
    time: Option<Duration>,
    bound: Option<Duration>,
}

/// Where a read asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The secret's own Region.
    Own,
    /// The copy in the Region that the function runs in.
    Here(&'static str),
    /// Another copy.
    Copy(&'static str),
}

impl Place {
    fn region(self, key: &Key) -> &str {
        match self {
            Self::Own => &key.region,
            Self::Here(region) | Self::Copy(region) => region,
        }
    }
}

impl Copies {
    /// The same for a function that runs in the Region which this variable of its environment names.
    pub(super) fn here(self, region: Option<String>) -> Self {
        Self { here: region.filter(|region| is_region(region)).map(Into::into), ..self }
    }

    /// The same for a load of the cache.
    pub(super) fn within(&self, time: Duration, bound: Duration) -> Self {
        Self { limits: Limits { time: Some(time), bound: Some(bound) }, ..self.clone() }
    }
}

impl<H: Handler> Secrets<H> {
    /// Remembers a version that this client has made the current one: no copy that is older is taken.
    pub(super) fn wrote<S: Secret>(&self, at: Operation, secret: &S, version: &str) {
        if !S::READ_FROM.is_empty()
            && let Ok(name) = self.name_of(at, secret)
        {
            self.copies.memory.wrote(Key { region: self.own_region(at), name, label: CURRENT }, version);
        }
    }

    /// The version with a label, from the first place that has an answer.
    pub(super) async fn ask_each_place<S: Secret>(
        &self,
        at: Operation,
        secret: &S,
        label: &'static str,
    ) -> Result<Current<S::Payload>, Error> {
        let name = self.name_of(at, secret)?;
        let key = Key { region: self.own_region(at), name, label };
        let known = self.copies.memory.known(&key);
        let places = self.places::<S>(&key.region);
        let ends = self.ends();
        let mut failure = Error::transport(at, NOT_BUILT);
        for (number, place) in places.iter().enumerate() {
            let patience = patience(ends, places.len() - number - 1);
            let answer = in_patience(at, patience, self.ask::<S>(at, &key, *place)).await;
            self.take_note(at, place.region(&key), answer.as_ref().err());
            match (place, answer) {
                (Place::Own, Err(error)) if is_down(&error) => failure = error,
                (Place::Own, answer) => {
                    let current = answer?;
                    self.copies.memory.saw(key, current.version(), &known);
                    return Ok(current);
                }
                (Place::Here(_), Err(error)) if is_refusal(&error) => return Err(error),
                (Place::Here(region) | Place::Copy(region), Ok(current)) => {
                    if self.counts::<S>(&key, &current, region).await {
                        self.copies.memory.saw(key, current.version(), &known);
                        return Ok(current);
                    }
                }
                (Place::Here(_) | Place::Copy(_), Err(_)) => {}
            }
        }
        Err(failure)
    }

    async fn ask<S: Secret>(&self, at: Operation, key: &Key, place: Place) -> Result<Current<S::Payload>, Error> {
        match place {
            Place::Own => self.ask_at(at, &self.client(at), &key.name, key.label).await,
            Place::Here(region) | Place::Copy(region) => {
                let at = Operation { region: Some(region), ..at };
                self.ask_at(at, &self.client_for_copies(region), &key.name, key.label).await
            }
        }
    }

    /// Whether a copy's answer counts. That there is nothing says nothing: the copy may not be there yet. A version that is not the
    /// known one is a later one if the copy has, or had, the known one too.
    async fn counts<S: Secret>(&self, key: &Key, current: &Current<S::Payload>, region: &'static str) -> bool {
        let Some(version) = current.version() else { return false };
        let Some(known) = self.copies.memory.version(key).filter(|known| known != version) else { return true };
        let has_known = async {
            let get = self.client_for_copies(region).get_secret_value().secret_id(&key.name).version_id(known);
            key.label == CURRENT && tokio::time::timeout(PATIENCE, get.send()).await.is_ok_and(|answer| answer.is_ok())
        };
        let is_later = has_known.await;
        if !is_later {
            tracing::debug!(handler = H::NAME, secret = S::ID, region, "the copy is older than what is known");
        }
        is_later
    }

    /// The places to ask, in their order: the Region of a copy that is down comes last.
    fn places<S: Secret>(&self, own: &str) -> Vec<Place> {
        let memory = &self.copies.memory;
        let copies = S::READ_FROM.iter().copied().filter(|region| *region != own);
        let (up, down): (Vec<_>, Vec<_>) =
            copies.partition(|region| memory.standing(region, Duration::MAX) == RegionState::Up);
        let here = up.iter().copied().find(|region| self.copies.here.as_deref() == Some(*region));
        let others = up.iter().copied().filter(|region| Some(*region) != here).map(Place::Copy);
        let down = down.into_iter().map(Place::Copy);
        let here = here.map(Place::Here).into_iter();
        match memory.standing(own, self.bound::<S>()) {
            RegionState::Up => here.chain([Place::Own]).chain(others).chain(down).collect(),
            RegionState::Down => here.chain(others).chain([Place::Own]).chain(down).collect(),
            RegionState::Alone => here.chain([Place::Own]).collect(),
        }
    }

    /// For how long other copies are asked while the secret's own Region is down.
    fn bound<S: Secret>(&self) -> Duration {
        let of_cache = || self.cache.as_ref().map(|cache| cache.stale_bound::<S>());
        let default = || CachePolicy::new().stale_bound();
        self.copies.limits.bound.or_else(of_cache).unwrap_or_else(default)
    }

    fn own_region(&self, at: Operation) -> String {
        let configured = || self.client.config().region().map(ToString::to_string);
        at.region.map(str::to_owned).or_else(configured).unwrap_or_default()
    }

    /// When a read has to have ended.
    fn ends(&self) -> Option<Instant> {
        let of_load = self.copies.limits.time.and_then(|time| Instant::now().checked_add(time));
        self.deadline.into_iter().chain(of_load).min()
    }

    /// Remembers whether a Region has answered.
    fn take_note(&self, at: Operation, region: &str, error: Option<&Error>) {
        let (handler, secret, memory) = (at.handler, at.secret, &self.copies.memory);
        if error.is_some_and(is_down) && memory.went_down(region) {
            tracing::warn!(handler, secret, region, "the Region is down: another one is asked");
        } else if error.is_none_or(is_answer) && memory.came_back(region) {
            tracing::info!(handler, secret, region, "the Region is back");
        }
    }
}

/// How long a place may take, where this number of other places can be asked after it.
fn patience(ends: Option<Instant>, others: usize) -> Option<Duration> {
    let others = u32::try_from(others).unwrap_or(u32::MAX);
    let share = || ends.map(|ends| ends.saturating_duration_since(Instant::now()) / others.saturating_add(1));
    (others > 0).then(|| share().map_or(PATIENCE, |share| share.min(PATIENCE)))
}

async fn in_patience<T>(
    at: Operation,
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(patience) = patience else { return work.await };
    let answer = tokio::time::timeout(patience, work).await;
    answer.unwrap_or_else(|_| Err(Error::given_up(at)))
}

/// Whether a Region has not answered, or has a fault of its own. A request that was not even signed says nothing of it.
fn is_down(error: &Error) -> bool {
    !is_refusal(error) && !matches!(error, Error::Transport { reason, .. } if [NOT_BUILT, NOT_SIGNED].contains(reason))
}

/// Whether the read ends with the error: AWS has answered, or there are no credentials with which it could be asked.
const fn is_refusal(error: &Error) -> bool {
    !matches!(error, Error::Transport { .. } | Error::Unavailable { .. })
}

/// Whether the Region has answered. That credentials are missing is known without asking it.
const fn is_answer(error: &Error) -> bool {
    is_refusal(error) && !matches!(error, Error::Credentials { .. })
}
