//! How long values of one kind are kept, and what happens when AWS cannot be asked.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Duration;

use super::clock::nanos;
use super::config::CacheConfigError;
use crate::model::Secret;

/// As long as a life can be written down beside a value.
const LONGEST: Duration = Duration::from_millis(u32::MAX as u64);

/// How the cache treats the secrets of one kind.
///
/// ```
/// use std::time::Duration;
///
/// use paypulse_runtime::client::CachePolicy;
///
/// // A key that is rotated by hand: an hour, and through an outage of up to a day.
/// let slow = CachePolicy::new().ttl(Duration::from_hours(1)).stale_if_error(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CachePolicy {
    ttl: Duration,
    jitter: f64,
    refresh_ahead: f64,
    stale_if_error: Duration,
    patience: Duration,
    negative_ttl: Duration,
    retry_after: Duration,
    call_timeout: Duration,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl CachePolicy {
    /// The defaults that each method names.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ttl: Duration::from_mins(5),
            jitter: 0.1,
            refresh_ahead: 0.2,
            stale_if_error: Duration::from_hours(1),
            patience: Duration::from_millis(100),
            negative_ttl: Duration::from_secs(5),
            retry_after: Duration::from_secs(1),
            call_timeout: Duration::from_secs(10),
        }
    }

    /// How old a value may be while AWS answers, counted from the moment at which it was asked for. Default: 5 minutes.
    ///
    /// This is how soon a change by others is seen, and how soon a secret that others delete is gone. What is longer than
    /// 49 days counts as that, and a fraction of a millisecond as nothing.
    #[must_use]
    pub const fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// The share of the ttl, from 0 to below 1, by which a value's life is shortened at random, so that what was loaded
    /// together is not loaded again together. Default: 0.1.
    #[must_use]
    pub const fn jitter(self, share: f64) -> Self {
        Self { jitter: share, ..self }
    }

    /// The last share of a value's life, from 0 to 1, in which a read asks for it anew in the background. Default: 0.2.
    ///
    /// A value that is read once in that time never makes a read wait. 0 turns it off.
    #[must_use]
    pub const fn refresh_ahead(self, share: f64) -> Self {
        Self { refresh_ahead: share, ..self }
    }

    /// For how long past its life a value is handed out while AWS cannot be asked: throttled, failing, hanging or
    /// unreachable. Default: 1 hour. 0 turns it off.
    ///
    /// An answer is no failure: a secret that is not there, is to be deleted, is denied, cannot be decrypted or
    /// holds something else than its payload is gone at once.
    #[must_use]
    pub const fn stale_if_error(self, bound: Duration) -> Self {
        Self { stale_if_error: bound, ..self }
    }

    /// How long a read of a value past its life may wait for AWS, before the old value is handed out within
    /// [`stale_if_error`](Self::stale_if_error). Default: 100 milliseconds.
    ///
    /// Only the first such reads of an outage wait at all: once a call has failed or taken longer, reads of all secrets
    /// are answered at once, and so are reads of a value whose refresh began in its lifetime. With 0 no read waits, and
    /// a value that was not read for long is handed out once more before it is refreshed.
    #[must_use]
    pub const fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// For how long it is remembered that there is nothing to read. Default: 5 seconds. 0 turns it off.
    #[must_use]
    pub const fn negative_ttl(self, ttl: Duration) -> Self {
        Self { negative_ttl: ttl, ..self }
    }

    /// How long after a failed refresh the next one is tried. Default: 1 second.
    #[must_use]
    pub const fn retry_after(self, pause: Duration) -> Self {
        Self { retry_after: pause, ..self }
    }

    /// When a load is given up, the SDK's retries included. Default: 10 seconds.
    #[must_use]
    pub const fn call_timeout(self, timeout: Duration) -> Self {
        Self { call_timeout: timeout, ..self }
    }

    pub(super) fn checked(self, of: &'static str) -> Result<Rules, CacheConfigError> {
        for (what, duration) in
            [("ttl", self.ttl), ("retry_after", self.retry_after), ("call_timeout", self.call_timeout)]
        {
            if duration.is_zero() {
                return Err(CacheConfigError::Zero { of, what });
            }
        }
        // Written so that a value that is not a number is refused too.
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
            ttl: self.ttl.min(LONGEST),
            jitter: self.jitter,
            refresh_ahead: self.refresh_ahead,
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

/// A checked policy; times in nanoseconds where the cache reckons with them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    ttl: Duration,
    jitter: f64,
    refresh_ahead: f64,
    pub(super) stale_if_error: u64,
    pub(super) patience: u64,
    pub(super) negative_ttl: u64,
    pub(super) retry_after: u64,
    pub(super) call_timeout: Duration,
}

impl Rules {
    /// How long a new value lives, in milliseconds, and after how many nanoseconds of that a read refreshes it.
    pub(super) fn draw_life(&self) -> (u32, u64) {
        let life = self.ttl.mul_f64(1.0 - self.jitter * fastrand::f64());
        let calm = nanos(life.mul_f64(1.0 - self.refresh_ahead));
        (u32::try_from(life.as_millis()).unwrap_or(u32::MAX), calm)
    }
}
