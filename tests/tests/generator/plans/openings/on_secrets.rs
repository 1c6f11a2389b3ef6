//! What is done to the spec's own secrets and roles, and where values stand.

use serde_json::{Value, json};
use xtask::Exit;

use super::{Case, READ, SECRET, TOKEN, create, set, statements};
use crate::plans::{policy, resource};

pub const CASES: &[Case] = &[
    (
        "a policy on the secret that lets nobody in",
        |plan| {
            let text = statements(
                &json!([{ "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
                "Condition": { "StringNotEquals": { "aws:PrincipalAccount": "111122223333" } } }]),
            );
            set(plan, "aws_secretsmanager_secret.api_key", "policy", text.into());
        },
        Exit::Done,
        &[],
    ),
    (
        "a policy on the secret that cannot be read",
        |plan| set(plan, "aws_secretsmanager_secret.api_key", "policy", "{\"Statement\": \"hush\"}".into()),
        Exit::Widened,
        &["policy-wider: `aws_secretsmanager_secret.api_key`"],
    ),
    (
        "a policy on the secret that is not known yet",
        |plan| {
            set(plan, "aws_secretsmanager_secret.api_key", "policy", Value::Null);
            resource(plan, "aws_secretsmanager_secret.api_key")["change"]["after_unknown"] = json!({ "policy": true });
            plan["configuration"] = json!({ "root_module": { "resources": [{
                "address": "aws_secretsmanager_secret.api_key", "mode": "managed", "type": "aws_secretsmanager_secret",
                "expressions": { "policy": { "references": ["aws_iam_role.x.arn", "aws_iam_role.x"] } },
            }] } });
        },
        Exit::Stale,
        &["undecided: `aws_secretsmanager_secret.api_key`: `policy` is known only after the apply"],
    ),
    (
        "a policy on a secret from elsewhere",
        |plan| {
            let text = statements(
                &json!([{ "Effect": "Allow", "Principal": { "AWS": "999999999999" }, "Action": READ, "Resource": "*" }]),
            );
            create(
                plan,
                "module.x.aws_secretsmanager_secret_policy.x",
                &json!({ "secret_arn": SECRET, "policy": text }),
            );
        },
        Exit::Widened,
        &["foreign-grant: `module.x.aws_secretsmanager_secret_policy.x`: it is a policy on ApiKey"],
    ),
    (
        "a rotation by another function",
        |plan| {
            create(
                plan,
                "aws_secretsmanager_secret_rotation.x",
                &json!({ "secret_id": SECRET, "rotation_lambda_arn": "arn:aws:lambda:eu-west-1:111122223333:function:stranger" }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_secretsmanager_secret_rotation.x`", "function:stranger rotate ApiKey"],
    ),
    (
        "a second writer by each argument",
        |plan| {
            create(
                plan,
                "aws_secretsmanager_secret_version.a",
                &json!({ "secret_id": SECRET, "secret_string_wo_version": 1 }),
            );
            create(
                plan,
                "aws_secretsmanager_secret_version.b",
                &json!({ "secret_id": SECRET, "secret_binary": "aHVzaA==" }),
            );
            create(
                plan,
                "aws_secretsmanager_secret_version.c",
                &json!({ "secret_id": "shop/api", "secret_string": "hush" }),
            );
        },
        Exit::Stale,
        &[
            "secret_version.a`: a second resource writes ApiKey",
            "secret_version.b`: a second",
            "secret_version.c`: a second",
            "value-in-plan: `aws_secretsmanager_secret_version.b`",
        ],
    ),
    (
        "a writer of what handlers write",
        |plan| {
            create(
                plan,
                "aws_secretsmanager_secret_version.x",
                &json!({ "secret_id": TOKEN, "secret_string_wo_version": 1 }),
            )
        },
        Exit::Stale,
        &["runtime-owned: `aws_secretsmanager_secret_version.x`"],
    ),
    (
        "another key, replica, recovery window and tag",
        |plan| {
            set(plan, "aws_secretsmanager_secret.api_key", "kms_key_id", "alias/other".into());
            set(
                plan,
                "aws_secretsmanager_secret.api_key",
                "replica",
                json!([{ "region": "us-east-1", "kms_key_id": "" }]),
            );
            set(plan, "aws_secretsmanager_secret.api_key", "recovery_window_in_days", 0.into());
            set(plan, "aws_secretsmanager_secret.api_key", "tags", json!({ "team": "red" }));
        },
        Exit::Stale,
        &[
            "different: `aws_secretsmanager_secret.api_key`: `kms_key_id` is \"alias/other\"",
            "`replica` is",
            "`recovery_window_in_days` is 0",
            "`tags` is",
        ],
    ),
    (
        "a tag and a key that must not be printed",
        |plan| {
            set(plan, "aws_secretsmanager_secret.api_key", "tags", json!({ "team": "hush" }));
            set(plan, "aws_secretsmanager_secret.api_key", "kms_key_id", "hush".into());
            resource(plan, "aws_secretsmanager_secret.api_key")["change"]["after_sensitive"] =
                json!({ "tags": { "team": true }, "kms_key_id": true });
        },
        Exit::Stale,
        &["`tags` is (sensitive value), and", "`kms_key_id` is (sensitive value), and"],
    ),
    (
        "a new value that does not become the current one",
        |plan| set(plan, "aws_secretsmanager_secret_version.api_key_value", "version_stages", json!(["MINE"])),
        Exit::Stale,
        &["different: `aws_secretsmanager_secret_version.api_key_value`: `version_stages` is MINE"],
    ),
    (
        "a new secret of the spec's that is managed elsewhere, without a policy",
        |plan| {
            create(plan, "aws_secretsmanager_secret.token", &json!({ "name": "shop/user/seven" }));
            resource(plan, "aws_secretsmanager_secret.token")["change"]["after_unknown"] = json!({ "policy": true });
            plan["configuration"] = json!({ "root_module": { "resources": [
                { "address": "aws_secretsmanager_secret.token", "expressions": { "name": {} } },
            ] } });
        },
        Exit::Stale,
        &["runtime-owned: `aws_secretsmanager_secret.token`"],
    ),
    (
        "a tag by a resource of its own",
        |plan| create(plan, "aws_secretsmanager_tag.x", &json!({ "secret_id": SECRET, "key": "team", "value": "red" })),
        Exit::Stale,
        &["different: `aws_secretsmanager_tag.x`: it tags ApiKey"],
    ),
    (
        "another name and another path of the spec's role",
        |plan| set(plan, "aws_iam_role.fetch", "path", "/x/".into()),
        Exit::Stale,
        &["different: `aws_iam_role.fetch`: `path` is \"/x/\""],
    ),
    (
        "a value that a data source has read",
        |plan| {
            let read = json!({ "address": "data.aws_secretsmanager_secret_version.x", "mode": "data", "type": "aws_secretsmanager_secret_version",
                "name": "x", "values": { "secret_id": SECRET, "secret_string": "hush" } });
            plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
        },
        Exit::Stale,
        &["value-in-plan: `data.aws_secretsmanager_secret_version.x`: the value of ApiKey"],
    ),
    (
        "a value that Parameter Store has read",
        |plan| {
            let read = json!({ "address": "data.aws_ssm_parameter.x", "mode": "data", "type": "aws_ssm_parameter",
                "name": "x", "values": { "name": "/aws/reference/secretsmanager/shop/api", "value": "hush" } });
            plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
        },
        Exit::Stale,
        &["value-in-plan: `data.aws_ssm_parameter.x`"],
    ),
    (
        "what a key has decrypted",
        |plan| {
            let read = json!({ "address": "data.aws_kms_secrets.x", "mode": "data", "type": "aws_kms_secrets",
                "name": "x", "values": { "plaintext": { "a": "hush" } } });
            plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
        },
        Exit::Done,
        &["not-looked-at: `data.aws_kms_secrets.x`"],
    ),
    (
        "a value of somebody else's that a data source has read",
        |plan| {
            let read = json!({ "address": "data.aws_secretsmanager_secret_version.x", "mode": "data", "type": "aws_secretsmanager_secret_version",
                "name": "x", "values": { "secret_id": "other", "secret_string": "hush" } });
            plan["prior_state"]["values"]["root_module"]["resources"].as_array_mut().expect("a list").push(read);
        },
        Exit::Done,
        &[],
    ),
    (
        "a variable of policies as the whole resource",
        |plan| {
            create(
                plan,
                "aws_iam_user_policy.x",
                &json!({ "user": "u", "policy": policy(READ, "${aws:PrincipalTag/arn}") }),
            );
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`"],
    ),
    (
        "a variable in a policy of the spec",
        |plan| set(plan, "aws_iam_role_policy.fetch_secrets", "policy", policy(READ, "${aws:PrincipalTag/arn}").into()),
        Exit::Widened,
        &["policy-wider: `fetch`"],
    ),
    (
        "a wildcard and a variable of policies",
        |plan| {
            create(
                plan,
                "aws_iam_user_policy.x",
                &json!({ "user": "u", "policy": policy(READ, "arn:aws:secretsmanager:*:*:secret:${aws:username}/*") }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`"],
    ),
];
