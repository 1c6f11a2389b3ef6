//! When something is asked for again: how long a cached value lives, and for how long an access token must still be good.
//!
//! Rules alone, without a cache, a clock or the SDK: the client lives by them, and a program that estimates what the client will do
//! takes them from here and from nowhere else.

use std::time::Duration;

/// An access token that is good for so long is used; one with less is refreshed. Long enough for a handler's work.
pub const GOOD_FOR: Duration = Duration::from_mins(5);

/// How the cache treats the secrets of one kind.
///
/// ```
/// use std::time::Duration;
///
/// use paypulse_runtime::freshness::CachePolicy;
///
/// // A key that is rotated by hand: an hour, and through an outage of up to a day.
/// let slow = CachePolicy::new().ttl(Duration::from_hours(1)).stale_if_error(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CachePolicy {
    pub(crate) ttl: Duration,
    pub(crate) jitter: f64,
    pub(crate) refresh_ahead: f64,
    pub(crate) stale_if_error: Duration,
    pub(crate) patience: Duration,
    pub(crate) negative_ttl: Duration,
    pub(crate) retry_after: Duration,
    pub(crate) call_timeout: Duration,
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

    /// The last share of a value's life, from 0 to 1, in which a read asks for it again in the background. Default: 0.2.
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

    /// The life of a value that is seen now. `random` is from 0 to below 1, and each value has one of its own.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use paypulse_runtime::freshness::{CachePolicy, Standing};
    ///
    /// let life = CachePolicy::new().life(0.5);
    /// assert_eq!((life.whole, life.calm), (Duration::from_secs(285), Duration::from_secs(228)));
    /// assert_eq!(life.standing(Duration::from_secs(230)), Standing::Ahead);
    /// ```
    #[must_use]
    pub fn life(&self, random: f64) -> Life {
        let whole = self.ttl.mul_f64(1.0 - self.jitter * random);
        Life { whole, calm: whole.mul_f64(1.0 - self.refresh_ahead) }
    }

    /// For how long past its life a value is handed out while AWS cannot be asked.
    #[must_use]
    pub const fn stale_bound(&self) -> Duration {
        self.stale_if_error
    }

    /// For how long it is remembered that there is nothing to read.
    #[must_use]
    pub const fn absence(&self) -> Duration {
        self.negative_ttl
    }
}

/// How long one value lives, and what a read does with it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Past that a read waits for a new one.
    pub whole: Duration,
    /// Past that a read takes it, and asks for a new one in the background.
    pub calm: Duration,
}

/// What a read does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Takes it.
    Calm,
    /// Takes it, and asks for a new one in the background.
    Ahead,
    /// Waits for a new one.
    Past,
}

impl Life {
    /// What a read does with a value of this age.
    #[must_use]
    pub fn standing(&self, age: Duration) -> Standing {
        if age >= self.whole {
            Standing::Past
        } else if age >= self.calm {
            Standing::Ahead
        } else {
            Standing::Calm
        }
    }
}
