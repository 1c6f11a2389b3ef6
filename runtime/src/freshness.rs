//! Freshness rules: the lifetime of a cached value, and how long an access token must remain valid to be used.

use std::time::Duration;

pub use driftless_model::freshness::*;

/// An access token is used if it remains valid for at least this time; otherwise it is refreshed. This is enough time
/// for a handler's work.
pub const GOOD_FOR: Duration = Duration::from_mins(5);
