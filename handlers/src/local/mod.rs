//! Local stand-ins for Lambda, Google and AWS. The real programs of the functions run against them and connect to
//! nothing else.
//!
//! [`Lambda`] starts a function's program and sends it requests through Lambda's runtime API. [`Google`] has accounts
//! whose consent can be given, revoked and expired, and implements Google's token endpoint, user info and Gmail.
//! [`Aws`] is a bucket and a table of users. Secrets Manager is the embedded one of `paypulse-runtime`, which the
//! caller starts. [`events`] builds requests in API Gateway's formats.
//!
//! All servers listen on loopback, and stop when their values are dropped.

mod account;
mod aws;
pub mod events;
mod google;
mod lambda;
mod loopback;
mod mail;

pub use account::Account;
pub use aws::Aws;
pub use google::{Asked, Google};
pub use lambda::{Function, Lambda, Outcome};
pub use loopback::Reply;
