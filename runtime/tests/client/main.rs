//! The typed client through the official SDK, on the embedded Secrets Manager that enforces PayPulse's grants.

mod cancel;
mod errors;
mod incoming;
mod logs;
mod observe;
mod races;
mod recovered;
mod start;
mod support;
mod switch;
mod tokens;
mod verbs;
mod wrapped;
mod write;

#[path = "../../../engine/testing/tests/shared/counts.rs"]
mod counts;
#[path = "../../../engine/testing/tests/shared/mod.rs"]
mod shared;
