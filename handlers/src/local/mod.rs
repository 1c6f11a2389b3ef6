//! A Lambda, a Google and an AWS on this machine: the functions run in it as the programs that they are, and reach nothing else.
//!
//! [`Lambda`] starts a function's program and hands it requests by Lambda's runtime API; [`Google`] has accounts whose
//! consent can be given, taken back and run out, and answers as Google's token endpoint, its user info and Gmail do; [`Aws`] is a
//! bucket and a table of users. Secrets Manager is the embedded one of `paypulse-runtime`, which the caller serves. [`events`] are the requests as API Gateway
//! makes them.
//!
//! All of it listens on loopback, and ends with the value that stands for it.

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
