//! The validated policies of a cache. [`freshness`](crate::freshness) defines what a policy means.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Duration;

use super::clock::nanos;
use super::config::CacheConfigError;
use crate::freshness::CachePolicy;
use crate::model::Secret;

/// The longest lifetime that an entry can represent.
const LONGEST: Duration = Duration::from_millis(u32::MAX as u64);

impl CachePolicy {
    pub(super) fn checked(self, of: &'static str) -> Result<Rules, CacheConfigError> {
        for (what, duration) in
            [("ttl", self.ttl), ("retry_after", self.retry_after), ("call_timeout", self.call_timeout)]
        {
            if duration.is_zero() {
                return Err(CacheConfigError::Zero { of, what });
            }
        }
        // Written so that NaN is also rejected.
        if !(self.jitter >= 0.0 && self.jitter < 1.0) {
            return Err(CacheConfigError::Share { of, what: "jitter" });
        }
        if !(self.refresh_ahead >= 0.0 && self.refresh_ahead <= 1.0) {
            return Err(CacheConfigError::Share { of, what: "refresh_ahead" });
        }
        if self.negative_ttl > self.ttl {
            return Err(CacheConfigError::NegativeTtl { of });
        }
        Ok(Rules {
            policy: self.ttl(self.ttl.min(LONGEST)),
            stale_if_error: nanos(self.stale_if_error),
            patience: nanos(self.patience),
            negative_ttl: nanos(self.negative_ttl),
            retry_after: nanos(self.retry_after),
            call_timeout: self.call_timeout,
        })
    }
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
