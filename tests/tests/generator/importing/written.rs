//! The file and the talk for each fixture, and how the command treats what stands there already.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use hcl_edit::structure::{BlockLabel, Body};
use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use paypulse_tests::warehouse;
use serde_json::Value;
use tempfile::tempdir;
use xtask::{Exit, render};

use super::{fixture, import, import_text, json, paypulse};
use crate::run::{arg, on, specs};

#[test]
fn each_state_and_listing_of_paypulse_is_taken_over() {
    for (name, flag) in [
        ("functions.tfstate", "--state"),
        ("functions.listing.json", "--listing"),
        ("functions.single.listing.json", "--listing"),
        ("elsewhere.show.json", "--state"),
    ] {
        let adopted = import(&paypulse(), &[flag, arg(&fixture(name))]);
        assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
        assert_snapshot!(format!("{name}.said"), adopted.shown());
        assert_snapshot!(format!("{name}.written"), adopted.file().expect("a file is written"));
    }
}

#[test]
fn a_state_and_a_listing_together_know_more() {
    let (state, listing) = (fixture("functions.tfstate"), fixture("functions.listing.json"));
    let adopted = import(&paypulse(), &["--state", arg(&state), "--listing", arg(&listing)]);
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    // What the state has is moved, though the listing has it too.
    let alone = import(&paypulse(), &["--state", arg(&state)]);
    assert_eq!(adopted.file(), alone.file());
}

#[test]
fn another_configuration_hands_over_what_it_has() {
    let other = fixture("functions.tfstate");
    let adopted = import(&paypulse(), &["--other-state", arg(&other)]);
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    assert_snapshot!(adopted.shown());
    // The same things, known from elsewhere.
    let listed = import(&paypulse(), &["--listing", arg(&fixture("functions.listing.json"))]);
    assert_eq!(adopted.file(), listed.file());
    // Once it is applied, the other one still has to forget it.
    let both = import(&paypulse(), &["--state", arg(&fixture("adopted.tfstate")), "--other-state", arg(&other)]);
    assert_eq!((both.run.exit, both.file()), (Exit::Done, None), "{}", both.run);
    assert!(both.run.err.contains("        aws_secretsmanager_secret.google_oauth_client_id\n"), "{}", both.run);
}

#[test]
fn what_is_in_its_place_needs_no_file() {
    let adopted = import(&paypulse(), &["--state", arg(&fixture("adopted.tfstate"))]);
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Done, None), "{}", adopted.run);
    assert_snapshot!(adopted.shown());
}

#[test]
fn a_lost_state_is_imported_whole() {
    let adopted = import(&paypulse(), &["--listing", arg(&fixture("adopted.listing.json"))]);
    let all = render::managed(&paypulse(), "").expect("the spec has no problems");
    let blocks = hcl_edit::parser::parse_body(&adopted.file().expect("a file is written")).expect("it is HCL");
    assert_eq!(blocks.get_blocks("import").count(), all.len(), "{}", adopted.run);
}

/// Its Terraform was called as a module, and is a root now; beside it, Terraform has secrets of the spec that handlers own.
#[test]
fn the_warehouse_is_taken_over_from_a_module_and_from_a_listing() {
    let adopted = import(&warehouse::spec(), &["--state", arg(&fixture("warehouse.tfstate"))]);
    let file = adopted.file().expect("a file is written");
    for line in [
        r#"from = module.warehouse["eu"].aws_secretsmanager_secret.database_login"#,
        r#"from = module.warehouse["eu"].aws_secretsmanager_secret_version.payment_key_value"#,
        r#"from = module.warehouse["eu"].aws_secretsmanager_secret_policy.database_login"#,
        // The role's name is a variable's value.
        r#"from = module.warehouse["eu"].aws_iam_role_policy.close_shop_secrets"#,
        r#"from = module.warehouse["eu"].aws_iam_role.handler_2_sample"#,
    ] {
        assert!(file.contains(line), "{line}\n{file}");
    }
    // One of its instances is no secret of the spec, so it is not forgotten as a whole.
    assert!(!file.contains("removed"), "{file}");
    for words in ["the secret `shops/1/suppliers/2/login`", "`warehouse/sample`", "terraform state rm 'aws_secr"] {
        assert!(adopted.shown().contains(words), "{words}\n{}", adopted.run);
    }
    // A secret that is nobody's business, but for a plan that destroys it.
    let named = adopted.run.err.lines().filter(|line| line.contains("warehouse/other"));
    assert!(named.clone().count() == 1 && named.clone().all(|line| line.ends_with("[destroyed]")), "{}", adopted.run);

    let listed = import(&warehouse::spec(), &["--listing", arg(&fixture("warehouse.listing.json"))]);
    let file = listed.file().expect("a file is written");
    for (to, id) in [
        (
            "aws_secretsmanager_secret_policy.database_login",
            "arn:aws:secretsmanager:eu-west-1:000000000000:secret:wareh",
        ),
        ("aws_iam_role_policy.close_shop_secrets", "shop-closer:close-shop-secrets\""),
        ("aws_iam_role_policy.handler_2_sample_secrets", "2-sample:2-sample-secrets\""),
    ] {
        assert!(file.contains(&format!("to = {to}\n  id = \"{id}")), "{to}\n{file}");
    }
}

