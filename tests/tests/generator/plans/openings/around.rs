//! What runs as a role, who calls a function, and what is not looked at.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, SECRET, create, set, update};
use crate::plans::{policy, resource};

pub const CASES: &[Case] = &[
    (
        "a function that runs as the spec's role",
        |plan| {
            create(
                plan,
                "aws_lambda_function.x",
                &json!({ "function_name": "stranger", "role": "arn:aws:iam::111122223333:role/fetch" }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_lambda_function.x`: it runs as the role `fetch`"],
    ),
    (
        "a function of the spec's role that is replaced by one of another name",
        |plan| {
            let function =
                |name: &str| json!({ "function_name": name, "role": "arn:aws:iam::111122223333:role/fetch" });
            update(plan, "aws_lambda_function.x", &function("fetch"), &function("stranger"))
        },
        Exit::Widened,
        &["foreign-grant: `aws_lambda_function.x`: it runs as the role `fetch`"],
    ),
    (
        "a container that runs as the spec's role, named in a JSON text, and an address that calls with that role",
        |plan| {
            let role = "arn:aws:iam::111122223333:role/fetch";
            let text = json!({ "image": "x", "jobRoleArn": role }).to_string();
            create(plan, "aws_batch_job_definition.x", &json!({ "name": "x", "container_properties": text }));
            create(plan, "aws_apigatewayv2_integration.x", &json!({ "credentials_arn": role }));
            let other = json!({ "image": "x", "environment": [{ "name": "ROLE", "value": role }] }).to_string();
            create(plan, "aws_batch_job_definition.other", &json!({ "name": "y", "container_properties": other }));
        },
        Exit::Widened,
        &[
            "`aws_batch_job_definition.x`: its `container_properties.jobRoleArn` is the role `fetch`",
            "`aws_apigatewayv2_integration.x`: its `credentials_arn` is the role `fetch`",
        ],
    ),
    (
        "the function of that role",
        |plan| {
            create(
                plan,
                "aws_lambda_function.x",
                &json!({ "function_name": "fetch", "role": "arn:aws:iam::111122223333:role/fetch" }),
            )
        },
        Exit::Done,
        &[],
    ),
    (
        "a function that runs as the spec's role, in another case",
        |plan| {
            create(
                plan,
                "aws_lambda_function.x",
                &json!({ "function_name": "stranger", "role": "arn:aws:iam::111122223333:role/Fetch" }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_lambda_function.x`: it runs as the role `Fetch`"],
    ),
    (
        "a job of another type that runs as the spec's role, in another case",
        |plan| {
            create(plan, "aws_glue_job.x", &json!({ "name": "x", "role_arn": "arn:aws:iam::111122223333:role/FETCH" }))
        },
        Exit::Widened,
        &["foreign-grant: `aws_glue_job.x`: its `role_arn` is the role `FETCH`"],
    ),
    (
        "a machine that runs as the spec's role",
        |plan| create(plan, "aws_iam_instance_profile.x", &json!({ "name": "x", "role": "fetch" })),
        Exit::Widened,
        &["foreign-grant: `aws_iam_instance_profile.x`"],
    ),
    (
        "a job of another type that runs as the spec's role",
        |plan| {
            create(
                plan,
                "aws_glue_job.x",
                &json!({ "name": "x", "role_arn": "arn:aws:iam::111122223333:role/path/fetch" }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_glue_job.x`: its `role_arn` is the role `fetch`"],
    ),
    (
        "schedules and addresses that run as the spec's role, named within a block",
        |plan| {
            let role = "arn:aws:iam::111122223333:role/fetch";
            create(plan, "aws_scheduler_schedule.x", &json!({ "target": [{ "arn": "x", "role_arn": role }] }));
            create(plan, "aws_api_gateway_integration.x", &json!({ "credentials": role }));
            create(plan, "aws_other.x", &json!({ "allowed": [role] }));
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_scheduler_schedule.x`: its `target.role_arn` is the role `fetch`",
            "foreign-grant: `aws_api_gateway_integration.x`: its `credentials` is the role `fetch`",
        ],
    ),
    (
        "a policy that is no text, and one of which nothing is known",
        |plan| {
            let document: Value = serde_json::from_str(&policy("*", "*")).expect("it is JSON");
            create(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": document }));
            create(plan, "aws_iam_user_policy.y", &json!({}));
            resource(plan, "aws_iam_user_policy.y")["change"]["after_unknown"] = true.into();
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows everything", "undecided: `aws_iam_user_policy.y`"],
    ),
    (
        "a secret of the same name in another Region, and in another account",
        |plan| {
            for (name, from, to) in [("region", "eu-west-1", "us-east-1"), ("account", "111122223333", "999999999999")]
            {
                let address = format!("aws_secretsmanager_secret_version.{name}");
                create(plan, &address, &json!({ "secret_id": SECRET.replace(from, to), "secret_string": "hush" }));
            }
        },
        Exit::Done,
        &[],
    ),
    (
        "types that are not looked at",
        |plan| {
            create(plan, "aws_cloudformation_stack.x", &json!({ "name": "x" }));
            create(plan, "awscc_iam_role.x", &json!({ "name": "x" }));
            create(plan, "aws_ssm_activation.x", &json!({ "iam_role": "other" }));
            create(plan, "aws_organizations_policy_attachment.x", &Value::Null);
            resource(plan, "aws_organizations_policy_attachment.x")["change"]["actions"] = json!(["delete"]);
            create(plan, "aws_cloudcontrolapi_resource.x", &json!({ "type_name": "x" }));
        },
        Exit::Done,
        &[
            "not-looked-at: `aws_cloudformation_stack`",
            "not-looked-at: `awscc_iam_role`",
            "not-looked-at: `aws_ssm_activation`",
            "not-looked-at: `aws_organizations_policy_attachment`",
            "not-looked-at: `aws_cloudcontrolapi_resource`",
        ],
    ),
    (
        "a type of these services and an argument that are new",
        |plan| {
            create(plan, "aws_iam_teleport.x", &json!({ "name": "x" }));
            set(plan, "aws_secretsmanager_secret.api_key", "open_to", "999999999999".into());
        },
        Exit::Done,
        &["not-looked-at: `aws_iam_teleport`", "not-looked-at: `aws_secretsmanager_secret.open_to`"],
    ),
    (
        "a policy that becomes any role",
        |plan| create(plan, "aws_iam_policy.x", &json!({ "name": "x", "policy": policy("sts:AssumeRole", "*") })),
        Exit::Done,
        &["indirect: `aws_iam_policy.x`: it allows sts:AssumeRole on other roles, users, groups or managed policies"],
    ),
    (
        "programs and requests of the planning",
        |plan| {
            for kind in ["external", "http"] {
                let read = json!({ "address": format!("data.{kind}.x"), "mode": "data", "type": kind, "name": "x",
                    "values": { "result": { "a": "hush" } } });
                plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
            }
        },
        Exit::Done,
        &["not-looked-at: `data.external.x`: a program", "not-looked-at: `data.http.x`: a request"],
    ),
    (
        "anybody who calls a function of the spec",
        |plan| {
            create(
                plan,
                "aws_lambda_permission.x",
                &json!({ "function_name": "fetch", "action": "lambda:InvokeFunction", "principal": "*" }),
            );
            create(
                plan,
                "aws_lambda_function_url.x",
                &json!({ "function_name": "fetch", "authorization_type": "NONE" }),
            );
        },
        Exit::Done,
        &["indirect: `aws_lambda_permission.x`", "indirect: `aws_lambda_function_url.x`"],
    ),
    (
        "a service, a queue and the apply that call a function of the spec",
        |plan| {
            let function = "arn:aws:lambda:eu-west-1:111122223333:function:fetch:live";
            create(
                plan,
                "aws_lambda_permission.x",
                &json!({ "function_name": function, "principal": "events.amazonaws.com" }),
            );
            create(plan, "aws_lambda_event_source_mapping.x", &json!({ "function_name": function }));
            create(plan, "aws_lambda_invocation.x", &json!({ "function_name": "fetch" }));
        },
        Exit::Stale,
        &[
            "indirect: `aws_lambda_permission.x`: it lets events.amazonaws.com call the function `fetch`",
            "indirect: `aws_lambda_event_source_mapping.x`: it has a queue or a stream call the function `fetch`",
            "undecided: `aws_lambda_invocation.x`: the apply calls the function `fetch`",
        ],
    ),
    (
        "a queue that called the function before, and an address that asks who it is",
        |plan| {
            let mapping = json!({ "function_name": "fetch" });
            update(plan, "aws_lambda_event_source_mapping.x", &mapping, &mapping);
            let url = json!({ "function_name": "fetch", "authorization_type": "AWS_IAM" });
            create(plan, "aws_lambda_function_url.x", &url);
            create(plan, "aws_lambda_invocation.x", &json!({ "function_name": "stranger" }));
        },
        Exit::Done,
        &[],
    ),
    (
        "a permission for a function that this plan makes",
        |plan| {
            let role = "arn:aws:iam::111122223333:role/fetch";
            create(plan, "aws_lambda_function.f", &json!({ "function_name": "fetch", "role": role }));
            create(plan, "aws_lambda_permission.x", &json!({ "principal": "*" }));
            resource(plan, "aws_lambda_permission.x")["change"]["after_unknown"] = json!({ "function_name": true });
            let references = json!({ "references": ["aws_lambda_function.f.arn", "aws_lambda_function.f"] });
            plan["configuration"]["root_module"]["resources"] = json!([
                { "address": "aws_lambda_permission.x", "expressions": { "function_name": references } },
            ]);
        },
        Exit::Done,
        &["indirect: `aws_lambda_permission.x`: it lets * call the function `fetch`"],
    ),
    (
        "an action that calls the function of the spec",
        |plan| {
            plan["action_invocations"] = json!([
                { "address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke", "name": "x", "config_values": { "function_name": "fetch" } },
                { "address": "action.aws_lambda_invoke.y", "type": "aws_lambda_invoke", "name": "y", "config_values": { "function_name": "fetch:live" } },
                { "address": "action.aws_sns_publish.x", "type": "aws_sns_publish", "name": "x", "config_values": {} },
            ]);
        },
        Exit::Stale,
        &[
            "undecided: `action.aws_lambda_invoke.x`",
            "undecided: `action.aws_lambda_invoke.y`",
            "not-looked-at: `action.aws_sns_publish.x`",
        ],
    ),
];
