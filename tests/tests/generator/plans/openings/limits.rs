//! What limits a policy: a boundary, a Region, a denial, and the identity that an exclusive list is of.

use serde_json::{Value, json};
use xtask::Exit;

use super::{ADMINISTRATOR, Case, READ, SECRET, create, keep, statements, update};
use crate::plans::{add, policy, resource};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/bound";
const ELSEWHERE: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/api-*";

fn bound(plan: &mut Value, before: &str, after: &str) {
    let of = |text: &str| json!({ "name": "bound", "arn": BOUNDARY, "policy": text });
    update(plan, "aws_iam_policy.bound", &of(before), &of(after));
    keep(plan, "aws_iam_role.dev", &json!({ "name": "dev", "permissions_boundary": BOUNDARY }));
}

fn attach(plan: &mut Value) {
    create(plan, "aws_iam_role_policy_attachment.dev", &json!({ "role": "dev", "policy_arn": ADMINISTRATOR }));
}

fn locked(statement: &Value) -> Value {
    json!({ "secret_arn": SECRET, "policy": statements(statement) })
}

fn denial(action: &str) -> Value {
    json!([{ "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*" }])
}

fn limited(condition: &Value) -> String {
    statements(&json!([{ "Effect": "Allow", "Action": READ, "Resource": "*", "Condition": condition }]))
}

fn given(plan: &mut Value, text: &str) {
    create(plan, "aws_iam_role_policy.x", &json!({ "name": "x", "role": "r", "policy": text }));
}

const DENIAL: &str = "undecided: `aws_secretsmanager_secret_policy.lock`: a denial of the policy on ApiKey is removed";

