//! Who else can use the spec's secrets, what functions run as, and what a plan destroys.

use std::fs;

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;

use super::{Adopted, fixture, import, import_state, import_text, json, lints, paypulse};
use crate::run::{arg, on};

const READ_WRITE: &str = "arn:aws:iam::aws:policy/SecretsManagerReadWrite";

/// A state in which everything of the spec is in its place, and this besides.
fn beside(resources: &[(&str, Value)]) -> Value {
    let mut state = json("adopted.tfstate");
    let all = state["resources"].as_array_mut().expect("a state has resources");
    for (index, (kind, attributes)) in resources.iter().enumerate() {
        let name = format!("other{index}");
        all.push(json!({ "mode": "managed", "type": kind, "name": name, "instances": [{ "attributes": attributes }] }));
    }
    state
}

/// Whom the notes of a rule are about.
fn places(adopted: &Adopted, lint: &str) -> Vec<String> {
    let end = format!("[{lint}]");
    let lines = adopted.run.err.lines().filter(|line| line.ends_with(&end));
    lines.filter_map(|line| Some(line.split_once(": ")?.1.split_once(": ")?.0.to_owned())).collect()
}

#[test]
fn what_two_programs_applied_leaves_nothing_to_take_over() {
    for name in ["applied.real.tfstate", "applied.tofu.tfstate"] {
        let adopted = import(&paypulse(), &["--state", arg(&fixture(name))]);
        assert_eq!((adopted.run.exit, lints(&adopted)), (Exit::Done, vec![]), "{}", adopted.run);
        assert!(
            adopted.shown().trim_end().ends_with(
                "47 in place, 0 for the first apply to create\n0 changed, 0 as before\nnothing is left to take over"
            ),
            "{}",
            adopted.run
        );
    }
}

/// No role of the spec is in it: that is said, with the roles that the functions have, and with what a plan destroys.
#[test]
fn roles_with_other_names_are_proposed() {
    let adopted = import(&paypulse(), &["--state", arg(&fixture("otherwise.tfstate"))]);
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    assert!(!adopted.run.err.contains("nothing is left to take over"), "{}", adopted.run);
    assert_snapshot!(adopted.shown());
}

/// Without functions, the names of roles are all that there is.
#[test]
fn roles_are_proposed_by_their_names_where_there_are_no_functions() {
    let mut state = json("otherwise.tfstate");
    state["resources"].as_array_mut().expect("resources").retain(|it| it["type"] != "aws_lambda_function");
    let adopted = import_state(&state);
    let proposal = adopted.run.err.lines().find(|line| line.contains("--role ")).expect("there is one");
    assert!(proposal.contains("--role gmail_store_tokens=Gmail-Store-Tokens-Lambda-Role "), "{proposal}");
    assert!(proposal.contains("no function or role is called so: `fetch_invoices`"), "{proposal}");
}

/// A role that the spec makes has the handler's name. The way out is said, and nothing is written.
#[test]
fn err_a_role_that_the_spec_makes_cannot_have_another_name() {
    let state = fixture("otherwise.tfstate");
    let adopted = import(&paypulse(), &["--state", arg(&state), "--role", "signup_user=Signup-Lambda-Role"]);
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Problems, None), "{}", adopted.run);
    assert_snapshot!(adopted.shown());
    let unknown = import(&paypulse(), &["--state", arg(&state), "--role", "signup=Signup-Lambda-Role"]);
    assert_eq!(unknown.run.exit, Exit::Usage);
    assert!(unknown.run.err.contains("`signup_user`"), "{}", unknown.run);
    for bad in ["signup_user", "=x", "signup_user=", "signup_user=arn:aws:iam::1:role/x", "signup_user=a b"] {
        assert_eq!(import(&paypulse(), &["--state", arg(&state), "--role", bad]).run.exit, Exit::Usage, "{bad}");
    }
}