#[test]
fn what_is_called_as_a_module_is_addressed_there() {
    let listing = fixture("functions.listing.json");
    let adopted = import(&paypulse(), &["--listing", arg(&listing), "--module", "module.secrets[\"a\"]"]);
    let file = adopted.file().expect("a file is written");
    assert!(file.contains("to = module.secrets[\"a\"].aws_iam_role.delete_user\n"), "{file}");
    assert!(!file.contains("to = aws_"), "{file}");
    let wrong = import(&paypulse(), &["--listing", arg(&listing), "--module", "secrets"]);
    assert_eq!(wrong.run.exit, Exit::Usage);
    assert_snapshot!(wrong.shown());
}

#[test]
fn the_command_line_says_where_from() {
    assert_snapshot!(on(&paypulse(), &["import"], false));
    let both = on(&paypulse(), &["import", "--renamed-from", "a", "--state", "b"], false);
    assert_eq!(both.exit, Exit::Usage);
    let module = on(&paypulse(), &["import", "--state", "b", "--module", "module.x"], false);
    assert!(module.exit == Exit::Usage && module.err.contains("--out"), "{module}");
}

#[test]
fn check_changes_nothing_and_shows_what_would_be_written() {
    let dir = tempdir().expect("a temporary directory");
    let state = fixture("elsewhere.show.json");
    let line = ["import", "--out", arg(dir.path()), "--state", arg(&state)];
    let check = on(&paypulse(), &[&line[..], &["--check"]].concat(), false);
    assert_eq!(check.exit, Exit::Stale);
    assert_snapshot!(check.without(dir.path()));
    assert!(fs::read_dir(dir.path()).expect("it is there").next().is_none(), "--check wrote something");
    assert_eq!(on(&paypulse(), &line, false).exit, Exit::Done);
    assert_eq!(on(&paypulse(), &[&line[..], &["--check"]].concat(), false).exit, Exit::Done);
    let interrupted = on(&paypulse(), &line, true);
    assert_eq!(interrupted.exit, Exit::Interrupted, "{interrupted}");
}

