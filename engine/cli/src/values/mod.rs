//! Detects changes of values that Terraform does not store: reads the given values, compares them with digests of
//! earlier values, and maintains the versions that make Terraform write them.

mod digest;
mod given;
mod literal;
mod versions;

pub use digest::{Digests, digests_path};
pub use given::{GivenError, GivenValues};
pub use versions::{Item, VersionFinding, VersionsError, decide, read_versions, versions_text};
