//! The validated policies of a cache. [`freshness`](crate::freshness) defines what a policy means.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Duration;

use super::clock::nanos;
use super::config_error::CacheConfigError;
use crate::freshness::CachePolicy;
use crate::model::Secret;

/// The longest lifetime that an entry can represent.
const LONGEST: Duration = Duration::from_millis(u32::MAX as u64);

/// Checks the policy of one kind of secret, or of `every secret`.
pub(super) fn checked(policy: CachePolicy, of: &'static str) -> Result<Rules, CacheConfigError> {
    for (what, duration) in
        [("ttl", policy.ttl), ("retry_after", policy.retry_after), ("call_timeout", policy.call_timeout)]
    {
        if duration.is_zero() {
            return Err(CacheConfigError::Zero { of, what });
        }
    }
    // Written so that NaN is also rejected.
    if !(policy.jitter >= 0.0 && policy.jitter < 1.0) {
        return Err(CacheConfigError::Share { of, what: "jitter" });
    }
    if !(policy.refresh_ahead >= 0.0 && policy.refresh_ahead <= 1.0) {
        return Err(CacheConfigError::Share { of, what: "refresh_ahead" });
    }
    if policy.negative_ttl > policy.ttl {
        return Err(CacheConfigError::NegativeTtl { of });
    }
    Ok(Rules {
        policy: policy.ttl(policy.ttl.min(LONGEST)),
        stale_if_error: nanos(policy.stale_if_error),
        patience: nanos(policy.patience),
        negative_ttl: nanos(policy.negative_ttl),
        retry_after: nanos(policy.retry_after),
        call_timeout: policy.call_timeout,
    })
}

/// The rules of each kind of secret.
pub(super) struct Policies {
    pub(super) default: Rules,
    pub(super) kinds: HashMap<TypeId, Rules>,
}

impl Policies {
    pub(super) fn of<S: Secret>(&self) -> &Rules {
        self.kinds.get(&TypeId::of::<S>()).unwrap_or(&self.default)
    }
}

/// A validated policy. The durations that the cache calculates with are in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    policy: CachePolicy,
    pub(super) stale_if_error: u64,
    pub(super) patience: u64,
    pub(super) negative_ttl: u64,
    pub(super) retry_after: u64,
    pub(super) call_timeout: Duration,
}

impl Rules {
    /// The lifetime of a new value in milliseconds, and the nanoseconds after which a read refreshes it.
    pub(super) fn draw_life(&self) -> (u32, u64) {
        let life = self.policy.life(fastrand::f64());
        (u32::try_from(life.whole.as_millis()).unwrap_or(u32::MAX), nanos(life.fresh))
    }
}
