//! Typed access to AWS Secrets Manager for Lambda handlers, from one spec that also defines the IAM policies.
//!
//! - [`spec`]: PayPulse's secrets and handlers; the only file to edit.
//! - [`model`]: the types of a spec, and [`declare!`] to write one.
//! - [`client`] (feature `aws`, on by default): [`Secrets`](client::Secrets), the typed client.
//! - [`freshness`]: when a cached value or an access token is refreshed.
//! - [`oauth`]: a user's OAuth tokens as one secret.
//! - `google` (feature `google`): access tokens that stay fresh, and the account that they belong to.
//! - [`testing`] (feature `testing`): an embedded Secrets Manager behind the real SDK client.

#[cfg(feature = "aws")]
pub mod client;
pub mod freshness;
#[cfg(feature = "google")]
pub mod google;
#[cfg(feature = "aws")]
mod https;
pub mod oauth;
#[cfg(feature = "aws")]
mod run;
mod sentence;
pub mod spec;
#[cfg(feature = "aws")]
mod sync;
#[cfg(feature = "testing")]
pub mod testing;

pub use driftless_model as model;
pub use driftless_model::declare;
