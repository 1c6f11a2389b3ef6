//! An access token of a user.

use crate::model::Text;
use crate::oauth::{OauthTokens, Timestamp};

/// An access token that Google should accept. `Debug` hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    pub(super) token: Text,
    expires_at: Timestamp,
}

impl AccessToken {
    pub(super) fn of(tokens: &OauthTokens) -> Self {
        Self { token: tokens.access_token.clone(), expires_at: tokens.expires_at }
    }

    /// The token itself, for the header `Authorization: Bearer …`. The caller must keep it secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.token.expose()
    }

    /// The token in its redacting type.
    #[must_use]
    pub const fn as_text(&self) -> &Text {
        &self.token
    }

    /// The time at which the token expires.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}
