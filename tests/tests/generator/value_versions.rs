//! `value-versions`: when a value gets another version, and what of it is written where.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::{TempDir, tempdir};
use xtask::Exit;

use crate::run::{Run, arg, files, on, xtask};

paypulse_runtime::declare! {
    source: "tests/tests/generator/value_versions.rs";
    keys {}

    secrets {
        /// Enters the state, and so needs no version.
        PaymentKey: paypulse_runtime::model::Text = "app/payment", owner: terraform(payment_key);
        /// Is counted.
        WebhookKey: paypulse_runtime::model::Text = "app/webhook", owner: terraform(write_only(webhook_key));
        /// Is counted by hand.
        PrinterKey: paypulse_runtime::model::Text = "app/printer", owner: terraform(write_only(printer_key, version: 7));
    }

    handlers {
        /// Reads them.
        Reader = "reader" {
            PaymentKey: read;
            WebhookKey: read;
            PrinterKey: read;
        }
    }
}

const FILE: &str = "value-versions.auto.tfvars.json";

/// A directory with this value for the variable that is counted.
fn dir(value: &str) -> TempDir {
    let dir = tempdir().expect("a temporary directory");
    give(dir.path(), value);
    dir
}

fn give(dir: &Path, value: &str) {
    put(dir, "terraform.tfvars", &format!("payment_key = \"x\"\nwebhook_key = \"{value}\"\n"));
}

fn put(dir: &Path, name: &str, text: &str) {
    fs::write(dir.join(name), text).expect("it can be written");
}

fn run(dir: &Path, flags: &[&str]) -> Run {
    let run = on(&spec(), &[&["value-versions", "--dir", arg(dir)], flags].concat(), false);
    assert!(!run.to_string().contains("hunter"), "{run}");
    run
}

#[track_caller]
fn succeeds(dir: &Path, flags: &[&str], said: &str) {
    let run = run(dir, flags);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert!(run.err.contains(said) && run.out.is_empty(), "{run}");
}

#[track_caller]
fn fails(dir: &Path, flags: &[&str], exit: Exit, said: &[&str]) {
    let before = fs::read_to_string(dir.join(FILE)).ok();
    let run = run(dir, flags);
    assert_eq!(run.exit, exit, "{run}");
    assert!(said.iter().all(|said| run.err.contains(said)), "{run}");
    assert_eq!(fs::read_to_string(dir.join(FILE)).ok(), before, "something was written");
}

fn version(dir: &Path) -> u64 {
    let versions: Value = serde_json::from_str(&files_text(dir)).expect("it is JSON");
    let all = versions.as_object().expect("it is an object");
    assert_eq!(all.keys().collect::<Vec<_>>(), ["webhook_key_version"]);
    all["webhook_key_version"].as_u64().expect("it is a number")
}

fn files_text(dir: &Path) -> String {
    fs::read_to_string(dir.join(FILE)).expect("it is there")
}

#[test]
fn a_change_is_found_once_and_raises_the_version_once() {
    let dir = dir("hunter2");
    let dir = dir.path();
    fails(
        dir,
        &["--check"],
        Exit::Stale,
        &["`webhook_key` has no version", "hint: run `cargo xtask value-versions --dir"],
    );
    succeeds(dir, &[], "counted `webhook_key`");
    let first = version(dir);
    succeeds(dir, &["--check"], "no version of 1 value has to change");
    succeeds(dir, &[], "0 changed, 1 as before");
    assert_eq!(version(dir), first);

    give(dir, "hunter3");
    fails(dir, &["--check"], Exit::Stale, &["`webhook_key` has another value than its version says"]);
    succeeds(dir, &[], "raised `webhook_key`: its value has changed");
    assert!(version(dir) > first);
    succeeds(dir, &["--check"], "no version");
}

#[test]
fn nothing_that_is_written_holds_the_value_or_tells_it_from_others() {
    let (one, other) = (dir("hunter2"), dir("hunter3"));
    for dir in [one.path(), other.path()] {
        succeeds(dir, &[], "counted");
        fs::remove_file(dir.join("terraform.tfvars")).expect("it is there");
        assert_eq!(files(&dir.join(".terraform")).len(), 1);
        for text in files(&dir.join(".terraform")).values().chain([&files_text(dir)]) {
            assert!(!text.contains("hunter"), "{text}");
        }
    }
    // What git gets is the time of the change alone.
    assert!(version(one.path()).abs_diff(version(other.path())) < 60);
}

#[test]
fn a_machine_that_has_not_seen_the_value_raises_it_unless_told_to_keep_it() {
    let dir = dir("hunter2");
    let dir = dir.path();
    succeeds(dir, &[], "counted");
    let first = version(dir);
    let forget = || fs::remove_dir_all(dir.join(".terraform")).expect("it is there");
    forget();
    succeeds(dir, &["--check"], "unknown: `webhook_key` may have changed: this machine has not seen its value before");
    succeeds(dir, &["--keep"], "kept `webhook_key`");
    assert_eq!(version(dir), first);
    succeeds(dir, &["--check"], "no version");
    forget();
    succeeds(dir, &[], "raised `webhook_key`: this machine had not seen its value before");
    assert!(version(dir) > first);
}

