//! Detects changes of values that Terraform does not store: reads the given values, compares them with digests of
//! earlier values, and maintains the versions that make Terraform write them.

mod digest;
mod given;
mod literal;
mod versions;

pub use digest::{Digests, digests_path};
pub use given::{Given, GivenError};
pub use versions::{Finding, Item, VersionsError, decide, read_versions, versions_text};
