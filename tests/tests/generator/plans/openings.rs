//! What opens a secret, a key or a role in a plan, in every form that Terraform has for it; and what looks like it and is not.

use serde_json::{Value, json};
use xtask::Exit;

use super::{add, check_text_of, policy, resource};
use crate::run::{Run, workspace};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";
const TOKEN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/user/seven-AbCdEf";
const READ: &str = "secretsmanager:GetSecretValue";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const TEAM: &str = "arn:aws:iam::111122223333:policy/team";

/// The control of the reports after a change.
fn field(change: impl FnOnce(&mut Value), arguments: &[&str]) -> Run {
    let text = std::fs::read_to_string(super::fixture("field/00-control.json")).expect("the fixture is there");
    let mut plan: Value = serde_json::from_str(&text).expect("it is JSON");
    change(&mut plan);
    check_text_of(&plan.to_string(), Some(&workspace().join("tests/data/plans/field/spec.json")), arguments)
}

fn create(plan: &mut Value, address: &str, after: &Value) {
    add(plan, address, &["create"], after);
}

/// A resource that changes.
fn update(plan: &mut Value, address: &str, before: &Value, after: &Value) {
    add(plan, address, &["update"], after);
    resource(plan, address)["change"]["before"] = before.clone();
}

/// A resource that is there and stays.
fn keep(plan: &mut Value, address: &str, after: &Value) {
    add(plan, address, &["no-op"], after);
    resource(plan, address)["change"]["before"] = after.clone();
}

/// Of a resource of the spec, an argument after the apply.
fn set(plan: &mut Value, address: &str, argument: &str, value: Value) {
    let change = &mut resource(plan, address)["change"];
    change["actions"] = json!(["update"]);
    change["after"][argument] = value;
}

fn outside(plan: &mut Value, address: &str, before: &Value, after: &Value) {
    let (kind, name) = address.rsplit_once('.').expect("an address has a kind and a name");
    plan["resource_drift"] = json!([{
        "address": address, "mode": "managed", "type": kind, "name": name,
        "change": { "actions": ["update"], "before": before, "after": after, "after_unknown": {} },
    }]);
}

fn statements(all: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": all }).to_string()
}

fn trust(principal: &Value) -> String {
    statements(&json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }]))
}

