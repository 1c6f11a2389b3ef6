//! What the recorded plans of the real provider open after a change: roles, users and groups whose names are known only after
//! the apply, roles that the spec uses and does not create, and what changed outside Terraform.

use serde_json::{Value, json};
use xtask::Exit;

use super::{add, check_text_of, json_of, policy, resource};
use crate::run::{Run, workspace};

pub(super) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
pub(super) const OTHER_ACCOUNT: &str = "arn:aws:iam::999999999999:root";
pub(super) const EVERYTHING: &str = "secretsmanager:*";

/// A change of a plan, how the check must end, and words that it must have.
pub(super) type Case = (&'static str, fn(&mut Value), Exit, &'static str);

pub(super) fn changed(base: &str, spec: &str, change: fn(&mut Value), arguments: &[&str]) -> Run {
    let mut plan = json_of(base);
    change(&mut plan);
    let spec = workspace().join("tests/data/plans").join(spec);
    check_text_of(&plan.to_string(), Some(&spec), arguments)
}

fn all(base: &str, cases: &[Case]) {
    for (what, change, exit, words) in cases {
        let run = changed(base, "real/spec.json", *change, &[]);
        assert_eq!(run.exit, *exit, "{what}: {run}");
        assert!(run.out.contains(words), "{what}: {words}: {run}");
    }
}

/// A new resource, in which these arguments are unknown and refer to these attributes.
fn create(plan: &mut Value, address: &str, after: &Value, unknown: &Value, references: &[(&str, &str)]) {
    add(plan, address, &["create"], after);
    resource(plan, address)["change"]["after_unknown"] = unknown.clone();
    let whole = |attribute: &str| json!({ "references": [attribute, attribute.rsplit_once('.').expect("a dot").0] });
    let expressions: serde_json::Map<String, Value> =
        references.iter().map(|(argument, attribute)| ((*argument).to_owned(), whole(attribute))).collect();
    let shown = json!({ "address": address, "mode": "managed", "expressions": expressions });
    plan["configuration"]["root_module"]["resources"].as_array_mut().expect("a list").push(shown);
}

fn keep(plan: &mut Value, address: &str, after: &Value) {
    add(plan, address, &["no-op"], after);
    resource(plan, address)["change"]["before"] = after.clone();
}

pub(super) fn update(plan: &mut Value, address: &str, before: &Value, after: &Value) {
    add(plan, address, &["update"], after);
    resource(plan, address)["change"]["before"] = before.clone();
}

const READER: &str = "aws_iam_role.rec_reader.id";