pub const CASES: &[Case] = &[
    (
        "an exclusive list keeps a policy that has the name of another role's",
        |plan| {
            let (list, other) =
                (json!({ "role_name": "dev", "policy_names": ["shared"] }), policy("s3:GetObject", "*"));
            create(plan, "aws_iam_role_policies_exclusive.dev", &list);
            create(plan, "aws_iam_role_policy.o", &json!({ "name": "shared", "role": "other", "policy": other }));
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policies_exclusive.dev`: it keeps the policy `shared`"],
    ),
    (
        "an exclusive list keeps a policy of the plan",
        |plan| {
            let (list, own) = (json!({ "role_name": "dev", "policy_names": ["shared"] }), policy("s3:GetObject", "*"));
            create(plan, "aws_iam_role_policies_exclusive.dev", &list);
            create(plan, "aws_iam_role_policy.o", &json!({ "name": "shared", "role": "dev", "policy": own }));
        },
        Exit::Done,
        &[],
    ),
    (
        "an administrator within a boundary of the plan",
        |plan| {
            let text = policy("s3:*", "*");
            bound(plan, &text, &text);
            attach(plan);
        },
        Exit::Done,
        &[],
    ),
    (
        "an administrator within a boundary of the plan that becomes wider",
        |plan| {
            bound(plan, &policy("s3:*", "*"), &policy("*", "*"));
            let attached = json!({ "role": "dev", "policy_arn": ADMINISTRATOR });
            keep(plan, "aws_iam_role_policy_attachment.dev", &attached);
        },
        Exit::Widened,
        &["foreign-grant: ", "everything on ApiKey"],
    ),
    ("a policy for another Region", |plan| given(plan, &policy(READ, ELSEWHERE)), Exit::Done, &[]),
    (
        "a policy under a condition on another Region",
        |plan| given(plan, &limited(&json!({ "StringEquals": { "aws:RequestedRegion": "us-east-1" } }))),
        Exit::Done,
        &[],
    ),
    (
        "a policy under a condition on this Region",
        |plan| given(plan, &limited(&json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }))),
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.x`: it allows secretsmanager:GetSecretValue on ApiKey"],
    ),
    (
        "a secret of the same name in another Region",
        |plan| create(plan, "aws_secretsmanager_secret.dr", &json!({ "name": "shop/api", "region": "us-east-1" })),
        Exit::Done,
        &[],
    ),
    (
        "a secret of the same name in this Region",
        |plan| create(plan, "aws_secretsmanager_secret.dr", &json!({ "name": "shop/api", "region": "eu-west-1" })),
        Exit::Stale,
        &["second-writer: `aws_secretsmanager_secret.dr`"],
    ),
    (
        "a version of a secret in another Region",
        |plan| {
            let after = json!({ "secret_id": "shop/api", "region": "us-east-1" });
            create(plan, "aws_secretsmanager_secret_version.dr", &after);
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on a secret that denies is deleted",
        |plan| {
            add(plan, "aws_secretsmanager_secret_policy.lock", &["delete"], &Value::Null);
            let before = locked(&denial("secretsmanager:*"));
            resource(plan, "aws_secretsmanager_secret_policy.lock")["change"]["before"] = before;
        },
        Exit::Stale,
        &[DENIAL],
    ),
    (
        "a policy on a secret denies less",
        |plan| {
            let (before, after) = (locked(&denial("secretsmanager:*")), locked(&denial(READ)));
            update(plan, "aws_secretsmanager_secret_policy.lock", &before, &after);
        },
        Exit::Stale,
        &[DENIAL],
    ),
    (
        "a policy on a secret denies the same in two statements",
        |plan| {
            let denial =
                |action: &str| json!({ "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*" });
            let mut both = denial("");
            both["Action"] = json!([READ, "secretsmanager:PutSecretValue"]);
            let two = json!([denial(READ), denial("secretsmanager:PutSecretValue")]);
            update(plan, "aws_secretsmanager_secret_policy.lock", &locked(&json!([both])), &locked(&two));
        },
        Exit::Done,
        &[],
    ),
    (
        "a denial in a managed policy that goes, of a role that has the policy",
        |plan| {
            let guard = |text: &str| json!({ "name": "guard", "arn": BOUNDARY, "policy": text });
            let denied = statements(&json!([{ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" }]));
            update(plan, "aws_iam_policy.guard", &guard(&denied), &guard(&policy("s3:GetObject", "*")));
            keep(plan, "aws_iam_role_policy.x", &json!({ "name": "x", "role": "r", "policy": policy(READ, "*") }));
            keep(plan, "aws_iam_role_policy_attachment.x", &json!({ "role": "r", "policy_arn": BOUNDARY }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.guard`: a denial is removed, which allows a principal"],
    ),
    (
        "a denial in a policy of a group that goes",
        |plan| {
            let denied = statements(&json!([{ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" }]));
            add(plan, "aws_iam_group_policy.g", &["delete"], &Value::Null);
            resource(plan, "aws_iam_group_policy.g")["change"]["before"] = json!({ "group": "g", "policy": denied });
            keep(plan, "aws_iam_user_group_membership.x", &json!({ "user": "u", "groups": ["g"] }));
            keep(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": policy(READ, "*") }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_group_policy.g`: a denial is removed, which allows a principal"],
    ),
    (
        "a denial in a managed policy that goes, where nobody in the plan has it",
        |plan| {
            let guard = |text: &str| json!({ "name": "guard", "arn": BOUNDARY, "policy": text });
            let denied = statements(&json!([{ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" }]));
            update(plan, "aws_iam_policy.guard", &guard(&denied), &guard(&policy("s3:GetObject", "*")));
        },
        Exit::Stale,
        &["undecided: `aws_iam_policy.guard`: a denial in it is removed or changed"],
    ),
    (
        "a denial that Terraform only forgets",
        |plan| {
            let denied = statements(&json!([{ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" }]));
            add(plan, "aws_iam_user_policy.d", &["forget"], &Value::Null);
            resource(plan, "aws_iam_user_policy.d")["change"]["before"] = json!({ "user": "u", "policy": denied });
            keep(plan, "aws_iam_user_policy.a", &json!({ "user": "u", "policy": policy(READ, "*") }));
            let other = |action: &str| json!({ "user": "u", "policy": policy(action, "*") });
            update(plan, "aws_iam_user_policy.x", &other("s3:*"), &other("sqs:*"));
        },
        Exit::Done,
        &[],
    ),
    (
        "an action that is not known",
        |plan| {
            given(plan, &policy(READ, "*"));
            resource(plan, "aws_iam_role_policy.x")["change"]["actions"] = json!(["replace"]);
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.x`"],
    ),
    (
        "a policy on a secret denies more",
        |plan| {
            let (before, after) = (locked(&denial(READ)), locked(&denial("secretsmanager:*")));
            update(plan, "aws_secretsmanager_secret_policy.lock", &before, &after);
        },
        Exit::Done,
        &[],
    ),
];
