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

const KNOWN: &str = "arn:aws:kms:eu-west-1:000000000000:key/11111111-2222-3333-4444-555555555555";

/// The plan in which a variable has the key of the spec's secret, after a change.
fn known_key(change: impl FnOnce(&mut Value)) -> Run {
    let mut plan = json_of("modules/const.json");
    change(&mut plan);
    let spec = workspace().join("tests/data/plans/modules/spec.json");
    check_text_of(&plan.to_string(), Some(&spec), &["--module", "module.secrets"])
}

/// The lines about a resource.
fn lines<'a>(run: &'a Run, address: &str) -> Vec<&'a str> {
    run.out.lines().filter(|line| line.contains(&format!("`{address}`"))).collect()
}

#[test]
fn a_grant_is_for_a_role_of_the_spec_in_its_account_or_is_found() {
    for (grantee, to, exit) in [
        ("arn:aws:iam::000000000000:role/list", "", Exit::Done),
        ("arn:aws:iam::000000000000:role/team/LIST", "", Exit::Done),
        ("arn:aws:iam::999999999999:role/list", "", Exit::Widened),
        ("arn:aws:iam::000000000000:user/list", "", Exit::Widened),
        ("arn:aws:iam::000000000000:role/other", "", Exit::Widened),
        ("", "module.secrets.role_arns", Exit::Done),
        ("", "aws_iam_role.other", Exit::Widened),
        ("", "local.role", Exit::Stale),
    ] {
        let run = known_key(|plan| {
            let after = json!({ "key_id": KNOWN, "grantee_principal": grantee, "operations": ["Decrypt"] });
            add(plan, "aws_kms_grant.g", &["create"], &after);
            resource(plan, "aws_kms_grant.g")["change"]["after_unknown"] =
                json!({ "grantee_principal": !to.is_empty() });
            add(plan, "aws_iam_role.other", &["create"], &json!({ "name": "other" }));
            let expressions = json!({ "grantee_principal": { "references": [to] } });
            let root = plan["configuration"]["root_module"].as_object_mut().expect("an object");
            root.insert("resources".to_owned(), json!([{ "address": "aws_kms_grant.g", "expressions": expressions }]));
        });
        assert_eq!(run.exit, exit, "{grantee} {to}: {run}");
        assert_eq!(lines(&run, "aws_kms_grant.g").len(), usize::from(exit != Exit::Done), "{grantee} {to}: {run}");
    }
}

#[test]
fn a_key_that_is_deleted_or_disabled_is_found() {
    let key = |enabled: bool| json!({ "arn": KNOWN, "key_id": "11111111-2222-3333-4444-555555555555", "is_enabled": enabled });
    for (actions, after, exit) in [
        (json!(["delete"]), Value::Null, Exit::Stale),
        (json!(["update"]), key(false), Exit::Stale),
        (json!(["no-op"]), key(true), Exit::Done),
        (json!(["forget"]), Value::Null, Exit::Done),
    ] {
        let run = known_key(|plan| {
            add(plan, "aws_kms_key.k", &[], &after);
            let change = &mut resource(plan, "aws_kms_key.k")["change"];
            (change["actions"], change["before"]) = (actions.clone(), key(true));
        });
        assert_eq!(run.exit, exit, "{actions} {after}: {run}");
        let said = lines(&run, "aws_kms_key.k");
        assert_eq!(said.len(), usize::from(exit != Exit::Done), "{actions} {after}: {run}");
        assert!(said.iter().all(|line| line.starts_with("secret-destroyed: ")), "{run}");
    }
}

/// The spec whose only key is that of a secret that handlers write, or of a replica.
#[test]
fn a_key_that_only_policies_and_replicas_have_is_looked_at() {
    let text = fs::read_to_string(super::fixture("field/spec.json")).expect("the fixture is there");
    let alias = json!({ "kind": "alias", "alias": "alias/app" });
    let read = json!({ "address": "data.aws_kms_alias.app", "mode": "data", "type": "aws_kms_alias", "name": "app",
        "values": { "name": "alias/app", "target_key_arn": KNOWN.replace("000000000000", "111122223333") } });
    for of_replica in [false, true] {
        let dir = tempdir().expect("a temporary directory");
        let mut spec: Value = serde_json::from_str(&text).expect("the spec is JSON");
        if of_replica {
            spec["secrets"][0]["options"] = json!({ "replicas": [{ "region": "eu-central-1", "kms_key": alias }] });
        } else {
            spec["secrets"][1]["kms_key"] = alias.clone();
        }
        let mut plan = json_of("field/00-control.json");
        plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read.clone());
        let key = KNOWN.replace("000000000000", "111122223333");
        add(&mut plan, "aws_kms_key_policy.k", &["create"], &json!({ "key_id": key, "policy": allowing("*") }));
        let [spec_path, plan_path] = ["spec.json", "plan.json"].map(|name| dir.path().join(name));
        fs::write(&spec_path, spec.to_string()).expect("it can be written");
        fs::write(&plan_path, plan.to_string()).expect("it can be written");
        let run = check(&plan_path, &["--spec", arg(&spec_path)]);
        assert!(lines(&run, "aws_kms_key_policy.k").iter().any(|line| line.starts_with("foreign-grant: ")), "{run}");
    }
}

#[test]
fn a_grant_by_which_a_handler_gives_the_key_on_is_found() {
    let run = known_key(|plan| {
        let after = json!({ "key_id": KNOWN, "grantee_principal": "arn:aws:iam::000000000000:role/list",
            "operations": ["Decrypt", "CreateGrant"] });
        add(plan, "aws_kms_grant.g", &["create"], &after);
    });
    assert_eq!(run.exit, Exit::Widened, "{run}");
}

