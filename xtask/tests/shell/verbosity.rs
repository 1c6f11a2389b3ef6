//! `--quiet` and `--verbose`, of whichever command.

use std::path::Path;

use tempfile::tempdir;

use crate::run::{piped, xtask};

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    piped(xtask(arguments)).expect("it runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

#[test]
fn a_quiet_success_prints_what_programs_read_and_nothing_else() {
    let dir = tempdir().expect("a temporary directory");
    let out = text(dir.path());
    let spec = dir.path().join("spec.json");
    std::fs::write(&spec, said(&["spec"]).1).expect("it can be written");
    for (arguments, has_results) in [
        (&["gen-infra", "--out", out][..], false),
        (&["gen-infra", "--check", "--out", out], false),
        (&["gen-infra", "--check", "--out", out, "--format", "json"], true),
        (&["spec"], true),
        (&["scale", "--users", "1000"], true),
        (&["value-versions", "--dir", out], false),
        (&["diff", "--against-spec", text(&spec)], false),
    ] {
        let (loud, quiet) = (said(arguments), said(&[&["--quiet"], arguments].concat()));
        assert_eq!((quiet.0, quiet.2.as_str()), (Some(0), ""), "{arguments:?}: {}", quiet.2);
        assert_eq!(quiet.1, loud.1, "{arguments:?}");
        assert_eq!(!quiet.1.is_empty(), has_results, "{arguments:?}: {}", quiet.1);
    }
}

#[test]
fn a_quiet_failure_says_what_it_says_without() {
    let dir = tempdir().expect("a temporary directory");
    let out = text(dir.path());
    for arguments in [
        &["gen-infra", "--check", "--out", out][..],
        &["gen-infra", "--spec", "nowhere.json", "--out", out],
        &["explain", "--handler", "nobody", "text"],
        &["gen-infra", "--chekc"],
    ] {
        let loud = said(arguments);
        assert!(loud.0 != Some(0) && !loud.2.is_empty(), "{arguments:?}");
        assert_eq!(said(&[arguments, &["-q"]].concat()), loud, "{arguments:?}");
    }
}

#[test]
fn every_step_is_told_with_its_time_and_results_stay_the_same() {
    let dir = tempdir().expect("a temporary directory");
    let out = text(dir.path());
    let (exit, printed, err) = said(&["gen-infra", "--out", out, "--verbose"]);
    assert_eq!((exit, printed.as_str()), (Some(0), ""));
    let steps: Vec<&str> = err.lines().filter_map(|line| line.strip_prefix("step: ")).collect();
    let begins = [
        "checking the spec: 5 secrets, 14 handlers, ".to_owned(),
        "rendering: ".to_owned(),
        format!("looking at {out}: "),
        format!("writing to {out}; "),
        "gen-infra; ".to_owned(),
    ];
    assert_eq!(steps.len(), begins.len(), "{err}");
    for (step, begin) in steps.iter().zip(&begins) {
        let time = step.rsplit_once("; ").and_then(|(_, time)| time.strip_suffix(" ms")).map(str::parse::<f64>);
        assert!(step.starts_with(begin) && time.is_some_and(|time| time.is_ok()), "`{step}`, not `{begin}`");
    }
    let files = std::fs::read_dir(dir.path()).expect("it is there").count();
    assert!(files > 5 && steps[1].contains("iam.tf, outputs.tf, "), "{err}");
    assert!(
        steps[2].contains(&format!(": {files} to create, 0 to rewrite, 0 to delete, 0 to keep, 0 in the way; ")),
        "{err}"
    );
    let without = said(&["gen-infra", "--check", "--out", out, "--format", "json"]);
    assert_eq!(said(&["-v", "gen-infra", "--check", "--out", out, "--format", "json"]).1, without.1);
}

#[test]
fn what_is_read_is_told_by_its_name_and_size() {
    let dir = tempdir().expect("a temporary directory");
    let spec = dir.path().join("spec.json");
    std::fs::write(&spec, said(&["spec"]).1).expect("it can be written");
    let size = std::fs::metadata(&spec).expect("it is there").len();
    let (_, _, err) = said(&["-v", "diff", "--spec", text(&spec), "--against-spec", text(&spec)]);
    let told = format!("step: reading the spec {}: {size} bytes; ", text(&spec));
    assert_eq!(err.matches(&told).count(), 2, "{err}");
}

#[test]
fn quiet_and_verbose_are_one_too_many_wherever_they_stand() {
    for arguments in [&["-q", "-v", "spec"][..], &["-q", "spec", "-v"], &["spec", "--quiet", "--verbose"]] {
        let (exit, out, err) = said(arguments);
        assert_eq!((exit, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.starts_with("error: the argument '--quiet' cannot be used with '--verbose'"), "{err}");
    }
}

#[test]
fn programs_that_a_quiet_command_runs_are_heard_only_where_they_fail() {
    let bin = tempdir().expect("a temporary directory");
    let program = |text: &str| {
        let cargo = bin.path().join("cargo");
        std::fs::write(&cargo, format!("#!/bin/sh\n{text}\n")).expect("it can be written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&cargo, mode).expect("it can be made a program");
    };
    // Only `cargo` is found: the steps that need another program are skipped.
    let test = |flags: &[&str]| {
        let mut command = xtask(&[&["test"], flags].concat());
        command.env("PATH", bin.path());
        piped(command).expect("it runs")
    };
    program("echo out; echo err >&2");
    assert_eq!(test(&["-q"]), (Some(0), String::new(), String::new()));
    let (exit, out, err) = test(&[]);
    assert!(exit == Some(0) && out.contains("out\n") && err.contains("err\n"), "{out}{err}");
    program("echo out; echo err >&2; exit 1");
    let (exit, out, err) = test(&["-q"]);
    assert_eq!((exit, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("==> format\nout\nerr\n    format failed"), "{err}");
}

#[test]
fn no_step_tells_a_value() {
    let dir = tempdir().expect("a temporary directory");
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/specs/ok_deliveries.json");
    std::fs::write(dir.path().join("terraform.tfvars"), "counted = \"hunter2\"\n").expect("it can be written");
    let arguments = ["-v", "value-versions", "--dir", text(dir.path()), "--spec", spec];
    for (arguments, exit) in [(&arguments[..], 0), (&[&arguments[..], &["--check"]].concat(), 0)] {
        let (ended, out, err) = said(arguments);
        assert_eq!((ended, out.as_str()), (Some(exit), ""), "{err}");
        assert!(
            err.contains("step: reading the file of values ") && err.contains("step: digesting the values"),
            "{err}"
        );
        assert!(!err.contains("hunter2"), "{err}");
    }
}
