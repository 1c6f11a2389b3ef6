//! Denials that are lost: of a part of a secret, under another name, or by a policy that the plan does not show.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, READ, SECRET, TEAM, create, keep, statements, update};
use crate::plans::{add, policy, resource};

fn denial(resource: &str) -> Value {
    json!({ "Effect": "Deny", "Action": READ, "Resource": resource })
}

/// A role that may read everything, and whose denial becomes others.
fn lose(plan: &mut Value, before: &Value, after: &Value) {
    keep(plan, "aws_iam_role_policy.all", &json!({ "name": "all", "role": "r", "policy": policy(READ, "*") }));
    let of = |denials: &Value| json!({ "name": "no", "role": "r", "policy": statements(denials) });
    update(plan, "aws_iam_role_policy.no", &of(before), &of(after));
}

fn guard(plan: &mut Value, before: &Value, after: &Value) {
    let of = |denials: &Value| json!({ "name": "guard", "arn": TEAM, "policy": statements(denials) });
    update(plan, "aws_iam_policy.guard", &of(before), &of(after));
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}")
}

pub const CASES: &[Case] = &[
    (
        "a denial by the whole ARN becomes one of another secret",
        |plan| lose(plan, &json!([denial(SECRET)]), &json!([denial(&arn("shop/other-AbCdEf"))])),
        Exit::Stale,
        &["undecided: `aws_iam_role_policy.no`", "on ApiKey where it was denied or not allowed before"],
    ),
    (
        "a denial of one member of a family goes",
        |plan| lose(plan, &json!([denial(&arn("shop/user/7-??????"))]), &json!([denial(&arn("else-*"))])),
        Exit::Stale,
        &["undecided: `aws_iam_role_policy.no`", "on UserToken where it was denied or not allowed before"],
    ),
    (
        "one member of a family becomes all of them",
        |plan| {
            let of = |name: &str| json!({ "name": "x", "role": "r", "policy": policy(READ, &arn(name)) });
            update(plan, "aws_iam_role_policy.x", &of("shop/user/7-??????"), &of("shop/user/*"));
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policy.x`", "on UserToken where it was denied or not allowed before"],
    ),
    (
        "a denial becomes one of a name in another case",
        |plan| lose(plan, &json!([denial(&arn("shop/*"))]), &json!([denial(&arn("Shop/*"))])),
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.no`: a denial is removed"],
    ),
    (
        "a denial without the random characters, which denies nothing, goes",
        |plan| lose(plan, &json!([denial(&arn("shop/api"))]), &json!([])),
        Exit::Done,
        &[],
    ),
    (
        "a denial is written in two statements",
        |plan| {
            lose(
                plan,
                &json!([denial(&arn("shop/*"))]),
                &json!([denial(&arn("shop/api-*")), denial(&arn("shop/user/*"))]),
            )
        },
        Exit::Done,
        &[],
    ),
    (
        "a denial of a managed policy is written in two statements",
        |plan| {
            let two = json!([denial(&arn("shop/api-*")), denial(&arn("shop/user/*"))]);
            guard(plan, &json!([denial(&arn("shop/*"))]), &two);
        },
        Exit::Done,
        &[],
    ),
    (
        "a denial of a managed policy gets other random characters",
        |plan| guard(plan, &json!([denial(SECRET)]), &json!([denial(&arn("shop/api-XyZabc"))])),
        Exit::Stale,
        &["undecided: `aws_iam_policy.guard`: a denial in it is removed or changed"],
    ),
    (
        "a policy on a secret that denies is moved to another secret",
        |plan| {
            let denial = json!([{ "Effect": "Deny", "Principal": "*", "Action": READ, "Resource": "*" }]);
            let of = |arn: &str| json!({ "secret_arn": arn, "policy": statements(&denial) });
            update(plan, "aws_secretsmanager_secret_policy.lock", &of(SECRET), &of(&arn("other-AbCdEf")));
        },
        Exit::Stale,
        &["undecided: `aws_secretsmanager_secret_policy.lock`: the policy on ApiKey is moved"],
    ),
    (
        "a policy that the plan does not show is taken off a role that may read",
        |plan| {
            keep(plan, "aws_iam_role_policy.all", &json!({ "name": "all", "role": "r", "policy": policy(READ, "*") }));
            add(plan, "aws_iam_role_policy_attachment.t", &["delete"], &Value::Null);
            let before = json!({ "role": "r", "policy_arn": TEAM });
            resource(plan, "aws_iam_role_policy_attachment.t")["change"]["before"] = before;
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policy_attachment.t`: it takes `arn:aws:iam::111122223333:policy/team` away"],
    ),
    (
        "a policy that the plan does not show is taken off a role that may read nothing",
        |plan| {
            add(plan, "aws_iam_role_policy_attachment.t", &["delete"], &Value::Null);
            let before = json!({ "role": "r", "policy_arn": TEAM });
            resource(plan, "aws_iam_role_policy_attachment.t")["change"]["before"] = before;
        },
        Exit::Done,
        &[],
    ),
    (
        "an undecided policy beside one that the plan does not show",
        |plan| {
            keep(plan, "aws_iam_role_policy_attachment.t", &json!({ "role": "r", "policy_arn": TEAM }));
            let strange = json!({ "Effect": "Allow", "Action": READ, "Resource": "*",
                "Condition": { "StringStrange": { "a": "b" } } });
            let after = json!({ "name": "x", "role": "r", "policy": statements(&json!([strange])) });
            create(plan, "aws_iam_role_policy.x", &after);
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policy.x`"],
    ),
];
