//! What runs a handler's program: what the name of its session says, and the commands that show its role and environment.

use driftless_model::{HandlerSpec, ServicePrincipal, shown};

use super::shell::shell;

/// The service that named a session, as far as the name shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionService {
    /// An ECS task: the session has the id of the task, 32 hexadecimal digits or, in the older format, a UUID.
    ///
    /// Source: [task ARNs and resource IDs][ids].
    ///
    /// [ids]: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
    Task,
    /// A pod: `eks-`, the cluster, the pod and a UUID, cut to the length of a session's name.
    ///
    /// Source: [`AssumedRoleUser`](https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumedRoleUser.html).
    Pod,
    /// Another service, or a person: Lambda names a session after the function.
    Other,
}

impl SessionService {
    pub(super) fn of(session: &str) -> Self {
        let is_hexadecimal =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let parts: Vec<&str> = session.split('-').collect();
        let is_uuid = |parts: &[&str]| {
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| is_hexadecimal(part))
        };
        if session.len() == 32 && is_hexadecimal(session) || is_uuid(&parts) {
            Self::Task
        } else if parts.first() == Some(&"eks") && parts.len() > 3 {
            Self::Pod
        } else {
            Self::Other
        }
    }

    /// What the session says, for a handler of the spec; `None` if it says nothing more than the role.
    pub(super) fn in_words(self, session: &str, handler: &HandlerSpec) -> Option<String> {
        let (what, is_its_own) = match (self, &handler.options.principal) {
            (Self::Task, principal) => ("has the id of an ECS task", *principal == ServicePrincipal::Ecs),
            (Self::Pod, principal) => ("is that of a pod of EKS", principal.cluster().is_some()),
            (Self::Other, ServicePrincipal::Lambda) => return None,
            (Self::Other, _) => ("is neither that of an ECS task nor that of a pod", false),
        };
        let principal = handler.options.principal.word();
        let but = format!(", and the principal of {} is `{principal}`: see who used the role", shown(&handler.id));
        Some(format!("{} {what}{}", shown(session), if is_its_own { "" } else { &but }))
    }
}

/// The command that shows the role under which a handler's program runs.
pub(super) fn look_at_role(handler: Option<&HandlerSpec>) -> String {
    let name = handler.map(|handler| shell(&handler.name)).unwrap_or_default();
    match handler.map(|handler| &handler.options.principal) {
        None | Some(ServicePrincipal::Lambda) => {
            format!("aws lambda get-function-configuration --function-name {name} --query Role")
        }
        Some(ServicePrincipal::Ecs) => {
            format!("aws ecs describe-task-definition --task-definition {name} --query taskDefinition.taskRoleArn")
        }
        Some(ServicePrincipal::Eks { namespace, service_account, .. }) => format!(
            "aws eks list-pod-identity-associations --cluster-name CLUSTER --namespace {} --service-account {}",
            shell(namespace),
            shell(service_account)
        ),
    }
}

/// The command that shows the value of a variable in the environment of a handler's program.
pub(super) fn look_at_variable(handler: Option<&HandlerSpec>, variable: &str) -> String {
    let name = handler.map_or("FUNCTION".to_owned(), |handler| shell(&handler.name));
    match handler.map(|handler| &handler.options.principal) {
        None | Some(ServicePrincipal::Lambda) => {
            format!(
                "aws lambda get-function-configuration --function-name {name} --query Environment.Variables.{variable}"
            )
        }
        Some(ServicePrincipal::Ecs) => format!(
            "aws ecs describe-task-definition --task-definition {name} --query \
             \"taskDefinition.containerDefinitions[].environment[?name=='{variable}'].value\""
        ),
        Some(ServicePrincipal::Eks { namespace, .. }) => {
            format!("kubectl --namespace {} exec POD -- printenv {variable}", shell(namespace))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SessionService;

    #[test]
    fn a_session_is_named_by_the_service_that_assumed_the_role() {
        for (session, expected) in [
            ("0f9de17a6465404e8b1b2356dc13c2f8", SessionService::Task),
            ("0f9de17a-6465-404e-8b1b-2356dc13c2f8", SessionService::Task),
            ("eks-shop-checkout-7d4b9c-x2x-0f9de17a-6465-404e-8b1b-2356dc13c2f8", SessionService::Pod),
            ("eks-shop-checkout-7d4b9c-x2xzz-0f9de17a-6465-404e-8b1b-2356dc1", SessionService::Pod),
            ("fetch_invoices", SessionService::Other),
            ("eks-role", SessionService::Other),
            ("0F9DE17A6465404E8B1B2356DC13C2F8", SessionService::Other),
            ("", SessionService::Other),
        ] {
            assert_eq!(SessionService::of(session), expected, "{session}");
        }
    }
}