#[test]
fn a_key_that_others_use_for_their_own_secrets_is_no_finding() {
    for (secret, exit) in [("other/key-??????", Exit::Done), ("*", Exit::Widened)] {
        let run = known_key(|plan| {
            let context = json!({ "StringLike": { "kms:EncryptionContext:SecretARN":
                format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{secret}") } });
            let statement =
                json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KNOWN, "Condition": context });
            let text = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            add(plan, "aws_iam_user_policy.x", &["create"], &json!({ "user": "u", "policy": text }));
        });
        assert_eq!(run.exit, exit, "{secret}: {run}");
    }
}

/// The plan in which the policy of the key gets or loses a statement besides that for its account.
fn with_statement(had: &Value, has: &Value) -> Run {
    let root = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" },
        "Action": "kms:*", "Resource": "*" });
    let of = |statement: &Value| {
        let all: Vec<&Value> = [&root, statement].into_iter().filter(|it| !it.is_null()).collect();
        json!({ "key_id": KNOWN, "policy": json!({ "Version": "2012-10-17", "Statement": all }).to_string() })
    };
    known_key(|plan| {
        add(plan, "aws_kms_key_policy.k", &["update"], &of(has));
        resource(plan, "aws_kms_key_policy.k")["change"]["before"] = of(had);
    })
}

#[test]
fn a_key_policy_leaves_the_decision_to_iam_only_for_the_account() {
    let allow = |principal: &str, action: &str, condition: Value| {
        json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": action, "Resource": "*",
            "Condition": { "StringEquals": condition } })
    };
    let service = "secretsmanager.eu-west-1.amazonaws.com";
    let here = |account: &str, service: &str| json!({ "kms:CallerAccount": account, "kms:ViaService": service });
    for (statement, exit) in [
        (allow("000000000000", "kms:*", json!({})), Exit::Done),
        (allow("arn:aws:iam::000000000000:role/list", "kms:Decrypt", json!({})), Exit::Done),
        (allow("arn:aws:iam::000000000000:role/other", "kms:Decrypt", json!({})), Exit::Widened),
        (allow("arn:aws:iam::000000000000:role/other", "kms:PutKeyPolicy", json!({})), Exit::Widened),
        (allow("arn:aws:iam::999999999999:root", "kms:Decrypt", json!({})), Exit::Widened),
        (allow("arn:aws:iam::000000000000:role/list", "kms:*", json!({})), Exit::Widened),
        (allow("*", "kms:Decrypt", json!({ "aws:PrincipalArn": "arn:aws:iam::000000000000:role/list" })), Exit::Done),
        (allow("*", "kms:*", json!({ "aws:PrincipalArn": "arn:aws:iam::000000000000:role/list" })), Exit::Widened),
        (allow("*", "kms:Decrypt", here("000000000000", service)), Exit::Done),
        (allow("*", "kms:Decrypt", here("999999999999", service)), Exit::Widened),
        (allow("*", "kms:Decrypt", json!({ "kms:CallerAccount": "000000000000" })), Exit::Widened),
        (allow("*", "kms:Decrypt", json!({ "kms:ViaService": service })), Exit::Widened),
    ] {
        let run = with_statement(&Value::Null, &statement);
        assert_eq!(run.exit, exit, "{statement}: {run}");
        assert_eq!(lines(&run, "aws_kms_key_policy.k").len(), usize::from(exit != Exit::Done), "{statement}: {run}");
    }
}

#[test]
fn a_key_policy_that_loses_or_changes_a_condition_is_found() {
    let to_all = |condition: Value| {
        let mut statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "kms:Decrypt", "Resource": "*" });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        statement
    };
    let of = |organization: &str| json!({ "StringLike": { "aws:PrincipalOrgID": organization } });
    let service = json!({ "StringEquals": { "kms:CallerAccount": "000000000000",
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } });
    for (had, has, exit, word) in [
        (service.clone(), Value::Null, Exit::Widened, "foreign-grant: "),
        (of("o-abc"), Value::Null, Exit::Widened, "foreign-grant: "),
        (of("o-abc"), of("o-*"), Exit::Stale, "undecided: "),
        (service, of("o-abc"), Exit::Stale, "undecided: "),
        (of("o-*"), of("o-abc"), Exit::Done, ""),
        (Value::Null, of("o-abc"), Exit::Done, ""),
    ] {
        let run = with_statement(&to_all(had.clone()), &to_all(has.clone()));
        assert_eq!(run.exit, exit, "{had} {has}: {run}");
        let said = lines(&run, "aws_kms_key_policy.k");
        assert_eq!(said.len(), usize::from(exit != Exit::Done), "{had} {has}: {run}");
        assert!(said.iter().all(|line| line.starts_with(word)), "{had} {has}: {run}");
    }
}

#[test]
fn a_denial_that_leaves_a_key_policy_is_undecided() {
    let denial = json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": { "ArnNotEquals": { "aws:PrincipalArn": "arn:aws:iam::000000000000:role/list" } } });
    for (had, has, exit) in
        [(&denial, &Value::Null, Exit::Stale), (&denial, &denial, Exit::Done), (&Value::Null, &denial, Exit::Done)]
    {
        let run = with_statement(had, has);
        assert_eq!(run.exit, exit, "{run}");
        let said = lines(&run, "aws_kms_key_policy.k");
        assert_eq!(said.len(), usize::from(exit != Exit::Done), "{run}");
        assert!(said.iter().all(|line| line.starts_with("undecided: ") && line.contains("a denial")), "{run}");
    }
}
