//! Which versions of a secret a statement lets somebody read, and the conditions that say so.
//!
//! A request that names no version has neither key, and reads the current version: so the condition of `read` takes a missing
//! label, and refuses an id, which could be any version's. `read_previous` takes its label alone.
//!
//! Sources: [condition keys of Secrets Manager][keys]: both are those of the request; [a maintainer of AWS's CLI][cli]: a request
//! that names no label has none by its default either; [`IfExists` and `Null`][operators].
//!
//! [keys]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
//! [cli]: https://github.com/aws/aws-cli/issues/5031
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

use paypulse_runtime::model::stage::{CURRENT, PREVIOUS};
use paypulse_runtime::model::{ApiCall, Verb};

use super::action::{VERSION_ID, VERSION_STAGE};

/// Which versions may be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Versions {
    /// Every one.
    #[default]
    Any,
    /// The current one.
    Current,
    /// The one before.
    Previous,
}

/// An operator, a key and its value.
pub type Condition = (&'static str, &'static str, &'static str);

impl Versions {
    /// Those that a verb reads of a secret whose versions are told apart. A rotation reads the one that it makes, too.
    #[must_use]
    pub fn of(verb: Verb) -> Self {
        match verb {
            Verb::ReadPrevious => Self::Previous,
            Verb::Rotate => Self::Any,
            verb if verb.api_calls().contains(&ApiCall::GetSecretValue) => Self::Current,
            _ => Self::Any,
        }
    }

    /// The conditions that limit a request to them. On a call that names no version they hold.
    #[must_use]
    pub const fn conditions(self) -> &'static [Condition] {
        match self {
            Self::Any => &[],
            Self::Current => &[("Null", VERSION_ID, "true"), ("StringEqualsIfExists", VERSION_STAGE, CURRENT)],
            Self::Previous => &[("StringEquals", VERSION_STAGE, PREVIOUS)],
        }
    }
}
