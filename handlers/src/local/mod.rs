//! A Lambda and a Google on this machine: the functions run in it as the programs that they are, and reach nothing else.
//!
//! [`Lambda`] starts a function's program and hands it requests by Lambda's runtime API; [`Google`] has accounts whose
//! consent can be given, taken back and run out, and answers as Google's token endpoint, its user info and Gmail do. Secrets
//! Manager is the embedded one of `paypulse-runtime`, which the caller serves. [`events`] are the requests as API Gateway
//! makes them.
//!
//! All of it listens on loopback, and ends with the value that stands for it.

pub mod events;
mod google;
mod lambda;
mod loopback;

pub use google::{Account, Asked, Google};
pub use lambda::{Function, Lambda, Outcome};
pub use loopback::Reply;