const BY_ID: &[Case] = &[
    (
        "an inline policy",
        |plan| {
            let after = json!({ "name": "extra", "policy": policy(EVERYTHING, "*") });
            create(plan, "aws_iam_role_policy.x", &after, &json!({ "role": true }), &[("role", READER)]);
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_role_policy.x`: it puts a policy on the role `rec-reader`",
    ),
    (
        "an attachment",
        |plan| {
            let after = json!({ "policy_arn": ADMINISTRATOR });
            create(plan, "aws_iam_role_policy_attachment.x", &after, &json!({ "role": true }), &[("role", READER)]);
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_role_policy_attachment.x`: it puts a policy on the role `rec-reader`",
    ),
    (
        "an attachment to a list of roles",
        |plan| {
            let after = json!({ "policy_arn": ADMINISTRATOR, "roles": [null] });
            create(plan, "aws_iam_policy_attachment.x", &after, &json!({ "roles": [true] }), &[("roles", READER)]);
        },
        Exit::Widened,
        "foreign-grant: `aws_iam_policy_attachment.x`: it puts a policy on the role `rec-reader`",
    ),
    (
        "a second exclusive list",
        |plan| {
            let (after, unknown) = (json!({ "policy_arns": [] }), json!({ "role_name": true }));
            let address = "aws_iam_role_policy_attachments_exclusive.x";
            create(plan, address, &after, &unknown, &[("role_name", READER)]);
        },
        Exit::Widened,
        "it is a second exclusive list of the policies of the spec's role `rec-reader`",
    ),
    (
        "a policy of another role",
        |plan| {
            let after = json!({ "name": "extra", "policy": policy("s3:GetObject", "*") });
            let role = json!({ "name": "other" });
            create(plan, "aws_iam_role.other", &role, &json!({ "id": true }), &[]);
            let other = "aws_iam_role.other.id";
            create(plan, "aws_iam_role_policy.x", &after, &json!({ "role": true }), &[("role", other)]);
        },
        Exit::Done,
        "",
    ),
];

#[test]
fn what_is_put_on_a_new_role_by_its_id_is_found() {
    all("real/first.json", BY_ID);
}

/// A group of administrators that stays.
fn administrators(plan: &mut Value) {
    keep(plan, "aws_iam_group.admins", &json!({ "name": "admins" }));
    let attached = json!({ "group": "admins", "policy_arn": ADMINISTRATOR });
    keep(plan, "aws_iam_group_policy_attachment.admins", &attached);
}

const JOIN: &str = "it adds a user to a group that is allowed everything on Login";

const MEMBERS: &[Case] = &[
    (
        "a new user by its id",
        |plan| {
            administrators(plan);
            create(plan, "aws_iam_user.new", &json!({ "name": "new" }), &json!({ "id": true }), &[]);
            let (after, user) = (json!({ "groups": ["admins"] }), ("user", "aws_iam_user.new.id"));
            create(plan, "aws_iam_user_group_membership.x", &after, &json!({ "user": true }), &[user]);
        },
        Exit::Widened,
        JOIN,
    ),
    (
        "a user of another module",
        |plan| {
            administrators(plan);
            let (after, user) = (json!({ "groups": ["admins"] }), ("user", "module.other.user"));
            create(plan, "aws_iam_user_group_membership.x", &after, &json!({ "user": true }), &[user]);
        },
        Exit::Widened,
        JOIN,
    ),
    (
        "a list of users of which one is not known yet",
        |plan| {
            administrators(plan);
            let before = json!({ "group": "admins", "users": ["a"] });
            update(plan, "aws_iam_group_membership.x", &before, &json!({ "group": "admins", "users": ["a", null] }));
            resource(plan, "aws_iam_group_membership.x")["change"]["after_unknown"] = json!({ "users": [false, true] });
        },
        Exit::Widened,
        JOIN,
    ),
    (
        "groups that are not known yet",
        |plan| {
            let (after, groups) = (json!({ "user": "eve" }), ("groups", "module.other.groups"));
            create(plan, "aws_iam_user_group_membership.x", &after, &json!({ "groups": true }), &[groups]);
        },
        Exit::Stale,
        "undecided: `aws_iam_user_group_membership.x`: what the group may do is not in this plan",
    ),
    (
        "a new group that is allowed nothing of the spec's",
        |plan| {
            create(plan, "aws_iam_group.new", &json!({ "name": "new" }), &json!({ "id": true }), &[]);
            let (after, group) = (json!({ "users": ["eve"] }), ("group", "aws_iam_group.new.id"));
            create(plan, "aws_iam_group_membership.x", &after, &json!({ "group": true }), &[group]);
        },
        Exit::Done,
        "",
    ),
];

#[test]
fn users_who_join_a_group_are_found_before_their_names_are_known() {
    all("real/unchanged.json", MEMBERS);
}

/// Adds a change outside Terraform of a resource of the spec.
fn drifts(plan: &mut Value, address: &str, argument: &str, value: Value) {
    let mut there = resource(&mut json_of("real/unchanged.json"), address).clone();
    there["change"]["actions"] = json!(["update"]);
    there["change"]["after"][argument] = value;
    let drift = plan["resource_drift"].as_array_mut().expect("a list");
    drift.retain(|other| other["address"] != address);
    drift.push(there);
}

pub(super) fn trust(principal: &Value) -> String {
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

const OUTSIDE: &[Case] = &[
    (
        "a policy of the spec",
        |plan| {
            let text = policy(EVERYTHING, "*");
            drifts(plan, "aws_iam_role_policy.rec_reader_secrets", "policy", text.into());
        },
        Exit::Widened,
        "policy-wider: `rec-reader`",
    ),
    (
        "the policy on a secret",
        |plan| {
            let one = json!({ "Effect": "Allow", "Action": EVERYTHING, "Resource": "*", "Principal": { "AWS": OTHER_ACCOUNT } });
            let text = json!({ "Version": "2012-10-17", "Statement": [one] }).to_string();
            drifts(plan, "aws_secretsmanager_secret.login", "policy", text.into());
        },
        Exit::Widened,
        "it allows secretsmanager:* on * to arn:aws:iam::999999999999:root",
    ),
    (
        "the trust of a role",
        |plan| {
            let text = trust(&json!({ "AWS": OTHER_ACCOUNT }));
            drifts(plan, "aws_iam_role.rec_reader", "assume_role_policy", text.into());
        },
        Exit::Widened,
        "999999999999",
    ),
    (
        "an attachment to a role",
        |plan| drifts(plan, "aws_iam_role.rec_reader", "managed_policy_arns", json!([ADMINISTRATOR])),
        Exit::Widened,
        "policy-wider: `rec-reader`",
    ),
    (
        "a secret is gone",
        |plan| {
            let address = "aws_secretsmanager_secret.login";
            drifts(plan, address, "name", "rec/login".into());
            let drift = plan["resource_drift"].as_array_mut().expect("a list").last_mut().expect("it was added");
            drift["change"]["actions"] = json!(["delete"]);
            drift["change"]["after"] = Value::Null;
        },
        Exit::Stale,
        "secret-destroyed: `aws_secretsmanager_secret.login`",
    ),
];

#[test]
fn a_plan_to_refresh_only_says_what_changed_of_the_spec_s_own() {
    all("real/refresh-only.json", OUTSIDE);
}
