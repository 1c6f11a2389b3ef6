//! Who may do what according to policies: the one evaluator behind `check-plan`, `audit`, `diff` and `import`.
//!
//! [`Policies`] are what one identity has, [`ResourcePolicy`] is what a secret or a key has itself, and a [`Target`] is a
//! secret, a key or a role of the spec with what is known of it. The answer is a [`Decision`], and what cannot be decided is
//! one of its own.
//!
//! An explicit denial wins, but only where it surely covers what is allowed; a boundary lets only through what it allows too;
//! conditions are decided where both sides are known, and else an allowance is one under a condition. What an organization's
//! policies and the policies of a session deny besides is not known here.
//!
//! Source: [policy evaluation logic][logic].
//!
//! [logic]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

mod condition;
mod decision;
#[cfg(test)]
mod examples;
mod policies;
mod region;
mod resource_policy;
mod statements;
mod target;

pub use decision::Decision;
pub use policies::{Policies, Reach, Reached, Unread};
pub use resource_policy::{Grantee, ResourcePolicy, Whom};
pub use target::{Kind, Place, Target, secrets};
