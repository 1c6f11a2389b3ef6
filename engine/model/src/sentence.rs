//! Implements `Debug` for errors as their message with all causes, because a `main` that returns an error and the log
//! of a Lambda function print `Debug`.

use std::error::Error;
use std::fmt;

/// Writes the message of an error and of its causes, separated by colons.
pub(crate) fn write(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}

macro_rules! in_debug {
    ($($error:ty),* $(,)?) => { $(
        impl fmt::Debug for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self, f)
            }
        }
    )* };
}

in_debug! {
    crate::model::FormError,
    crate::model::KeyError,
    crate::model::NameError,
    crate::model::PatternError,
    crate::model::PayloadError,
    crate::model::ScheduleError,
    crate::model::UnreadableFingerprint,
    crate::oauth::TimestampError,
}

#[cfg(feature = "aws")]
in_debug! {
    crate::client::CacheConfigError,
    crate::client::ConfigError,
    crate::client::Error,
    crate::client::RotationEventError,
    crate::oauth::IncomingTokensError,
    crate::oauth::TokenError,
}

#[cfg(feature = "google")]
in_debug! {
    crate::google::GoogleConfigError,
    crate::google::GoogleError,
    crate::google::RefreshError,
}

#[cfg(feature = "aws")]
impl<E: Error + 'static> fmt::Debug for crate::client::RotationError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

#[cfg(all(test, feature = "aws"))]
mod tests {
    use crate::client::{ConfigError, Error, Operation};
    use crate::model::{PayloadError, Verb};

    #[test]
    fn what_main_prints_is_a_sentence_with_its_causes() {
        let at = Operation { handler: "login_user", verb: Verb::Read, secret: "JwtSigningKey", region: None };
        let error = Error::InvalidPayload { at, source: PayloadError::Binary };
        let sentence = "`login_user` cannot read `JwtSigningKey`: its value is not a valid payload: it is stored as binary, not as \
                        a string";
        assert_eq!(format!("{error:?}"), sentence);
        assert_eq!(format!("{error:#?}"), sentence);
        let boxed: Box<dyn std::error::Error> = ConfigError::NoRegion.into();
        assert_eq!(format!("{boxed:?}"), boxed.to_string());
    }
}
