//! The rendered Terraform: valid for the provider, formatted, and saying what the two specs say.

use std::collections::BTreeMap;
use std::process::Command;

use hcl_edit::structure::{Block, Body};
use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use paypulse_tests::{bakery, printshop, warehouse};
use tempfile::{TempDir, tempdir};
use xtask::render;

use crate::hcl::faults;
use crate::run::{files, workspace};

fn warehouse_files() -> BTreeMap<String, String> {
    render::files(&warehouse::spec()).expect("the warehouse's spec has no problems")
}

fn bakery_files() -> BTreeMap<String, String> {
    render::files(&bakery::spec()).expect("the bakery's spec has no problems")
}

fn printshop_files() -> BTreeMap<String, String> {
    render::files(&printshop::spec()).expect("the print shop's spec has no problems")
}

/// Every option in another shape than the warehouse has it.
fn options_files() -> BTreeMap<String, String> {
    of_json(include_str!("../../data/specs/ok_options.json"))
}

/// Every kind of rotation in another shape than the warehouse has it.
fn rotation_files() -> BTreeMap<String, String> {
    of_json(include_str!("../../data/specs/ok_rotation.json"))
}

/// Everything in other regions than the provider's.
fn regions_files() -> BTreeMap<String, String> {
    of_json(include_str!("../../data/specs/ok_regions.json"))
}

fn of_json(json: &str) -> BTreeMap<String, String> {
    render::files(&Spec::read(json).expect("the spec has no problems")).expect("the spec is rendered")
}

fn paypulse_files() -> BTreeMap<String, String> {
    files(&workspace().join("terraform")).into_iter().filter(|(name, _)| !name.ends_with(".tfvars")).collect()
}

#[test]
fn every_file_fits_the_providers_schema() {
    assert_eq!(faults(&paypulse_files()), Vec::<String>::new());
    assert_eq!(faults(&warehouse_files()), Vec::<String>::new());
    assert_eq!(faults(&options_files()), Vec::<String>::new());
    assert_eq!(faults(&bakery_files()), Vec::<String>::new());
    assert_eq!(faults(&printshop_files()), Vec::<String>::new());
    assert_eq!(faults(&rotation_files()), Vec::<String>::new());
    assert_eq!(faults(&regions_files()), Vec::<String>::new());
}

#[test]
fn a_spec_of_another_team_goes_the_whole_way() {
    assert_eq!(paypulse_runtime::model::lint::check(&warehouse::spec()), []);
    for (name, text) in warehouse_files() {
        assert_snapshot!(name, text);
    }
}

#[test]
fn a_spec_with_many_environments_goes_the_whole_way() {
    assert_eq!(paypulse_runtime::model::lint::check(&bakery::spec()), []);
    for (name, text) in bakery_files() {
        assert_snapshot!(format!("bakery_{name}"), text);
    }
}

#[test]
fn a_spec_with_roles_of_every_kind_goes_the_whole_way() {
    assert_eq!(paypulse_runtime::model::lint::check(&printshop::spec()), []);
    for (name, text) in printshop_files() {
        assert_snapshot!(format!("printshop_{name}"), text);
    }
}

#[test]
fn a_file_does_not_depend_on_anything_but_the_spec() {
    assert_eq!(warehouse_files(), warehouse_files());
    let shown = format!("{:?}", warehouse_files());
    for word in [env!("CARGO_MANIFEST_DIR"), "PayPulse", "gmail", "Gmail"] {
        assert!(!shown.contains(word), "{word}");
    }
}