#[test]
fn a_version_that_was_taken_back_is_stale_and_a_later_one_is_not() {
    let dir = dir("hunter2");
    let dir = dir.path();
    put(dir, FILE, r#"{"webhook_key_version": 5}"#);
    succeeds(dir, &[], "raised");
    let raised = version(dir);
    put(dir, FILE, r#"{"webhook_key_version": 5}"#);
    fails(dir, &["--check"], Exit::Stale, &["another value than its version says"]);
    put(dir, FILE, &format!(r#"{{"webhook_key_version": {}}}"#, raised + 1));
    succeeds(dir, &["--check"], "no version");
}

#[test]
fn a_version_of_nothing_is_removed() {
    let dir = dir("hunter2");
    let dir = dir.path();
    succeeds(dir, &[], "counted");
    let versions = format!(r#"{{"old_version": 7, "webhook_key_version": {}}}"#, version(dir));
    put(dir, FILE, &versions);
    fails(dir, &["--check"], Exit::Stale, &["`old_version` is no longer a variable of the spec"]);
    succeeds(dir, &[], "0 changed, 1 as before, 1 removed");
    version(dir);
}

#[test]
fn values_come_from_where_terraform_has_them() {
    let dir = dir("hunter2");
    let dir = dir.path();
    succeeds(dir, &[], "counted");
    // Each of these is read after the one before it.
    let sources = [
        ("terraform.tfvars.json", r#"{"webhook_key": "hunter3"}"#),
        ("a.auto.tfvars", "webhook_key = \"hunter4\"\n"),
        ("b.auto.tfvars.json", r#"{"webhook_key": "hunter5"}"#),
        ("c.auto.tfvars", "webhook_key = <<E\nhunter6\nE\n"),
    ];
    for (name, text) in sources {
        put(dir, name, text);
        succeeds(dir, &[], "its value has changed");
    }
    let (first, second) = (dir.join("first"), dir.join("second.json"));
    put(dir, "first", "webhook_key = \"hunter7\"\n");
    put(dir, "second.json", r#"{"webhook_key": "hunter8"}"#);
    let var_files = ["--var-file", arg(&first), "--var-file", arg(&second)];
    succeeds(dir, &var_files, "its value has changed");
    succeeds(dir, &["--var-file", arg(&second)], "0 changed");
    // Versions of their own for the same variable's value elsewhere.
    let own = [&var_files[..], &["--versions", "prod.tfvars.json"]].concat();
    succeeds(dir, &own, "counted");
    succeeds(dir, &["--var-file", arg(&second), "--check"], "no version");
}

#[test]
fn err_a_value_that_is_not_given() {
    let dir = tempdir().expect("a temporary directory");
    let dir = dir.path();
    fails(dir, &[], Exit::Usage, &["`webhook_key` has neither a value here nor a version", "--var-file FILE"]);
    put(dir, "terraform.tfvars", "webhook_key = null\n");
    fails(dir, &[], Exit::Usage, &["`webhook_key` has neither"]);
    put(dir, FILE, r#"{"webhook_key_version": 5}"#);
    succeeds(dir, &[], "kept `webhook_key`: no value is given here");
    succeeds(dir, &["--check"], "unknown: `webhook_key` may have changed: no value is given here");
    assert_eq!(version(dir), 5);
}

#[test]
fn err_a_file_of_versions_that_is_none_stays() {
    for text in [
        "",
        "{",
        "[]",
        r#"{"webhook_key_version": "5"}"#,
        r#"{"webhook_key_version": -5}"#,
        r#"{"webhook_key_version": 18446744073709551615}"#,
        r#"{"a": {"b": 1}}"#,
    ] {
        let dir = dir("hunter2");
        put(dir.path(), FILE, text);
        fails(
            dir.path(),
            &[],
            Exit::Problems,
            &["contains something other than a number for each variable", "--versions NAME"],
        );
    }
}

#[test]
fn err_values_that_cannot_be_read_are_not_shown() {
    for (name, text) in [
        ("terraform.tfvars", "webhook_key = \"hunter2\n"),
        ("terraform.tfvars", "webhook_key = [[[[ hunter2"),
        ("terraform.tfvars.json", r#"{"webhook_key": "hunter2"#),
        ("terraform.tfvars.json", r#"["hunter2"]"#),
        ("x.auto.tfvars", "\"hunter2\""),
    ] {
        let dir = tempdir().expect("a temporary directory");
        put(dir.path(), name, text);
        fails(dir.path(), &[], Exit::Usage, &[name]);
    }
    let dir = tempdir().expect("a temporary directory");
    fs::write(dir.path().join("terraform.tfvars"), b"webhook_key = \"\xff\"").expect("it can be written");
    fails(dir.path(), &[], Exit::Usage, &["terraform.tfvars"]);
    fails(&dir.path().join("nowhere"), &[], Exit::Usage, &["nowhere"]);
    fails(dir.path(), &["--var-file", "nowhere.tfvars"], Exit::Usage, &["terraform.tfvars"]);
}

#[test]
fn values_and_versions_are_read_as_terraform_reads_them() {
    let dir = dir("hunter2");
    let dir = dir.path();
    succeeds(dir, &[], "counted");
    let marked = "\u{feff}payment_key = \"x\"\r\nwebhook_key = \"hunter2\"\r\n";
    put(dir, "terraform.tfvars", marked);
    put(dir, FILE, &format!("\u{feff}{}", files_text(dir).replace('\n', "\r\n")));
    succeeds(dir, &["--check"], "no version of 1 value has to change");
    let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(dir.join("terraform.tfvars"), &utf16).expect("it can be written");
    fails(dir, &[], Exit::Usage, &["terraform.tfvars`: it is UTF-16, which Terraform refuses: save it as UTF-8"]);
    give(dir, "hunter2");
    fs::write(dir.join("x.auto.tfvars"), &utf16[2..]).expect("it can be written");
    fails(dir, &[], Exit::Usage, &["x.auto.tfvars`: it is UTF-16"]);
}

#[test]
fn err_a_file_of_versions_that_terraform_would_not_read_as_json() {
    let dir = dir("hunter2");
    for name in ["versions.tfvars", "versions.json", ".tfvars.json", "../x.tfvars.json", ""] {
        fails(dir.path(), &["--versions", name], Exit::Usage, &["ends in `.tfvars.json`"]);
    }
    fails(dir.path(), &["--keep", "--check"], Exit::Usage, &["cannot be used with"]);
}

#[test]
fn a_structure_counts_as_one_value() {
    let dir = tempdir().expect("a temporary directory");
    let run = |value: &str| {
        let text = format!("webhook_key = \"hunter2-hunter2\"\nmail_access = {value}\n");
        put(dir.path(), "terraform.tfvars", &text);
        on(&paypulse_tests::warehouse::spec(), &["value-versions", "--dir", arg(dir.path())], false)
    };
    let first = run("{ account = \"a\", password = \"hunter2\" }");
    assert!(first.err.contains("counted `webhook_key`") && first.err.contains("counted `mail_access`"), "{first}");
    let same = run("{\n  password = \"hunter2\" # the same\n  account  = \"a\"\n}");
    assert!(same.err.contains("0 changed, 2 as before"), "{same}");
    let changed = run("{ account = \"a\", password = \"hunter3\" }");
    assert!(changed.err.contains("raised `mail_access`") && changed.err.contains("1 changed"), "{changed}");
}

#[test]
fn an_exported_spec_has_its_values_counted_too() {
    let dir = dir("hunter2");
    put(dir.path(), "spec.json", &spec().to_json());
    let exported = dir.path().join("spec.json");
    let run = xtask(&["value-versions", "--spec", arg(&exported), "--dir", arg(dir.path())]);
    assert!(run.exit == Exit::Done && run.err.contains("counted `webhook_key`"), "{run}");
    succeeds(dir.path(), &["--check"], "no version");
    let elsewhere = xtask(&["value-versions", "--spec", arg(&exported)]);
    assert_eq!(elsewhere.exit, Exit::Usage, "{elsewhere}");
    put(dir.path(), "spec.json", "{");
    let run = xtask(&["value-versions", "--spec", arg(&exported), "--dir", arg(dir.path())]);
    assert_eq!(run.exit, Exit::Problems, "{run}");
}

#[test]
fn a_spec_without_counted_values_writes_nothing() {
    let dir = tempdir().expect("a temporary directory");
    let run = xtask(&["value-versions", "--dir", arg(dir.path())]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert_eq!(files(dir.path()).len(), 0);
}

#[test]
fn the_generator_names_the_secrets_whose_value_enters_the_state() {
    let dir = tempdir().expect("a temporary directory");
    let run = on(&spec(), &["gen-infra", "--out", arg(dir.path()), "--format", "json"], false);
    assert!(run.err.contains("note: the value of `PaymentKey` enters the Terraform state\n"), "{run}");
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    assert_eq!(report["in_state"], serde_json::json!(["PaymentKey"]));
    let mut spec = spec();
    spec.secrets.retain(|secret| secret.id != "PaymentKey");
    spec.handlers.iter_mut().for_each(|it| it.grants.retain(|grant| grant.secret != "PaymentKey"));
    let run = on(&spec, &["gen-infra", "--out", arg(dir.path())], false);
    assert!(run.exit == Exit::Done && !run.err.contains("note"), "{run}");
}
