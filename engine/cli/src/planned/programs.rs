//! Decides which resources run the programs of the spec's handlers: functions of Lambda, task definitions of ECS, and Pod
//! Identity associations of EKS.

use driftless_model::{HandlerSpec, ServicePrincipal};

use super::Planned;
use super::findings::{Check, Finding, Kind};
use super::given::Given;
use super::seen::Seen;

const TASKS: &str = "aws_ecs_task_definition";
const ASSOCIATION: &str = "aws_eks_pod_identity_association";

impl Check<'_> {
    /// The handlers that are Lambda functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &HandlerSpec> {
        self.spec.handlers.iter().filter(|handler| handler.options.principal.is_lambda())
    }

    /// Whether a Lambda function of this name is a handler of the spec.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions().any(|handler| handler.name == name)
    }

    /// Whether a resource gives a role of the spec to the program of that role's handler: a task definition of the handler's
    /// name as the role of its tasks, or an association to the handler's service account.
    pub(super) fn is_program_of(&self, seen: &Seen<'_>, argument: &str, role: &str) -> bool {
        let (Some(handlers), Some(after)) = (self.roles.get(role), seen.after) else { return false };
        handlers.iter().any(|handler| match &handler.options.principal {
            ServicePrincipal::Lambda => false,
            ServicePrincipal::Ecs => {
                seen.kind == TASKS && argument == "task_role_arn" && after.word("family") == Some(&handler.name)
            }
            pod @ ServicePrincipal::Eks { .. } => {
                seen.kind == ASSOCIATION && argument == "role_arn" && self.is_service_account(after, pod)
            }
        })
    }

    /// Whether a resource is an association to the service account of a handler. Which role it gives is checked as for every
    /// resource that names a role.
    pub(super) fn is_association(&self, planned: &Planned) -> bool {
        let principals = || self.spec.handlers.iter().map(|handler| &handler.options.principal);
        let is_its = |after| principals().any(|principal| self.is_service_account(after, principal));
        planned.kind == ASSOCIATION && planned.after.as_ref().is_some_and(is_its)
    }

    fn is_service_account(&self, after: &Given, principal: &ServicePrincipal) -> bool {
        let ServicePrincipal::Eks { cluster, namespace, service_account } = principal else { return false };
        after.word("namespace") == Some(namespace)
            && after.word("service_account") == Some(service_account)
            && self.is_cluster(after, cluster)
    }

    /// Whether an association is in the cluster whose ARN a variable holds; an ARN that is not known can be any.
    fn is_cluster(&self, after: &Given, variable: &str) -> bool {
        let known = self.plan.variables.get(&format!("var.{variable}")).and_then(|arn| arn.as_str());
        let named = after.word("cluster_name");
        known.zip(named).is_none_or(|(arn, name)| arn.rsplit('/').next() == Some(name))
    }
}

/// Reports that the containers of a handler's tasks change. Which code they run cannot be checked.
pub(super) fn runs_other_containers(seen: &Seen<'_>, role: &str, found: &mut Vec<Finding>) {
    if seen.kind == TASKS {
        let what = format!("its containers run as the role `{role}` of the spec, and their code is not checked");
        found.push(Finding::new(Kind::NotLookedAt, seen.address, what));
    }
}
