//! Handlers that are tasks of ECS or pods of EKS, and a secret outside the prefixes: what is rendered, and what each report says.

use std::fs;

use insta::assert_snapshot;
use paypulse_runtime::model::{ServicePrincipal, Spec, lint};
use paypulse_tests::depot::spec as depot;
use serde_json::Value;
use tempfile::tempdir;
use xtask::{Exit, render};

use crate::hcl::faults;
use crate::run::{Run, arg, on};

fn diff(old: &Spec, new: &Spec, format: &str) -> Run {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("old.json");
    fs::write(&path, old.to_json()).expect("it can be written");
    let mut run = on(new, &["diff", "--against-spec", arg(&path), "--format", format], false);
    run.err = run.err.replace(arg(&path), "old.json");
    run.out = run.out.replace(arg(&path), "old.json");
    run
}

fn with_principal(name: &str, principal: ServicePrincipal) -> Spec {
    let mut spec = depot();
    spec.handlers.iter_mut().find(|handler| handler.name == name).expect("it is there").options.principal = principal;
    spec
}

#[test]
fn a_spec_with_tasks_and_pods_goes_the_whole_way() {
    assert_eq!(lint::check(&depot()), []);
    let files = render::files(&depot()).expect("the depot's spec has no problems");
    assert_eq!(faults(&files), Vec::<String>::new());
    for name in ["iam.tf", "variables.tf", "secrets.tf", "terraform.tfvars.example", "ACCESS.md"] {
        assert_snapshot!(format!("depot_{name}"), files[name]);
    }
}

/// Without a function, nothing of functions is rendered.
#[test]
fn only_functions_write_their_logs() {
    let mut spec = depot();
    spec.handlers.retain(|handler| !handler.options.principal.is_lambda());
    spec.secrets.retain(|secret| secret.id != "GateKey");
    let files = render::files(&spec).expect("the spec has no problems");
    assert_eq!(faults(&files), Vec::<String>::new());
    let all = files.values().map(String::as_str).collect::<String>();
    for word in ["AWSLambdaBasicExecutionRole", "lambda_trust_policy", "lambda.amazonaws.com"] {
        assert!(!all.contains(word), "{word}");
    }
}

#[test]
fn another_principal_is_a_change_of_access() {
    let pod = |namespace: &str| ServicePrincipal::Eks {
        cluster: "eks_cluster_arn".into(),
        namespace: namespace.into(),
        service_account: "load".into(),
    };
    for (name, principal) in [("lambda", ServicePrincipal::Lambda), ("pod", pod("depot"))] {
        let run = diff(&depot(), &with_principal("load", principal), "text");
        assert_eq!(run.exit, Exit::Widened, "{run}");
        assert_snapshot!(format!("diff_{name}"), run);
    }
    for (old, new) in [("depot", "default"), ("default", "depot")] {
        let (old, new) = (with_principal("load", pod(old)), with_principal("load", pod(new)));
        assert_eq!(diff(&old, &new, "json").exit, Exit::Widened);
    }
    assert_eq!(diff(&depot(), &depot(), "text").exit, Exit::Done);
}

#[test]
fn no_fingerprint_depends_on_the_principal() {
    let of = |spec: &Spec| render::files(spec).expect("it is rendered")["outputs.tf"].clone();
    let lambda = with_principal("load", ServicePrincipal::Lambda);
    assert_eq!(of(&depot()), of(&lambda));
    let mut inside = depot();
    inside.secrets.iter_mut().for_each(|secret| secret.options.outside_prefixes = false);
    assert_ne!(of(&depot()), of(&inside), "the name of a secret is another one");
}

#[test]
fn reports_say_what_a_handler_is() {
    let table = on(&depot(), &["access"], false);
    assert_snapshot!("access", table.out);
    let json: Value =
        serde_json::from_str(&on(&depot(), &["access", "--format", "json"], false).out).expect("it is JSON");
    let principals: Vec<&Value> =
        json["subjects"].as_array().expect("a list").iter().map(|it| &it["principal"]).collect();
    assert_eq!(principals[0], &Value::Null);
    assert_eq!(principals[1]["kind"], "ecs");
    assert_eq!(principals[2]["namespace"], "depot");
    let of_role = on(&depot(), &["access", "--handler", "ship", "--policy"], false);
    assert_snapshot!("access_policy", of_role.out);
}

#[test]
fn explain_knows_the_sessions_of_tasks_and_pods() {
    let denied = |session: &str| {
        format!(
            "User: arn:aws:sts::111122223333:assumed-role/{session} is not authorized to perform: \
             secretsmanager:DescribeSecret on resource: dev/depot/gate because no identity-based policy allows the \
             secretsmanager:DescribeSecret action"
        )
    };
    for (name, session) in [
        ("task", "dev-load/0f9de17a6465404e8b1b2356dc13c2f8"),
        ("pod", "dev-ship/eks-depot-ship-7d4b9c-x2xzz-0f9de17a-6465-404e-8b1b-2356dc13c2f8"),
        ("another_program", "dev-load/my-laptop"),
        ("a_task_as_a_function", "dev-count/0f9de17a6465404e8b1b2356dc13c2f8"),
    ] {
        let run = on(&depot(), &["explain", &denied(session)], false);
        assert_snapshot!(format!("explain_{name}"), run);
    }
}

/// The secret that all environments share is the same in each.
#[test]
fn a_secret_outside_the_prefixes_has_one_name() {
    let dev = depot().under("dev/");
    let names: Vec<&str> = dev.secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["dev/depot/gate", "partners/acme", "dev/depot/customs", "dev/depot/slots/{slot_id}/lock"]);
    let why = |resource: &str| {
        on(&depot(), &["why", "load", "secretsmanager:GetSecretValue", resource, "--prefix", "dev/"], false)
    };
    assert_eq!(why("partners/acme").exit, Exit::Done, "{}", why("partners/acme"));
    assert_eq!(why("PartnerKey").exit, Exit::Done, "{}", why("PartnerKey"));
    assert_ne!(why("dev/partners/acme").exit, Exit::Done, "{}", why("dev/partners/acme"));
    assert_ne!(why("dev/depot/customs").exit, Exit::Done, "{}", why("dev/depot/customs"));
}
