//! Fresh access tokens, against a server on loopback that plays Google and the embedded Secrets Manager that enforces
//! PayPulse's grants.

mod account;
mod answers;
mod api;
mod documented;
mod flights;
mod logs;
mod observe;
mod playing;
mod reasons;
mod refresh;
mod refused;
mod renewed;
mod retries;
mod support;

#[path = "../../../engine/testing/tests/shared/counts.rs"]
mod counts;
#[path = "../../../engine/testing/tests/shared/mod.rs"]
mod shared;
