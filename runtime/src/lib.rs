//! Typed access to AWS Secrets Manager for Lambda handlers, from one spec.
pub mod model;
pub mod oauth;
pub mod spec;
#[cfg(feature = "testing")]
pub mod testing;