/// A role that exists beside the spec keeps what it has, and that is said; the spec's policy on it is taken over.
#[test]
fn a_role_of_another_name_is_a_handlers_where_the_spec_leaves_it() {
    let mut spec = paypulse();
    let signup = spec.handlers.iter_mut().find(|handler| handler.name == "signup_user").expect("it is there");
    signup.role = paypulse_runtime::model::Role::Existing { variable: "signup_role".into() };
    let mut state = json("otherwise.tfstate");
    let policy = |role: &str| json!({ "role": role, "name": "signup_user-secrets", "policy": "{\"Statement\":[]}" });
    for role in ["Signup-Lambda-Role", "another"] {
        let instances = json!([{ "attributes": policy(role) }]);
        let label = role.replace('-', "_");
        let resource =
            json!({ "mode": "managed", "type": "aws_iam_role_policy", "name": label, "instances": instances });
        state["resources"].as_array_mut().expect("resources").push(resource);
    }
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("state.json");
    fs::write(&path, state.to_string()).expect("it is written");
    let adopted = import(&spec, &["--state", arg(&path), "--role", "signup_user=Signup-Lambda-Role"]);
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    assert_eq!(places(&adopted, "role-keeps"), ["role `Signup-Lambda-Role`"], "{}", adopted.run);
    assert!(places(&adopted, "no-role").is_empty(), "{}", adopted.run);
    let file = adopted.file().expect("a file is written");
    assert!(file.contains("from = aws_iam_role_policy.Signup_Lambda_Role\n"), "{file}");
    let nowhere = import(&spec, &["--state", arg(&path), "--role", "signup_user=Nowhere"]);
    assert_eq!(places(&nowhere, "role-not-there"), ["handler `signup_user`"], "{}", nowhere.run);
}

