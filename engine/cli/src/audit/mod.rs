//! Audit of an account against the spec: inventory, rules, findings. This module is pure: `live` reads the account,
//! and `output` prints the report.

mod access;
mod finding;
mod inventory;
mod json;
mod keys;
mod names;
#[cfg(feature = "live")]
pub mod payload;
mod permissions;
pub mod quota;
mod report;
pub mod secrets;
mod site;

pub use crate::iam::Look;
pub use access::{AuditedAccess, has_unknown_tags};
pub use finding::{AuditFinding, Level, Place, Rule};
pub use inventory::{FoundDocument, FoundSecret, Identity, IdentityKind};
pub use json::{Ending, json, sarif};
pub use names::{Belongs, SecretNames};
pub use permissions::policy;
pub use report::{AcceptedFindings, BadAccept, Count, Coverage, Extent, LISTED, NOT_LOOKED_AT, Report};
pub use site::Site;
