//! What calls a function of the spec, and what changes its code.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, create, update};
use crate::plans::policy;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fetch";

fn user(plan: &mut Value, action: &str, resource: &str) {
    create(plan, "aws_iam_user_policy.x", &json!({ "name": "x", "user": "u", "policy": policy(action, resource) }));
}

fn function(layers: &[&str], bucket: &str) -> Value {
    json!({ "function_name": "fetch", "role": "arn:aws:iam::111122223333:role/fetch", "layers": layers, "s3_bucket": bucket })
}

/// What an ephemeral resource reads, which only the configuration of OpenTofu shows.
fn ephemeral(plan: &mut Value, kind: &str, argument: &str, value: &str) {
    let shown = json!({ "address": format!("ephemeral.{kind}.x"), "mode": "ephemeral", "type": kind, "name": "x",
        "expressions": { argument: { "constant_value": value } } });
    plan["configuration"]["root_module"]["resources"] = json!([shown]);
}

pub const CASES: &[Case] = &[
    (
        "a policy that calls a function of the spec",
        |plan| user(plan, "lambda:InvokeFunction", FUNCTION),
        Exit::Done,
        &["indirect: `aws_iam_user_policy.x`: it allows lambda:InvokeFunction on the function `fetch`, which can use"],
    ),
    (
        "a policy that calls every function, in the old way",
        |plan| user(plan, "lambda:InvokeAsync", "*"),
        Exit::Done,
        &["indirect: `aws_iam_user_policy.x`: it allows lambda:InvokeAsync on the function `fetch`"],
    ),
    (
        "a policy that calls another function",
        |plan| user(plan, "lambda:InvokeFunction", "*:function:other"),
        Exit::Done,
        &[],
    ),
    (
        "AWS's policy that calls every function",
        |plan| {
            let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaRole";
            create(plan, "aws_iam_user_policy_attachment.x", &json!({ "user": "u", "policy_arn": arn }));
        },
        Exit::Done,
        &["indirect: `aws_iam_user_policy_attachment.x`", "lambda:InvokeFunction on the function `fetch`"],
    ),
    (
        "other layers of a function of the spec",
        |plan| {
            let layer = "arn:aws:lambda:eu-west-1:999999999999:layer:evil:1";
            update(plan, "aws_lambda_function.f", &function(&[], "a"), &function(&[layer], "a"));
        },
        Exit::Done,
        &["not-looked-at: `aws_lambda_function.f`: its layers change"],
    ),
    (
        "other code of a function of the spec",
        |plan| update(plan, "aws_lambda_function.f", &function(&[], "a"), &function(&[], "b")),
        Exit::Done,
        &["not-looked-at: `aws_lambda_function.f`: the function changes"],
    ),
    (
        "another version of a layer",
        |plan| create(plan, "aws_lambda_layer_version.l", &json!({ "layer_name": "l" })),
        Exit::Done,
        &["not-looked-at: `aws_lambda_layer_version`: 1 change: code that functions with this layer run"],
    ),
    (
        "another version by an alias",
        |plan| {
            let of = |version: &str| json!({ "function_name": FUNCTION, "name": "live", "function_version": version });
            update(plan, "aws_lambda_alias.live", &of("1"), &of("2"));
        },
        Exit::Done,
        &["not-looked-at: `aws_lambda_alias.live`: another version of the function runs"],
    ),
    (
        "an ephemeral resource that reads a secret of the spec",
        |plan| ephemeral(plan, "aws_secretsmanager_secret_version", "secret_id", "shop/api"),
        Exit::Stale,
        &["undecided: `ephemeral.aws_secretsmanager_secret_version.x`", "it is ApiKey"],
    ),
    (
        "an ephemeral resource that reads another secret",
        |plan| ephemeral(plan, "aws_secretsmanager_secret_version", "secret_id", "other"),
        Exit::Done,
        &[],
    ),
    (
        "an ephemeral resource that calls a function of the spec",
        |plan| ephemeral(plan, "aws_lambda_invocation", "function_name", FUNCTION),
        Exit::Stale,
        &["undecided: `ephemeral.aws_lambda_invocation.x`", "it is `fetch` of the spec"],
    ),
    (
        "an argument that refers to an ephemeral resource which the plan does not show",
        |plan| {
            let references = ["ephemeral.aws_secretsmanager_secret_version.x.secret_string"];
            let shown = json!({ "address": "aws_ssm_parameter.x", "expressions": { "value_wo": { "references": references } } });
            plan["configuration"]["root_module"]["resources"] = json!([shown]);
        },
        Exit::Done,
        &["not-looked-at: `ephemeral.aws_secretsmanager_secret_version.x`: the value of a secret is read"],
    ),
];
