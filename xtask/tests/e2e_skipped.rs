//! What `cargo xtask e2e` says where a program that it needs is missing. The checks themselves are in `tests/e2e`.

use std::process::{Command, Output};

/// Runs the command where no program can be found.
fn without_programs(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("e2e").args(arguments).env("PATH", env!("CARGO_TARGET_TMPDIR"));
    command.output().expect("the command runs")
}

#[test]
fn a_missing_program_is_named_and_the_checks_are_skipped() {
    let output = without_programs(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("end to end SKIPPED: neither Terraform nor OpenTofu is installed"), "{said}");
    assert!(said.contains("hint: install Terraform 1.11 or later"), "{said}");
}

#[test]
fn a_missing_program_is_a_failure_where_the_checks_are_required() {
    let output = without_programs(&["--require-e2e"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("SKIPPED: neither Terraform nor OpenTofu is installed"), "{said}");
}
