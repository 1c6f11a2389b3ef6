//! The signing key before the present one: sessions that it has signed are accepted for a while after the key was replaced, so
//! that users are not all signed out at once.
//!
//! What is known belongs to one version of the present key, so that bad tokens cause two calls for each key and no more.

use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use paypulse_runtime::client::{Error, Secrets};
use paypulse_runtime::model::verb::{read, read_previous};
use paypulse_runtime::model::{Granted, Handler, Text};
use paypulse_runtime::spec::JwtSigningKey;

/// For how many seconds after a replacement the key before is accepted; 0 for not at all.
const VARIABLE: &str = "SESSION_KEY_GRACE_SECONDS";
const DEFAULT: Duration = Duration::from_hours(1);
/// What could not be read is not asked for again before this.
const PAUSE: Duration = Duration::from_secs(30);

/// `SESSION_KEY_GRACE_SECONDS` is not a number of seconds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{VARIABLE}` is not a whole number of seconds, such as 3600, or 0 where no session outlives its key")]
pub struct BadGrace;

/// For how long after a replacement the key before is accepted, and what is known of that key.
#[derive(Default)]
pub struct Grace {
    time: Duration,
    known: Mutex<Option<Known>>,
}

/// What is known of the key before.
#[derive(Clone)]
enum Previous {
    /// The key, and until when it is accepted.
    Accepted(Text, SystemTime),
    /// There is none, or its time is over.
    Absent,
    /// It could not be read.
    Unread,
}

/// What is known beside a version of the present key.
struct Known {
    version: String,
    looked: Instant,
    previous: Previous,
}

impl Grace {
    /// As the environment says, by default an hour.
    ///
    /// # Errors
    ///
    /// [`BadGrace`].
    pub fn from_env() -> Result<Self, BadGrace> {
        let value = env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        time(value.as_deref()).map(Self::of)
    }

    /// The key before is accepted for this time.
    #[must_use]
    pub fn of(time: Duration) -> Self {
        Self { time, ..Self::default() }
    }

    /// The key before this version of the present one, if it is still accepted.
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

    /// What is known beside this version, unless it should be asked for again.
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

    /// The present key was made when the one before was replaced.
    async fn look<H: Handler>(&self, secrets: &Secrets<H>, version: &str) -> Result<Previous, Error>
    where
        JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
    {
        let present = secrets.read(&JwtSigningKey).await?;
        let until = present.created().and_then(|created| created.checked_add(self.time));
        // Replaced just now: the next request finds the new one.
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
