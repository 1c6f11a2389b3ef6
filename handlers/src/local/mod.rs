//! Simulates Lambda, Google and AWS on this machine. The functions run as unchanged programs, and connect to nothing
//! else.
//!
//! [`Lambda`] starts a function's program and sends it requests through Lambda's runtime API. [`Google`] has accounts whose
//! consent can be given, revoked and expired, and answers like Google's token endpoint, its user info and Gmail.
//! [`Aws`] is a bucket and a table of users. Secrets Manager is the embedded one of `paypulse-runtime`, which the
//! caller serves. [`events`] builds requests in the formats of API Gateway.
//!
//! All servers listen on loopback, and stop when their value is dropped.

mod aws;
pub mod events;
mod google;
mod lambda;
mod loopback;
mod mail;

pub use aws::Aws;
pub use google::{Account, Asked, Google};
pub use lambda::{Function, Lambda, Outcome};
pub use loopback::Reply;
