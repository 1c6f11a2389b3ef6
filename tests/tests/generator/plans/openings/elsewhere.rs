//! Roles, functions and secrets of the same names in another account or Region.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, create, trust, update};
use crate::plans::policy;

const OTHER: &str = "arn:aws:iam::999999999999:role/fetch";
const OWN: &str = "arn:aws:iam::111122223333:role/fetch";

/// The configuration of resources by a second provider, which is in this Region.
fn aliased(plan: &mut Value, region: &str, addresses: &[&str]) {
    let one = |address: &&str| json!({ "address": address, "provider_config_key": "aws.other", "expressions": {} });
    let root = &mut plan["configuration"]["root_module"];
    root["resources"] = addresses.iter().map(one).collect();
    let expressions = json!({ "region": { "constant_value": region } });
    plan["configuration"]["provider_config"] =
        json!({ "aws.other": { "name": "aws", "alias": "other", "expressions": expressions } });
}

/// The data source by which the plan shows the account of the second provider.
fn caller(plan: &mut Value, account: &str) {
    let read = json!({ "address": "data.aws_caller_identity.other", "mode": "data", "type": "aws_caller_identity",
        "name": "other", "values": { "account_id": account } });
    plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
}

fn trusting(plan: &mut Value, arn: &str) {
    let role = |principal: Value| json!({ "name": "fetch", "arn": arn, "assume_role_policy": trust(&principal) });
    let (before, after) = (role(json!({ "Service": "lambda.amazonaws.com" })), role(json!({ "AWS": "*" })));
    update(plan, "aws_iam_role.other", &before, &after);
}

fn running(plan: &mut Value, role: &str) {
    create(plan, "aws_lambda_function.other", &json!({ "function_name": "stranger", "role": role }));
    create(plan, "aws_glue_job.other", &json!({ "name": "x", "role_arn": role }));
}

fn secret(plan: &mut Value) {
    create(plan, "aws_secretsmanager_secret.other", &json!({ "name": "shop/api" }));
}

pub const CASES: &[Case] = &[
    ("the trust of a role of the same name in another account", |plan| trusting(plan, OTHER), Exit::Done, &[]),
    (
        "the trust of a role of the same name in this account",
        |plan| trusting(plan, OWN),
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.other`"],
    ),
    ("what runs as a role of the same name in another account", |plan| running(plan, OTHER), Exit::Done, &[]),
    (
        "what runs as the role of this account",
        |plan| running(plan, OWN),
        Exit::Widened,
        &["foreign-grant: `aws_lambda_function.other`", "foreign-grant: `aws_glue_job.other`"],
    ),
    (
        "a call of a function of the same name in another account",
        |plan| {
            let function = "arn:aws:lambda:eu-west-1:999999999999:function:fetch";
            create(plan, "aws_lambda_permission.x", &json!({ "function_name": function, "principal": "*" }));
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on a new role of the same name, by a provider for another account",
        |plan| {
            aliased(plan, "eu-west-1", &["aws_iam_role_policy.x", "data.aws_caller_identity.other"]);
            caller(plan, "999999999999");
            create(plan, "aws_iam_role_policy.x", &json!({ "role": "fetch", "policy": policy("*", "*") }));
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on the role, by a second provider for this account",
        |plan| {
            aliased(plan, "eu-west-1", &["aws_iam_role_policy.x", "data.aws_caller_identity.other"]);
            caller(plan, "111122223333");
            create(plan, "aws_iam_role_policy.x", &json!({ "role": "fetch", "policy": policy("*", "*") }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.x`"],
    ),
    (
        "a new secret of the same name, by a provider for another Region",
        |plan| {
            aliased(plan, "us-east-1", &["aws_secretsmanager_secret.other"]);
            secret(plan);
        },
        Exit::Done,
        &[],
    ),
    (
        "a new secret of the same name, by a provider for this Region",
        |plan| {
            aliased(plan, "eu-west-1", &["aws_secretsmanager_secret.other"]);
            secret(plan);
        },
        Exit::Stale,
        &["second-writer: `aws_secretsmanager_secret.other`"],
    ),
    (
        "a new secret of the same name, by a provider for another account",
        |plan| {
            aliased(plan, "eu-west-1", &["aws_secretsmanager_secret.other", "data.aws_caller_identity.other"]);
            caller(plan, "999999999999");
            secret(plan);
        },
        Exit::Done,
        &[],
    ),
];
