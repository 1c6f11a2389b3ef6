//! IAM policy documents from a spec's grants: which actions on which resources under which conditions, merged, split
//! into documents, and checked against AWS's limits.
//!
//! Independent of Terraform: a resource is a secret of the spec, a pattern or a key, and `render` decides how to write
//! it.

mod action;
pub mod aws;
mod documents;
pub mod evaluate;
mod kind;
mod look;
pub mod meaning;
mod policy;
mod share;
mod size;
pub mod trust;
mod versions;

pub use action::{
    ATTACHING, CALLING_A_FUNCTION, DESCRIBED_IN, DESCRIBING_A_KEY, KEYS_DESCRIBED_IN, ON_A_FUNCTION, ON_A_KEY,
    ON_A_ROLE, ON_A_SECRET, ON_IDENTITIES, ON_NO_SECRET, OPENING_A_KEY, REMOVING_A_BOUNDARY, REPLICATING_UNDER_A_KEY,
    ROTATING_WITH, WITH_A_BOUNDARY, action, described, key_actions, look_action, only_looks,
};
pub(crate) use action::{SOURCE_FUNCTION, VERSION_ID, VERSION_STAGE};
pub use documents::{Documents, MAX_ATTACHED_POLICIES, MAX_INLINE_POLICY, MAX_MANAGED_POLICY, documents, of_role};
pub use look::Look;
pub use policy::{Policy, Resource, SourceFunction, Statement};
pub use share::{MAX_RESOURCE_POLICY, ShareStatement, resource_of, shares};
pub use versions::{Condition, Versions};
