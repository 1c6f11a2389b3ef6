//! What takes over a role or a function of the spec: code, trust, credentials, denials; and what only leads there.

use serde_json::{Value, json};
use xtask::Exit;

use super::{ADMINISTRATOR, Case, READ, create, keep, statements, trust, update};
use crate::plans::{add, policy, resource};

const ROLE: &str = "arn:aws:iam::111122223333:role/fetch";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fetch";

fn user(plan: &mut Value, action: &str, resource: &str) {
    create(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": policy(action, resource) }));
}

fn permission(plan: &mut Value, action: &str, principal: &str) {
    let after = json!({ "function_name": "fetch", "action": action, "principal": principal });
    create(plan, "aws_lambda_permission.x", &after);
}

pub const CASES: &[Case] = &[
    (
        "a policy that replaces the code of a handler's function",
        |plan| user(plan, "lambda:UpdateFunctionCode", FUNCTION),
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows lambda:UpdateFunctionCode on the function `fetch`"],
    ),
    (
        "a policy that replaces the code of every function",
        |plan| user(plan, "lambda:*", "*"),
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows everything on the function `fetch`"],
    ),
    (
        "policies for another function, and for calls",
        |plan| {
            user(plan, "lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:other");
            create(
                plan,
                "aws_iam_user_policy.y",
                &json!({ "user": "v", "policy": policy("lambda:Invoke*", FUNCTION) }),
            );
        },
        Exit::Done,
        &[
            "indirect: `aws_iam_user_policy.y`: it allows lambda:InvokeAsync, lambda:InvokeFunction, lambda:InvokeFunctionUrl",
        ],
    ),
    (
        "everything on the spec's role",
        |plan| user(plan, "*", ROLE),
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows iam:AttachRolePolicy, ", " on the role `fetch`"],
    ),
    (
        "a permission that lets another account replace the code",
        |plan| permission(plan, "lambda:UpdateFunctionCode", "999999999999"),
        Exit::Widened,
        &["foreign-grant: `aws_lambda_permission.x`: it allows 999999999999 lambda:UpdateFunctionCode on the function"],
    ),
    (
        "a permission that lets a role do everything",
        |plan| permission(plan, "lambda:*", "arn:aws:iam::111122223333:role/other"),
        Exit::Widened,
        &["foreign-grant: `aws_lambda_permission.x`: it allows arn:aws:iam::111122223333:role/other lambda:*"],
    ),
    (
        "a permission of everything for a service, which only calls",
        |plan| permission(plan, "lambda:*", "apigateway.amazonaws.com"),
        Exit::Done,
        &["indirect: `aws_lambda_permission.x`: it lets apigateway.amazonaws.com call the function"],
    ),
    (
        "a permission whose action is not known yet",
        |plan| {
            create(plan, "aws_lambda_permission.x", &json!({ "function_name": "fetch", "principal": "999999999999" }));
            resource(plan, "aws_lambda_permission.x")["change"]["after_unknown"] = json!({ "action": true });
        },
        Exit::Stale,
        &["undecided: `aws_lambda_permission.x`: what it lets 999999999999 do"],
    ),
    (
        "a denial to pass the spec's role that is removed",
        |plan| {
            let allowed = json!({ "user": "u", "policy": policy("iam:PassRole", "*") });
            let denied = statements(&json!([{ "Effect": "Deny", "Action": "iam:PassRole", "Resource": ROLE }]));
            keep(plan, "aws_iam_user_policy.a", &allowed);
            add(plan, "aws_iam_user_policy.d", &["delete"], &Value::Null);
            resource(plan, "aws_iam_user_policy.d")["change"]["before"] = json!({ "user": "u", "policy": denied });
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.d`: a denial is removed", "iam:PassRole on the role `fetch`"],
    ),
    (
        "another account in the trust of a role that changes the spec's role",
        |plan| {
            keep(plan, "aws_iam_role_policy.x", &json!({ "role": "r", "policy": policy("iam:PutRolePolicy", ROLE) }));
            let role = |principal: &Value| json!({ "name": "r", "assume_role_policy": trust(principal) });
            let (before, after) = (role(&json!({ "Service": "ec2.amazonaws.com" })), role(&json!({ "AWS": "*" })));
            update(plan, "aws_iam_role.r", &before, &after);
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.r`: other principals can assume the role, which is allowed iam:PutRolePolicy"],
    ),
    (
        "a key of a user who changes the spec's role",
        |plan| {
            let text = policy("iam:UpdateAssumeRolePolicy", ROLE);
            keep(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": text }));
            create(plan, "aws_iam_access_key.x", &json!({ "user": "u" }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_access_key.x`: it allows signing in as the user, who is allowed iam:UpdateAssume"],
    ),
    (
        "a key of a user who can become another identity",
        |plan| {
            keep(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": policy("iam:CreateAccessKey", "*") }));
            create(plan, "aws_iam_access_key.x", &json!({ "user": "u" }));
        },
        Exit::Done,
        &["indirect: `aws_iam_access_key.x`: it allows signing in as the user, who is allowed iam:CreateAccessKey"],
    ),
    (
        "policies by which a principal gives itself more",
        |plan| {
            for (name, action) in [("a", "iam:AttachUserPolicy"), ("b", "iam:CreatePolicyVersion")] {
                let address = format!("aws_iam_user_policy.{name}");
                create(plan, &address, &json!({ "user": name, "policy": policy(action, "*") }));
            }
        },
        Exit::Done,
        &["indirect: `aws_iam_user_policy.a`: it allows iam:AttachUserPolicy", "indirect: `aws_iam_user_policy.b`"],
    ),
    (
        "a policy that is only the boundary of a role",
        |plan| {
            let arn = "arn:aws:iam::111122223333:policy/bound";
            create(plan, "aws_iam_policy.bound", &json!({ "name": "bound", "arn": arn, "policy": policy("*", "*") }));
            create(plan, "aws_iam_role.dev", &json!({ "name": "dev", "permissions_boundary": arn }));
        },
        Exit::Done,
        &["not-looked-at: `aws_iam_policy.bound`: this plan uses it only as a permissions boundary"],
    ),
    (
        "a policy that is a boundary and is attached",
        |plan| {
            let arn = "arn:aws:iam::111122223333:policy/bound";
            create(plan, "aws_iam_policy.bound", &json!({ "name": "bound", "arn": arn, "policy": policy(READ, "*") }));
            create(plan, "aws_iam_role.dev", &json!({ "name": "dev", "permissions_boundary": arn }));
            create(plan, "aws_iam_user_policy_attachment.x", &json!({ "user": "u", "policy_arn": arn }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_policy.bound`", "foreign-grant: `aws_iam_user_policy_attachment.x`"],
    ),
    (
        "a boundary that is new, and named by the role that has it",
        |plan| {
            create(plan, "aws_iam_policy.bound", &json!({ "name": "bound", "policy": policy("*", "*") }));
            create(plan, "aws_iam_role.dev", &json!({ "name": "dev" }));
            resource(plan, "aws_iam_role.dev")["change"]["after_unknown"] = json!({ "permissions_boundary": true });
            let references = json!({ "references": ["aws_iam_policy.bound.arn", "aws_iam_policy.bound"] });
            plan["configuration"]["root_module"]["resources"] = json!([
                { "address": "aws_iam_role.dev", "expressions": { "permissions_boundary": references } },
            ]);
        },
        Exit::Done,
        &["not-looked-at: `aws_iam_policy.bound`"],
    ),
    (
        "a boundary that is removed from an administrator of a role",
        |plan| {
            let attached = json!({ "user": "u", "policy_arn": ADMINISTRATOR });
            keep(plan, "aws_iam_user_policy_attachment.x", &attached);
            let user = |bound: Value| json!({ "name": "u", "permissions_boundary": bound });
            let bound = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
            update(plan, "aws_iam_user.u", &user(bound.into()), &user(Value::Null));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user.u`: a permissions boundary is removed, which allows a principal everything"],
    ),
];
