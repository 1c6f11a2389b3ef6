//! The versions of a secret that a statement allows a handler to read, and the conditions for them.
//!
//! A request that names no version has neither condition key and reads the current version. The condition of `read`
//! therefore accepts a missing label and rejects a version id, which could be that of any version. `read_previous`
//! accepts only its label.
//!
//! Sources: [condition keys of Secrets Manager][keys]: both are keys of the request; [a maintainer of AWS's CLI][cli]:
//! a request that names no label has no default label either; [`IfExists` and `Null`][operators].
//!
//! [keys]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
//! [cli]: https://github.com/aws/aws-cli/issues/5031
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

use driftless_model::stage::{CURRENT, PREVIOUS};
use driftless_model::{ApiCall, Verb};

use super::action::{VERSION_ID, VERSION_STAGE};

/// The versions that can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Versions {
    /// Every version.
    #[default]
    Any,
    /// The current version.
    Current,
    /// The previous version.
    Previous,
}

/// An operator, a key and its value.
pub type Condition = (&'static str, &'static str, &'static str);

impl Versions {
    /// The versions that a verb reads of a secret whose versions have separate permissions. A rotation also reads the
    /// version that it creates.
    #[must_use]
    pub fn of(verb: Verb) -> Self {
        match verb {
            Verb::ReadPrevious => Self::Previous,
            Verb::Rotate => Self::Any,
            verb if verb.api_calls().contains(&ApiCall::GetSecretValue) => Self::Current,
            _ => Self::Any,
        }
    }

    /// The conditions that limit a request to these versions. Those of [`Self::Current`] also hold for a call that
    /// names no version.
    #[must_use]
    pub const fn conditions(self) -> &'static [Condition] {
        match self {
            Self::Any => &[],
            Self::Current => &[("Null", VERSION_ID, "true"), ("StringEqualsIfExists", VERSION_STAGE, CURRENT)],
            Self::Previous => &[("StringEquals", VERSION_STAGE, PREVIOUS)],
        }
    }
}
