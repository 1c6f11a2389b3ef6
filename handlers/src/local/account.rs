//! An account of the local Google.

/// A Google account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's id, the `sub` of its user info.
    pub id: String,
    /// The account's email address.
    pub email: String,
    /// The refresh token from the user's consent.
    pub refresh_token: String,
    /// The first access token from the user's consent.
    pub access_token: String,
}