/// Everybody who can use a secret of the spec, in whatever form a state has it.
#[test]
fn each_form_in_which_somebody_else_can_use_secrets() {
    let document =
        json!({ "Statement": [{ "Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "*" }] }).to_string();
    let own = "arn:aws:iam::000000000000:policy/own";
    let forms: [(&[(&str, Value)], &str); 11] = [
        (&[("aws_iam_role_policy", json!({ "role": "other", "name": "x", "policy": document }))], "role `other`"),
        (&[("aws_iam_user_policy", json!({ "user": "other", "name": "x", "policy": document }))], "user `other`"),
        (&[("aws_iam_group_policy", json!({ "group": "other", "name": "x", "policy": document }))], "group `other`"),
        (&[("aws_iam_role_policy_attachment", json!({ "role": "other", "policy_arn": READ_WRITE }))], "role `other`"),
        (&[("aws_iam_user_policy_attachment", json!({ "user": "other", "policy_arn": READ_WRITE }))], "user `other`"),
        (
            &[("aws_iam_group_policy_attachment", json!({ "group": "other", "policy_arn": READ_WRITE }))],
            "group `other`",
        ),
        (
            &[("aws_iam_policy_attachment", json!({ "users": ["other"], "roles": [], "policy_arn": READ_WRITE }))],
            "user `other`",
        ),
        (
            &[("aws_iam_role", json!({ "name": "other", "inline_policy": [{ "name": "x", "policy": document }] }))],
            "role `other`",
        ),
        (&[("aws_iam_role", json!({ "name": "other", "managed_policy_arns": [READ_WRITE] }))], "role `other`"),
        (
            &[(
                "aws_iam_user_policy_attachments_exclusive",
                json!({ "user_name": "other", "policy_arns": [READ_WRITE] }),
            )],
            "user `other`",
        ),
        (
            &[
                ("aws_iam_policy", json!({ "arn": own, "name": "own", "policy": document })),
                ("aws_iam_group_policy_attachment", json!({ "group": "other", "policy_arn": own })),
            ],
            "group `other`",
        ),
    ];
    for (resources, place) in forms {
        let adopted = import_state(&beside(resources));
        assert_eq!(places(&adopted, "broad-policy"), [place], "{resources:?}: {}", adopted.run);
        assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    }
}

#[test]
fn who_is_denied_or_has_nothing_is_not_named() {
    let deny = json!({ "Statement": [
        { "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*" },
    ] });
    let tables = json!({ "Statement": { "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*" } });
    for document in [deny, tables] {
        let policy = json!({ "role": "other", "name": "x", "policy": document.to_string() });
        let adopted = import_state(&beside(&[("aws_iam_role_policy", policy)]));
        assert_eq!(lints(&adopted), ["destroyed"], "{}", adopted.run);
    }
}

/// Of what nobody can read, and of what no input has, it is not known what it allows.
#[test]
fn what_cannot_be_decided_is_said_and_ends_with_four() {
    for (kind, attributes, words) in [
        ("aws_iam_role_policy", json!({ "role": "other", "name": "odd", "policy": "{\"Statement\": [{}]}" }), "`odd`"),
        (
            "aws_iam_role_policies_exclusive",
            json!({ "role_name": "other", "policy_names": ["odd"] }),
            "its document is in no input",
        ),
        (
            "aws_iam_role_policy_attachment",
            json!({ "role": "other", "policy_arn": "arn:aws:iam::000000000000:policy/odd" }),
            "policy/odd",
        ),
        (
            "aws_iam_role_policy_attachment",
            json!({ "role": "other", "policy_arn": "arn:aws:iam::aws:policy/NewerThanTheTable" }),
            "NewerThanTheTable",
        ),
    ] {
        let adopted = import_state(&beside(&[(kind, attributes)]));
        assert_eq!(
            (adopted.run.exit, places(&adopted, "undecided")),
            (Exit::Stale, vec!["role `other`".to_owned()]),
            "{}",
            adopted.run
        );
        assert!(adopted.run.err.contains(words), "{words}: {}", adopted.run);
    }
}

/// A listing has the documents that a state lacks.
#[test]
fn a_listing_decides_what_a_state_leaves_open() {
    let own = "arn:aws:iam::000000000000:policy/odd";
    let dir = tempdir().expect("a temporary directory");
    let (state, listing) = (dir.path().join("state.json"), dir.path().join("listing.json"));
    let attached = json!({ "role": "other", "policy_arn": own });
    fs::write(&state, beside(&[("aws_iam_role_policy_attachment", attached)]).to_string()).expect("it is written");
    let run = |action: &str| {
        let document = json!({ "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] });
        let versions =
            json!([{ "Document": {}, "IsDefaultVersion": false }, { "Document": document, "IsDefaultVersion": true }]);
        let policy = json!({ "PolicyName": "odd", "Arn": own, "PolicyVersionList": versions });
        fs::write(&listing, json!({ "Policies": [policy] }).to_string()).expect("it is written");
        import(&paypulse(), &["--state", arg(&state), "--listing", arg(&listing)])
    };
    let harmless = run("dynamodb:*");
    assert_eq!((harmless.run.exit, places(&harmless, "broad-policy")), (Exit::Done, vec![]), "{}", harmless.run);
    assert_eq!(places(&run("secretsmanager:*"), "broad-policy"), ["role `other`"]);
}

/// A function runs as a role of the spec that no input has: it exists, and is imported.
#[test]
fn a_role_that_only_a_function_tells_of_is_imported() {
    let function = json!({ "function_name": "f", "role": "arn:aws:iam::000000000000:role/login_user" });
    let function = json!({ "mode": "managed", "type": "aws_lambda_function", "name": "f", "instances": [{ "attributes": function }] });
    let adopted = import_state(&json!({ "version": 4, "resources": [function] }));
    let file = adopted.file().expect("a file is written");
    assert!(file.contains("to = aws_iam_role.login_user\n  id = \"login_user\"\n"), "{file}");
    assert_eq!(places(&adopted, "runs-as"), ["role `login_user`"], "{}", adopted.run);
}

/// The number is that of instances, of any kind and provider; what somebody's own files declare stays.
#[test]
fn what_a_plan_destroys_is_counted() {
    let mut state = json("adopted.tfstate");
    let all = state["resources"].as_array_mut().expect("resources");
    for (mode, module, kind, name, instances) in [
        ("managed", None, "aws_dynamodb_table", "users", json!([{ "index_key": "a" }, { "index_key": "b" }])),
        ("managed", Some("module.api[0]"), "random_id", "x", json!([{}])),
        ("managed", None, "aws_s3_bucket", "invoices", json!([{ "attributes": { "tags": "MARK" } }])),
        ("data", None, "aws_s3_bucket", "other", json!([{}])),
        ("managed", None, "aws_sqs_queue", "replaced", json!([{ "deposed": "0a1b2c3d" }])),
    ] {
        let mut resource = json!({ "mode": mode, "type": kind, "name": name, "instances": instances });
        if let Some(module) = module {
            resource["module"] = module.into();
        }
        all.push(resource);
    }
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("state.json");
    fs::write(&path, state.to_string()).expect("it is written");
    let line = ["import", "--out", arg(dir.path()), "--state", arg(&path)];
    let run = on(&paypulse(), &line, false);
    assert!(run.err.contains("it has 4 resources that the generated files do not have"), "{run}");
    assert!(run.err.contains("`aws_dynamodb_table.users[\"a\"]`"), "{run}");
    assert!(run.err.contains("note: `aws_sqs_queue.replaced`"), "{run}");
    assert!(run.err.contains("apply it only if what it destroys is meant to go"), "{run}");

    let own = "resource \"aws_dynamodb_table\" \"users\" {}\nmodule \"api\" {\n  source = \"./api\"\n}\n";
    fs::write(dir.path().join("own.tf"), own).expect("it is written");
    let run = on(&paypulse(), &line, false);
    assert!(run.err.contains("it has 1 resource that"), "{run}");
    fs::write(dir.path().join("own.tf"), "resource \"MARK").expect("it is written");
    let run = on(&paypulse(), &line, false);
    assert!(run.err.contains("`own.tf` could not be read and may have some of them"), "{run}");

    // A root that calls the files as a module has its own.
    let called = [&line[..], &["--module", "module.secrets"]].concat();
    let run = on(&paypulse(), &called, false);
    assert!(!run.err.contains("[destroyed]"), "{run}");
}

/// A listing of users and groups tells of them, too.
#[test]
fn users_and_groups_of_a_listing() {
    let attached = json!([{ "PolicyName": "SecretsManagerReadWrite", "PolicyArn": READ_WRITE }]);
    let listing = json!({
        "UserDetailList": [{ "UserName": "u", "AttachedManagedPolicies": attached }],
        "GroupDetailList": [{ "GroupName": "g", "GroupPolicyList": [], "AttachedManagedPolicies": attached }],
    });
    let adopted = import_text(&paypulse(), "--listing", &listing.to_string());
    assert_eq!(places(&adopted, "broad-policy"), ["user `u`", "group `g`"], "{}", adopted.run);
}

#[test]
fn of_many_handlers_a_proposal_has_an_end() {
    let mut spec = json("shop.spec.json");
    let one = spec["handlers"][0].clone();
    let many = (0..200).map(|number| {
        let mut handler = one.clone();
        handler["id"] = format!("Fetch{number}").into();
        handler["name"] = format!("fetch{number}").into();
        handler
    });
    spec["handlers"] = many.collect::<Vec<Value>>().into();
    let spec = Spec::read(&spec.to_string()).expect("the spec has no problems");
    let function = json!({ "function_name": "fetch7", "role": "arn:aws:iam::111122223333:role/seven" });
    let function = json!({ "mode": "managed", "type": "aws_lambda_function", "name": "f", "instances": [{ "attributes": function }] });
    let adopted = import_text(&spec, "--state", &json!({ "version": 4, "resources": [function] }).to_string());
    assert!(adopted.run.err.contains("--role fetch7=seven"), "{}", adopted.run);
    assert!(adopted.run.err.len() < 20_000, "{} bytes", adopted.run.err.len());
}

/// Names that AWS does not tell apart, or that `name_prefix` made, are not those of the spec.
#[test]
fn what_is_nearly_called_so_is_not_taken_over_and_is_named() {
    let spec = Spec::read(&super::text("shop.spec.json")).expect("the spec has no problems");
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-20261130000359108100000009-AbCdEf";
    for (kind, attributes) in [
        ("aws_iam_role", json!({ "name": "Fetch" })),
        ("aws_iam_role", json!({ "name": "fetch-20261130000359108100000009", "name_prefix": "fetch-" })),
        ("aws_secretsmanager_secret", json!({ "arn": arn, "name": "shop/api-20261130000359108100000009" })),
    ] {
        let resource =
            json!({ "mode": "managed", "type": kind, "name": "x", "instances": [{ "attributes": attributes }] });
        let state = json!({ "version": 4, "resources": [resource] }).to_string();
        let adopted = import_text(&spec, "--state", &state);
        assert!(lints(&adopted).contains(&"nearly-named".to_owned()), "{kind}: {}", adopted.run);
    }
}

#[test]
fn what_is_not_looked_at_is_said() {
    let stack = beside(&[("aws_cloudformation_stack", json!({})), ("awscc_iam_role", json!({}))]);
    let adopted = import_state(&stack);
    assert_eq!(lints(&adopted), ["destroyed", "not-looked-at"], "{}", adopted.run);
    assert!(adopted.run.err.contains("`aws_cloudformation_stack.other0`, `awscc_iam_role.other1`"), "{}", adopted.run);
}
