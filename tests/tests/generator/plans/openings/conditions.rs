//! Conditions: that become others, that are dropped, and those on tags.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, READ, SECRET, create, keep, statements, update};
use crate::plans::resource;

fn allowing(action: &str, resource: &str, condition: &Value) -> String {
    let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    statements(&json!([statement]))
}

/// The policy of a user that gets another condition.
fn user(plan: &mut Value, before: &Value, after: &Value) {
    let of = |condition: &Value| json!({ "user": "u", "policy": allowing(READ, SECRET, condition) });
    update(plan, "aws_iam_user_policy.x", &of(before), &of(after));
}

/// The policy on the secret that gets another condition.
fn on_secret(plan: &mut Value, before: &Value, after: &Value) {
    let of = |condition: &Value| {
        let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": READ, "Resource": "*" });
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        json!({ "secret_arn": SECRET, "policy": statements(&json!([statement])) })
    };
    update(plan, "aws_secretsmanager_secret_policy.x", &of(before), &of(after));
}

fn organization(operator: &str, value: &str) -> Value {
    json!({ operator: { "aws:PrincipalOrgID": value } })
}

fn network(range: &str) -> Value {
    json!({ "IpAddress": { "aws:SourceIp": range } })
}

/// The tags of the spec's secret before and after the apply, those of `default_tags` included.
fn tag(plan: &mut Value, before: &Value, after: &Value) {
    let change = &mut resource(plan, "aws_secretsmanager_secret.api_key")["change"];
    change["actions"] = json!(["update"]);
    (change["before"]["tags_all"], change["after"]["tags_all"]) = (before.clone(), after.clone());
}

