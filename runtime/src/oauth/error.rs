//! Errors of token operations, in addition to the errors of every secret.

use crate::client::{Error, ErrorKind};

/// Why an operation on a user's tokens failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The secret could not be used.
    #[error(transparent)]
    Secrets(#[from] Error),
    /// No refresh token is stored, so only the user can give access again: ask them to connect their account.
    #[error("the user's consent has to be given again: there is no refresh token")]
    ReconnectRequired,
    /// The new access token is empty.
    #[error("the access token is empty")]
    EmptyAccessToken,
    /// The access token's lifetime ends after the year 9999.
    #[error("the access token's lifetime of {expires_in} seconds is out of range")]
    LifetimeOutOfRange {
        /// The lifetime that was given, in seconds.
        expires_in: u64,
    },
}

impl TokenError {
    /// The error's kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Secrets(error) => error.kind(),
            Self::ReconnectRequired => ErrorKind::ReconnectRequired,
            Self::EmptyAccessToken | Self::LifetimeOutOfRange { .. } => ErrorKind::InvalidInput,
        }
    }
}
