//! Kinds of targets of a policy, and the actions on each.

use super::action::{CALLING_A_FUNCTION, ON_A_FUNCTION, ON_A_ROLE, ON_A_SECRET, ON_IDENTITIES, OPENING_A_KEY};

/// The kind of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// A secret or a family of secrets.
    Secret,
    /// A KMS key.
    Key,
    /// An IAM role.
    Role,
    /// A Lambda function: who may change it.
    Function,
    /// Calls of a Lambda function that can use secrets.
    Call,
    /// Calls of a Lambda function that rotates secrets, which only Secrets Manager may make.
    RotationCall,
    /// All users, groups, roles and managed policies of an account.
    Identities,
}

impl TargetKind {
    /// The relevant actions on a resource of this kind.
    #[must_use]
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Secret => &ON_A_SECRET,
            Self::Key => &OPENING_A_KEY,
            Self::Role => &ON_A_ROLE,
            Self::Function => &ON_A_FUNCTION,
            Self::Call | Self::RotationCall => &CALLING_A_FUNCTION,
            Self::Identities => &ON_IDENTITIES,
        }
    }
}
