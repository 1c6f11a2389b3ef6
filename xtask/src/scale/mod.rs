//! What a number of users costs, and how near it is to AWS's quotas: a simulation of the client, at any scale.
//!
//! - `world`: what the client does, request by request, by its own rules (`paypulse_runtime::freshness`);
//! - `traffic`: who comes when, and to which instance; what is assumed of that is in [`Assumptions`];
//! - `estimate`: a sample of the users, and of the instances, made into the whole;
//! - `bill`: AWS's prices and quotas;
//! - `page`, `plot`, `table`: the same figures for people and for programs.
//!
//! Nothing here reads a clock or the network: the same seed gives the same bytes on every machine.

mod bill;
mod estimate;
mod page;
mod plot;
mod table;
mod traffic;
mod world;

pub use bill::{Bill, Quotas};
pub use estimate::{Estimate, busiest_second_after_a_start, estimate};
pub use page::{OWN, page};
pub use plot::plot;
pub use table::{csv, json, table};
pub use traffic::{Assumptions, Traffic};
pub use world::{Calls, Request, TOKEN_LIFE, World};
