//! Who calls a rotation function, for which secret, and when: just Secrets Manager, for just what the spec has it rotate, and
//! not before the function may do its work.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::model::{HandlerSpec, Role, SecretSpec, Spec};
use serde_json::{Value, json};

use super::module::{Module, SUFFIX};

/// Each rotation's function and rules, by the secret's ARN.
type Rotations = BTreeMap<String, Value>;

/// In what the rotations differ from the spec.
pub fn findings(spec: &Spec, module: &Module) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    let (permitted, rotated) = (permissions(module)?, rotations(module)?);
    let expected = expected(spec, module);
    let named: BTreeSet<_> = expected.iter().map(|(secret, it)| (it["function"].to_string(), secret.clone())).collect();
    if permitted != named {
        findings.push(format!("Secrets Manager may call {permitted:?}, and should {named:?}"));
    }
    if rotated != expected {
        findings.push(format!("rotated are {rotated:?}, and should be {expected:?}"));
    }
    findings.extend(waits(spec, module)?);
    // Where no function is deployed yet, nothing of this is there.
    let mut before = module.clone();
    before.world = before.world.without_functions();
    for address in gated(&before) {
        if before.argument(&address, "count")? != json!(0) || module.argument(&address, "count")? != json!(1) {
            findings.push(format!("{address} is not there exactly where its function is"));
        }
    }
    Ok(findings)
}

fn gated(module: &Module) -> Vec<String> {
    let kinds = ["aws_lambda_permission", "aws_secretsmanager_secret_rotation"];
    kinds.iter().flat_map(|kind| module.of_kind(kind)).map(str::to_owned).collect()
}

/// What the spec says, written out from its own words.
fn expected(spec: &Spec, module: &Module) -> Rotations {
    let rotated = spec.secrets.iter().filter_map(|secret| {
        let rotation = secret.options.rotation.as_ref()?;
        let there = module.world.within(secret.region.as_deref());
        let function = there.function(&function(spec, secret)?.name);
        let mut rules = serde_json::Map::new();
        if let Some(schedule) = &rotation.schedule {
            rules.insert("schedule_expression".to_owned(), json!(schedule));
        }
        if let Some(days) = rotation.after_days {
            rules.insert("automatically_after_days".to_owned(), json!(days.to_string()));
        }
        if let Some(hours) = rotation.window_hours {
            rules.insert("duration".to_owned(), json!(format!("{hours}h")));
        }
        let said = json!({ "function": function, "rules": rules, "immediately": rotation.immediately });
        Some((there.secret(secret.name.as_str(), SUFFIX), said))
    });
    rotated.collect()
}

fn function<'a>(spec: &'a Spec, secret: &SecretSpec) -> Option<&'a HandlerSpec> {
    let id = secret.owner.function()?;
    spec.handlers.iter().find(|handler| handler.id == id)
}

/// Which functions may be called for which secrets.
fn permissions(module: &Module) -> Result<BTreeSet<(String, String)>, String> {
    let mut permitted = BTreeSet::new();
    let mut statements = BTreeSet::new();
    for address in module.of_kind("aws_lambda_permission") {
        let text = |name| module.text(address, name);
        if (text("principal")?.as_str(), text("action")?.as_str())
            != ("secretsmanager.amazonaws.com", "lambda:InvokeFunction")
        {
            return Err(format!("{address}: it is not Secrets Manager that may call the function"));
        }
        // Two statements of one id on one function would be one.
        let function = text("function_name")?;
        if !statements.insert((function.clone(), text("statement_id")?)) {
            return Err(format!("{address}: its function has another statement of this id"));
        }
        permitted.insert((json!(function).to_string(), text("source_arn")?));
    }
    Ok(permitted)
}

fn rotations(module: &Module) -> Result<Rotations, String> {
    let mut rotated = Rotations::new();
    for address in module.of_kind("aws_secretsmanager_secret_rotation") {
        let rules: BTreeMap<String, Value> = module
            .nested(address, "rotation_rules")?
            .into_iter()
            .map(|(name, value)| (name, value.as_i64().map_or(value, |number| json!(number.to_string()))))
            .collect();
        let said = json!({
            "function": module.text(address, "rotation_lambda_arn")?,
            "rules": rules,
            "immediately": module.optional(address, "rotate_immediately")?,
        });
        if rotated.insert(module.text(address, "secret_id")?, said).is_some() {
            return Err(format!("{address}: its secret is rotated twice"));
        }
    }
    Ok(rotated)
}

/// A rotation that begins before its function may be called, or may do its work, fails.
fn waits(spec: &Spec, module: &Module) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for address in module.of_kind("aws_secretsmanager_secret_rotation") {
        let arn = module.text(address, "secret_id")?;
        let arn_of = |it: &SecretSpec| module.world.within(it.region.as_deref()).secret(it.name.as_str(), SUFFIX);
        let secret = spec.secrets.iter().find(|it| arn_of(it) == arn);
        let Some(handler) = secret.and_then(|secret| function(spec, secret)) else { continue };
        let role = match &handler.role {
            Role::Created => handler.name.clone(),
            Role::Existing { variable } => module.world.variable(variable),
        };
        let mut needed = Vec::new();
        for permission in module.of_kind("aws_lambda_permission") {
            if module.text(permission, "source_arn")? == arn {
                needed.push(permission);
            }
        }
        for policy in module.of_kind("aws_iam_role_policy").chain(module.of_kind("aws_iam_role_policy_attachment")) {
            let is_of_aws = policy.ends_with("_logs");
            if !is_of_aws && module.text(policy, "role")? == role {
                needed.push(policy);
            }
        }
        let waits = module.depends_on(address);
        let missing = needed.into_iter().filter(|needed| !waits.iter().any(|it| it == needed));
        findings.extend(missing.map(|missing| format!("{address} does not wait for {missing}")));
    }
    Ok(findings)
}
