//! Implements `Debug` for errors as their message with all causes, because the log of a Lambda function prints `Debug`.

use std::error::Error;
use std::fmt;

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
    crate::aws::Error,
    crate::aws::NoService,
    crate::endpoint::BadEndpoint,
    crate::event::Ambiguous,
    crate::event::BodyError,
    crate::event::UnknownEvent,
    crate::fetch_invoices::search::BadSearch,
    crate::function::Failure,
    crate::function::NoGoogle,
    crate::gmail_store_tokens::BadBody,
    crate::session::BadClaims,
    crate::session::BadGrace,
    crate::storage::NoStorage,
}

/// Writes the message of an error and of its causes, separated by colons.
fn write(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::function::Failure;
    use crate::storage::NoStorage;

    #[test]
    fn what_a_log_prints_is_a_sentence() {
        let failure = Failure::Unserved { failed: 1, users: 3 };
        assert_eq!(format!("{failure:?}"), "1 of 3 users could not be served; the log says why");
        let storage: Box<dyn std::error::Error> = NoStorage::BadBucket.into();
        assert_eq!(format!("{storage:?}"), "`S3_BUCKET` is not the name of a bucket");
    }
}
