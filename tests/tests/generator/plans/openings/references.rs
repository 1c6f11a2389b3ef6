//! What refers to a secret, a role or a function that the plan creates, so that its name or ARN is not known yet.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, READ, create, statements, trust};
use crate::plans::{policy, resource};

/// Gives a resource or data source of the root an argument that refers to an attribute of a resource.
fn refer(plan: &mut Value, address: &str, argument: &str, to: &str) {
    let resource = to.rsplit_once('.').expect("an attribute").0;
    let shown = json!({ "address": address, "expressions": { argument: { "references": [to, resource] } } });
    plan["configuration"]["root_module"]["resources"] = json!([shown]);
}

/// Creates a resource with an argument that is known only after the apply.
fn waiting(plan: &mut Value, address: &str, after: &Value, unknown: Value, to: &str) {
    create(plan, address, after);
    let argument = unknown.as_object().and_then(|unknown| unknown.keys().next()).expect("an argument").clone();
    resource(plan, address)["change"]["after_unknown"] = unknown;
    refer(plan, address, &argument, to);
}

/// Reads the value of a secret during the apply.
fn reading(plan: &mut Value, secret: &str) {
    let address = "data.aws_secretsmanager_secret_version.x";
    create(plan, address, &json!({}));
    let read = resource(plan, address);
    read["mode"] = "data".into();
    read["change"]["actions"] = json!(["read"]);
    read["change"]["after_unknown"] = json!({ "secret_id": true, "secret_string": true });
    refer(plan, address, "secret_id", secret);
}

