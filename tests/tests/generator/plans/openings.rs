//! What opens a secret, a key or a role in a plan, in every form that Terraform has for it; and what looks like it and is not.

#![expect(clippy::semicolon_if_nothing_returned, reason = "each case is one change of a plan")]

mod around;
mod code;
mod conditions;
mod control;
mod denials;
mod elsewhere;
mod given;
mod limits;
mod meaning;
mod on_secrets;
mod references;
mod roles;

use serde_json::{Value, json};
use xtask::Exit;

use super::{add, check_text_of, resource};
use crate::run::{Run, workspace};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";
const TOKEN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/user/seven-AbCdEf";
const READ: &str = "secretsmanager:GetSecretValue";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const TEAM: &str = "arn:aws:iam::111122223333:policy/team";

/// The control of the reports after a change.
fn field(change: impl FnOnce(&mut Value), arguments: &[&str]) -> Run {
    let text = std::fs::read_to_string(super::fixture("field/00-control.json")).expect("the fixture is there");
    let mut plan: Value = serde_json::from_str(&text).expect("it is JSON");
    change(&mut plan);
    check_text_of(&plan.to_string(), Some(&workspace().join("tests/data/plans/field/spec.json")), arguments)
}

fn create(plan: &mut Value, address: &str, after: &Value) {
    add(plan, address, &["create"], after);
}

/// A resource that changes.
fn update(plan: &mut Value, address: &str, before: &Value, after: &Value) {
    add(plan, address, &["update"], after);
    resource(plan, address)["change"]["before"] = before.clone();
}

/// A resource that is there and stays.
fn keep(plan: &mut Value, address: &str, after: &Value) {
    add(plan, address, &["no-op"], after);
    resource(plan, address)["change"]["before"] = after.clone();
}

/// Of a resource of the spec, an argument after the apply.
fn set(plan: &mut Value, address: &str, argument: &str, value: Value) {
    let change = &mut resource(plan, address)["change"];
    change["actions"] = json!(["update"]);
    change["after"][argument] = value;
}

fn outside(plan: &mut Value, address: &str, before: &Value, after: &Value) {
    let (kind, name) = address.rsplit_once('.').expect("an address has a kind and a name");
    plan["resource_drift"] = json!([{
        "address": address, "mode": "managed", "type": kind, "name": name,
        "change": { "actions": ["update"], "before": before, "after": after, "after_unknown": {} },
    }]);
}

fn statements(all: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": all }).to_string()
}

fn trust(principal: &Value) -> String {
    statements(&json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }]))
}

/// A change of the control, how it must end, and words that must be found: none where nothing must.
type Case = (&'static str, fn(&mut Value), Exit, &'static [&'static str]);

#[test]
fn what_somebody_is_given_is_found() {
    all(given::CASES);
}

#[test]
fn documents_are_read_by_what_they_mean() {
    all(meaning::CASES);
}

#[test]
fn what_is_done_to_the_spec_s_own_resources_is_found() {
    all(on_secrets::CASES);
}

#[test]
fn what_limits_a_policy_counts_as_far_as_it_is_known() {
    all(limits::CASES);
}

#[test]
fn what_refers_to_something_new_is_found() {
    all(references::CASES);
}

#[test]
fn a_condition_that_becomes_another_is_compared() {
    all(conditions::CASES);
}

#[test]
fn what_can_take_over_a_role_or_a_function_is_found() {
    all(control::CASES);
}

#[test]
fn a_denial_that_is_lost_is_found_under_every_name() {
    all(denials::CASES);
}

#[test]
fn what_calls_a_function_or_changes_its_code_is_said() {
    all(code::CASES);
}

#[test]
fn what_has_the_same_name_elsewhere_is_another_one() {
    all(elsewhere::CASES);
}

#[test]
fn a_role_is_found_in_every_argument_that_takes_one() {
    all(roles::CASES);
}

#[test]
fn what_runs_and_what_is_not_looked_at_is_said() {
    all(around::CASES);
}

fn all(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (what, change, exit, words) in cases {
        let run = field(change, &[]);
        assert!(!run.to_string().contains("hush"), "{what}: {run}");
        let missing: Vec<_> = words.iter().filter(|word| !run.out.contains(**word)).collect();
        if run.exit != *exit || !missing.is_empty() || run.out.is_empty() != words.is_empty() {
            wrong.push(format!("{what}: {missing:?}: {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_undecided_is_accepted_by_its_address_and_not_by_its_kind() {
    let change = |plan: &mut Value| {
        create(plan, "module.app.aws_iam_role_policy_attachment.x", &json!({ "role": "r", "policy_arn": TEAM }))
    };
    assert_eq!(field(change, &[]).exit, Exit::Stale);
    for accept in ["undecided:module.app.*", "undecided:module.app.aws_iam_role_policy_attachment.x"] {
        let run = field(change, &["--accept", accept]);
        assert_eq!(run.exit, Exit::Done, "{accept}: {run}");
        assert!(run.out.contains("undecided (accepted): "), "{run}");
    }
    let unused = field(change, &["--accept", "undecided:module.app.*", "--accept", "undecided:module.other.*"]);
    assert_eq!(unused.exit, Exit::Done, "{unused}");
    assert!(unused.out.contains("accept-unused: `undecided:module.other.*`"), "{unused}");
    for refused in [["--accept", "undecided:*"], ["--allow", "undecided"], ["--accept", "undecided"]] {
        assert_eq!(field(change, &refused).exit, Exit::Usage, "{refused:?}");
    }
    for wide in ["undecided:*.*", "undecided:m*"] {
        let run = field(change, &["--accept", wide]);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        assert!(run.err.contains("it needs the name of a module or of a resource"), "{run}");
    }
}
