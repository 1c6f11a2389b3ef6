//! The AWS service that runs a handler's program and assumes its role.

use schemars::JsonSchema;
use serde::Serialize;

/// The service that assumes a handler's role, as far as a spec says it.
///
/// ```
/// use driftless_model::ServicePrincipal;
///
/// assert_eq!(ServicePrincipal::default().word(), "lambda");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum ServicePrincipal {
    /// AWS Lambda: the program is a function.
    #[default]
    Lambda,
    /// Amazon ECS: the program is a container of a task, on Fargate or on instances, and the role is the task's role.
    Ecs,
    /// Amazon EKS: the program is a container of a pod, which gets the role by EKS Pod Identity.
    Eks {
        /// The variable that holds the ARN of the pod's cluster.
        cluster: String,
        /// The Kubernetes namespace of the pod.
        namespace: String,
        /// The Kubernetes service account of the pod.
        service_account: String,
    },
}

impl ServicePrincipal {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 3] = ["lambda", "ecs", "eks"];

    /// The word for its kind in a spec.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Ecs => "ecs",
            Self::Eks { .. } => "eks",
        }
    }

    /// Whether it is AWS Lambda, so that the handler is a function.
    #[must_use]
    pub const fn is_lambda(&self) -> bool {
        matches!(self, Self::Lambda)
    }

    /// What the service runs, in a sentence: `function`, `task` or `pod`.
    #[must_use]
    pub const fn program(&self) -> &'static str {
        match self {
            Self::Lambda => "function",
            Self::Ecs => "task",
            Self::Eks { .. } => "pod",
        }
    }

    /// The variable that holds the ARN of the cluster, if the service needs one.
    #[must_use]
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Self::Eks { cluster, .. } => Some(cluster),
            Self::Lambda | Self::Ecs => None,
        }
    }
}
