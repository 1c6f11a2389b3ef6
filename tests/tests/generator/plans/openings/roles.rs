//! Arguments that take a role: by its ARN, by its name, and after many others.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, create};

const ROLE: &str = "arn:aws:iam::111122223333:role/fetch";

/// A task with many roles in the environment of its container.
fn task(plan: &mut Value, others: usize, role: &str) {
    let one = |number: usize| json!({ "name": "R", "value": format!("arn:aws:iam::111122223333:role/r{number}") });
    let environment: Value = (0..others).map(one).collect();
    let containers = json!([{ "name": "c", "environment": environment }]).to_string();
    let after = json!({ "container_definitions": containers, "family": "f", "task_role_arn": role });
    create(plan, "aws_ecs_task_definition.x", &after);
}

pub const CASES: &[Case] = &[
    (
        "a role after many others",
        |plan| task(plan, 70, ROLE),
        Exit::Widened,
        &["foreign-grant: `aws_ecs_task_definition.x`: its `task_role_arn` is the role `fetch`"],
    ),
    ("many other roles", |plan| task(plan, 70, "arn:aws:iam::111122223333:role/other"), Exit::Done, &[]),
    (
        "more roles than are looked at",
        |plan| task(plan, 5_000, ROLE),
        Exit::Widened,
        &["undecided: `aws_ecs_task_definition.x`: it names more roles than are looked at"],
    ),
    (
        "roles by their names",
        |plan| {
            create(plan, "aws_glue_crawler.x", &json!({ "name": "x", "role": "fetch" }));
            create(plan, "aws_emr_cluster.x", &json!({ "name": "x", "service_role": "FETCH" }));
            create(plan, "aws_ecs_service.x", &json!({ "name": "x", "iam_role": "fetch" }));
            create(plan, "aws_other.x", &json!({ "block": [{ "roles": ["other", "fetch"] }] }));
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_glue_crawler.x`: its `role` is the role `fetch`",
            "foreign-grant: `aws_emr_cluster.x`: its `service_role` is the role `FETCH`",
            "foreign-grant: `aws_ecs_service.x`: its `iam_role` is the role `fetch`",
            "foreign-grant: `aws_other.x`: its `block.roles` is the role `fetch`",
        ],
    ),
    (
        "roles in arguments that other types have as harmless, and in maps",
        |plan| {
            create(plan, "aws_glue_catalog_table_optimizer.x", &json!({ "configuration": [{ "role_arn": ROLE }] }));
            let roles = json!({ "unauthenticated": ROLE });
            create(plan, "aws_cognito_identity_pool_roles_attachment.x", &json!({ "roles": roles }));
            create(plan, "aws_cloudformation_type.x", &json!({ "logging_config": [{ "log_role_arn": ROLE }] }));
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_glue_catalog_table_optimizer.x`: its `configuration.role_arn` is the role `fetch`",
            "foreign-grant: `aws_cognito_identity_pool_roles_attachment.x`: its `roles.unauthenticated` is the role",
            "foreign-grant: `aws_cloudformation_type.x`: its `logging_config.log_role_arn` is the role `fetch`",
        ],
    ),
    (
        "a function of the handler's name in another Region",
        |plan| {
            let arn = "arn:aws:lambda:us-east-1:111122223333:function:fetch";
            create(plan, "aws_lambda_function.x", &json!({ "function_name": "fetch", "role": ROLE, "arn": arn }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_lambda_function.x`: it runs as the role `fetch`"],
    ),
    (
        "an exclusive attachment of a policy that the spec attaches",
        |plan| {
            let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
            create(plan, "aws_iam_policy_attachment.x", &json!({ "name": "x", "policy_arn": arn, "roles": ["other"] }));
        },
        Exit::Stale,
        &["policy-narrower: `aws_iam_policy_attachment.x`: it takes"],
    ),
    (
        "the name of the role elsewhere, and a role of a database",
        |plan| {
            create(plan, "aws_glue_crawler.x", &json!({ "name": "fetch", "role": "other", "credentials": "fetch" }));
            create(plan, "postgresql_grant.x", &json!({ "database": "d", "role": "fetch" }));
        },
        Exit::Done,
        &[],
    ),
];
