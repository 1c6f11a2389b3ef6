//! Each thing that can be found, in the plan that is as the spec says and one change of it.

use insta::assert_snapshot;
use serde_json::{Value, json};
use xtask::Exit;

use super::{ID, LOGIN, add, changed, policy, resource, rewrite};

const TOKENS: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:gmail/user/*";

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
        &["policy-wider: `aws_iam_role_policy.login_user_secrets`: it is not a policy document"],
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
        &["foreign-grant: `aws_iam_policy.x`: it is not a policy document"],
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
