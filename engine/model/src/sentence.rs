//! Implements `Debug` for errors as their message with all causes, because a `main` that returns an error and the log
//! of a Lambda function print `Debug`.

use std::error::Error;
use std::fmt;

/// Writes the message of an error and of its causes, separated by colons.
#[doc(hidden)]
pub fn write_with_causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}

/// Implements `Debug` for error types as their message with all causes.
#[doc(hidden)]
#[macro_export]
macro_rules! __debug_as_message {
    ($($error:ty),* $(,)?) => { $(
        impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::write_with_causes(self, f)
            }
        }
    )* };
}

crate::__debug_as_message! {
    crate::FormError,
    crate::KeyError,
    crate::NameError,
    crate::PatternError,
    crate::PayloadError,
    crate::ScheduleError,
    crate::UnreadableFingerprint,
}

/// Joins the lines of a doc comment into one line of text.
#[doc(hidden)]
#[must_use]
pub fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
