//! What a first plan may hold: nothing about secrets, and of IAM what is expected.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Result;

/// Settings of a secret and of its rotation that no API knows. After an import the plan has to set them, in the state alone.
const SETTINGS: [&str; 3] = ["force_overwrite_replica_secret", "recovery_window_in_days", "rotate_immediately"];

/// Holds a plan to what it must not change, and to the changes that it has to have.
pub fn hold(plan: &Value, expected: &[&str]) -> Result {
    let changes = plan["resource_changes"].as_array().ok_or("the plan has no list of changes")?;
    let mut found = BTreeSet::new();
    for change in changes {
        let mut line = line(change);
        if is_permission_by_name(change) {
            line.replace_range(..line.len() - line.trim_start_matches("replace ").len(), "");
        }
        let kind = change["type"].as_str().unwrap_or_default();
        let is_secret = kind.starts_with("aws_secretsmanager_");
        let touches = ["create", "update", "delete", "replace"].iter().any(|action| line.starts_with(action));
        if touches && (is_secret || !kind.starts_with("aws_iam_")) {
            return Err(format!("the first plan would {line}:\n{:#}", change["change"]).into());
        }
        if kind == "aws_iam_role" && (line.starts_with("delete") || line.starts_with("replace")) {
            return Err(format!("the first plan would {line}").into());
        }
        found.insert(line);
    }
    let missing: Vec<_> = expected.iter().filter(|line| !found.contains(**line)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("the plan lacks {missing:#?}\nit has {found:#?}").into()) }
}

/// Whether this is the permission of a function, imported: the real provider keeps the function's name then, where the files have
/// its ARN, and the first apply makes the permission again. `docs/terraform.md` says so.
///
/// Source: [the import](https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/lambda/permission.go).
fn is_permission_by_name(change: &Value) -> bool {
    let details = &change["change"];
    let is_by_name = details["replace_paths"] == serde_json::json!([["function_name"]]);
    change["type"] == "aws_lambda_permission" && details["importing"].is_object() && is_by_name
}

/// A change in words: what happens, how it comes, and where.
fn line(change: &Value) -> String {
    let address = change["address"].as_str().unwrap_or_default();
    let details = &change["change"];
    let actions: Vec<&str> = details["actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let action = match actions.as_slice() {
        ["no-op" | "read"] => "",
        ["update"] if details["importing"].is_object() && changes_only(details, &SETTINGS) => "settings ",
        // The rendered role says what its handler is for.
        ["update"] if changes_only(details, &["description"]) => "describe ",
        [action] => &format!("{action} "),
        _ => "replace ",
    };
    let imported = if details["importing"].is_object() { "imported " } else { "" };
    let moved = if change["previous_address"].is_string() { "moved " } else { "" };
    format!("{action}{imported}{moved}{address}")
}

/// Whether a resource changes in these arguments and in no others.
fn changes_only(details: &Value, arguments: &[&str]) -> bool {
    let (Some(before), Some(after)) = (details["before"].as_object(), details["after"].as_object()) else {
        return false;
    };
    let is_unknown = details["after_unknown"].as_object().is_some_and(|unknown| unknown.values().any(holds_true));
    let without = |state: &Map<String, Value>| {
        let mut state = state.clone();
        state.retain(|name, _| !arguments.contains(&name.as_str()));
        state
    };
    !is_unknown && without(before) == without(after)
}

fn holds_true(value: &Value) -> bool {
    match value {
        Value::Bool(is_true) => *is_true,
        Value::Array(values) => values.iter().any(holds_true),
        Value::Object(values) => values.values().any(holds_true),
        _ => false,
    }
}
