//! Retry limits and pauses of a write that conflicts with other writers.

use std::time::Duration;

use super::error::{Error, Operation};

/// Maximum lost races of one write before [`Error::Conflict`]. Another writer succeeds in each of them, so the limit
/// only stops a writer that loses every race.
const MAX_LOST: u32 = 100;
/// Maximum stale reads after a write was rejected. Together they take about three seconds.
const MAX_STALE: u32 = 6;
/// Maximum attempts while AWS is still deleting. AWS "performs the actual deletion with an asynchronous background
/// process", and asks callers to "use appropriate back off and retry logic" until the name is free. Together they take
/// about ten seconds.
///
/// Source: [`DeleteSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
const MAX_BUSY: u32 = 8;
/// The first pause after a stale read or a busy AWS; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Writers that lost a race retry at a random time within this period.
const SPREAD: Duration = Duration::from_millis(10);

/// The retry counters of one write.
pub(super) struct RetryBudget {
    at: Operation,
    lost: u32,
    stale: u32,
    busy: u32,
}

impl RetryBudget {
    pub(super) const fn new(at: Operation) -> Self {
        Self { at, lost: 0, stale: 0, busy: 0 }
    }

    /// Another writer won the race.
    pub(super) async fn lost(&mut self) -> Result<(), Error> {
        self.lost += 1;
        if self.lost >= MAX_LOST {
            return Err(Error::Conflict { at: self.at, rounds: self.lost });
        }
        tracing::debug!(handler = self.at.handler, secret = self.at.secret, "lost a race with another writer");
        tokio::time::sleep(SPREAD.mul_f64(fastrand::f64())).await;
        Ok(())
    }

    /// The read returned an outdated version.
    pub(super) async fn stale(&mut self) -> Result<(), Error> {
        self.stale += 1;
        if self.stale > MAX_STALE {
            return Err(Error::Stale { at: self.at, reads: self.stale });
        }
        pause_before(self.stale).await;
        Ok(())
    }

    /// AWS is still deleting the secret, or restoring it.
    pub(super) async fn busy(&mut self) -> Result<(), Error> {
        self.busy += 1;
        if self.busy > MAX_BUSY {
            return Err(Error::PendingDeletion { at: self.at });
        }
        pause_before(self.busy).await;
        Ok(())
    }
}

async fn pause_before(next: u32) {
    let pause = FIRST_PAUSE * 2_u32.pow(next - 1);
    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
}
