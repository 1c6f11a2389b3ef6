//! The previous signing key: sessions that it signed are accepted for some time after the key was replaced, so that not
//! all users are signed out at once.
//!
//! The result of a lookup is kept for each version of the current key, so invalid tokens cause at most two calls for
//! each key.

use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use paypulse_runtime::client::{Error, Secrets};
use paypulse_runtime::model::verb::{read, read_previous};
use paypulse_runtime::model::{Granted, Handler, Text};
use paypulse_runtime::spec::JwtSigningKey;

/// The variable with the number of seconds for which the previous key is accepted after a replacement; 0 turns it off.
const VARIABLE: &str = "SESSION_KEY_GRACE_SECONDS";
const DEFAULT: Duration = Duration::from_hours(1);
/// Minimum time between two attempts to read a key that could not be read.
const PAUSE: Duration = Duration::from_secs(30);

/// `SESSION_KEY_GRACE_SECONDS` is not a number of seconds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{VARIABLE}` is not a whole number of seconds, such as 3600, or 0 where no session outlives its key")]
pub struct BadGrace;

/// The time for which the previous key is accepted after a replacement, and the cached lookup of that key.
#[derive(Default)]
pub struct Grace {
    time: Duration,
    known: Mutex<Option<Known>>,
}

/// The result of a lookup of the previous key.
#[derive(Clone)]
enum Previous {
    /// The key, and the time until which it is accepted.
    Accepted(Text, SystemTime),
    /// There is no previous key, or its time is over.
    Absent,
    /// It could not be read.
    Unread,
}

/// The lookup for one version of the current key.
struct Known {
    version: String,
    looked: Instant,
    previous: Previous,
}

impl Grace {
    /// Reads the time from the environment; the default is an hour.
    ///
    /// # Errors
    ///
    /// [`BadGrace`].
    pub fn from_env() -> Result<Self, BadGrace> {
        let value = env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        time(value.as_deref()).map(Self::of)
    }

    /// Accepts the previous key for this time.
    #[must_use]
    pub fn of(time: Duration) -> Self {
        Self { time, ..Self::default() }
    }

    /// Returns the key that preceded this version of the current key, if it is still accepted.
    pub(super) async fn key_before<H: Handler>(&self, secrets: &Secrets<H>, version: &str) -> Option<Text>
    where
        JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
    {
        if self.time.is_zero() {
            return None;
        }
        let previous = match self.known(version) {
            Some(previous) => previous,
            None => self.learn(secrets, version).await,
        };
        match previous {
            Previous::Accepted(key, until) if SystemTime::now() < until && !key.is_empty() => Some(key),
            _ => None,
        }
    }

    /// Returns the lookup for this version, unless it should be repeated.
    fn known(&self, version: &str) -> Option<Previous> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |it: &Known| matches!(it.previous, Previous::Unread) && it.looked.elapsed() >= PAUSE;
        known.as_ref().filter(|known| known.version == version && !is_due(known)).map(|known| known.previous.clone())
    }

    async fn learn<H: Handler>(&self, secrets: &Secrets<H>, version: &str) -> Previous
    where
        JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
    {
        let previous = self.look(secrets, version).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "sessions of the signing key before are not accepted");
            Previous::Unread
        });
        let known = Known { version: version.to_owned(), looked: Instant::now(), previous };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(known).previous.clone()
    }

    /// Looks up the previous key. The time when it was replaced is the creation time of the current key.
    async fn look<H: Handler>(&self, secrets: &Secrets<H>, version: &str) -> Result<Previous, Error>
    where
        JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
    {
        let present = secrets.read(&JwtSigningKey).await?;
        let until = present.created().and_then(|created| created.checked_add(self.time));
        // If the key was replaced just now, the next request finds the new version.
        let Some(until) = until.filter(|until| present.version() == version && SystemTime::now() < *until) else {
            return Ok(Previous::Absent);
        };
        match secrets.read_previous(&JwtSigningKey).await {
            Ok(previous) => Ok(Previous::Accepted(previous.into_value(), until)),
            Err(error) if error.is_not_found() => Ok(Previous::Absent),
            Err(error) => Err(error),
        }
    }
}

fn time(value: Option<&str>) -> Result<Duration, BadGrace> {
    value.map_or(Ok(DEFAULT), |value| value.parse().map(Duration::from_secs).map_err(|_| BadGrace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_a_number_of_seconds() {
        assert_eq!(time(None), Ok(DEFAULT));
        assert_eq!(time(Some("0")), Ok(Duration::ZERO));
        assert_eq!(time(Some("86400")), Ok(Duration::from_hours(24)));
        for bad in ["", "-1", "1.5", "1h", " 1", "99999999999999999999"] {
            assert_eq!(time(Some(bad)), Err(BadGrace), "{bad:?}");
        }
    }
}
