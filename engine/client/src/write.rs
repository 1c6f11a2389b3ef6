//! The loop behind every write: read, change, write a successor of the version that was read, and retry if another
//! writer was first.

use super::call::WriteResult;
use super::current::{Current, Found, Versioned};
use super::error::{Error, Operation};
use super::retry_budget::RetryBudget;
use super::stored::stored_form;
use super::{Secrets, token};
use crate::model::{Handler, Payload, Secret, Verb};

/// The result of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<P> {
    /// The value that is stored now, and its version.
    pub stored: Versioned<P>,
    /// What the write did.
    pub outcome: Outcome,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Created the secret.
    Created,
    /// Wrote a new version.
    Replaced,
    /// Wrote a new version that another writer has already replaced by a successor: the stored value is the other
    /// writer's.
    Superseded,
    /// Wrote nothing, because the change kept the stored value.
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
        let name = self.name_of(at, secret)?;
        let mut rounds = RetryBudget::new(at);
        let mut learnt = Observed::default();
        let mut guard = self.write_guard(secret);
        // One iteration reads, decides and makes at most one write call. Its token is derived from the version that was
        // read (see `token`), so the call fails if that version already has a successor. Each `continue` and each
        // rejected call counts against a limit in `rounds`; `rounds` also pauses.
        loop {
            let current = self.current(at, secret).await?;
            // An earlier write of this loop succeeded although its response was lost, and another writer built on it.
            if learnt.is_successor_of_ours(current.version()) {
                let stored = current.into_value(at)?;
                guard.found(stored.version());
                return Ok(Written { stored, outcome: Outcome::Superseded });
            }
            // The read is outdated: a rejected write has shown that a newer state exists.
            if learnt.is_out_of_date(&current) {
                rounds.stale().await?;
                continue;
            }
            // Only a store may create a secret or cancel its deletion.
            let may_write = at.verb == Verb::Store || !matches!(current, Current::Absent | Current::PendingDeletion);
            let Some(value) = may_write.then(|| change(current.found())).flatten() else {
                let stored = current.into_value(at)?;
                guard.found(stored.version());
                return Ok(Written { stored, outcome: Outcome::Kept });
            };
            let stored = stored_form(at, &value)?;
            // From here on the cache must not trust loads that started before the write; see `write_guard`.
            guard.before_send();
            let call = match &current {
                Current::PendingDeletion => {
                    self.call_restore(at, &name).await?;
                    rounds.busy().await?;
                    continue;
                }
                Current::Absent => self.call_create(at, &name, self.kms_key_of::<S>(at)?, &stored).await?,
                Current::NoValue => self.call_put(at, &name, token::first_of(&name), &stored).await?,
                Current::Value { value: Versioned { version, .. }, arn, .. }
                | Current::Unreadable { version, arn, .. } => {
                    self.call_put(at, arn, token::successor_of(version), &stored).await?
                }
            };
            if let WriteResult::Wrote { version } = call {
                let outcome = if matches!(current, Current::Absent) { Outcome::Created } else { Outcome::Replaced };
                guard.wrote(&stored, &version);
                return Ok(Written { stored: Versioned::new(value, version), outcome });
            }
            // The write was rejected: the next read must return a newer state than `current`.
            learnt.remember(&call, &current);
            if matches!(call, WriteResult::PendingDeletion) { rounds.busy().await? } else { rounds.lost().await? }
        }
    }
}

/// What a loop has learned from its rejected writes.
#[derive(Default)]
struct Observed {
    /// A version that is known to have a successor. A read that returns it is outdated.
    has_successor: Option<String>,
    /// The version that this loop wrote although the response was lost.
    ours: Option<String>,
    /// A creation was rejected because the name is taken.
    name_exists: bool,
}

impl Observed {
    fn remember<P: Payload>(&mut self, call: &WriteResult, current: &Current<P>) {
        if let WriteResult::WroteBefore { version } = call {
            self.ours = Some(version.clone());
        }
        if matches!(call, WriteResult::Taken | WriteResult::WroteBefore { .. }) {
            self.has_successor = current.version().map(str::to_owned);
            self.name_exists = matches!(current, Current::Absent);
        }
    }

    /// Whether another writer has built on the version that this loop wrote.
    fn is_successor_of_ours(&self, version: Option<&str>) -> bool {
        self.ours.as_ref().zip(version).is_some_and(|(ours, version)| token::successor_of(ours) == version)
    }

    /// Whether a read returned a state that is known to be outdated. A missing secret whose name is taken is only
    /// rejected once: it can have been deleted in between.
    fn is_out_of_date<P: Payload>(&mut self, current: &Current<P>) -> bool {
        match current {
            Current::Absent => std::mem::take(&mut self.name_exists),
            _ => current.version().is_some() && current.version() == self.has_successor.as_deref(),
        }
    }
}
