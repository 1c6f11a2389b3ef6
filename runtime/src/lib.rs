//! PayPulse's spec and its OAuth tokens, and what a handler needs of the engine: typed access to AWS Secrets Manager, from one
//! spec that also defines the IAM policies.
//!
//! - [`spec`]: PayPulse's secrets and handlers; the only file to edit.
//! - [`model`]: the types of a spec, and [`declare!`] to write one.
//! - [`client`] (feature `aws`, on by default): [`Secrets`](client::Secrets), the typed client.
//! - [`freshness`]: when a cached value or an access token is refreshed.
//! - [`oauth`]: a user's OAuth tokens as one secret.
//! - `google` (feature `google`): access tokens that stay fresh, and the account that they belong to.
//! - [`testing`] (feature `testing`): an embedded Secrets Manager behind the real SDK client.

pub mod freshness;
#[cfg(feature = "google")]
pub mod google;
pub mod oauth;
mod sentence;
pub mod spec;

#[cfg(feature = "aws")]
pub use driftless as client;
#[doc(hidden)]
pub use driftless_macros::declare as __declare;
pub use driftless_model as model;
#[cfg(feature = "testing")]
pub use driftless_testing as testing;
/// The trait of secrets' values, and the derive macro that makes a type one of them: with
/// `#[payload(model = paypulse_runtime::model)]`, if the crate of the type does not depend on `driftless`.
pub use {driftless_macros::Payload, driftless_model::Payload};

/// Declares a spec: its keys, secrets and handlers as types, and `pub fn spec() -> Spec` as data.
///
/// [`driftless_macros::declare!`](driftless_macros::declare) documents the syntax.
#[macro_export]
macro_rules! declare {
    ($($spec:tt)*) => {
        $crate::__declare! { use $crate::model; $($spec)* }
    };
}
