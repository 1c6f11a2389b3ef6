//! Every problem that a spec can have: one file each under `data/specs`, with the whole answer as a snapshot.

use std::fs;

use insta::{Settings, assert_snapshot};
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, specs, xtask};

#[test]
fn each_bad_spec_gets_all_its_problems_and_nothing_is_written() {
    for path in specs("err_") {
        let dir = tempdir().expect("a temporary directory");
        let out = dir.path().join("out");
        let run = xtask(&["gen-infra", "--spec", arg(&path), "--out", arg(&out)]);
        assert_eq!(run.exit, Exit::Problems, "{run}");
        assert!(!out.exists(), "something was written");
        let mut settings = Settings::clone_current();
        settings.set_input_file(&path);
        settings.set_snapshot_suffix(path.file_name().expect("a file has a name").to_string_lossy());
        settings.bind(|| assert_snapshot!(run));
    }
}

#[test]
fn each_good_spec_is_rendered() {
    for path in specs("ok_") {
        let dir = tempdir().expect("a temporary directory");
        let run = xtask(&["gen-infra", "--spec", arg(&path), "--out", arg(dir.path())]);
        assert_eq!(run.exit, Exit::Done, "{run}");
    }
}

#[test]
fn problems_go_into_the_report_for_programs_too() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/specs/err_everything_at_once.json");
    let run = xtask(&["gen-infra", "--spec", path, "--out", "nowhere", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("stdout is JSON");
    assert_eq!(report["result"], "problems");
    let lints: Vec<_> = report["problems"].as_array().into_iter().flatten().map(|problem| &problem["lint"]).collect();
    assert_eq!(lints.len(), 6, "{run}");
}

#[test]
fn err_the_spec_file_cannot_be_read() {
    let run = xtask(&["gen-infra", "--spec", "no/such/file.json", "--out", "nowhere"]);
    assert_eq!(run.exit, Exit::Usage);
    assert_snapshot!(run);
}

#[test]
fn err_the_spec_file_is_not_text() {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("spec.json");
    fs::write(&path, [0xff, 0xfe, 0x00]).expect("it can be written");
    let run = xtask(&["gen-infra", "--spec", arg(&path), "--out", "nowhere"]);
    assert_eq!(run.exit, Exit::Usage);
    assert_snapshot!(run.without(dir.path()));
}

#[cfg(target_os = "linux")]
#[test]
fn err_a_spec_without_end_is_cut_off() {
    let run = xtask(&["gen-infra", "--spec", "/dev/zero", "--out", "nowhere"]);
    assert_eq!(run.exit, Exit::Usage);
    assert_snapshot!(run);
}
