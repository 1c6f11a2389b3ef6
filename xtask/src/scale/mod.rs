//! Simulates the client to estimate the AWS bill and the use of quotas for any number of users.
//!
//! - `world`: the calls of the client for each request, by its own rules (`paypulse_runtime::freshness`);
//! - `traffic`: times and instances of requests; the assumptions are in [`Assumptions`];
//! - `estimate`: extrapolates from a sample of users and instances;
//! - `bill`: AWS prices and quotas;
//! - `page`, `plot`, `table`: the figures as text, picture, table, JSON and CSV.
//!
//! Nothing here reads a clock or the network: the same seed produces the same bytes on every machine.

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
