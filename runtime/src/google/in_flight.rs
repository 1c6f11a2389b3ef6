//! Single flight for refreshes: per user, one task of this process refreshes, and all others wait for its outcome.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use tokio::time::{Instant, timeout_at};

use super::access_token::AccessToken;
use super::error::RefreshError;

// The locks of shuttle, which chooses the order of tasks in the unit tests.
#[cfg(test)]
use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
use std::sync::{Mutex, MutexGuard};

type Outcome = Result<AccessToken, RefreshError>;

/// A refresh under way. The holder of the lock leads; an outcome that is present once the lock is acquired was produced
/// by another task.
type InFlight = tokio::sync::Mutex<Option<Outcome>>;

/// The refreshes under way, by the secret's name. An entry lives as long as a caller waits for it.
#[derive(Default)]
pub(super) struct Refreshes(Mutex<HashMap<String, Weak<InFlight>>>);

impl Refreshes {
    /// The outcome of `lead`, or of the refresh that is already under way for this secret. All waiting callers share
    /// the outcome, including a failure. If the leading future is dropped, the next waiting caller leads; if it is kept
    /// but never polled, the others time out at their deadlines.
    pub(super) async fn join(&self, secret: &str, deadline: Instant, lead: impl Future<Output = Outcome>) -> Outcome {
        let flight = self.join_or_start(secret);
        let mut landed = timeout_at(deadline, flight.lock()).await.map_err(|_| RefreshError::Timeout)?;
        // Another task led while this one waited for the lock.
        if let Some(outcome) = &*landed {
            return outcome.clone();
        }
        let outcome = lead.await;
        *landed = Some(outcome.clone());
        // Callers that arrive from now on start a new refresh.
        self.entries().remove(secret);
        outcome
    }

    fn join_or_start(&self, secret: &str) -> Arc<InFlight> {
        let mut entries = self.entries();
        if let Some(flight) = entries.get(secret).and_then(Weak::upgrade) {
            return flight;
        }
        // Refreshes that all callers abandoned before the outcome.
        entries.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::default();
        entries.insert(secret.to_owned(), Arc::downgrade(&flight));
        flight
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Weak<InFlight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::task::Poll;
    use std::time::Duration;

    use driftless_testing::schedules::explore;
    use shuttle::future::{block_on, spawn, yield_now};
    use shuttle::rand::{Rng, thread_rng};
    use tokio::time::Instant;

    use super::{Outcome, Refreshes};
    use crate::google::RefreshError;

    const TASKS: u32 = 4;

    /// The state of tasks that refresh the same user.
    #[derive(Default)]
    struct World {
        flights: Refreshes,
        begun: AtomicU32,
        /// The highest refresh whose outcome a task has received.
        ended: AtomicU32,
        /// The number of running leaders.
        leaders: AtomicU32,
        aboard: AtomicU32,
    }

    /// Counts a leader until it is dropped.
    struct Leader<'a>(&'a World);

    impl Drop for Leader<'_> {
        fn drop(&mut self) {
            self.0.leaders.fetch_sub(1, SeqCst);
        }
    }

    impl World {
        /// Joins. If the future has to wait and `stays` is false, drops it.
        async fn join(&self, lead: impl Future<Output = Outcome>, stays: bool) -> Option<Outcome> {
            let deadline = Instant::now() + Duration::from_secs(1);
            let mut outcome = pin!(self.flights.join("user", deadline, lead));
            match poll_fn(|context| Poll::Ready(outcome.as_mut().poll(context))).await {
                Poll::Ready(outcome) => return Some(outcome),
                Poll::Pending => self.aboard.fetch_add(1, SeqCst),
            };
            if stays { Some(outcome.await) } else { None }
        }

        /// Leads until at least this many tasks wait. The outcome tells which leader produced it.
        async fn lead(&self, aboard: u32) -> Outcome {
            assert_eq!(self.leaders.fetch_add(1, SeqCst), 0, "two lead at a time");
            let leader = Leader(self);
            let rounds = self.begun.fetch_add(1, SeqCst) + 1;
            yield_now().await;
            while self.aboard.load(SeqCst) < aboard {
                yield_now().await;
            }
            drop(leader);
            Err(RefreshError::Unsettled { rounds })
        }
    }

    #[test]
    fn of_tasks_that_ask_at_once_one_leads() {
        explore(|| {
            let world = Arc::new(World::default());
            let tasks = (0..TASKS).map(|_| {
                let world = Arc::clone(&world);
                spawn(async move { world.join(world.lead(TASKS), true).await })
            });
            for task in tasks.collect::<Vec<_>>() {
                let outcome = block_on(task).expect("no task panics");
                assert_eq!(outcome, Some(Err(RefreshError::Unsettled { rounds: 1 })));
            }
            assert!(world.flights.entries().is_empty());
        });
    }

    #[test]
    fn a_leader_that_is_dropped_hands_over() {
        explore(|| {
            let world = Arc::new(World::default());
            let tasks = (0..TASKS).map(|task| {
                let world = Arc::clone(&world);
                spawn(async move {
                    let stays = task == 0 || thread_rng().gen_range(0..2) == 0;
                    let ended = world.ended.load(SeqCst);
                    match world.join(world.lead(0), stays).await {
                        Some(Err(RefreshError::Unsettled { rounds })) => {
                            assert!(rounds > ended, "an old outcome");
                            world.ended.fetch_max(rounds, SeqCst);
                        }
                        outcome => assert!(outcome.is_none() && !stays, "{outcome:?}"),
                    }
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                block_on(task).expect("no task panics");
            }
            // The next caller removes the entries that all callers abandoned.
            assert!(world.flights.entries().values().all(|flight| flight.strong_count() == 0));
            let outcome = block_on(world.join(world.lead(0), true));
            assert!(outcome.is_some() && world.flights.entries().is_empty());
        });
    }
}
