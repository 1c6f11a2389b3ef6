//! A second spec, of a product that has nothing to do with PayPulse, declared from outside the engine's crates: what
//! another team would write. It goes through everything that PayPulse's goes through.

pub mod payloads;
pub mod warehouse;
