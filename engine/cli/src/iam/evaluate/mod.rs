//! The policy evaluator of `check-plan`, `audit`, `diff`, `import` and `why`: which principal may perform which actions.
//!
//! [`Policies`] are the policies of one identity, [`ResourcePolicy`] is the policy of a secret or a key, and a
//! [`Target`] is a secret, a key, a role or a function of the spec with what is known about it. The result is a [`Decision`]; cases
//! that cannot be decided have a variant of their own.
//!
//! An explicit deny wins, but only where it certainly covers what is allowed. A boundary limits permissions to what it
//! also allows. Conditions are evaluated if both sides are known; otherwise the result is conditional. Denials by
//! policies of an organization or of a session are not known here.
//!
//! Source: [policy evaluation logic][logic].
//!
//! [logic]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

mod compare;
mod condition;
mod decision;
#[cfg(test)]
mod examples;
mod policies;
mod region;
mod resource_policy;
mod statements;
mod target;

pub use crate::iam::kind::TargetKind;
pub use decision::Decision;
pub use policies::{Policies, Reach, Reached, UnreadPolicy};
pub use resource_policy::{Grantee, ResourcePolicy, Whom};
pub use target::{Target, TargetPlace, secrets};
