//! Exit codes, help, `--check` and `--format json`.

use insta::assert_snapshot;
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, on, xtask};

#[test]
fn terraform_is_what_the_spec_says() {
    let run = xtask(&["gen-infra", "--check"]);
    assert_eq!(run.exit, Exit::Done, "{run}");
}

#[test]
fn help_names_every_flag_and_shows_examples() {
    assert_snapshot!(xtask(&["gen-infra", "--help"]));
    assert_snapshot!(xtask(&["--help"]));
    assert_snapshot!(xtask(&["e2e", "--help"]));
    assert_snapshot!(xtask(&["test", "--help"]));
    assert_snapshot!(xtask(&["import", "--help"]));
    assert_snapshot!(xtask(&["explain", "--help"]));
    assert_snapshot!(xtask(&["diff", "--help"]));
    assert_snapshot!(xtask(&["check-plan", "--help"]));
    assert_snapshot!(xtask(&["access", "--help"]));
    assert_snapshot!(xtask(&["completions", "--help"]));
    assert_snapshot!(xtask(&["browser", "--help"]));
    assert_snapshot!(xtask(&["aws-policies", "--help"]));
    assert_snapshot!(xtask(&["instructions", "--help"]));
}

#[test]
fn every_command_has_help_with_examples_and_its_exit_codes() {
    let line = xtask::command_line();
    assert!(line.get_subcommands().count() > 10, "the commands are not found");
    for command in line.get_subcommands().chain([&line]) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let name = command.get_name();
        assert!(command.get_about().is_some(), "`{name}` does not say what it does");
        assert!(help.starts_with("Examples:\n  "), "`{name}` shows no examples first:\n{help}");
        assert!(help.contains("\n\nExit codes: 0 "), "`{name}` does not say its exit codes:\n{help}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "`{name}` does not say what `{}` is", argument.get_id());
        }
    }
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let run = xtask(&["gen-infra", "--chekc"]);
    assert_eq!(run.exit, Exit::Usage);
    assert_snapshot!(run);
}

#[test]
fn another_spec_never_goes_to_the_default_directory() {
    let run = xtask(&["gen-infra", "--spec", "spec.json"]);
    assert_eq!(run.exit, Exit::Usage);
    assert!(run.err.contains("--out <DIR>"), "{run}");
}

#[test]
fn check_of_an_empty_directory_shows_every_file_and_the_repair() {
    let dir = tempdir().expect("a temporary directory");
    let run = on(&empty(), &["gen-infra", "--check", "--out", arg(dir.path())], false);
    assert_eq!(run.exit, Exit::Stale);
    assert_snapshot!(run.without(dir.path()));
    assert!(std::fs::read_dir(dir.path()).expect("it is there").next().is_none(), "--check wrote something");
}

#[test]
fn check_reports_every_stale_file_at_once() {
    let dir = tempdir().expect("a temporary directory");
    let out = arg(dir.path());
    assert_eq!(xtask(&["gen-infra", "--out", out]).exit, Exit::Done);
    for name in ["secrets.tf", "outputs.tf"] {
        let path = dir.path().join(name);
        let text = std::fs::read_to_string(&path).expect("it was written");
        std::fs::write(&path, text.replace("google_oauth_client_id", "renamed")).expect("it can be edited");
    }
    std::fs::remove_file(dir.path().join("variables.tf")).expect("it was written");
    let run = xtask(&["gen-infra", "--check", "--out", out]);
    assert_eq!(run.exit, Exit::Stale);
    assert_snapshot!(run.without(dir.path()));
}

#[test]
fn a_report_for_programs_is_one_json_document() {
    let dir = tempdir().expect("a temporary directory");
    let out = arg(dir.path());
    for (arguments, result, exit) in [
        (vec!["gen-infra", "--format", "json", "--check", "--out", out], "stale", Exit::Stale),
        (vec!["gen-infra", "--format", "json", "--out", out], "written", Exit::Done),
        (vec!["gen-infra", "--format", "json", "--check", "--out", out], "fresh", Exit::Done),
    ] {
        let run = xtask(&arguments);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("stdout is JSON");
        assert_eq!((report["result"].as_str(), run.exit), (Some(result), exit), "{run}");
        assert_eq!(report["files"].as_array().map(Vec::len), Some(8), "{run}");
    }
}

#[test]
fn an_interrupted_write_changes_nothing() {
    let dir = tempdir().expect("a temporary directory");
    let run = on(&paypulse_runtime::spec::spec(), &["gen-infra", "--out", arg(dir.path())], true);
    assert_eq!(run.exit, Exit::Interrupted, "{run}");
    assert!(std::fs::read_dir(dir.path()).expect("it is there").next().is_none(), "something was left behind");
}

fn empty() -> paypulse_runtime::model::Spec {
    paypulse_runtime::model::Spec::empty("spec.rs".into())
}
