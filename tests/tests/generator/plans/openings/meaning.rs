//! What documents mean: denials, `NotAction`, `NotResource`, roles.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, READ, SECRET, create, keep, set, statements};
use crate::plans::{policy, resource};

pub const CASES: &[Case] = &[
    (
        "everything but secrets by NotAction",
        |plan| {
            let text = statements(&json!([{ "Effect": "Allow", "NotAction": "secretsmanager:*", "Resource": "*" }]));
            create(plan, "aws_iam_policy.x", &json!({ "name": "x", "policy": text }));
        },
        Exit::Done,
        &["indirect: `aws_iam_policy.x`"],
    ),
    (
        "everything but another secret by NotResource",
        |plan| {
            let text = statements(
                &json!([{ "Effect": "Allow", "Action": READ, "NotResource": "arn:aws:secretsmanager:*:*:secret:other-*" }]),
            );
            create(plan, "aws_iam_policy.x", &json!({ "name": "x", "policy": text }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.x`: it allows secretsmanager:GetSecretValue on ApiKey, UserToken"],
    ),
    (
        "everything but the spec's secrets by NotResource",
        |plan| {
            let text = statements(
                &json!([{ "Effect": "Allow", "Action": "secretsmanager:*", "NotResource": "arn:aws:secretsmanager:*:*:secret:shop/*" }]),
            );
            create(plan, "aws_iam_policy.x", &json!({ "name": "x", "policy": text }));
        },
        Exit::Done,
        &[],
    ),
    (
        "a denial of only some of what is allowed",
        |plan| {
            let text = statements(&json!([
                { "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*" },
                { "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "arn:aws:secretsmanager:*:*:secret:shop/user/*" },
            ]));
            create(plan, "aws_iam_policy.x", &json!({ "name": "x", "policy": text }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.x`: it allows everything on ApiKey\n"],
    ),
    (
        "a policy that passes the spec's role",
        |plan| {
            create(
                plan,
                "aws_iam_policy.x",
                &json!({ "name": "x", "policy": policy("iam:PassRole", "arn:aws:iam::111122223333:role/fetch") }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.x`: it allows iam:PassRole on the role `fetch`"],
    ),
    (
        "a policy that passes another role",
        |plan| {
            create(
                plan,
                "aws_iam_policy.x",
                &json!({ "name": "x", "policy": policy("iam:PassRole", "arn:aws:iam::111122223333:role/other") }),
            )
        },
        Exit::Done,
        &[],
    ),
    (
        "the spec's own policy that allows and denies more",
        |plan| {
            let own = resource(plan, "aws_iam_role_policy.fetch_secrets")["change"]["after"]["policy"]
                .as_str()
                .expect("a text")
                .to_owned();
            let mut text: Value = serde_json::from_str(&own).expect("it is JSON");
            let more = text["Statement"].as_array_mut().expect("a list");
            more.push(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
            more.push(json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }));
            set(plan, "aws_iam_role_policy.fetch_secrets", "policy", text.to_string().into());
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on the spec's role, in another case",
        |plan| {
            create(
                plan,
                "aws_iam_role_policy.x",
                &json!({ "name": "x", "role": "FETCH", "policy": policy(READ, SECRET) }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.x`: it puts a policy on the role `FETCH` of the spec"],
    ),
    (
        "a user who comes into a group, each named in another case",
        |plan| {
            keep(
                plan,
                "aws_iam_group_policy.g",
                &json!({ "name": "g", "group": "Readers", "policy": policy(READ, SECRET) }),
            );
            create(plan, "aws_iam_group_membership.x", &json!({ "name": "x", "group": "readers", "users": ["U"] }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_group_membership.x`: it adds a user to a group that is allowed"],
    ),
];
