//! The cache of the typed client, through the official SDK on the embedded Secrets Manager, on a clock that stands still.

mod bounds;
mod config;
mod frozen;
mod logs;
mod outage;
mod races;
mod reads;
mod scopes;
mod start;
mod support;
mod wiping;
mod writes;

#[path = "../../../testing/tests/shared/mod.rs"]
mod shared;