#[test]
fn secrets_tf_has_the_documented_pair_and_two_keys_and_no_trace_of_users() {
    let text = &paypulse_files()["secrets.tf"];
    let body: Body = hcl_edit::parser::parse_body(text).expect("it is HCL");
    let resources: Vec<String> = body.get_blocks("resource").map(labels).collect();
    assert_eq!(
        resources,
        [
            "aws_secretsmanager_secret.google_oauth_client_id",
            "aws_secretsmanager_secret_version.google_oauth_client_id_value",
            "aws_secretsmanager_secret.gemini_api_key",
            "aws_secretsmanager_secret_version.gemini_api_key_value",
            "aws_secretsmanager_secret.jev_api_key",
            "aws_secretsmanager_secret_version.jev_api_key_value",
        ]
    );
    assert!(text.contains("secret_string = var.google_oauth_client_id\n"));
    assert!(text.contains(r#"name        = "Google-OAuth-Client-ID""#));
    assert!(text.contains(r#"description = "Google OAuth client ID for Gmail API access via iOS app.""#));
    assert!(!text.contains("gmail") && !text.contains("user/"), "{text}");
}

#[test]
fn no_policy_allows_every_resource_or_every_action() {
    // A password that is made up is no secret's: that action alone has no narrower resource.
    let made_up = "        Action = [\n          \"secretsmanager:GetRandomPassword\",\n        ]\n        # It is on no secret: \
                   AWS takes only this.\n        Resource = \"*\"\n";
    let warehouse = &warehouse_files()["iam.tf"];
    assert_eq!(warehouse.matches(made_up).count(), 1, "{warehouse}");
    for text in [&paypulse_files()["iam.tf"], &warehouse.replace(made_up, "")] {
        for broad in [r#""*""#, "secretsmanager:*", ":secret:*", ":secret_arn}:*", "ListSecrets", "inline_policy"] {
            assert!(!text.contains(broad), "{broad} is in\n{text}");
        }
    }
}

#[test]
fn every_handler_has_a_role_of_its_own() {
    let body: Body = hcl_edit::parser::parse_body(&paypulse_files()["iam.tf"]).expect("it is HCL");
    let roles: Vec<String> =
        body.get_blocks("resource").map(labels).filter(|l| l.starts_with("aws_iam_role.")).collect();
    assert_eq!(
        roles,
        [
            "aws_iam_role.gmail_store_tokens",
            "aws_iam_role.fetch_invoices",
            "aws_iam_role.fetch_latest_invoice",
            "aws_iam_role.delete_user",
            "aws_iam_role.get_user_profile",
            "aws_iam_role.login_user",
            "aws_iam_role.signup_user",
            "aws_iam_role.get_rental_invoice",
            "aws_iam_role.get_invoices",
            "aws_iam_role.fetch_retail_invoices",
            "aws_iam_role.fetch_and_classify_retail_invoices",
            "aws_iam_role.parse_retail_invoice",
            "aws_iam_role.create_manual_invoice",
            "aws_iam_role.delete_retail_invoice",
        ]
    );
}

#[test]
fn a_rotation_waits_for_the_policies_of_its_function() {
    let text = &rotation_files()["rotation.tf"];
    for wanted in [
        "schedule_expression = \"cron(0 22 ? * SUN *)\"\n    duration            = \"2h\"",
        "rotate_immediately  = true",
        "automatically_after_days = 1000",
        "    aws_lambda_permission.login,\n    aws_iam_role_policy.rotate_login_secrets,\n",
        "    aws_lambda_permission.other,\n    aws_iam_role_policy.handler_2_rotate_secrets,\n",
        "count         = var.handler_2_rotate_function == null ? 0 : 1",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!paypulse_files().contains_key("rotation.tf"), "nothing of PayPulse's is rotated");
}

#[test]
fn every_generated_file_says_so_in_its_first_line() {
    for (name, text) in warehouse_files() {
        let first = text.lines().next().unwrap_or_default();
        assert!((render::OWN.is_header)(first) && render::OWN.names.contains(&name.as_str()), "{name}: {first}");
        assert!(first.contains("change tests/src/warehouse.rs"), "{name}: {first}");
    }
    assert!(workspace().join("tests/src/warehouse.rs").is_file());
    assert!(workspace().join(paypulse_runtime::spec::spec().source).is_file());
}

/// Holds our alignment to the real formatter, where it is installed; `cargo xtask test` says when it is not.
#[test]
fn terraform_fmt_changes_nothing() {
    let all = [warehouse_files(), options_files(), rotation_files(), bakery_files()].map(|files| {
        let dir = tempdir().expect("a temporary directory");
        for (name, text) in files.into_iter().filter(|(name, _)| name.ends_with(".tf")) {
            std::fs::write(dir.path().join(name), text).expect("it can be written");
        }
        dir
    });
    let committed = workspace().join("terraform");
    for dir in all.iter().map(TempDir::path).chain([committed.as_path()]) {
        let Ok(run) = Command::new("terraform").args(["fmt", "-check", "-diff"]).current_dir(dir).output() else {
            eprintln!("skipped: `terraform` is not installed");
            return;
        };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    }
}

fn labels(block: &Block) -> String {
    block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect::<Vec<_>>().join(".")
}