/// A change of the control, how it must end, and words that must be found: none where nothing must.
type Case = (&'static str, fn(&mut Value), Exit, &'static [&'static str]);

const GIVEN: &[Case] = &[
    (
        "a policy attachment to a group and a user",
        |plan| {
            create(
                plan,
                "aws_iam_policy_attachment.x",
                &json!({ "policy_arn": ADMINISTRATOR, "groups": ["g"], "users": ["u"] }),
            )
        },
        Exit::Widened,
        &[
            "foreign-grant: `aws_iam_policy_attachment.x`: it attaches `AdministratorAccess`, which allows everything on ApiKey",
        ],
    ),
    (
        "the administrator in an exclusive list of a user",
        |plan| {
            create(
                plan,
                "aws_iam_user_policy_attachments_exclusive.x",
                &json!({ "user_name": "u", "policy_arns": [ADMINISTRATOR] }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy_attachments_exclusive.x`"],
    ),
    (
        "the administrator in an exclusive list of a group",
        |plan| {
            create(
                plan,
                "aws_iam_group_policy_attachments_exclusive.x",
                &json!({ "group_name": "g", "policy_arns": [ADMINISTRATOR] }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_group_policy_attachments_exclusive.x`"],
    ),
    (
        "a longer exclusive list of another role",
        |plan| {
            update(
                plan,
                "aws_iam_role_policy_attachments_exclusive.x",
                &json!({ "role_name": "r", "policy_arns": [] }),
                &json!({ "role_name": "r", "policy_arns": [ADMINISTRATOR] }),
            );
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy_attachments_exclusive.x`"],
    ),
    (
        "a longer exclusive list of attachments of the spec's role",
        |plan| {
            let logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
            set(plan, "aws_iam_role_policy_attachments_exclusive.fetch", "policy_arns", json!([logs, ADMINISTRATOR]));
        },
        Exit::Widened,
        &["policy-wider: `aws_iam_role_policy_attachments_exclusive.fetch`", "AdministratorAccess"],
    ),
    (
        "an exclusive list for the spec's role from elsewhere",
        |plan| {
            create(
                plan,
                "module.x.aws_iam_role_policies_exclusive.x",
                &json!({ "role_name": "fetch", "policy_names": ["evil"] }),
            )
        },
        Exit::Widened,
        &["foreign-grant: `module.x.aws_iam_role_policies_exclusive.x`"],
    ),
    (
        "a managed policy in a role itself",
        |plan| {
            create(plan, "aws_iam_role.x", &json!({ "name": "x", "managed_policy_arns": [ADMINISTRATOR] }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.x`: it allows everything on"],
    ),
    (
        "a policy of AWS's that is not known",
        |plan| {
            create(
                plan,
                "aws_iam_role_policy_attachment.x",
                &json!({ "role": "r", "policy_arn": "arn:aws:iam::aws:policy/NotYetKnown" }),
            )
        },
        Exit::Stale,
        &["undecided: `aws_iam_role_policy_attachment.x`"],
    ),
    (
        "a policy from elsewhere",
        |plan| create(plan, "aws_iam_role_policy_attachment.x", &json!({ "role": "r", "policy_arn": TEAM })),
        Exit::Stale,
        &["undecided: `aws_iam_role_policy_attachment.x`: it gives `arn:aws:iam::111122223333:policy/team`"],
    ),
    (
        "an update of a policy that gives nothing more",
        |plan| {
            let text = policy(READ, "*");
            update(
                plan,
                "aws_iam_user_policy.x",
                &json!({ "user": "u", "name": "a", "policy": text }),
                &json!({ "user": "u", "name": "b", "policy": text }),
            );
        },
        Exit::Done,
        &[],
    ),
    (
        "an update of a policy that gives more",
        |plan| {
            update(
                plan,
                "aws_iam_user_policy.x",
                &json!({ "user": "u", "policy": policy("secretsmanager:DescribeSecret", "*") }),
                &json!({ "user": "u", "policy": policy("secretsmanager:*", "*") }),
            );
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_policy.x`: it allows"],
    ),
    (
        "a denial that goes",
        |plan| {
            keep(plan, "aws_iam_role_policy.all", &json!({ "role": "r", "policy": policy("*", "*") }));
            add(plan, "aws_iam_role_policy.no", &["delete"], &Value::Null);
            let denial = statements(&json!([{ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" }]));
            resource(plan, "aws_iam_role_policy.no")["change"]["before"] = json!({ "role": "r", "policy": denial });
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy.no`: a denial goes"],
    ),
    (
        "a user in a group that can read",
        |plan| {
            keep(plan, "aws_iam_group_policy.x", &json!({ "group": "g", "policy": policy(READ, SECRET) }));
            create(plan, "aws_iam_group_membership.x", &json!({ "name": "m", "group": "g", "users": ["u"] }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_group_membership.x`: it puts somebody into a group that is allowed"],
    ),
    (
        "a user in several groups",
        |plan| {
            keep(plan, "aws_iam_group_policy.x", &json!({ "group": "g", "policy": policy(READ, SECRET) }));
            create(plan, "aws_iam_user_group_membership.x", &json!({ "user": "u", "groups": ["g"] }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_user_group_membership.x`"],
    ),
    (
        "a key for a user who can read",
        |plan| {
            keep(plan, "aws_iam_user_policy.x", &json!({ "user": "u", "policy": policy(READ, SECRET) }));
            create(plan, "aws_iam_access_key.x", &json!({ "user": "u", "status": "Active" }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_access_key.x`: somebody can sign in as the user"],
    ),
    (
        "a key for a user who can do nothing",
        |plan| {
            keep(plan, "aws_iam_user.x", &json!({ "name": "u" }));
            create(plan, "aws_iam_access_key.x", &json!({ "user": "u" }));
        },
        Exit::Done,
        &[],
    ),
    (
        "another account in the trust of a role that can read",
        |plan| {
            keep(plan, "aws_iam_role_policy.x", &json!({ "role": "r", "policy": policy(READ, SECRET) }));
            let role = |principal: &Value| json!({ "name": "r", "assume_role_policy": trust(principal) });
            update(
                plan,
                "aws_iam_role.r",
                &role(&json!({ "Service": "ec2.amazonaws.com" })),
                &role(&json!({ "AWS": "999999999999" })),
            );
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.r`: others can take on the role"],
    ),
    (
        "another account in the trust of a role that can read nothing",
        |plan| {
            let role =
                |principal: &Value| json!({ "name": "r", "assume_role_policy": trust(principal), "inline_policy": [] });
            update(
                plan,
                "aws_iam_role.r",
                &role(&json!({ "Service": "ec2.amazonaws.com" })),
                &role(&json!({ "AWS": "999999999999" })),
            );
        },
        Exit::Done,
        &[],
    ),
    (
        "another account in the trust of the spec's role",
        |plan| set(plan, "aws_iam_role.fetch", "assume_role_policy", trust(&json!({ "AWS": "999999999999" })).into()),
        Exit::Widened,
        &["policy-wider: `who may be fetch`", "999999999999"],
    ),
    (
        "a boundary that is taken off the spec's role",
        |plan| {
            set(plan, "aws_iam_role.fetch", "permissions_boundary", Value::Null);
            resource(plan, "aws_iam_role.fetch")["change"]["before"]["permissions_boundary"] = TEAM.into();
        },
        Exit::Widened,
        &[
            "policy-wider: `aws_iam_role.fetch`: the permissions boundary \"arn:aws:iam::111122223333:policy/team\" is taken off",
        ],
    ),
    (
        "a boundary that is taken off a role that can read",
        |plan| {
            keep(plan, "aws_iam_role_policy.x", &json!({ "role": "r", "policy": policy(READ, SECRET) }));
            update(
                plan,
                "aws_iam_role.r",
                &json!({ "name": "r", "permissions_boundary": TEAM }),
                &json!({ "name": "r", "permissions_boundary": null }),
            );
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.r`: a permissions boundary is taken off"],
    ),
    (
        "a boundary that is taken off a user who can do nothing",
        |plan| {
            update(
                plan,
                "aws_iam_user.u",
                &json!({ "name": "u", "permissions_boundary": TEAM }),
                &json!({ "name": "u" }),
            )
        },
        Exit::Done,
        &[],
    ),
    (
        "what somebody changed outside Terraform",
        |plan| {
            let role = |policies: Value| json!({ "name": "r", "inline_policy": policies, "managed_policy_arns": [] });
            let reading = json!([{ "name": "x", "policy": policy(READ, "*") }]);
            keep(plan, "aws_iam_role.r", &role(reading.clone()));
            outside(plan, "aws_iam_role.r", &role(json!([])), &role(reading));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_role.r`: changed outside Terraform: it allows secretsmanager:GetSecretValue"],
    ),
    (
        "what somebody changed outside Terraform and the plan changes back",
        |plan| {
            let reading = json!({ "user": "u", "policy": policy(READ, "*") });
            let writing = json!({ "user": "u", "policy": policy("sqs:*", "*") });
            update(plan, "aws_iam_user_policy.x", &reading, &writing);
            outside(plan, "aws_iam_user_policy.x", &writing, &reading);
        },
        Exit::Done,
        &[],
    ),
];

const MEANING: &[Case] = &[
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
];

const ON_SECRETS: &[Case] = &[
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
        &["undecided: `aws_secretsmanager_secret.api_key`: `policy` is known after the apply only"],
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
        Exit::Stale,
        &["value-in-plan: `data.aws_kms_secrets.x`"],
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

const AROUND: &[Case] = &[
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
        "types that are not looked at",
        |plan| {
            create(plan, "aws_cloudformation_stack.x", &json!({ "name": "x" }));
            create(plan, "awscc_iam_role.x", &json!({ "name": "x" }));
            create(plan, "aws_cloudcontrolapi_resource.x", &json!({ "type_name": "x" }));
        },
        Exit::Done,
        &[
            "not-looked-at: `aws_cloudformation_stack`",
            "not-looked-at: `awscc_iam_role`",
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
        "an action that calls the function of the spec",
        |plan| {
            plan["action_invocations"] = json!([
                { "address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke", "name": "x", "config_values": { "function_name": "fetch" } },
                { "address": "action.aws_sns_publish.x", "type": "aws_sns_publish", "name": "x", "config_values": {} },
            ]);
        },
        Exit::Stale,
        &["undecided: `action.aws_lambda_invoke.x`", "not-looked-at: `action.aws_sns_publish.x`"],
    ),
];

#[test]
fn what_somebody_is_given_is_found() {
    all(GIVEN);
}

#[test]
fn documents_are_read_by_what_they_mean() {
    all(MEANING);
}

#[test]
fn what_is_done_to_the_spec_s_own_resources_is_found() {
    all(ON_SECRETS);
}

#[test]
fn what_runs_and_what_is_not_looked_at_is_said() {
    all(AROUND);
}

fn all(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (what, change, exit, words) in cases {
        let run = field(change, &[]);
        assert!(!run.to_string().contains("hush"), "{what}: {run}");
        let missing: Vec<_> = words.iter().filter(|word| !run.out.contains(**word)).collect();
        if run.exit != *exit || !missing.is_empty() || run.out.is_empty() != words.is_empty() {
            wrong.push(format!("{what}: {missing:?}: {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_undecided_is_accepted_by_its_address_and_not_by_its_kind() {
    let change = |plan: &mut Value| {
        create(plan, "module.app.aws_iam_role_policy_attachment.x", &json!({ "role": "r", "policy_arn": TEAM }))
    };
    assert_eq!(field(change, &[]).exit, Exit::Stale);
    for accept in ["undecided:module.app.*", "undecided:module.app.aws_iam_role_policy_attachment.x"] {
        let run = field(change, &["--accept", accept]);
        assert_eq!(run.exit, Exit::Done, "{accept}: {run}");
        assert!(run.out.contains("undecided (accepted): "), "{run}");
    }
    let unused = field(change, &["--accept", "undecided:module.app.*", "--accept", "undecided:module.other.*"]);
    assert_eq!(unused.exit, Exit::Done, "{unused}");
    assert!(unused.out.contains("accept-unused: `undecided:module.other.*`"), "{unused}");
    for refused in [["--accept", "undecided:*"], ["--allow", "undecided"], ["--accept", "undecided"]] {
        assert_eq!(field(change, &refused).exit, Exit::Usage, "{refused:?}");
    }
}
