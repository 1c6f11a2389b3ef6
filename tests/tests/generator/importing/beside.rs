//! What a state has beside the spec: what a plan destroys, what Terraform is yet to delete, and what is nearly called so.

use std::fs;

use paypulse_runtime::model::Spec;
use serde_json::json;
use tempfile::tempdir;
use xtask::Exit;

use super::others::beside;
use super::{import_state, import_text, json, lints, paypulse, resources};
use crate::run::{arg, on};

/// The number is that of instances, of any kind and provider; what hand-written files declare stays.
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

/// What Terraform is yet to delete is no object of the resource any more, and the next apply deletes it.
#[test]
fn a_deposed_object_is_none_and_the_first_apply_deletes_it() {
    let with_deposed = |arn: &str| {
        let mut state = json("adopted.tfstate");
        let secret = resources(&mut state, "aws_secretsmanager_secret").remove(0);
        let mut deposed = secret["instances"][0].clone();
        deposed["deposed"] = "0a1b2c3d".into();
        deposed["status"] = "tainted".into();
        if !arn.is_empty() {
            deposed["attributes"]["arn"] = arn.into();
        }
        secret["instances"].as_array_mut().expect("instances").push(deposed);
        import_state(&state)
    };
    let another = with_deposed("arn:aws:secretsmanager:eu-west-1:000000000000:secret:Google-OAuth-Client-ID-aaaaaa");
    assert_eq!((another.run.exit, lints(&another)), (Exit::Done, vec!["deposed".to_owned()]), "{}", another.run);
    // The secret was renamed, and the state has no other of its name: what is deleted is the only one.
    let mut renamed = json("adopted.tfstate");
    let secret = resources(&mut renamed, "aws_secretsmanager_secret").remove(0);
    let mut deposed = secret["instances"][0].clone();
    deposed["deposed"] = "0a1b2c3d".into();
    secret["instances"] = json!([deposed]);
    let renamed = import_state(&renamed);
    assert_eq!((renamed.run.exit, lints(&renamed)), (Exit::Problems, vec!["deposed".to_owned()]), "{}", renamed.run);
    // The very secret that is to stay.
    let itself = with_deposed("");
    assert_eq!((itself.run.exit, lints(&itself)), (Exit::Problems, vec!["deposed".to_owned()]), "{}", itself.run);
}
