//! The one loop behind every write: read, change, write after the version that was read, and again if another writer
//! was first.

use zeroize::Zeroizing;

use super::call::Call;
use super::current::{Current, Found, Versioned};
use super::error::{Error, Operation};
use super::rounds::Rounds;
use super::{Secrets, token};
use crate::model::{Handler, MAX_VALUE_BYTES, Payload, Secret, Verb};

/// What a write left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<P> {
    /// The value that is stored now, and its version.
    pub stored: Versioned<P>,
    /// What was done.
    pub outcome: Outcome,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Created the secret.
    Created,
    /// Wrote a new version.
    Replaced,
    /// Wrote nothing, because the change chose to keep what it found.
    Kept,
}

impl<H: Handler> Secrets<H> {
    pub(super) async fn write<S, F>(
        &self,
        at: Operation,
        secret: &S,
        mut change: F,
    ) -> Result<Written<S::Payload>, Error>
    where
        S: Secret,
        F: FnMut(Found<'_, S::Payload>) -> Option<S::Payload> + Send,
    {
        let name = secret.name();
        let mut rounds = Rounds::new(at);
        let mut refused = Refused::default();
        loop {
            let current = self.current(at, secret).await?;
            if matches!(current, Current::PendingDeletion) {
                self.take_back_deletion(at, &name).await?;
                rounds.stale().await?;
                continue;
            }
            if refused.was_after(current.version()) {
                rounds.stale().await?;
                continue;
            }
            let Some(value) = change(current.found()) else {
                return current.into_value(at).map(|stored| Written { stored, outcome: Outcome::Kept });
            };
            let stored = stored_form(at, &value)?;
            let (call, outcome) = match current.version() {
                Some(version) => {
                    (self.call_put(at, &name, token::successor_of(version), &stored).await?, Outcome::Replaced)
                }
                None if at.verb == Verb::Store && !refused.name_exists => {
                    (self.call_create(at, &name, &stored).await?, Outcome::Created)
                }
                None => (self.call_put(at, &name, token::first_of(&name), &stored).await?, Outcome::Replaced),
            };
            match call {
                Call::Wrote { version } => {
                    return Ok(Written { stored: Versioned::new(value, version), outcome });
                }
                Call::Taken => {
                    refused.remember(current.version(), outcome);
                    rounds.lost().await?;
                }
                Call::Absent if at.verb == Verb::Update => return Err(Error::NotFound { at }),
                Call::Absent => {
                    refused.name_exists = false;
                    rounds.lost().await?;
                }
                Call::PendingDeletion => {
                    self.take_back_deletion(at, &name).await?;
                    rounds.stale().await?;
                }
            }
        }
    }

    /// Only a store may: whoever updates has no word in whether the secret lives.
    async fn take_back_deletion(&self, at: Operation, name: &str) -> Result<(), Error> {
        if at.verb != Verb::Store {
            return Err(Error::PendingDeletion { at });
        }
        self.call_restore(at, name).await
    }
}

/// What a refused write has taught.
#[derive(Default)]
struct Refused {
    /// The version whose successor exists already. A read that gives it again is out of date.
    after: Option<String>,
    /// A creation was refused because the name is taken.
    name_exists: bool,
}

impl Refused {
    fn was_after(&self, version: Option<&str>) -> bool {
        version.is_some() && self.after.as_deref() == version
    }

    fn remember(&mut self, version: Option<&str>, outcome: Outcome) {
        self.after = version.map(str::to_owned);
        self.name_exists |= outcome == Outcome::Created;
    }
}

/// The text to store, if AWS takes it.
pub(super) fn stored_form<P: Payload>(at: Operation, value: &P) -> Result<Zeroizing<String>, Error> {
    let stored = value.to_stored().map_err(|source| Error::InvalidPayload { at, source })?;
    match stored.len() {
        bytes if bytes > MAX_VALUE_BYTES => Err(Error::TooLarge { at, bytes }),
        _ => Ok(stored),
    }
}
