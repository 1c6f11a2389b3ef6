//! OAuth tokens of a user, stored as one secret: the bundle, its timestamps, and its life cycle from consent to
//! disconnection.
//!
//! Functions in other languages use the same JSON, so its format is fixed and defined only in this module.

mod bundle;
#[cfg(feature = "aws")]
mod error;
#[cfg(feature = "aws")]
mod incoming;
#[cfg(feature = "aws")]
mod life;
mod recover;
mod timestamp;

pub use bundle::{GoogleAccount, OauthTokens};
#[cfg(feature = "aws")]
pub use error::TokenError;
#[cfg(feature = "aws")]
pub use incoming::{IncomingTokens, IncomingTokensError, Scopes};
#[cfg(feature = "google")]
pub(crate) use incoming::{is_access_token, is_refresh_token};
#[cfg(feature = "aws")]
pub use life::{AccountChange, NewTokens, RefreshedToken, StoredTokens, TokenOperations, TokenRecord};
#[cfg(feature = "google")]
pub(crate) use recover::{boolean, seconds};
pub use timestamp::{Timestamp, TimestampError};