fn of_team(plan: &mut Value, make: fn(&mut Value, &str, &Value)) {
    let condition = json!({ "StringEquals": { "aws:ResourceTag/team": "payments" } });
    make(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": allowing(READ, "*", &condition) }));
}

pub const CASES: &[Case] = &[
    (
        "a policy on a secret that loses its condition",
        |plan| on_secret(plan, &organization("StringEquals", "o-abc"), &Value::Null),
        Exit::Widened,
        &["foreign-grant: `aws_secretsmanager_secret_policy.x`", "it allows * secretsmanager:GetSecretValue\n"],
    ),
    (
        "a policy on a secret whose condition is loosened",
        |plan| on_secret(plan, &organization("StringEquals", "o-abc"), &organization("StringLike", "*")),
        Exit::Stale,
        &["undecided: `aws_secretsmanager_secret_policy.x`", "GetSecretValue under another condition than before"],
    ),
    (
        "a policy on a secret whose condition is tightened",
        |plan| on_secret(plan, &organization("StringLike", "*"), &organization("StringEquals", "o-abc")),
        Exit::Done,
        &[],
    ),
    (
        "a policy on a secret that stays, under its condition",
        |plan| on_secret(plan, &organization("StringEquals", "o-abc"), &organization("StringEquals", "o-abc")),
        Exit::Done,
        &[],
    ),
    (
        "a user's policy whose condition is loosened",
        |plan| user(plan, &network("10.0.0.1/32"), &network("0.0.0.0/0")),
        Exit::Stale,
        &[
            "undecided: `aws_iam_user_policy.x`: it allows secretsmanager:GetSecretValue on ApiKey under another condition",
        ],
    ),
    (
        "a user's policy whose condition is replaced",
        |plan| user(plan, &network("10.0.0.1/32"), &json!({ "Bool": { "aws:SecureTransport": "true" } })),
        Exit::Stale,
        &["undecided: `aws_iam_user_policy.x`", "under another condition than before"],
    ),
    (
        "a user's policy that gets one condition more",
        |plan| {
            let mut both = network("10.0.0.1/32");
            both["Bool"] = json!({ "aws:SecureTransport": "true" });
            user(plan, &network("10.0.0.1/32"), &both);
        },
        Exit::Done,
        &[],
    ),
    (
        "a user's policy that loses its condition",
        |plan| user(plan, &network("10.0.0.1/32"), &Value::Null),
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows secretsmanager:GetSecretValue on ApiKey\n"],
    ),
    (
        "a policy that passes the spec's role to Lambda",
        |plan| {
            let to = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } });
            let text = allowing("iam:PassRole", "arn:aws:iam::111122223333:role/fetch", &to);
            create(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": text }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows iam:PassRole on the role `fetch` under a condition"],
    ),
    (
        "a policy that passes every role to a service that the spec's role does not trust",
        |plan| {
            let to = json!({ "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
            create(
                plan,
                "aws_iam_user_policy.x",
                &json!({ "user": "u", "policy": allowing("iam:PassRole", "*", &to) }),
            );
        },
        Exit::Done,
        &[],
    ),
    (
        "a trust policy that only adds sts:TagSession",
        |plan| {
            keep(
                plan,
                "aws_iam_role_policy.x",
                &json!({ "role": "r", "policy": allowing(READ, SECRET, &Value::Null) }),
            );
            let role = |actions: Value| {
                let one = json!({ "Effect": "Allow", "Principal": { "AWS": "999999999999" }, "Action": actions });
                json!({ "name": "r", "assume_role_policy": statements(&json!([one])) })
            };
            let (before, after) = (role(json!("sts:AssumeRole")), role(json!(["sts:AssumeRole", "sts:TagSession"])));
            update(plan, "aws_iam_role.r", &before, &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on a secret for the account itself",
        |plan| {
            let root = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
                "Action": READ, "Resource": "*" });
            let after = json!({ "secret_arn": SECRET, "policy": statements(&json!([root])) });
            create(plan, "aws_secretsmanager_secret_policy.x", &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "AWS's policy for auditors",
        |plan| {
            let arn = "arn:aws:iam::aws:policy/SecurityAudit";
            create(plan, "aws_iam_user_policy_attachment.x", &json!({ "user": "u", "policy_arn": arn }));
        },
        Exit::Stale,
        &["foreign-look: `aws_iam_user_policy_attachment.x`: it attaches `SecurityAudit`, which allows"],
    ),
    (
        "a policy of AWS's that passes every role to Lambda",
        |plan| {
            let arn = "arn:aws:iam::aws:policy/AWSLambda_FullAccess";
            create(plan, "aws_iam_user_policy_attachment.x", &json!({ "user": "u", "policy_arn": arn }));
        },
        Exit::Widened,
        &[
            "`AWSLambda_FullAccess`, which allows everything on the function `fetch`",
            "indirect: `aws_iam_user_policy_attachment.x`",
            "iam:PassRole on the role `fetch` under a condition",
        ],
    ),
    (
        "a policy for the tag of the provider's default_tags",
        |plan| {
            tag(plan, &json!({ "team": "payments" }), &json!({ "team": "payments" }));
            of_team(plan, create);
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows secretsmanager:GetSecretValue on ApiKey\n"],
    ),
    (
        "a tag of the provider's default_tags that opens the secret to a policy that stays",
        |plan| {
            tag(plan, &json!({}), &json!({ "team": "payments" }));
            of_team(plan, keep);
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_secretsmanager_secret.api_key`: its tags change, which allows a principal",
            "not-looked-at: `aws_secretsmanager_secret.api_key`: its tags change",
        ],
    ),
    (
        "a tag of the provider's default_tags that is known only after the apply",
        |plan| {
            tag(plan, &json!({}), &json!({}));
            resource(plan, "aws_secretsmanager_secret.api_key")["change"]["after_unknown"] =
                json!({ "tags_all": { "team": true } });
            of_team(plan, keep);
        },
        Exit::Widened,
        &["its tags change, which allows a principal secretsmanager:GetSecretValue on ApiKey under a condition"],
    ),
];
