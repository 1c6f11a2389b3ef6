//! Rules for the services that assume the roles of handlers.

use std::collections::HashMap;

use super::{handler_place, place};
use crate::problem::{Problem, shown};
use crate::service_principal::ServicePrincipal;
use crate::spec::{HandlerSpec, Spec};

/// The longest names of a Kubernetes namespace and of a service account, in characters.
///
/// Source: [object names and IDs](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/): a namespace is a
/// label of RFC 1123, a service account a DNS subdomain name.
const MAX_NAMESPACE_LEN: usize = 63;
const MAX_SERVICE_ACCOUNT_LEN: usize = 253;

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = spec.handlers.iter().flat_map(of_handler).collect();
    problems.extend(rotation_functions(spec));
    problems.extend(shared_roles(spec));
    problems.extend(service_accounts(spec));
    problems
}

fn of_handler(handler: &HandlerSpec) -> Vec<Problem> {
    let (place, principal) = (handler_place(handler), &handler.options.principal);
    let mut problems = Vec::new();
    if handler.options.source_function && !principal.is_lambda() {
        let message =
            format!("it has `source_function`, and its principal is `{}`, which runs no function", principal.word());
        let hint = "remove `source_function`: only calls of Lambda functions have the ARN of a function";
        problems.push(Problem::new("source-function-without-function", &place, message, hint));
    }
    let ServicePrincipal::Eks { namespace, service_account, .. } = principal else { return problems };
    if !is_label(namespace) || namespace.len() > MAX_NAMESPACE_LEN {
        let message = format!("its namespace {} is not one that Kubernetes accepts", shown(namespace));
        let hint = "use 1 to 63 small letters, digits and hyphens, with a letter or digit at both ends";
        problems.push(Problem::new("bad-namespace", &place, message, hint));
    }
    if !service_account.split('.').all(is_label) || service_account.len() > MAX_SERVICE_ACCOUNT_LEN {
        let message = format!("its service account {} is not one that Kubernetes accepts", shown(service_account));
        let hint =
            "use 1 to 253 small letters, digits, hyphens and dots, with a letter or digit at both ends of each part";
        problems.push(Problem::new("bad-service-account", &place, message, hint));
    }
    problems
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Secrets Manager rotates only by Lambda functions.
///
/// Source: [rotation by Lambda function](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html).
fn rotation_functions(spec: &Spec) -> Vec<Problem> {
    let others: HashMap<&str, &HandlerSpec> = spec
        .handlers
        .iter()
        .filter(|handler| !handler.options.principal.is_lambda())
        .map(|handler| (handler.id.as_str(), handler))
        .collect();
    let named = spec.secrets.iter().filter_map(|secret| Some((secret, *others.get(secret.owner.function()?)?)));
    let problem = |(secret, handler): (&_, &HandlerSpec)| {
        let word = handler.options.principal.word();
        let message = format!("its rotation function {} has the principal `{word}`", shown(&handler.id));
        let hint = "remove the principal from the handler: Secrets Manager rotates only by Lambda functions";
        Problem::new("rotation-function-without-function", &place(secret), message, hint)
    };
    named.map(problem).collect()
}

/// The trust policy of a shared role would have to trust each service, and each program would have the grants of all.
fn shared_roles(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    for role in spec.roles() {
        let first = role.first();
        let differs = |it: &&&HandlerSpec| it.options.principal != first.options.principal;
        let Some(other) = role.handlers.iter().find(differs) else { continue };
        let message = format!(
            "it shares its role with {}, whose principal is `{}`; its own is {}",
            handler_place(first),
            first.options.principal.word(),
            match (&other.options.principal, &first.options.principal) {
                (ServicePrincipal::Eks { .. }, ServicePrincipal::Eks { .. }) => "another service account".to_owned(),
                (own, _) => format!("`{}`", own.word()),
            }
        );
        let hint = "give each its own role: the trust policy of one role would have to trust both";
        problems.push(Problem::new("shared-role-principals", &handler_place(other), message, hint));
    }
    problems
}

/// A service account of a cluster has at most one association, so it can have only one role.
///
/// Source: [EKS Pod Identity](https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html).
fn service_accounts(spec: &Spec) -> Vec<Problem> {
    let mut taken: HashMap<&ServicePrincipal, &HandlerSpec> = HashMap::new();
    let mut problems = Vec::new();
    for role in spec.roles() {
        let handler = role.first();
        let principal = &handler.options.principal;
        if principal.cluster().is_none() {
            continue;
        }
        if let Some(first) = taken.insert(principal, handler) {
            let message = format!("its service account is also that of {}", handler_place(first));
            let hint = "name another service account: EKS gives each service account of a cluster one role";
            problems.push(Problem::new("duplicate-service-account", &handler_place(handler), message, hint));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Role;

    fn pod(id: &str, namespace: &str, service_account: &str) -> HandlerSpec {
        let principal = ServicePrincipal::Eks {
            cluster: "cluster_arn".into(),
            namespace: namespace.into(),
            service_account: service_account.into(),
        };
        let options = crate::HandlerOptions { principal, ..Default::default() };
        let (name, role) = (id.to_lowercase(), Role::Created);
        HandlerSpec { id: id.into(), name, description: String::new(), role, options, grants: Vec::new() }
    }

    fn lints(handlers: Vec<HandlerSpec>) -> Vec<&'static str> {
        let spec = Spec { handlers, ..Spec::empty("spec.rs".into()) };
        check(&spec).into_iter().map(|problem| problem.lint).collect()
    }

    #[test]
    fn a_name_that_kubernetes_refuses_is_found() {
        let long = ["a".repeat(63), "a".repeat(64), "b".repeat(253), "b".repeat(254)];
        let cases: [(&str, &str, &[&str]); 8] = [
            ("shop", "checkout", &[]),
            (&long[0], &long[2], &[]),
            ("shop-1", "a.b-2", &[]),
            (&long[1], "a", &["bad-namespace"]),
            ("Shop", "*", &["bad-namespace", "bad-service-account"]),
            ("", "", &["bad-namespace", "bad-service-account"]),
            ("-a", "a..b", &["bad-namespace", "bad-service-account"]),
            ("${aws:x}", &long[3], &["bad-namespace", "bad-service-account"]),
        ];
        for (namespace, service_account, expected) in cases {
            assert_eq!(lints(vec![pod("A", namespace, service_account)]), expected, "{namespace} {service_account}");
        }
    }

    #[test]
    fn a_service_account_has_one_role() {
        assert_eq!(lints(vec![pod("A", "shop", "a"), pod("B", "shop", "b")]), Vec::<&str>::new());
        assert_eq!(lints(vec![pod("A", "shop", "a"), pod("B", "shop", "a")]), ["duplicate-service-account"]);
    }

    #[test]
    fn handlers_of_one_role_have_one_principal() {
        let existing = |mut handler: HandlerSpec| {
            handler.role = Role::Existing { variable: "role".into() };
            handler
        };
        let task = |id: &str| {
            let mut handler = pod(id, "shop", "a");
            handler.options.principal = ServicePrincipal::Ecs;
            existing(handler)
        };
        assert_eq!(lints(vec![task("A"), task("B")]), Vec::<&str>::new());
        assert_eq!(lints(vec![task("A"), existing(pod("B", "shop", "a"))]), ["shared-role-principals"]);
        let other = [existing(pod("A", "shop", "a")), existing(pod("B", "shop", "b"))];
        assert_eq!(lints(other.to_vec()), ["shared-role-principals"]);
    }
}
