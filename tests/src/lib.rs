//! Specs of products that have nothing to do with PayPulse, declared from outside the engine's crates: what another team
//! would write. They go through everything that PayPulse's goes through.

pub mod bakery;
pub mod depot;
pub mod hostile;
pub mod large;
pub mod payloads;
pub mod printshop;
pub mod warehouse;
