//! Who else can use the spec's secrets, and what functions run as.

use std::fs;

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;

use super::{Adopted, fixture, import, import_state, import_text, json, lints, paypulse};
use crate::run::arg;

const READ_WRITE: &str = "arn:aws:iam::aws:policy/SecretsManagerReadWrite";

/// A state in which everything of the spec is in its place, and this besides.
pub(super) fn beside(resources: &[(&str, Value)]) -> Value {
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
    // OpenTofu's is of the spec that PayPulse had when it was recorded.
    let before = fs::read_to_string(fixture("../plans/provider-5/tofu.spec.json")).expect("it is there");
    let before = Spec::read(&before).expect("it has no problems");
    for (name, spec, resources) in [("applied.real.tfstate", paypulse(), 76), ("applied.tofu.tfstate", before, 47)] {
        let adopted = import(&spec, &["--state", arg(&fixture(name))]);
        assert_eq!((adopted.run.exit, lints(&adopted)), (Exit::Done, vec![]), "{}", adopted.run);
        assert!(
            adopted.shown().trim_end().ends_with(&format!(
                "{resources} in place, 0 for the first apply to create\n0 changed, 0 as before\nnothing is left to take over"
            )),
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
    assert!(proposal.contains("no function or role with this name exists for: `fetch_invoices`"), "{proposal}");
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

/// All handlers run as roles beside the spec, and the spec's policies are on those: they are known by that.
#[test]
fn a_role_with_the_specs_policy_is_its_handlers() {
    let mut spec = json("shop.spec.json");
    spec["handlers"][0]["role"] = json!({ "kind": "existing", "variable": "fetch_role" });
    let spec = Spec::read(&spec.to_string()).expect("the spec has no problems");
    let secrets = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop";
    let allow = |actions: Value, resource: &str| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let granted = json!({ "Statement": [
        allow(json!("secretsmanager:GetSecretValue"), &format!("{secrets}/api-AbCdEf")),
        allow(json!(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]), &format!("{secrets}/user/*")),
    ] });
    let run = |more: &[(&str, Value)]| {
        let policy = json!({ "role": "Shop-Role", "name": "fetch-secrets", "policy": granted.to_string() });
        let function = json!({ "function_name": "f", "role": "arn:aws:iam::111122223333:role/Shop-Role" });
        let all = [("aws_iam_role_policy", policy), ("aws_lambda_function", function)];
        let resources: Vec<Value> = all.iter().chain(more).map(|(kind, attributes)| {
            json!({ "mode": "managed", "type": kind, "name": "fetch_secrets", "instances": [{ "attributes": attributes }] })
        }).collect();
        import_text(&spec, "--state", &json!({ "version": 4, "resources": resources }).to_string())
    };
    let adopted = run(&[]);
    assert_eq!(lints(&adopted), ["destroyed"], "{}", adopted.run);
    let more = run(&[("aws_iam_role_policy_attachment", json!({ "role": "Shop-Role", "policy_arn": READ_WRITE }))]);
    assert_eq!(places(&more, "role-keeps"), ["role `Shop-Role`"], "{}", more.run);
}

/// A secret that is looked up is not the state's to destroy; the policy on it counts.
#[test]
fn a_secret_that_is_only_looked_up() {
    let policy = json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "secretsmanager:GetSecretValue", "Resource": "*",
    }] });
    let arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:PayPulseAppJWTSecret-6db15e";
    let mut state = json("adopted.tfstate");
    let attributes = json!({ "arn": arn, "name": "PayPulseAppJWTSecret", "policy": policy.to_string() });
    let looked_up = json!({ "mode": "data", "type": "aws_secretsmanager_secret", "name": "x", "instances": [{ "attributes": attributes }] });
    state["resources"].as_array_mut().expect("resources").push(looked_up);
    let adopted = import_state(&state);
    assert_eq!(lints(&adopted), ["secret-policy"], "{}", adopted.run);
    assert_eq!(places(&adopted, "secret-policy"), ["secret `JwtSigningKey`"], "{}", adopted.run);
}
