//! `check-plan`: each thing that can be found in a plan, on plans that Terraform wrote and that are changed here; and plans
//! that are cut off, spoilt, huge or made to harm.

mod arguments;
mod besides;
mod changes;
mod described;
mod existing;
mod fuzzed;
mod hostile;
mod instances;
mod keys;
mod kinds;
mod many;
mod names;
mod openings;
mod programs;
mod real;
mod recorded;
mod variations;

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use paypulse_runtime::spec::spec as paypulse;
use serde_json::{Value, json};
use xtask::Exit;

use crate::run::{Run, arg, on, workspace};

fn fixture(name: &str) -> PathBuf {
    workspace().join("tests/data/plans").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(fixture(name)).expect("the fixture is there")
}

fn json_of(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("the fixture is JSON")
}

fn check(path: &Path, arguments: &[&str]) -> Run {
    on(&paypulse(), &[&["check-plan", arg(path)], arguments].concat(), false)
}

/// `check-plan` on a text.
fn check_text(text: &str, arguments: &[&str]) -> Run {
    check_text_of(text, None, arguments)
}

/// The same for a spec in a file.
fn check_text_of(text: &str, spec: Option<&Path>, arguments: &[&str]) -> Run {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("plan.json");
    fs::write(&path, text).expect("it can be written");
    let spec: Vec<&str> = spec.into_iter().flat_map(|spec| ["--spec", arg(spec)]).collect();
    let mut run = check(&path, &[&spec, arguments].concat());
    run.err = run.err.replace(arg(&path), "plan.json");
    run
}

/// `check-plan` on the plan of an account that is as the spec says, after a change.
fn changed(change: impl FnOnce(&mut Value), arguments: &[&str]) -> Run {
    let mut plan = json_of("later.json");
    change(&mut plan);
    check_text(&plan.to_string(), arguments)
}

fn resource<'a>(plan: &'a mut Value, address: &str) -> &'a mut Value {
    let all = plan["resource_changes"].as_array_mut().expect("a list");
    all.iter_mut().find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address}"))
}

fn add(plan: &mut Value, address: &str, actions: &[&str], after: &Value) {
    let (kind, name) = address.rsplit_once('.').expect("an address has a kind and a name");
    let kind = kind.rsplit('.').next().expect("a kind");
    let change = json!({
        "address": address, "mode": "managed", "type": kind, "name": name,
        "change": { "actions": actions, "before": null, "after": after, "after_unknown": {} },
    });
    plan["resource_changes"].as_array_mut().expect("a list").push(change);
}

fn policy(action: &str, resource: &str) -> String {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// In place of a document of the spec's.
fn rewrite(plan: &mut Value, address: &str, from: &str, to: &str) {
    let after = &mut resource(plan, address)["change"]["after"]["policy"];
    let text = after.as_str().expect("a policy is a text");
    assert!(text.contains(from), "{text}");
    *after = text.replace(from, to).into();
}

const ID: &str = "aws_secretsmanager_secret.google_oauth_client_id";
const LOGIN: &str = "aws_iam_role_policy.login_user_secrets";

#[test]
fn plans_of_what_is_committed_are_as_the_spec_says() {
    let run = check(&fixture("later.json"), &[]);
    assert_eq!((run.exit, run.out.as_str(), run.err.as_str()), (Exit::Done, "", "the plan is as the spec says\n"));
    assert_snapshot!("first", check(&fixture("first.json"), &[]));
}

/// The same plan, in which the module is called by another.
fn called(name: &str, mut plan: Value) -> Value {
    for change in plan["resource_changes"].as_array_mut().expect("a list") {
        change["address"] = format!("{name}.{}", change["address"].as_str().expect("an address")).into();
    }
    let root = plan["prior_state"]["values"]["root_module"].take();
    plan["prior_state"]["values"]["root_module"] =
        json!({ "child_modules": [{ "address": name, "resources": root["resources"] }] });
    plan
}

#[test]
fn a_module_is_found_where_it_is_called() {
    let plan = called("module.secrets[\"eu\"]", json_of("later.json")).to_string();
    let run = check_text(&plan, &["--module", "module.secrets[\"eu\"]"]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert_eq!(run.err, "the plan is as the spec says\n");
    assert_snapshot!(check_text(&plan, &[]));
}
