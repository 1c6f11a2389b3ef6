//! Options of a handler's role: its name, additional managed policies, the service that assumes it, and whether only the
//! handler's function can use its grants.

use schemars::JsonSchema;
use serde::Serialize;

use super::service_principal::ServicePrincipal;

/// The options of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct HandlerOptions {
    /// The name of the role to create, if it differs from the handler's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Additional managed policies of the role to create, for access that the spec does not cover.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ManagedPolicies>,
    /// Whether its grants apply only to calls that its function's code makes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub source_function: bool,
    /// The service that runs the handler's program and assumes the role, if it is not AWS Lambda.
    #[serde(skip_serializing_if = "ServicePrincipal::is_lambda")]
    pub principal: ServicePrincipal,
}

/// Managed policies that a role has in addition to its grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum ManagedPolicies {
    /// A managed policy of AWS.
    AwsPolicy {
        /// Its name, with its path if it has one: `service-role/AWSLambdaVPCAccessExecutionRole`.
        name: String,
    },
    /// The policies whose ARNs a variable lists.
    Variable {
        /// The variable.
        variable: String,
    },
    /// The policies whose ARNs a variable lists for each handler, keyed by handler name. Many handlers can refer to the
    /// same variable.
    Map {
        /// The variable.
        variable: String,
    },
}

impl ManagedPolicies {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 3] = ["aws_policy", "variable", "map"];

    /// The variable, if the policies come from one.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::AwsPolicy { .. } => None,
            Self::Variable { variable } | Self::Map { variable } => Some(variable),
        }
    }

    /// The name, if it is a managed policy of AWS.
    #[must_use]
    pub fn aws_policy(&self) -> Option<&str> {
        match self {
            Self::AwsPolicy { name } => Some(name),
            Self::Variable { .. } | Self::Map { .. } => None,
        }
    }
}
