//! `check-plan`: each thing that can be found in a plan, on plans that Terraform wrote and that are changed here; and plans
//! that are cut off, spoilt, huge or made to harm.

mod arguments;
mod besides;
mod fuzzed;
mod hostile;
mod kinds;
mod openings;
mod recorded;

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

const LOGIN: &str = "aws_iam_role_policy.login_user_secrets";
const ID: &str = "aws_secretsmanager_secret.google_oauth_client_id";
const TOKENS: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:gmail/user/*";

#[test]
fn plans_of_what_is_committed_are_as_the_spec_says() {
    let run = check(&fixture("later.json"), &[]);
    assert_eq!((run.exit, run.out.as_str(), run.err.as_str()), (Exit::Done, "", "the plan is as the spec says\n"));
    assert_snapshot!("first", check(&fixture("first.json"), &[]));
}

/// A change of a plan, and the words of what must be found of it: none where nothing must.
type Case = (&'static str, fn(&mut Value), Exit, &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "an action more",
        |plan| {
            rewrite(
                plan,
                LOGIN,
                "\"secretsmanager:GetSecretValue\"",
                "\"secretsmanager:GetSecretValue\",\"secretsmanager:PutSecretValue\"",
            );
        },
        Exit::Widened,
        &["policy-wider: `login_user`: it allows secretsmanager:PutSecretValue on"],
    ),
    (
        "a pattern that reaches further",
        |plan| rewrite(plan, "aws_iam_role_policy.gmail_store_tokens_secrets", "gmail/user/*", "gmail/*"),
        Exit::Widened,
        &["policy-wider: `gmail_store_tokens`: it allows secretsmanager:CreateSecret on"],
    ),
    (
        "a pattern that says the same",
        |plan| rewrite(plan, "aws_iam_role_policy.gmail_store_tokens_secrets", "gmail/user/*", "gmail/user/**"),
        Exit::Done,
        &[],
    ),
    (
        "a document of the spec's that cannot be read",
        |plan| rewrite(plan, LOGIN, "\"Effect\"", "\"effect\""),
        Exit::Widened,
        &["policy-wider: `aws_iam_role_policy.login_user_secrets`: it is no policy document"],
    ),
    (
        "a policy less",
        |plan| resource(plan, LOGIN)["change"]["after"] = Value::Null,
        Exit::Stale,
        &["missing: `aws_iam_role_policy.login_user_secrets`", "policy-narrower: `login_user`"],
    ),
    (
        "a secret that is destroyed",
        |plan| {
            let change = &mut resource(plan, ID)["change"];
            change["actions"] = json!(["delete"]);
            change["after"] = Value::Null;
        },
        Exit::Stale,
        &[
            "secret-destroyed: `aws_secretsmanager_secret.google_oauth_client_id`",
            "missing: `aws_secretsmanager_secret.google",
        ],
    ),
    (
        "a secret that is replaced",
        |plan| resource(plan, ID)["change"]["actions"] = json!(["create", "delete"]),
        Exit::Stale,
        &["secret-replaced: `aws_secretsmanager_secret.google_oauth_client_id`"],
    ),
    (
        "a secret of somebody else that is destroyed",
        |plan| {
            add(plan, "aws_secretsmanager_secret.other", &["delete"], &Value::Null);
            resource(plan, "aws_secretsmanager_secret.other")["change"]["before"] = json!({ "name": "other/key" });
        },
        Exit::Done,
        &[],
    ),
    (
        "a user's tokens from another module",
        |plan| {
            let arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:gmail/user/seven-AbCdEf";
            let after = json!({ "secret_id": arn, "secret_string": "hush" });
            add(plan, "module.a[\"b.c\"].aws_secretsmanager_secret_version.x", &["create"], &after);
        },
        Exit::Stale,
        &[
            "runtime-owned: `module.a[\"b.c\"].aws_secretsmanager_secret_version.x`",
            "value-in-plan: `module.a[\"b.c\"]",
        ],
    ),
    (
        "a value of somebody else's secret",
        |plan| {
            let after = json!({ "secret_id": "arn:aws:secretsmanager:eu-west-1:0:secret:other-AbCdEf", "secret_string": "hush" });
            add(plan, "aws_secretsmanager_secret_version.x", &["create"], &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "a user who may read users' tokens",
        |plan| {
            let after = json!({ "user": "somebody", "policy": policy("secretsmanager:GetSecretValue", TOKENS) });
            add(plan, "aws_iam_user_policy.x", &["create"], &after);
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows secretsmanager:GetSecretValue on GmailUserTokens"],
    ),
    (
        "a user who could before, too",
        |plan| {
            let after = json!({ "user": "somebody", "policy": policy("secretsmanager:GetSecretValue", TOKENS) });
            add(plan, "aws_iam_user_policy.x", &["no-op"], &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy in the role itself",
        |plan| {
            let after = json!({ "name": "x", "inline_policy": [{ "name": "y", "policy": policy("*", "*") }] });
            add(plan, "aws_iam_role.x", &["update"], &after);
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_iam_role.x`: it allows everything on GoogleOauthClientId, GmailUserTokens, JwtSigningKey",
        ],
    ),
    (
        "a policy in a handler's role itself",
        |plan| {
            let change = &mut resource(plan, "aws_iam_role.login_user")["change"];
            change["actions"] = json!(["update"]);
            change["after"]["inline_policy"] = json!([{ "name": "y", "policy": policy("secretsmanager:*", "*") }]);
        },
        Exit::Widened,
        &["policy-wider: `login_user`: it allows secretsmanager:* on *"],
    ),
    (
        "a managed policy in a handler's role itself",
        |plan| {
            let change = &mut resource(plan, "aws_iam_role.login_user")["change"];
            change["actions"] = json!(["update"]);
            change["after"]["managed_policy_arns"] = json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
        },
        Exit::Widened,
        &["policy-wider: `login_user`: it allows * on arn:aws:iam::aws:policy/ReadOnlyAccess"],
    ),
    (
        "what a handler's role has anyhow, in the role itself",
        |plan| {
            let inline = resource(plan, LOGIN)["change"]["after"]["policy"].clone();
            let change = &mut resource(plan, "aws_iam_role.login_user")["change"];
            change["actions"] = json!(["update"]);
            change["after"]["inline_policy"] = json!([{ "name": "y", "policy": inline }]);
            let logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
            change["after"]["managed_policy_arns"] = json!([logs]);
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on a secret that is not made yet",
        |plan| {
            add(plan, "aws_secretsmanager_secret_policy.x", &["create"], &json!({ "policy": policy("*", "*") }));
            let change = resource(plan, "aws_secretsmanager_secret_policy.x");
            change["change"]["after_unknown"] = json!({ "secret_arn": true });
        },
        Exit::Stale,
        &["undecided: `aws_secretsmanager_secret_policy.x`"],
    ),
    (
        "a policy of AWS's on a group",
        |plan| {
            let after = json!({ "group": "x", "policy_arn": "arn:aws-us-gov:iam::aws:policy/AdministratorAccess" });
            add(plan, "aws_iam_group_policy_attachment.x", &["create"], &after);
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_iam_group_policy_attachment.x`: it attaches `AdministratorAccess`, which allows everything on",
        ],
    ),
    (
        "a policy of AWS's that reaches no secret",
        |plan| {
            let after = json!({ "group": "x", "policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" });
            add(plan, "aws_iam_group_policy_attachment.x", &["create"], &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy that no one can read",
        |plan| {
            add(plan, "aws_iam_policy.x", &["create"], &json!({ "name": "x", "policy": "{\"Statement\": \"hush\"}" }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.x`: it is no policy document"],
    ),
    ("a plan that failed", |plan| plan["errored"] = true.into(), Exit::Stale, &["plan-errored: `the plan`"]),
];

#[test]
fn each_thing_is_found_and_nothing_else() {
    for (what, change, exit, words) in CASES {
        let run = changed(change, &[]);
        assert_eq!(run.exit, *exit, "{what}: {run}");
        for word in *words {
            assert!(run.out.contains(word), "{what}: {word}: {run}");
        }
        assert_eq!(run.out.is_empty(), words.is_empty(), "{what}: {run}");
        assert!(!run.to_string().contains("hush"), "{what}: {run}");
    }
}

#[test]
fn findings_of_a_kind_can_pass() {
    let (_, change, ..) = CASES[0];
    assert_eq!(changed(change, &["--allow", "policy-wider"]).exit, Exit::Done);
    assert_eq!(changed(change, &["--allow", "policy-narrower"]).exit, Exit::Widened);
    let run = changed(change, &["--allow", "policy"]);
    assert_eq!(run.exit, Exit::Usage, "{run}");
    assert!(run.err.contains("policy-wider"), "{run}");
}

#[test]
fn a_report_is_json_too() {
    let run = changed(CASES[0].1, &["--format", "json"]);
    assert_snapshot!(run);
    let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
    assert_eq!((&report["result"], &report["findings"][0]["fails"]), (&"wider".into(), &true.into()));
}

/// The same plan, in which the module is called by another.
fn called(name: &str) -> String {
    let mut plan = json_of("later.json");
    for change in plan["resource_changes"].as_array_mut().expect("a list") {
        change["address"] = format!("{name}.{}", change["address"].as_str().expect("an address")).into();
    }
    let root = plan["prior_state"]["values"]["root_module"].take();
    plan["prior_state"]["values"]["root_module"] =
        json!({ "child_modules": [{ "address": name, "resources": root["resources"] }] });
    plan.to_string()
}

#[test]
fn a_module_is_found_where_it_is_called() {
    let plan = called("module.secrets[\"eu\"]");
    let run = check_text(&plan, &["--module", "module.secrets[\"eu\"]"]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert_eq!(run.err, "the plan is as the spec says\n");
    assert_snapshot!(check_text(&plan, &[]));
}
