//! How often, and how fast, a write that met another writer's is tried again.

use std::time::Duration;

use super::error::{Error, Operation};

/// Others may win this many times in a row. Each time somebody's write has succeeded, so this only ends a writer that
/// nobody ever lets through.
const MAX_LOST: u32 = 100;
/// Reads may give nothing new this many times, while a refused write says that there is something new. Together about three
/// seconds.
const MAX_STALE: u32 = 6;
/// AWS may be busy with a deletion this many times. It "performs the actual deletion with an asynchronous background process",
/// and asks to "use appropriate back off and retry logic" until the name is free. Together about ten seconds.
///
/// Source: [`DeleteSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
const MAX_BUSY: u32 = 8;
/// The first pause before either is tried again; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Losers of one race come back spread over this time.
const SPREAD: Duration = Duration::from_millis(10);

/// Counts one write's rounds.
pub(super) struct Rounds {
    at: Operation,
    lost: u32,
    stale: u32,
    busy: u32,
}

impl Rounds {
    pub(super) const fn new(at: Operation) -> Self {
        Self { at, lost: 0, stale: 0, busy: 0 }
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

    /// What was read is known to be out of date.
    pub(super) async fn stale(&mut self) -> Result<(), Error> {
        self.stale += 1;
        if self.stale > MAX_STALE {
            return Err(Error::Stale { at: self.at, reads: self.stale });
        }
        pause_before(self.stale).await;
        Ok(())
    }

    /// AWS is busy with a deletion, or with taking one back.
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
