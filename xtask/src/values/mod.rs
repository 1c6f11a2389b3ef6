//! When a value that Terraform keeps nowhere has changed: the values as they are given for an apply, digests of what they were,
//! and the numbers that tell Terraform to write them.

mod digest;
mod given;
mod literal;
mod versions;

pub use digest::{Digests, digests_path};
pub use given::{Given, GivenError};
pub use versions::{Finding, Item, VersionsError, decide, read_versions, versions_text};
