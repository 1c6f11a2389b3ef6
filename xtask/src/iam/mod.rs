//! IAM policy documents from a spec's grants: which actions on which resources, merged, and held to AWS's limits.
//!
//! Knows nothing of Terraform: a resource is a secret of the spec or a pattern, and `render` says how it is written.

mod action;
mod policy;
mod size;

pub use action::action;
pub use policy::{Policy, Resource, Statement};
pub use size::{MAX_INLINE_POLICY, check};
