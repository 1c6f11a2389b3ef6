//! One refresh of a user at a time in this process: whoever comes while it is under way waits for its outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::time::{Instant, timeout_at};

use super::error::RefreshError;
use super::tokens::AccessToken;

type Outcome = Result<AccessToken, RefreshError>;

/// Whoever holds the lock leads. An outcome that is there when the lock is got was another's work.
type Flight = tokio::sync::Mutex<Option<Outcome>>;

/// The refreshes that are under way, by the secret's name. An entry lives as long as somebody waits for it.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<String, Weak<Flight>>>);

impl Flights {
    /// The outcome of `lead`, or of the one that is under way for this secret already. A failure too is everybody's: many
    /// tasks ask once. If the one that leads is dropped, the next one leads; if it is kept and never polled, the others
    /// give up at their deadlines.
    pub(super) async fn join(&self, secret: &str, deadline: Instant, lead: impl Future<Output = Outcome>) -> Outcome {
        let flight = self.board(secret);
        let mut landed = timeout_at(deadline, flight.lock()).await.map_err(|_| RefreshError::Timeout)?;
        if let Some(outcome) = &*landed {
            return outcome.clone();
        }
        let outcome = lead.await;
        *landed = Some(outcome.clone());
        // Who comes from now on asks anew.
        self.entries().remove(secret);
        outcome
    }

    fn board(&self, secret: &str) -> Arc<Flight> {
        let mut entries = self.entries();
        if let Some(flight) = entries.get(secret).and_then(Weak::upgrade) {
            return flight;
        }
        // Flights that everybody left before they landed.
        entries.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::default();
        entries.insert(secret.to_owned(), Arc::downgrade(&flight));
        flight
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<String, Weak<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
