//! Roles of every kind, and grants for the time of a migration: what each report says of them.

use insta::assert_snapshot;
use paypulse_runtime::model::{Role, Spec, Verb};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::printshop::spec as printshop;
use serde_json::Value;
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{Run, arg, on};

/// The print shop's spec, without what is temporary.
fn migrated() -> Spec {
    let mut spec = printshop();
    for grant in spec.handlers.iter_mut().flat_map(|handler| &mut handler.grants) {
        grant.verbs.retain(|verb| !verb.is_temporary());
    }
    spec
}

fn diff(old: &Spec, new: &Spec, format: &str) -> Run {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("old.json");
    std::fs::write(&path, old.to_json()).expect("it can be written");
    let mut run = on(new, &["diff", "--against-spec", arg(&path), "--format", format], false);
    run.err = run.err.replace(arg(&path), "old.json");
    run.out = run.out.replace(arg(&path), "old.json");
    run
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[test]
fn every_picture_has_the_remarks() {
    for format in ["table", "json", "mermaid"] {
        let run = on(&printshop(), &["access", "--format", format], false);
        assert_eq!(run.exit, Exit::Done, "{run}");
        assert_snapshot!(format!("access_{format}"), run.out);
    }
}

#[test]
fn gen_infra_says_what_is_temporary_and_shared() {
    let dir = tempdir().expect("a temporary directory");
    let out = dir.path().join("out");
    let run = on(&printshop(), &["gen-infra", "--out", arg(&out)], false);
    assert_snapshot!(run.without(dir.path()));
    let run = on(&paypulse(), &["gen-infra", "--out", arg(&dir.path().join("paypulse"))], false);
    assert!(!run.err.contains("temporary"), "{run}");
}

#[test]
fn diff_counts_what_is_temporary() {
    for format in ["text", "markdown", "json"] {
        assert_snapshot!(format!("diff_{format}"), diff(&migrated(), &printshop(), format));
    }
    let back = json(&diff(&printshop(), &migrated(), "json"));
    assert_eq!((&back["result"], &back["temporary_grants"]), (&"narrowed".into(), &0.into()));
}

/// What one of the handlers of a role is granted, all have; what is tied to a function, that function alone.
#[test]
fn a_grant_under_a_shared_role_is_one_change_of_the_role() {
    let mut more = printshop();
    more.handlers[1].grants[0].verbs.push(Verb::Delete);
    let run = diff(&printshop(), &more, "text");
    assert_snapshot!(run);
    // Another handler already has it by the role.
    let mut same = printshop();
    same.handlers[1].grants[0].verbs.push(Verb::Read);
    assert_eq!(diff(&printshop(), &same, "text").exit, Exit::Done);
}

/// A grant loses its tie, and a role gets one more of AWS's policies.
#[test]
fn what_a_role_has_besides_and_a_lost_tie_widen() {
    let mut open = printshop();
    open.handlers[2].options.source_function = false;
    assert_snapshot!(diff(&printshop(), &open, "text"));
    let mut more = printshop();
    more.handlers[4]
        .options
        .also
        .push(paypulse_runtime::model::ManagedPolicies::AwsPolicy { name: "AmazonS3ReadOnlyAccess".to_owned() });
    assert_snapshot!(diff(&printshop(), &more, "text"));
    let mut by_variable = printshop();
    let list = paypulse_runtime::model::ManagedPolicies::Variable { variable: "deliver_policy_arns".to_owned() };
    by_variable.handlers[4].options.also.push(list);
    let run = diff(&printshop(), &by_variable, "text");
    assert_eq!(run.exit, Exit::Widened, "{run}");
    assert!(run.err.contains("wider: deliver:var.deliver_policy_arns\n"), "{run}");
    assert_eq!(diff(&by_variable, &printshop(), "text").exit, Exit::Done);
}

fn denied(session: &str, action: &str, secret: &str) -> String {
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/{session} is not authorized to perform: secretsmanager:{action} on \
         resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:{secret}-AbCdEf because no identity-based policy \
         allows the secretsmanager:{action} action"
    )
}

#[test]
fn explain_proposes_the_temporary_grant() {
    let message = denied("fetch_invoices/fetch_invoices", "UpdateSecret", "gmail/user/seven");
    assert_snapshot!(on(&paypulse(), &["explain", &message], false));
    // Of a secret that Terraform writes nobody can be granted it.
    let message = denied("deliver/deliver", "UpdateSecret", "printshop/press");
    assert_snapshot!(on(&printshop(), &["explain", &message], false));
}

#[test]
fn explain_knows_shared_and_renamed_roles() {
    let customer = "printshop/customers/seven/login";
    for (name, message) in [
        ("shared", denied("Press-Role/reprint", "DescribeSecret", customer)),
        ("tied_to_another", denied("Press-Role/reprint", "DeleteSecret", customer)),
        ("tied", denied("deliver/deliver", "GetSecretValue", "printshop/press")),
        ("renamed", denied("Invoice-Lambda+Role@print/write-invoice", "GetSecretValue", customer)),
        ("under_its_own_name", denied("write-invoice/write-invoice", "GetSecretValue", customer)),
    ] {
        assert_snapshot!(format!("explain_{name}"), on(&printshop(), &["explain", &message], false));
    }
}

/// The Python client of a handler has the grant in its table, and no method for it.
#[test]
fn no_client_has_a_method_for_what_is_temporary() {
    let dir = tempdir().expect("a temporary directory");
    let out = dir.path().join("printshop");
    let run = on(&printshop(), &["gen-client", "--language", "python", "--out", arg(&out)], false);
    assert_eq!(run.exit, Exit::Done, "{run}");
    let files = std::fs::read_dir(&out).expect("it is written").map(|entry| entry.expect("an entry").path());
    let text: String = files.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
    assert!(text.contains("\"legacy_update\""), "the table of grants lacks it");
    assert!(!text.contains("def legacy_update") && !text.contains("update_secret("), "a method makes the call");
}

/// Many handlers can name one role that exists, and a role that is created has one handler.
#[test]
fn roles_are_those_of_the_spec() {
    let spec = printshop();
    let roles = spec.roles();
    let names: Vec<Vec<&str>> =
        roles.iter().map(|role| role.handlers.iter().map(|handler| handler.name.as_str()).collect()).collect();
    assert_eq!(names, [vec!["print-order", "reprint", "forget-customer"], vec!["write-invoice"], vec!["deliver"]]);
    for role in &roles {
        assert!(role.handlers.iter().all(|handler| spec.role_of(handler) == *role));
        assert_eq!(role.is_shared(), role.first().role != Role::Created);
    }
    let grants = roles[0].grants_of("Reprint");
    let found: Vec<(&str, Vec<Verb>)> = grants.iter().map(|grant| (grant.secret, grant.verbs.clone())).collect();
    assert_eq!(
        found,
        [
            ("PressKey", vec![Verb::Read]),
            ("CustomerLogin", vec![Verb::Read, Verb::Describe, Verb::Update]),
            ("ProofKey", vec![Verb::Read]),
        ]
    );
    let forgets = roles[0].grants_of("ForgetCustomer");
    assert!(forgets.iter().any(|grant| grant.verbs == [Verb::Delete] && grant.function.is_some()));
}
