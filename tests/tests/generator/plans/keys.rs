//! Keys of the spec's secrets: policies on them and grants, also of a key that the plan makes, and aliases that move.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;

use super::{add, check, check_text_of, json_of, resource};
use crate::run::{Run, arg, workspace};

const KEY: &str = "aws_kms_key.k";

/// The plan that makes the key of the spec's secret, after a change.
fn new_key(change: impl FnOnce(&mut Value)) -> Run {
    let mut plan = json_of("modules/nested.json");
    change(&mut plan);
    let spec = workspace().join("tests/data/plans/modules/spec.json");
    check_text_of(&plan.to_string(), Some(&spec), &["--module", "module.app.module.secrets"])
}

/// Gives a resource of the root an argument that refers to something.
fn refer(plan: &mut Value, address: &str, argument: &str, to: &str) {
    let resources = plan["configuration"]["root_module"]["resources"].as_array_mut().expect("a list");
    let expression = json!({ "references": [format!("{to}.arn"), to] });
    match resources.iter_mut().find(|it| it["address"] == address) {
        Some(shown) => shown["expressions"][argument] = expression,
        None => resources.push(json!({ "address": address, "expressions": { argument: expression } })),
    }
}

fn allowing(principal: &str) -> Value {
    let statement = json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string().into()
}

fn with_policy(plan: &mut Value, policy: Value) {
    let change = &mut resource(plan, KEY)["change"];
    change["after"]["policy"] = policy;
    change["after_unknown"]["policy"] = json!(false);
}

#[test]
fn a_policy_on_a_new_key_is_decided_by_what_it_is() {
    let control = new_key(|_| {});
    assert_eq!(control.exit, Exit::Done, "AWS's own policy on a key opens nothing: {control}");
    let unknown = new_key(|plan| refer(plan, KEY, "policy", "aws_iam_role.app"));
    assert_eq!(unknown.exit, Exit::Stale, "{unknown}");
    let word = "undecided: `aws_kms_key.k`: the policy on the key aws_kms_key.k is known only after the apply";
    assert!(unknown.out.contains(word), "{unknown}");
    let other = new_key(|plan| with_policy(plan, allowing("arn:aws:iam::999999999999:root")));
    assert_eq!(other.exit, Exit::Widened, "{other}");
    assert!(other.out.contains("foreign-grant: `aws_kms_key.k`: it allows"), "{other}");
}

#[test]
fn a_grant_and_a_policy_that_are_on_a_new_key_are_found() {
    let other = "arn:aws:iam::999999999999:role/other";
    for (address, after, exit, word) in [
        (
            "aws_kms_grant.x",
            json!({ "grantee_principal": other, "operations": ["Decrypt"] }),
            Exit::Widened,
            "foreign-grant: `aws_kms_grant.x`: it lets arn:aws:iam::999999999999:role/other use the key aws_kms_key.k",
        ),
        (
            "aws_kms_key_policy.x",
            json!({ "policy": allowing(other) }),
            Exit::Widened,
            "foreign-grant: `aws_kms_key_policy.x`: it allows",
        ),
    ] {
        for (key, exit) in [(KEY, exit), ("aws_kms_key.of_others", Exit::Done)] {
            let run = new_key(|plan| {
                add(plan, address, &["create"], &after);
                resource(plan, address)["change"]["after_unknown"] = json!({ "key_id": true });
                refer(plan, address, "key_id", key);
            });
            assert_eq!(run.exit, exit, "{address} {key}: {run}");
            assert_eq!(run.out.contains(word), exit == Exit::Widened, "{address} {key}: {run}");
        }
    }
}

/// A plan in which an alias is and becomes something, for a spec whose secret has a key by its alias.
fn alias(before: &Value, after: &Value) -> Run {
    let dir = tempdir().expect("a temporary directory");
    let text = fs::read_to_string(super::fixture("field/spec.json")).expect("the fixture is there");
    let mut spec: Value = serde_json::from_str(&text).expect("it is JSON");
    spec["secrets"][0]["kms_key"] = json!({ "kind": "alias", "alias": "alias/app" });
    let mut plan = json_of("field/00-control.json");
    add(&mut plan, "aws_kms_alias.x", &["update"], after);
    resource(&mut plan, "aws_kms_alias.x")["change"]["before"] = before.clone();
    let [spec_path, plan_path] = ["spec.json", "plan.json"].map(|name| dir.path().join(name));
    fs::write(&spec_path, spec.to_string()).expect("it can be written");
    fs::write(&plan_path, plan.to_string()).expect("it can be written");
    check(&plan_path, &["--spec", arg(&spec_path)])
}

#[test]
fn an_alias_that_comes_to_mean_another_key_is_found() {
    let key = |id: &str| format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    let of = |name: &str, target: &str| json!({ "name": name, "target_key_id": target });
    let one = of("alias/app", &key("1"));
    for (before, after, says) in [
        (&one, of("alias/app", "2"), Some("the alias `alias/app` comes to mean the key 2")),
        (&one, of("alias/app", &key("2")), Some("comes to mean the key arn:aws:kms:eu-west-1:111122223333:key/2")),
        (&one, json!({ "name": "alias/app" }), Some("a key that is known only after the apply")),
        (&one, of("alias/old", &key("1")), Some("the alias `alias/app` goes")),
        (&one, Value::Null, Some("the alias `alias/app` goes")),
        (&one, of("alias/app", "1"), None),
        (&of("alias/other", "1"), of("alias/other", "2"), None),
    ] {
        let run = alias(before, &after);
        let found: Vec<&str> = run.out.lines().filter(|line| line.contains("`aws_kms_alias.x`")).collect();
        assert_eq!(found.len(), usize::from(says.is_some()), "{after}: {run}");
        assert!(
            says.is_none_or(|says| found[0].starts_with("different: ") && found[0].contains(says)),
            "{after}: {run}"
        );
    }
}
