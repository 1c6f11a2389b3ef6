//! Simulated traffic: times and instances of requests. All assumptions are in [`Assumptions`].

use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

use super::world::Request;

/// Percentage of a day's traffic in each hour; the evening is busiest.
const DAY: [u64; 24] = [2, 1, 1, 1, 1, 1, 3, 5, 6, 5, 4, 4, 6, 5, 4, 4, 4, 5, 6, 8, 10, 8, 4, 2];
pub const HOUR: Duration = Duration::from_hours(1);

/// Assumptions about users, functions and Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Assumptions {
    /// Number of functions that read users' tokens.
    pub functions: u32,
    /// Number of times that a user opens the app per day.
    pub visits_a_day: u32,
    /// Requests per visit, each 5 to 60 seconds after the one before.
    pub requests_a_visit: u32,
    /// One in this number of users has not connected an account.
    pub one_in_so_many_is_not_connected: u64,
    /// Duration of a request in milliseconds.
    pub request_milliseconds: u64,
    /// Number of running instances per busy instance, on average.
    pub instances_for_one_busy: u64,
    /// Lifetime of an instance in minutes, after which Lambda replaces it.
    pub instance_minutes: u64,
    /// Minutes without a call after which Lambda ends an instance.
    pub idle_minutes: u64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            functions: 2,
            visits_a_day: 4,
            requests_a_visit: 3,
            one_in_so_many_is_not_connected: 20,
            request_milliseconds: 500,
            instances_for_one_busy: 2,
            instance_minutes: 120,
            idle_minutes: 10,
        }
    }
}

/// The traffic of a number of users.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Number of users.
    pub users: u64,
    /// Their behaviour.
    pub assumed: Assumptions,
}

impl Traffic {
    /// Whether a user has tokens.
    #[must_use]
    pub const fn is_connected(&self, user: u64) -> bool {
        !user.is_multiple_of(self.assumed.one_in_so_many_is_not_connected)
    }

    /// Number of users with tokens.
    #[must_use]
    pub const fn connected(&self) -> u64 {
        self.users - self.users.div_ceil(self.assumed.one_in_so_many_is_not_connected)
    }

    /// Requests to one function in an hour of the day.
    #[must_use]
    pub fn requests_to_a_function(&self, hour: usize) -> f64 {
        let requests = u64::from(self.assumed.visits_a_day) * u64::from(self.assumed.requests_a_visit) * DAY[hour % 24];
        approximately(self.users * requests) / 100.0 / f64::from(self.assumed.functions)
    }

    /// Running instances of one function in an hour of the day.
    #[must_use]
    pub fn instances_of_a_function(&self, hour: usize) -> u64 {
        let busy =
            self.requests_to_a_function(hour) / 3600.0 * approximately(self.assumed.request_milliseconds) / 1000.0;
        let awake = busy * approximately(self.assumed.instances_for_one_busy);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of instances")]
        (awake.ceil().max(1.0) as u64)
    }

    /// The requests of the first `sample` users over some days, sorted by time.
    #[must_use]
    pub fn requests(&self, sample: u64, days: u64, seed: u64) -> Vec<Request> {
        let mut rng = Rng::with_seed(seed);
        let mut requests = Vec::new();
        for user in 0..sample {
            for _ in 0..days * u64::from(self.assumed.visits_a_day) {
                let mut at = HOUR * 24 * small(rng.u64(0..days)) + moment_of_the_day(&mut rng);
                for _ in 0..self.assumed.requests_a_visit {
                    requests.push(Request { at, user, instance: self.instance(at, &mut rng) });
                    at += Duration::from_millis(rng.u64(5_000..60_000));
                }
            }
        }
        // Also sorted by user, so that the order is unambiguous.
        requests.sort_by_key(|request| (request.at, request.user));
        requests
    }

    /// A random running instance. Instances are replaced at different times.
    fn instance(&self, at: Duration, rng: &mut Rng) -> u64 {
        let function = rng.u64(0..u64::from(self.assumed.functions));
        let slot = rng.u64(0..self.instances_of_a_function(hour_of(at)));
        // The offset differs between slots, so that instances are not replaced at the same time.
        let minutes = at.as_secs() / 60 + slot.wrapping_mul(37) % self.assumed.instance_minutes;
        let generation = minutes / self.assumed.instance_minutes;
        (function << 56) | (slot << 16) | generation
    }
}

fn moment_of_the_day(rng: &mut Rng) -> Duration {
    let mut share = rng.u64(0..DAY.iter().sum());
    let mut hour = 0;
    for (this, weight) in DAY.iter().enumerate() {
        hour = this;
        if share < *weight {
            break;
        }
        share -= weight;
    }
    HOUR * small(hour as u64) + Duration::from_millis(rng.u64(0..3_600_000))
}

/// The hour since the start of the simulation.
pub fn hour_of(at: Duration) -> usize {
    usize::try_from(at.as_secs() / 3600).unwrap_or(usize::MAX)
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Converts to floating point: exact below 9·10¹⁵, and close enough above.
#[expect(clippy::cast_precision_loss, reason = "as said")]
pub const fn approximately(number: u64) -> f64 {
    number as f64
}
