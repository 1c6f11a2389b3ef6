//! What refers to a secret, a role or a function that the plan creates, so that its name or ARN is not known yet.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, create};
use crate::plans::resource;

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
];
