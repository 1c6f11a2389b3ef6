//! The repository's files for GitHub: what zizmor and actionlint do not check, the tests of the action, and the pins of Python
//! packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The workflows, each with its text.
fn workflows() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(".github/workflows")).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut all: Vec<_> = names.map(|name| (format!(".github/workflows/{name}"), name)).collect();
    all.sort();
    all.into_iter().map(|(path, _)| (path.clone(), read(path))).collect()
}

/// The references of `uses:` that are not a commit with the version in a comment.
fn unpinned(text: &str) -> Vec<&str> {
    let references = text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "));
    let is_pinned = |reference: &&str| {
        let Some((action, version)) = reference.split_once(" # ") else { return false };
        let commit = action.rsplit_once('@').map_or("", |(_, commit)| commit);
        let is_commit = commit.len() == 40 && commit.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_commit && version.strip_prefix('v').is_some_and(|it| it.starts_with(|first: char| first.is_ascii_digit()))
    };
    references.filter(|reference| !reference.starts_with("./") && !is_pinned(reference)).collect()
}

#[test]
fn every_action_is_pinned_by_its_commit() {
    let mut texts = workflows();
    texts.push(("action.yml".into(), read(".github/actions/driftless/action.yml")));
    texts.push((
        "docs".into(),
        read("docs/github-action.md").replace("OWNER/REPO/.github/actions/driftless@COMMIT", "./"),
    ));
    assert!(texts.len() > 5, "{texts:?}");
    for (path, text) in &texts {
        assert_eq!(unpinned(text), Vec::<&str>::new(), "{path}");
    }
    let commit = "0".repeat(40);
    let bad = format!(
        "  - uses: a/b@v4\n  uses: a/b@{commit}\nuses: a/b@{commit} # main\nuses: ./x\nuses: a/b@{commit} # v4"
    );
    assert_eq!(unpinned(&bad).len(), 3);
    // One version of each action.
    let actions: BTreeSet<&str> = texts
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| {
            let line = line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")?;
            line.contains('@').then(|| line.trim())
        })
        .collect();
    let names: BTreeSet<&str> = actions.iter().filter_map(|it| it.split('@').next()).collect();
    assert_eq!(actions.len(), names.len(), "{actions:?}");
}

#[test]
fn every_workflow_has_least_permissions_limits_and_a_concurrency() {
    for (path, text) in workflows() {
        assert!(text.contains("\npermissions: {}\n"), "{path} grants permissions to all of its jobs");
        assert!(text.contains("\nconcurrency:\n"), "{path}");
        let jobs = text.matches("    runs-on: ").count();
        assert!(jobs > 0 && jobs == text.matches("    timeout-minutes: ").count(), "{path}");
        assert_eq!(jobs, text.matches("    permissions:\n      contents: ").count(), "{path}");
    }
}

#[test]
fn the_workflow_runs_the_test_command_of_the_readme() {
    let ci = read(".github/workflows/ci.yml");
    assert!(
        read("README.md").contains("cargo xtask test  ")
            && ci.contains("      - run: cargo xtask test --require-e2e --require-browser\n")
    );
}

#[test]
fn cargo_deny_has_one_version() {
    let (_, rest) = read("xtask/src/cmd/dependencies.rs")
        .split_once("\"cargo-deny ")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("the pin");
    let version = rest.split('"').next().expect("it ends");
    assert!(read(".github/workflows/advisories.yml").contains(&format!("cargo-deny@{version}\n")));
}

/// The names and versions that a file of requirements pins, in lower case.
fn pins(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()));
    lines.filter_map(|line| line.split([' ', ';']).next()).map(|pin| pin.to_lowercase().replace('_', "-")).collect()
}

#[test]
fn every_python_package_is_pinned_by_its_hash() {
    for dir in ["benches/python", "tests/e2e", "tests/python", "tests/second_opinions", "tests/workflows"] {
        let (wanted, locked) = (pins(&read(format!("{dir}/requirements.in"))), read(format!("{dir}/requirements.txt")));
        let all = pins(&locked);
        assert!(!wanted.is_empty() && wanted.is_subset(&all), "{dir}: compile requirements.txt again: {wanted:?}");
        assert!(all.iter().all(|pin| pin.contains("==")), "{dir}");
        let packages = locked.lines().filter(|line| line.contains("==")).count();
        let with_hash = locked.split("==").skip(1).filter(|rest| rest.contains("--hash=sha256:")).count();
        assert_eq!(packages, with_hash, "{dir}");
    }
}

/// The tests of the action need Python and nothing else.
#[test]
fn the_action_passes_its_tests() {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: Python 3 is not installed");
        return;
    }
    let mut tests = Command::new("python3");
    tests.args(["-B", "-W", "ignore", "-m", "unittest", "discover", "--start-directory", "tests/github"]);
    // A proxy of the machine has no part in it.
    let output = tests.current_dir(root()).env("NO_PROXY", "*").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("\nRan 4") && said.ends_with("OK\n"), "{said}");
}
