//! How often, and how fast, a write that met another writer's is tried again.

use std::time::Duration;

use super::error::{Error, Operation};

/// Others may win so many times in a row. Each time somebody's write has succeeded, so this only ends a writer that
/// nobody ever lets through.
const MAX_LOST: u32 = 100;
/// Reads may give so many times nothing new, while a refused write says that there is something new.
const MAX_STALE: u32 = 6;
/// The first pause before such a read is repeated; each next one is twice as long. Together about three seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Losers of one race come back spread over this time.
const SPREAD: Duration = Duration::from_millis(10);

/// Counts one write's rounds.
pub(super) struct Rounds {
    at: Operation,
    lost: u32,
    stale: u32,
}

impl Rounds {
    pub(super) const fn new(at: Operation) -> Self {
        Self { at, lost: 0, stale: 0 }
    }

    /// Another writer won.
    pub(super) async fn lost(&mut self) -> Result<(), Error> {
        self.lost += 1;
        if self.lost >= MAX_LOST {
            return Err(Error::Conflict { at: self.at, rounds: self.lost });
        }
        tracing::debug!(handler = self.at.handler, secret = self.at.secret, "another writer was first");
        tokio::time::sleep(SPREAD.mul_f64(fastrand::f64())).await;
        Ok(())
    }

    /// What was read is known to be out of date, or AWS is still busy with an earlier change.
    pub(super) async fn stale(&mut self) -> Result<(), Error> {
        self.stale += 1;
        if self.stale > MAX_STALE {
            return Err(Error::Stale { at: self.at, reads: self.stale });
        }
        let pause = FIRST_PAUSE * 2_u32.pow(self.stale - 1);
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        Ok(())
    }
}