pub const CASES: &[Case] = &[
    (
        "a task that runs as the spec's role",
        |plan| {
            let unknown = json!({ "task_role_arn": true });
            waiting(plan, "aws_ecs_task_definition.x", &json!({ "family": "x" }), unknown, "aws_iam_role.fetch.arn")
        },
        Exit::Widened,
        &["foreign-grant: `aws_ecs_task_definition.x`: its `task_role_arn` is the role `fetch` of the spec"],
    ),
    (
        "a schedule that runs as the spec's role, within a block",
        |plan| {
            let unknown = json!({ "target": [{ "role_arn": true }] });
            waiting(plan, "aws_scheduler_schedule.x", &json!({ "name": "x" }), unknown, "aws_iam_role.fetch.arn")
        },
        Exit::Widened,
        &["foreign-grant: `aws_scheduler_schedule.x`: its `target.role_arn` is the role `fetch` of the spec"],
    ),
    (
        "a job that runs as another role, and an argument that is for no role",
        |plan| {
            create(plan, "aws_iam_role.other", &json!({ "name": "other" }));
            let unknown = json!({ "role_arn": true });
            waiting(plan, "aws_glue_job.x", &json!({ "name": "x" }), unknown, "aws_iam_role.other.arn");
            let unknown = json!({ "principal_tag": true });
            waiting(plan, "aws_glue_job.y", &json!({ "name": "y" }), unknown, "aws_iam_role.fetch.arn")
        },
        Exit::Done,
        &[],
    ),
    (
        "a value that a data source will read",
        |plan| reading(plan, "aws_secretsmanager_secret.api_key.id"),
        Exit::Stale,
        &["value-in-plan: `data.aws_secretsmanager_secret_version.x`: the value of ApiKey will be in the state"],
    ),
    (
        "a value of another secret that a data source will read",
        |plan| {
            create(plan, "aws_secretsmanager_secret.other", &json!({ "name": "other" }));
            reading(plan, "aws_secretsmanager_secret.other.id")
        },
        Exit::Done,
        &[],
    ),
    (
        "a writer of what handlers write, by a second resource of that secret",
        |plan| {
            create(plan, "module.x.aws_secretsmanager_secret.token", &json!({ "name": "shop/user/seven" }));
            let address = "module.x.aws_secretsmanager_secret_version.x";
            create(plan, address, &json!({ "secret_string": "hush" }));
            resource(plan, address)["change"]["after_unknown"] = json!({ "secret_id": true });
            refer(plan, "aws_secretsmanager_secret_version.x", "secret_id", "aws_secretsmanager_secret.token.id");
            let module = plan["configuration"]["root_module"].take();
            plan["configuration"]["root_module"] = json!({ "module_calls": { "x": { "module": module } } });
        },
        Exit::Stale,
        &[
            "runtime-owned: `module.x.aws_secretsmanager_secret_version.x`: it would write a value of UserToken",
            "value-in-plan: `module.x.aws_secretsmanager_secret_version.x`",
        ],
    ),
    (
        "an action that calls a function that is known only after the apply",
        |plan| {
            plan["action_invocations"] = json!([
                { "address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke", "name": "x",
                  "config_values": {}, "config_unknown": { "function_name": true } },
            ]);
        },
        Exit::Stale,
        &["undecided: `action.aws_lambda_invoke.x`: which function the apply calls is known only after the apply"],
    ),
    (
        "a policy on a secret whose name begins as those of a family",
        |plan| prefixed(plan, "shop/user/"),
        Exit::Stale,
        &[
            "undecided: `aws_secretsmanager_secret.x`: its name begins with `shop/user/`, and can be one of UserToken",
            "undecided: `aws_secretsmanager_secret_policy.x`: which secret it is on",
        ],
    ),
    ("a policy on a secret whose name begins otherwise", |plan| prefixed(plan, "elsewhere/"), Exit::Done, &[]),
    (
        "one of the policies of the plan, or a value of `for_each`",
        |plan| {
            create(plan, "aws_iam_policy.p", &json!({ "name": "p", "policy": policy("s3:*", "*") }));
            let unknown = json!({ "policy_arn": true });
            let to = "aws_iam_policy.p.arn";
            waiting(plan, "aws_iam_role_policy_attachment.x", &json!({ "role": "r" }), unknown, to);
            let shown = &mut plan["configuration"]["root_module"]["resources"][0]["expressions"]["policy_arn"];
            shown["references"] = json!([to, "aws_iam_policy.p", "each.value"]);
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policy_attachment.x`: which policy it is is known only after the apply"],
    ),
    (
        "a function that runs as one instance of a role, which is the spec's",
        |plan| instance(plan, "fetch"),
        Exit::Widened,
        &["foreign-grant: `module.x.aws_lambda_function.x`: it runs as the role `fetch` of the spec"],
    ),
    ("a function that runs as another instance of a role", |plan| instance(plan, "other"), Exit::Done, &[]),
];

/// A secret whose name has this prefix, and a policy on it.
fn prefixed(plan: &mut Value, prefix: &str) {
    create(plan, "aws_secretsmanager_secret.x", &json!({ "name_prefix": prefix }));
    resource(plan, "aws_secretsmanager_secret.x")["change"]["after_unknown"] = json!({ "arn": true, "name": true });
    let open = json!([{ "Effect": "Allow", "Principal": "*", "Action": READ, "Resource": "*" }]);
    let (after, unknown) = (json!({ "policy": statements(&open) }), json!({ "secret_arn": true }));
    waiting(plan, "aws_secretsmanager_secret_policy.x", &after, unknown, "aws_secretsmanager_secret.x.arn");
}

/// A function that runs as one of two instances of a role.
fn instance(plan: &mut Value, key: &str) {
    let lambda = trust(&json!({ "Service": "lambda.amazonaws.com" }));
    for name in ["a-first", "fetch", "other"] {
        create(
            plan,
            &format!("module.x.aws_iam_role.r[\"{name}\"]"),
            &json!({ "name": name, "assume_role_policy": lambda }),
        );
    }
    let unknown = json!({ "role": true });
    let to = format!("aws_iam_role.r[\"{key}\"].arn");
    waiting(plan, "aws_lambda_function.x", &json!({ "function_name": "x" }), unknown, &to);
    let function = plan["configuration"]["root_module"].take();
    plan["configuration"]["root_module"] = json!({ "module_calls": { "x": { "module": function } } });
    resource(plan, "aws_lambda_function.x")["address"] = "module.x.aws_lambda_function.x".into();
}
