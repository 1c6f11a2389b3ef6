//! Rules for the role options of handlers.

use std::collections::{HashMap, HashSet};

use super::{MAX_HANDLER_NAME_LEN, handler_place};
use crate::problem::{Problem, shown};
use crate::spec::{HandlerSpec, Role, Spec};

/// The longest name of a managed policy, and the longest path of one, in characters.
///
/// Source: [IAM and AWS STS quotas][quotas].
///
/// [quotas]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MAX_POLICY_NAME_LEN: usize = 128;
const MAX_PATH_LEN: usize = 512;

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = spec.handlers.iter().flat_map(of_handler).collect();
    let mut taken: HashMap<String, &HandlerSpec> = HashMap::new();
    for handler in &spec.handlers {
        let Some(name) = handler.created_role() else { continue };
        // Role names in IAM are unique regardless of case.
        let Some(first) = taken.insert(name.to_ascii_lowercase(), handler) else { continue };
        // Handlers with equal names are reported by another lint.
        if !first.name.eq_ignore_ascii_case(&handler.name) {
            let message = format!("its role has the name {}, and so has that of {}", shown(name), handler_place(first));
            let hint = "give each role a different name, or have both use one that exists: `role: existing(variable)`";
            problems.push(Problem::new("duplicate-name", &handler_place(handler), message, hint));
        }
    }
    problems
}

fn of_handler(handler: &HandlerSpec) -> Vec<Problem> {
    let (place, options) = (handler_place(handler), &handler.options);
    let mut problems = Vec::new();
    let settings = [("name", options.role_name.is_some()), ("also", !options.also.is_empty())];
    for (setting, _) in settings.iter().filter(|(_, is_set)| *is_set && handler.role != Role::Created) {
        let message = format!("it has `{setting}`, and its role exists already");
        let hint = format!("remove `{setting}`: it is for a role that is created, and here others decide it");
        problems.push(Problem::new("option-without-resource", &place, message, hint));
    }
    if let Some(name) = options.role_name.as_deref()
        && (name.len() > MAX_HANDLER_NAME_LEN || !is_role_name(name))
    {
        let message = format!("its role's name {} is not one that a role can have", shown(name));
        problems.push(Problem::new("bad-name", &place, message, "use 1 to 64 letters, digits and `_+=,.@-`"));
    }
    let mut seen = HashSet::new();
    for policies in &options.also {
        let word = policies.aws_policy().or_else(|| policies.variable()).unwrap_or_default();
        if !seen.insert(policies) {
            let message = format!("its `also` has {} twice", shown(word));
            problems.push(Problem::new("duplicate-policy", &place, message, "remove one"));
        }
        if policies.aws_policy().is_some_and(|name| !is_aws_policy(name)) {
            let message = format!("{} is not the name of an AWS managed policy", shown(word));
            let hint =
                "write what its ARN has behind `policy/`, such as `service-role/AWSLambdaVPCAccessExecutionRole`";
            problems.push(Problem::new("bad-policy-name", &place, message, hint));
        }
    }
    problems
}

/// Whether IAM accepts this as a role name: letters, digits and `_+=,.@-`.
///
/// Source: [IAM name requirements][names].
///
/// [names]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
fn is_role_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

fn is_aws_policy(name: &str) -> bool {
    let (path, last) = name.rsplit_once('/').unwrap_or(("", name));
    let is_path = path.is_empty() || path.split('/').all(is_role_name);
    is_path && path.len() < MAX_PATH_LEN && is_role_name(last) && last.len() <= MAX_POLICY_NAME_LEN
}
