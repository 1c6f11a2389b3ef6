//! What else a spec says of a handler's role: its name, the managed policies that it has besides, and whether only the handler's
//! function can use its grants.

use schemars::JsonSchema;
use serde::Serialize;

/// The options of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct HandlerOptions {
    /// The name of the role that is created, where it differs from the handler's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Managed policies that the role that is created has besides, for what is not in the spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ManagedPolicies>,
    /// Whether its grants hold only for calls that the code of its function makes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub source_function: bool,
}

/// Managed policies that a role has besides its grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum ManagedPolicies {
    /// One of AWS's own.
    AwsPolicy {
        /// Its name, with its path if it has one: `service-role/AWSLambdaVPCAccessExecutionRole`.
        name: String,
    },
    /// Those whose ARNs a variable lists.
    Variable {
        /// The variable.
        variable: String,
    },
    /// Those whose ARNs a variable lists for each handler, by the handlers' names. Many handlers can name it.
    Map {
        /// The variable.
        variable: String,
    },
}

impl ManagedPolicies {
    /// The words that a spec may use.
    pub const WORDS: [&'static str; 3] = ["aws_policy", "variable", "map"];

    /// The variable, if one says which policies these are.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::AwsPolicy { .. } => None,
            Self::Variable { variable } | Self::Map { variable } => Some(variable),
        }
    }

    /// The name, if it is one of AWS's own.
    #[must_use]
    pub fn aws_policy(&self) -> Option<&str> {
        match self {
            Self::AwsPolicy { name } => Some(name),
            Self::Variable { .. } | Self::Map { .. } => None,
        }
    }
}
