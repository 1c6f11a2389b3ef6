//! What a principal outside the spec is given, in every form, and what they have already.

use serde_json::{Value, json};
use xtask::Exit;

use super::{ADMINISTRATOR, Case, READ, SECRET, TEAM, create, keep, outside, set, statements, trust, update};
use crate::plans::{add, policy, resource};

pub const CASES: &[Case] = &[
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
        "a longer exclusive list of a user's own policies",
        |plan| {
            update(
                plan,
                "aws_iam_user_policies_exclusive.x",
                &json!({ "user_name": "u", "policy_names": ["a"] }),
                &json!({ "user_name": "u", "policy_names": ["a", "b"] }),
            );
        },
        Exit::Stale,
        &["undecided: `aws_iam_user_policies_exclusive.x`: it keeps the policy `b`"],
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
        &["foreign-grant: `aws_iam_role_policy.no`: a denial is removed"],
    ),
    (
        "a user in a group that can read",
        |plan| {
            keep(plan, "aws_iam_group_policy.x", &json!({ "group": "g", "policy": policy(READ, SECRET) }));
            create(plan, "aws_iam_group_membership.x", &json!({ "name": "m", "group": "g", "users": ["u"] }));
        },
        Exit::Widened,
        &["foreign-grant: `aws_iam_group_membership.x`: it adds a user to a group that is allowed"],
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
        &["foreign-grant: `aws_iam_access_key.x`: it allows signing in as the user"],
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
        &["foreign-grant: `aws_iam_role.r`: other principals can assume the role"],
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
        &["foreign-grant: `aws_iam_role.r`: a permissions boundary is removed"],
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
