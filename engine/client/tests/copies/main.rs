//! Copies of secrets in other Regions: which place a read asks, and which answer counts. Two and three Regions of the embedded
//! server, each with calls and outages of its own, on a clock that stands still.

mod bounds;
mod outage;
mod places;
mod support;
mod versions;

#[path = "../../../testing/tests/shared/mod.rs"]
mod shared;
