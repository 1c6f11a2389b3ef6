//! The previous signing key. Sessions that it signed are accepted for a while after the key was replaced, so that not
//! all users are signed out at once.
//!
//! The result is cached per version of the current key, so that bad tokens cause at most two calls per key.

use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use paypulse_runtime::client::{Error, Secrets};
use paypulse_runtime::model::verb::{read, read_previous};
use paypulse_runtime::model::{Granted, Handler, Text};
use paypulse_runtime::spec::JwtSigningKey;

/// The time in seconds for which the previous key is accepted after a replacement; 0 to disable it.
const VARIABLE: &str = "SESSION_KEY_GRACE_SECONDS";
const DEFAULT: Duration = Duration::from_hours(1);
/// The minimum time between two attempts to read the previous key.
const PAUSE: Duration = Duration::from_secs(30);

/// `SESSION_KEY_GRACE_SECONDS` is not a number of seconds.
#[derive(PartialEq, Eq, thiserror::Error)]
#[error("`{VARIABLE}` is not a whole number of seconds, such as 3600, or 0 where no session outlives its key")]
pub struct BadGrace;

/// How long the previous key is accepted after a replacement, and the cached result for it.
#[derive(Default)]
pub struct Grace {
    time: Duration,
    known: Mutex<Option<Known>>,
    seen: Mutex<Option<Seen>>,
}

/// The version of the current key that this process saw last.
struct Seen {
    version: String,
    /// When it took the place of another version. `None` for the first version that this process saw.
    since: Option<SystemTime>,
}

/// The cached result for the previous key.
#[derive(Clone)]
enum Previous {
    /// The key, and the time until which it is accepted.
    Accepted(Text, SystemTime),
    /// There is no previous key, or it is no longer accepted.
    Absent,
    /// It could not be read.
    Unread,
}

/// The cached result for one version of the current key.
struct Known {
    version: String,
    looked: Instant,
    previous: Previous,
}

impl Grace {
    /// The time in the environment, by default one hour.
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

    /// Remembers when this version became the current one. A rotation creates a version before it makes it current, and
    /// an older version can be made current again, so that the time of its creation can be long ago.
    pub(super) fn saw(&self, version: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match seen.as_ref() {
            Some(seen) if seen.version == version => return,
            Some(_) => Some(SystemTime::now()),
            None => None,
        };
        *seen = Some(Seen { version: version.to_owned(), since });
    }

    /// When this process saw that the version took the place of another one.
    fn since(&self, version: &str) -> Option<SystemTime> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().filter(|seen| seen.version == version)?.since
    }

    /// The key before this version of the current key, if it is still accepted.
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

    /// The cached result for this version, unless it is due for another attempt.
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
            tracing::warn!(%error, "the previous signing key cannot be read; its sessions are refused");
            Previous::Unread
        });
        let known = Known { version: version.to_owned(), looked: Instant::now(), previous };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(known).previous.clone()
    }

    /// Reads both keys. The previous key was replaced when this process saw that it was, or else when the current one was
    /// created: when a version became current is only in its metadata, which is another permission.
    async fn look<H: Handler>(&self, secrets: &Secrets<H>, version: &str) -> Result<Previous, Error>
    where
        JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
    {
        let present = secrets.read(&JwtSigningKey).await?;
        let replaced = present.created().max(self.since(version));
        let until = replaced.and_then(|replaced| replaced.checked_add(self.time));
        // If the key was replaced just now, the next request uses the new version.
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
