//! `init --python`: the client that it writes passes the test that it writes.

use std::path::Path;
use std::process::Command;

use tempfile::tempdir;
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

use super::{failure, python};

fn init(dir: &Path) {
    let spec = paypulse_runtime::spec::spec();
    let context = Context {
        spec: Some(&spec),
        program: xtask::PROGRAM,
        root: dir,
        terraform_dir: dir.join("terraform"),
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let line = ["cargo xtask", "init", "--python", dir.to_str().expect("temporary paths are text")];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = xtask::run(&context, line.map(Into::into), &mut Streams { out: &mut out, err: &mut err });
    assert_eq!(exit, Exit::Done, "{}", String::from_utf8_lossy(&err));
}

#[test]
fn a_new_project_passes_its_test_and_the_test_can_fail() {
    let Some(python) = python() else { return };
    let dir = tempdir().expect("a temporary directory");
    init(dir.path());
    let run_tests =
        || failure(Command::new(&python).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]), dir.path());
    assert_eq!(run_tests(), None);
    let path = dir.path().join("tests/test_secrets.py");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let other = text.replacen("a key for tests", "another key", 1);
    std::fs::write(&path, other).expect("it can be written");
    assert!(run_tests().is_some_and(|said| said.contains("1 failed, 1 passed")));
}
