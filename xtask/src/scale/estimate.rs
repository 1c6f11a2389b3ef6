//! Extrapolates a simulated sample.
//!
//! Users affect one another only through the secrets that they share in the cache of an instance. Calls for users'
//! tokens are therefore simulated for a sample of users, with as many instances as all users keep awake, and
//! multiplied. Calls for shared secrets are simulated for a sample of instances with the request rate of one instance,
//! and multiplied.

use std::time::Duration;

use fastrand::Rng;
use paypulse_runtime::freshness::CachePolicy;
use serde::Serialize;

use super::bill::{Bill, DAYS_A_MONTH, Month, QUOTAS};
use super::traffic::{HOUR, Traffic, approximately, hour_of};
use super::world::{Calls, World};

/// Maximum number of simulated users. With 12 requests a day each, rates are accurate to half a percent.
const SAMPLE_OF_USERS: u64 = 3_000;
/// Maximum number of simulated instances of a function.
const SAMPLE_OF_INSTANCES: u64 = 3;
/// Days simulated: the first fills the caches, the second counts.
const DAYS: u64 = 2;
/// Number of secrets that users share: the client id and the signing key.
const SHARED_SECRETS: u64 = 2;

/// The estimate for a number of users.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Number of users, connected or not.
    pub users: u64,
    /// Number of secrets in Secrets Manager.
    pub secrets: u64,
    /// Number of instances of all functions in the busiest hour.
    pub instances: u64,
    /// `GetSecretValue` calls per month.
    pub gets_a_month: f64,
    /// `PutSecretValue` calls per month.
    pub puts_a_month: f64,
    /// `GetSecretValue` calls per second in the busiest hour.
    pub peak_gets_a_second: f64,
    /// `PutSecretValue` calls per second in the busiest hour.
    pub peak_puts_a_second: f64,
    /// `GetSecretValue` calls per second in the minute after all instances are replaced in the busiest hour.
    pub deploy_gets_a_second: f64,
    /// The monthly bill.
    pub bill: Bill,
}

impl Estimate {
    /// The used fractions of the quotas: reads and writes in the busiest hour, and secrets.
    #[must_use]
    pub fn shares(&self) -> [f64; 3] {
        [
            self.peak_gets_a_second / QUOTAS.gets_a_second,
            self.peak_puts_a_second / QUOTAS.puts_a_second,
            approximately(self.secrets) / QUOTAS.secrets,
        ]
    }
}

/// Calls in each hour of a day.
#[derive(Clone, Copy, Default)]
struct Hours([(f64, f64); 24]);

impl Hours {
    fn add(&mut self, hour: usize, calls: Calls, times: f64) {
        let (gets, puts) = &mut self.0[hour % 24];
        *gets += approximately(calls.gets) * times;
        *puts += approximately(calls.puts) * times;
    }

    fn month(&self) -> Month {
        let sum = |of: fn(&(f64, f64)) -> f64| self.0.iter().map(of).sum::<f64>() * DAYS_A_MONTH;
        Month { gets: sum(|(gets, _)| *gets), puts: sum(|(_, puts)| *puts) }
    }
}

/// Simulates the traffic with a cache policy.
#[must_use]
pub fn estimate(traffic: &Traffic, policy: CachePolicy, seed: u64) -> Estimate {
    let users = users(traffic, policy, seed);
    let month = users.month();
    let requests_a_month: f64 = (0..24).map(|hour| requests(traffic, hour)).sum::<f64>() * DAYS_A_MONTH;
    let shared = shared(traffic, policy, month.puts / requests_a_month, seed);
    let peak = |of: fn(&(f64, f64)) -> f64| {
        let hours = users.0.iter().zip(&shared.0).map(|(users, shared)| of(users) + of(shared));
        hours.fold(0.0, f64::max) / 3600.0
    };
    let busiest = (0..24).max_by_key(|hour| traffic.instances_of_a_function(*hour)).unwrap_or_default();
    let instances = traffic.instances_of_a_function(busiest) * u64::from(traffic.assumed.functions);
    let bill = Bill::new(traffic.connected(), SHARED_SECRETS, month, shared.month());
    Estimate {
        users: traffic.users,
        secrets: traffic.connected() + SHARED_SECRETS,
        instances,
        gets_a_month: month.gets + shared.month().gets,
        puts_a_month: month.puts + shared.month().puts,
        peak_gets_a_second: peak(|(gets, _)| *gets),
        peak_puts_a_second: peak(|(_, puts)| *puts),
        // An upper bound: every request misses the cache for its user's tokens, and every instance starts within the
        // minute.
        deploy_gets_a_second: peak(|(gets, _)| *gets)
            + requests(traffic, busiest) / 3600.0
            + approximately(instances * SHARED_SECRETS) / 60.0,
        bill,
    }
}

