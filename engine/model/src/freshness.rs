//! Freshness rules: the lifetime of a cached value.
//!
//! These are pure rules, without a cache, a clock or the SDK. The client follows them, and programs that simulate the
//! client use the same rules.

use std::time::Duration;

/// The cache policy for the secrets of one kind.
///
/// ```
/// use std::time::Duration;
///
/// use driftless_model::freshness::CachePolicy;
///
/// // A key that is rotated by hand: an hour, and through an outage of up to a day.
/// let slow = CachePolicy::new().ttl(Duration::from_hours(1)).stale_if_error(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CachePolicy {
    // Set by the methods. Public for the crate of the client, which checks them.
    #[doc(hidden)]
    pub ttl: Duration,
    #[doc(hidden)]
    pub jitter: f64,
    #[doc(hidden)]
    pub refresh_ahead: f64,
    #[doc(hidden)]
    pub stale_if_error: Duration,
    #[doc(hidden)]
    pub patience: Duration,
    #[doc(hidden)]
    pub negative_ttl: Duration,
    #[doc(hidden)]
    pub retry_after: Duration,
    #[doc(hidden)]
    pub call_timeout: Duration,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl CachePolicy {
    /// The default values, which are documented at each method.
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

    /// Maximum age of a value while AWS is available, counted from the time at which it was requested. Default: 5
    /// minutes.
    ///
    /// This is the maximum delay until a change or a deletion by another writer is visible. Values above 49 days are
    /// limited to 49 days, and fractions of a millisecond are ignored.
    #[must_use]
    pub const fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// The share of the ttl, from 0 to below 1, by which a value's lifetime is shortened at random, so that values that
    /// were loaded together are not reloaded together. Default: 0.1.
    #[must_use]
    pub const fn jitter(self, share: f64) -> Self {
        Self { jitter: share, ..self }
    }

    /// The last share of a value's lifetime, from 0 to 1, in which a read refreshes it in the background. Default: 0.2.
    ///
    /// A value that is read at least once in that period never makes a read wait. 0 disables the refresh.
    #[must_use]
    pub const fn refresh_ahead(self, share: f64) -> Self {
        Self { refresh_ahead: share, ..self }
    }

    /// How long after its lifetime a value is handed out while AWS is unavailable: throttled, failing, hanging or
    /// unreachable. Default: 1 hour. 0 disables this.
    ///
    /// An error response of AWS is not unavailability: if the secret is missing or scheduled for deletion, access is
    /// denied, or the value cannot be decrypted or is not a valid payload, the old value is dropped immediately.
    #[must_use]
    pub const fn stale_if_error(self, bound: Duration) -> Self {
        Self { stale_if_error: bound, ..self }
    }

    /// How long a read of an expired value waits for AWS before the old value is handed out, within
    /// [`stale_if_error`](Self::stale_if_error). Default: 100 milliseconds.
    ///
    /// Only the first such reads of an outage wait: after a call has failed or exceeded this time, reads of all secrets
    /// return immediately, and so do reads of a value whose refresh began within its lifetime. With 0 no read waits,
    /// and a value that has not been read for a long time is handed out once more before it is refreshed.
    #[must_use]
    pub const fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How long a missing or unreadable secret is remembered. Default: 5 seconds. 0 disables this.
    #[must_use]
    pub const fn negative_ttl(self, ttl: Duration) -> Self {
        Self { negative_ttl: ttl, ..self }
    }

    /// The pause after a failed refresh before the next attempt. Default: 1 second.
    #[must_use]
    pub const fn retry_after(self, pause: Duration) -> Self {
        Self { retry_after: pause, ..self }
    }

    /// The time limit of a load, including the SDK's retries. Default: 10 seconds.
    #[must_use]
    pub const fn call_timeout(self, timeout: Duration) -> Self {
        Self { call_timeout: timeout, ..self }
    }

    /// The lifetime of a value that is confirmed now. `random` is from 0 to below 1, and is drawn for each value.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use driftless_model::freshness::{CachePolicy, Freshness};
    ///
    /// let life = CachePolicy::new().life(0.5);
    /// assert_eq!((life.whole, life.fresh), (Duration::from_secs(285), Duration::from_secs(228)));
    /// assert_eq!(life.freshness(Duration::from_secs(230)), Freshness::RefreshAhead);
    /// ```
    #[must_use]
    pub fn life(&self, random: f64) -> Life {
        let whole = self.ttl.mul_f64(1.0 - self.jitter * random);
        Life { whole, fresh: whole.mul_f64(1.0 - self.refresh_ahead) }
    }

    /// For how long past its life a value is handed out while AWS cannot be asked.
    #[must_use]
    pub const fn stale_bound(&self) -> Duration {
        self.stale_if_error
    }

    /// How long a missing or unreadable secret is remembered.
    #[must_use]
    pub const fn absence(&self) -> Duration {
        self.negative_ttl
    }
}

/// The lifetime of one value, and how a read treats it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// After this time, a read waits for a new value.
    pub whole: Duration,
    /// After this time, a read uses the value, and refreshes it in the background.
    pub fresh: Duration,
}

/// How a read treats a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It uses the value.
    Fresh,
    /// It uses the value, and refreshes it in the background.
    RefreshAhead,
    /// It waits for a new value.
    Expired,
}

impl Life {
    /// How a read treats a value of this age.
    #[must_use]
    pub fn freshness(&self, age: Duration) -> Freshness {
        if age >= self.whole {
            Freshness::Expired
        } else if age >= self.fresh {
            Freshness::RefreshAhead
        } else {
            Freshness::Fresh
        }
    }
}
