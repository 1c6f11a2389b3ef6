//! A role that the spec uses and does not create: its resource, and what other resources put on it.

use serde_json::{Value, json};
use xtask::Exit;

use super::names::{ADMINISTRATOR, Case, EVERYTHING, OTHER_ACCOUNT, changed, trust, update};
use super::{add, policy, resource};

/// The resource of the role `app`, which the spec uses and does not create.
fn app(argument: &str, value: &Value) -> Value {
    let mut role = json!({ "name": "app", "inline_policy": [], "managed_policy_arns": [] });
    role["assume_role_policy"] = trust(&json!({ "Service": "lambda.amazonaws.com" })).into();
    role[argument] = value.clone();
    role
}

fn inline(action: &str) -> Value {
    json!([{ "name": "x", "policy": policy(action, "*") }])
}

/// A policy on the role `app`.
fn own(name: &str, action: &str) -> Value {
    json!({ "name": name, "role": "app", "policy": policy(action, "*") })
}

fn app_becomes(plan: &mut Value, argument: &str, before: &Value, after: &Value) {
    update(plan, "aws_iam_role.app", &app(argument, before), &app(argument, after));
}

const EXISTING: &[Case] = &[
    (
        "an inline policy",
        |plan| app_becomes(plan, "inline_policy", &json!([]), &inline(EVERYTHING)),
        Exit::Widened,
        "foreign-grant: `aws_iam_role.app`: it allows everything on ApiKey",
    ),
    (
        "an inline policy that concerns no secret",
        |plan| app_becomes(plan, "inline_policy", &json!([]), &inline("s3:GetObject")),
        Exit::Done,
        "",
    ),
    (
        "a managed policy",
        |plan| app_becomes(plan, "managed_policy_arns", &json!([]), &json!([ADMINISTRATOR])),
        Exit::Widened,
        "foreign-grant: `aws_iam_role.app`: it allows everything on ApiKey",
    ),
    (
        "no boundary any more",
        |plan| {
            let boundary = "arn:aws:iam::000000000000:policy/b";
            app_becomes(plan, "permissions_boundary", &boundary.into(), &Value::Null);
        },
        Exit::Stale,
        "undecided: `aws_iam_role.app`: the permissions boundary of a role of the spec changes",
    ),
    (
        "another account is trusted",
        |plan| {
            let service = trust(&json!({ "Service": "lambda.amazonaws.com" }));
            let other = trust(&json!({ "AWS": OTHER_ACCOUNT }));
            app_becomes(plan, "assume_role_policy", &service.into(), &other.into());
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_role.app`: other principals can assume the role",
    ),
    (
        "a new role that trusts everybody",
        |plan| {
            let after = app("assume_role_policy", &trust(&json!({ "AWS": "*" })).into());
            add(plan, "aws_iam_role.app", &["create"], &after);
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_role.app`: other principals can assume the role",
    ),
    (
        "a policy by a resource of its own that concerns no secret",
        |plan| add(plan, "aws_iam_role_policy.x", &["create"], &own("x", "s3:GetObject")),
        Exit::Done,
        "",
    ),
    (
        "a policy by a resource of its own",
        |plan| add(plan, "aws_iam_role_policy.x", &["create"], &own("x", EVERYTHING)),
        Exit::Widened,
        "foreign-grant: `aws_iam_role_policy.x`: it allows everything on ApiKey",
    ),
    (
        "AWS's policy for logs, and an exclusive list of it",
        |plan| {
            let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
            let (one, list) =
                (json!({ "role": "app", "policy_arn": arn }), json!({ "role_name": "app", "policy_arns": [arn] }));
            add(plan, "aws_iam_role_policy_attachment.x", &["create"], &one);
            add(plan, "aws_iam_role_policy_attachments_exclusive.x", &["create"], &list);
        },
        Exit::Done,
        "",
    ),
    (
        "an exclusive list that takes the policy of the spec off",
        |plan| {
            add(
                plan,
                "aws_iam_role_policies_exclusive.x",
                &["create"],
                &json!({ "role_name": "app", "policy_names": [] }),
            );
        },
        Exit::Stale,
        "policy-narrower: `aws_iam_role_policies_exclusive.x`: it takes the policy",
    ),
    (
        "a denial that goes",
        |plan| {
            let denial = json!({ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" });
            let text = json!({ "Version": "2012-10-17", "Statement": [denial] }).to_string();
            update(plan, "aws_iam_role_policy.a", &own("a", EVERYTHING), &own("a", EVERYTHING));
            resource(plan, "aws_iam_role_policy.a")["change"]["actions"] = json!(["no-op"]);
            add(plan, "aws_iam_role_policy.d", &["delete"], &Value::Null);
            let before = json!({ "name": "d", "role": "app", "policy": text });
            resource(plan, "aws_iam_role_policy.d")["change"]["before"] = before;
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_role_policy.d`: a denial is removed",
    ),
    (
        "the spec's own policy with another text, which the role reads back",
        |plan| {
            let name = "app-secrets";
            let there = json!([{ "name": name, "policy": policy(EVERYTHING, "*") }]);
            app_becomes(plan, "inline_policy", &json!([]), &there);
            let mut own = own(name, "s3:GetObject");
            own["role"] = "app".into();
            add(plan, "aws_iam_role_policy.other", &["create"], &own);
            let root = plan["configuration"]["root_module"].as_object_mut().expect("an object");
            root.insert(
                "resources".to_owned(),
                json!([{ "address": "aws_iam_role.app", "expressions": { "name": {} } }]),
            );
        },
        Exit::Done,
        "",
    ),
    (
        "a new role that trusts Lambda",
        |plan| add(plan, "aws_iam_role.app", &["create"], &app("description", &Value::Null)),
        Exit::Done,
        "",
    ),
];

#[test]
fn the_resource_of_an_existing_role_is_checked() {
    for (what, change, exit, words) in EXISTING {
        let run = changed("modules/const.json", "modules/spec.json", *change, &["--module", "module.secrets"]);
        assert_eq!(run.exit, *exit, "{what}: {run}");
        assert!(run.out.contains(words), "{what}: {words}: {run}");
    }
}

#[test]
fn a_variable_that_names_another_role_is_found() {
    let run = changed(
        "modules/const.json",
        "modules/spec.json",
        |plan| {
            let change = &mut resource(plan, "module.secrets.aws_iam_role_policy.fetch_secrets")["change"];
            change["actions"] = json!(["delete", "create"]);
            change["before"] = change["after"].clone();
            change["before"]["role"] = "other".into();
        },
        &["--module", "module.secrets"],
    );
    assert_eq!(run.exit, Exit::Widened, "{run}");
    assert!(run.out.contains("`role` becomes \"app\", and was \"other\""), "{run}");
}