fn requests(traffic: &Traffic, hour: usize) -> f64 {
    traffic.requests_to_a_function(hour) * f64::from(traffic.assumed.functions)
}

/// Simulates the calls for users' tokens.
fn users(traffic: &Traffic, policy: CachePolicy, seed: u64) -> Hours {
    let sample = traffic.users.min(SAMPLE_OF_USERS);
    let times = approximately(traffic.users) / approximately(sample);
    let mut world = World::new(policy, seed);
    let mut hours = Hours::default();
    for request in traffic.requests(sample, DAYS, seed) {
        let before = world.user_calls;
        world.request(request, traffic.is_connected(request.user));
        let calls = Calls { gets: world.user_calls.gets - before.gets, puts: world.user_calls.puts - before.puts };
        if request.at >= HOUR * 24 * (u32::try_from(DAYS).unwrap_or(2) - 1) {
            hours.add(hour_of(request.at), calls, times);
        }
    }
    hours
}

/// Simulates the calls for shared secrets. `refreshes` is the fraction of requests that refresh tokens.
fn shared(traffic: &Traffic, policy: CachePolicy, refreshes: f64, seed: u64) -> Hours {
    let mut hours = Hours::default();
    let mut rng = Rng::with_seed(seed);
    let most = (0..24).map(|hour| traffic.instances_of_a_function(hour)).max().unwrap_or(1);
    let sample = most.min(SAMPLE_OF_INSTANCES);
    for instance in 0..sample {
        let mut world = World::new(policy, rng.u64(..));
        let mut at = Duration::from_millis(rng.u64(0..60_000));
        let (mut last, mut ends) = (None, Duration::ZERO);
        while at < HOUR * 24 {
            let hour = hour_of(at);
            let awake = traffic.instances_of_a_function(hour);
            if instance >= awake {
                // The instance is not running until the next hour.
                at = HOUR * (at.as_secs() / 3600 + 1).try_into().unwrap_or(24);
                last = None;
                continue;
            }
            let before = world.shared_calls;
            let is_idle = last
                .is_none_or(|last| at.saturating_sub(last) >= Duration::from_secs(60 * traffic.assumed.idle_minutes));
            if is_idle || at >= ends {
                world.start(at, instance);
                ends = at + Duration::from_secs(60 * traffic.assumed.instance_minutes);
            }
            world.request_of_anybody(at, instance, rng.f64() < refreshes);
            let calls = Calls { gets: world.shared_calls.gets - before.gets, puts: 0 };
            // Each sampled instance stands for the running instances of all functions.
            let times = approximately(awake) / approximately(awake.min(sample)) * f64::from(traffic.assumed.functions);
            hours.add(hour, calls, times);
            last = Some(at);
            // The average time between requests to one instance; the actual time is uniformly distributed around it.
            let gap = 3600.0 * approximately(awake) / traffic.requests_to_a_function(hour);
            at += Duration::from_secs_f64((gap * 2.0 * rng.f64()).clamp(0.001, 86_400.0));
        }
    }
    hours
}

/// If all instances start in the same second and then serve one request per second: the fraction of them that read a
/// secret again in the busiest second of the next half hour. Shows the effect of the cache's jitter.
#[must_use]
pub fn busiest_second_after_a_start(policy: CachePolicy, seed: u64) -> f64 {
    const INSTANCES: u64 = 1_000;
    let mut seconds = [0_u64; 1_800];
    let mut rng = Rng::with_seed(seed);
    for instance in 0..INSTANCES {
        let mut world = World::new(policy, rng.u64(..));
        let mut at = Duration::from_millis(rng.u64(0..1_000));
        world.start(at, instance);
        loop {
            at += Duration::from_millis(rng.u64(0..2_000));
            let before = world.shared_calls;
            let Some(second) = usize::try_from(at.as_secs()).ok().and_then(|second| seconds.get_mut(second)) else {
                break;
            };
            world.request_of_anybody(at, instance, false);
            *second += world.shared_calls.gets - before.gets;
        }
    }
    approximately(seconds.into_iter().max().unwrap_or_default()) / approximately(INSTANCES)
}
