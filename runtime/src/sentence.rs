//! Makes the `Debug` output of every error its message.

use driftless_model::__debug_as_message;

__debug_as_message!(crate::oauth::TimestampError);

#[cfg(feature = "aws")]
__debug_as_message! {
    crate::oauth::IncomingTokensError,
    crate::oauth::TokenError,
}

#[cfg(feature = "google")]
__debug_as_message! {
    crate::google::GoogleConfigError,
    crate::google::GoogleError,
    crate::google::RefreshError,
}