#[test]
fn a_report_for_programs_is_one_json_document() {
    let state = fixture("elsewhere.show.json");
    for (more, result) in [(&["--check"][..], "stale"), (&[], "written")] {
        let adopted = import(&paypulse(), &[&["--state", arg(&state), "--format", "json"], more].concat());
        let report: Value = serde_json::from_str(&adopted.run.out).expect("stdout is JSON");
        assert_eq!(report["result"], result, "{}", adopted.run);
        assert_eq!(report["resources"].as_array().map(Vec::len), Some(76));
        assert_eq!(report["resources"][0]["how"], "move");
        assert_eq!(report["forgotten"][1], "aws_secretsmanager_secret_version.all");
        assert_eq!(report["notes"][0]["lint"], "not-managed");
    }
    let failed = import(&paypulse(), &["--state", "nowhere.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&failed.run.out).expect("stdout is JSON");
    assert_eq!((&report["result"], failed.run.exit), (&Value::from("failed"), Exit::Usage));
}

/// The file is left behind when everything is in its place; then it goes. A hand-written file stays.
#[test]
fn an_old_file_goes_and_a_file_of_somebody_stays() {
    let dir = tempdir().expect("a temporary directory");
    let run =
        |state: &str| on(&paypulse(), &["import", "--out", arg(dir.path()), "--state", arg(&fixture(state))], false);
    assert_eq!(run("functions.tfstate").exit, Exit::Done);
    assert_eq!(run("elsewhere.show.json").exit, Exit::Done);
    let path = dir.path().join("import.tf");
    assert!(path.exists());
    // Neither command takes the other's file for its own.
    let others = on(&paypulse(), &["gen-infra", "--out", arg(dir.path())], false);
    assert!(others.exit == Exit::Done && path.exists(), "{others}");
    let gone = run("adopted.tfstate");
    assert!(gone.exit == Exit::Done && !path.exists() && dir.path().join("iam.tf").exists(), "{gone}");

    fs::write(&path, "import {}\n").expect("it can be written");
    let refused = run("functions.tfstate");
    assert_eq!((refused.exit, fs::read_to_string(&path).ok().as_deref()), (Exit::Problems, Some("import {}\n")));
    assert_snapshot!(refused.without(dir.path()));
}

/// Each resource that is rendered has its entry in what `import` looks for, and no other has.
#[test]
fn import_knows_every_rendered_resource() {
    let holds = |spec: &Spec| {
        let files = render::files(spec).expect("the spec is rendered");
        let bodies = files.iter().filter(|(name, _)| name.ends_with(".tf"));
        let bodies = bodies.map(|(_, text)| hcl_edit::parser::parse_body(text).expect("it is HCL"));
        let rendered: BTreeSet<String> = bodies.flat_map(|body| addresses(&body)).collect();
        let managed = render::managed(spec, "").expect("the spec is rendered");
        let known: BTreeSet<String> = managed.iter().map(|it| it.address.clone()).collect();
        assert_eq!(rendered, known);
        let objects: BTreeSet<_> = managed.iter().map(|it| &it.object).collect();
        assert_eq!(objects.len(), managed.len(), "two resources stand for one object");
    };
    holds(&paypulse());
    holds(&warehouse::spec());
    for path in specs("ok_") {
        holds(&Spec::read(&fs::read_to_string(path).expect("it is text")).expect("the spec has no problems"));
    }
}

fn addresses(body: &Body) -> Vec<String> {
    let address = |block: &hcl_edit::structure::Block| {
        let key = if block.body.has_attribute("count") { "[0]" } else { "" };
        block.labels.iter().map(BlockLabel::as_str).collect::<Vec<_>>().join(".") + key
    };
    body.get_blocks("resource").map(address).collect()
}

/// Keys of any text come out as HCL that means the same, and as the real formatter writes it.
#[test]
fn hostile_keys_are_quoted() {
    let key = "a\"b\\c${d}%{e}\n'; rm -rf ~ '\u{7}ä";
    let mut state = json("functions.tfstate");
    for resource in super::resources(&mut state, "aws_iam_role") {
        for instance in resource["instances"].as_array_mut().expect("a resource has instances") {
            if instance["attributes"]["name"] == "delete_user" {
                instance["index_key"] = key.into();
            }
        }
    }
    let adopted = super::import_state(&state);
    let file = adopted.file().expect("a file is written");
    let body = hcl_edit::parser::parse_body(&file).expect("it is HCL");
    let from = body.get_blocks("moved").filter_map(|block| block.body.get_attribute("from"));
    let keys: Vec<String> = from.filter_map(|from| from.value.as_traversal().map(key_of)).collect();
    assert!(keys.contains(&key.to_owned()), "{keys:?}\n{file}");
    assert!(adopted.run.err.chars().all(|char| !char.is_control() || char == '\n'), "{}", adopted.run);
    let Ok(run) = Command::new("terraform").args(["fmt", "-check", "-diff"]).current_dir(adopted.dir.path()).output()
    else {
        eprintln!("skipped: `terraform` is not installed");
        return;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

fn key_of(traversal: &hcl_edit::expr::Traversal) -> String {
    use hcl_edit::expr::{Expression, TraversalOperator};
    let last = traversal.operators.last().map(|operator| operator.value().clone());
    match last {
        Some(TraversalOperator::Index(Expression::String(key))) => key.value().clone(),
        _ => String::new(),
    }
}

#[test]
fn a_file_of_another_name_with_the_same_header_is_kept_for_somebody_else() {
    let adopted = import_text(&paypulse(), "--listing", r#"{"SecretList": []}"#);
    let theirs = adopted.dir.path().join("import-staging.tf");
    let text = "# Generated by `cargo xtask import` for somewhere else\n";
    fs::write(&theirs, text).expect("it can be written");
    let listing = adopted.dir.path().join("listing.json");
    fs::write(&listing, r#"{"SecretList": []}"#).expect("it can be written");
    let line = ["import", "--out", arg(adopted.dir.path()), "--listing", arg(&listing)];
    for flags in [&["--check"][..], &[]] {
        let run = on(&paypulse(), &[&line, flags].concat(), false);
        assert!(!run.err.contains("import-staging.tf") && !run.out.contains("import-staging.tf"), "{run}");
    }
    assert_eq!(fs::read_to_string(&theirs).expect("it is there"), text);
}
