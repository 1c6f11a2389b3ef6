//! Checks the managed policies that a spec adds to its roles (`also`).

use driftless_model::{ManagedPolicies, Problem, Spec, shown};

use super::LOGS_POLICY;
use crate::iam::evaluate::{Policies, Target, TargetPlace, secrets};

/// Reports AWS managed policies that reach a secret of the spec, by the table of their effects, and the logging policy
/// that every created role has anyway.
pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let named = spec.handlers.iter().flat_map(|handler| {
        let names = handler.options.also.iter().filter_map(ManagedPolicies::aws_policy);
        names.map(move |name| (format!("handler {}", shown(&handler.id)), name))
    });
    let mut named = named.peekable();
    if named.peek().is_none() {
        return Vec::new();
    }
    let targets = secrets(spec, &TargetPlace::default());
    named.filter_map(|(place, name)| problem(&place, name, &targets)).collect()
}

fn problem(place: &str, name: &str, targets: &[Target]) -> Option<Problem> {
    if name == LOGS_POLICY {
        let message = format!("every role that is created has {} already", shown(name));
        return Some(Problem::new("duplicate-policy", place, message, "remove it from `also`"));
    }
    let mut policies = Policies::new();
    policies.attach(&format!("arn:aws:iam::aws:policy/{name}"));
    let reached = policies.reach(targets);
    let first = reached.targets.iter().find(|reach| reach.allowed().next().is_some())?;
    let condition = if first.is_conditional() { " under a condition" } else { "" };
    let message = format!(
        "{} in its `also` allows {} on {}{condition}, beside what the spec grants",
        shown(name),
        first.in_words(),
        shown(&first.target.id)
    );
    let hint = "remove it, and grant what the handler needs; for anything that is not a secret, name a narrower policy";
    Some(Problem::new("policy-reaches-secret", place, message, hint))
}
