//! The generated Python client: under type checkers, linters and pytest, against the embedded server, and on every Python that is
//! installed.
//!
//! `cargo xtask test` installs the tools and names their interpreter in `PYTHON_CLIENT`; without that, only what needs no tools is run.

mod new_project;
mod packages;
mod rotations;
mod vectors;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use paypulse_runtime::model::Spec;
use paypulse_runtime::testing::EmbeddedSecretsManager;
use paypulse_tests::{bakery, warehouse};
use tempfile::{TempDir, tempdir};
use xtask::python::{OWN, package};

const NAME: &str = "paypulse_secrets";
/// The versions of Python 3 that the client is for.
const MINORS: std::ops::RangeInclusive<u32> = 9..=14;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The interpreter with the tools, if it is there.
fn python() -> Option<PathBuf> {
    let python = env::var_os("PYTHON_CLIENT").map(|python| workspace().join(python));
    if let Some(python) = &python {
        // The first start of pyright installs it, which two tests must not do at once.
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let installed = Command::new(python).args(["-m", "pyright", "--version"]).output();
            assert!(installed.is_ok_and(|it| it.status.success()), "pyright cannot be installed");
        });
    } else {
        eprintln!("skipped: `PYTHON_CLIENT` does not name a Python with mypy, pyright, ruff, pytest and boto3");
    }
    python
}

/// A directory with the packages of these specs in it.
fn written(specs: &[(&str, Spec)]) -> TempDir {
    let dir = tempdir().expect("a temporary directory");
    packages::write(dir.path(), specs).expect("it is empty");
    dir
}

/// Runs a program in a directory, and returns what it says if it fails.
fn failure(command: &mut Command, dir: &Path) -> Option<String> {
    command.current_dir(dir).env("PYTHONPATH", dir).env("MYPYPATH", dir).env("PYTHONDONTWRITEBYTECODE", "1");
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (!status.success()).then(|| format!("{command:?}:\n{said}"))
}

fn specs() -> [(&'static str, Spec); 3] {
    [(NAME, paypulse_runtime::spec::spec()), ("warehouse", warehouse::spec()), ("bakery", bakery::spec())]
}

#[test]
fn type_checkers_and_linters_accept_what_is_rendered() {
    let Some(python) = python() else { return };
    let dir = written(&specs());
    for (name, _) in specs() {
        let tools: [&[&str]; 4] = [
            &["mypy", "--strict", "--no-incremental", "--python-version", "3.10", name],
            &["ruff", "check", "--no-cache", "--target-version", "py39", "--ignore", "RUF022", name],
            &["pyright", "--pythonversion", "3.9", name],
            &["compileall", "-q", name],
        ];
        for tool in tools {
            let said = failure(Command::new(&python).arg("-m").args(tool), dir.path());
            assert_eq!(said, None, "{name}");
        }
    }
}

#[test]
fn a_type_checker_reports_each_call_that_is_not_granted() {
    let Some(python) = python() else { return };
    let dir = written(&specs());
    for file in ["check.py", "granted.py", "ungranted.py"] {
        fs::copy(workspace().join("tests/python/types").join(file), dir.path().join(file)).expect("it is there");
    }
    for checker in ["mypy", "pyright"] {
        assert_eq!(failure(Command::new(&python).args(["check.py", checker]), dir.path()), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_does_what_its_tests_say() {
    let Some(python) = python() else { return };
    let dir = written(&specs());
    let product = EmbeddedSecretsManager::enforcing(&paypulse_runtime::spec::spec());
    let warehouse = EmbeddedSecretsManager::enforcing(&warehouse::spec());
    let addresses = (product.serve().await.expect("a free port"), warehouse.serve().await.expect("a free port"));
    let copies = ["us-east-1", "us-west-2"].map(|region| warehouse.copy_in(region));
    let copies = (copies[0].serve().await.expect("a free port"), copies[1].serve().await.expect("a free port"));
    let rotations = rotations::serve(warehouse).expect("a free port");
    let mut command = Command::new(python);
    command.args(["-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir"]);
    let tests = workspace().join("tests/python");
    command.arg(&tests).arg(&tests).env("ENDPOINT", addresses.0.url());
    command.env("WAREHOUSE", addresses.1.url()).env("ROTATIONS", rotations.to_string());
    command.env("WAREHOUSE_US_EAST_1", copies.0.url()).env("WAREHOUSE_US_WEST_2", copies.1.url());
    let dir_path = dir.path().to_owned();
    let said = tokio::task::spawn_blocking(move || failure(&mut command, &dir_path)).await.expect("it does not panic");
    assert_eq!(said, None);
}

#[test]
fn the_client_runs_on_every_python_that_is_installed() {
    let dir = written(&specs());
    let (mut ran, mut missing) = (Vec::new(), Vec::new());
    for minor in MINORS {
        let Some(python) = installed(minor) else {
            missing.push(format!("3.{minor}"));
            continue;
        };
        let mut command = Command::new(&python);
        command.arg(workspace().join("tests/python/every_python.py"));
        assert_eq!(failure(&mut command, dir.path()), None);
        ran.push(format!("3.{minor}"));
    }
    eprintln!("ran on Python {}; not installed: {}", ran.join(", "), missing.join(", "));
    assert!(!ran.is_empty() || env::var_os("PYTHON_CLIENT").is_none(), "no Python was found");
}

/// A Python of this minor version: by its name, or where pyenv keeps what it installed.
fn installed(minor: u32) -> Option<PathBuf> {
    let name = format!("python3.{minor}");
    let pyenv = env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = pyenv.and_then(|root| fs::read_dir(root.join("versions")).ok()).into_iter().flatten().flatten();
    let kept = versions.map(|version| version.path().join("bin").join(&name));
    let version = format!("Python 3.{minor}.");
    [PathBuf::from(&name)].into_iter().chain(kept).find(|python| {
        // A shim of pyenv is there for versions that are not.
        let output = Command::new(python).arg("--version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with(&version))
    })
}

#[test]
fn a_package_is_a_function_of_the_spec_and_every_file_says_who_wrote_it() {
    for (name, spec) in specs() {
        let files: BTreeMap<String, String> = package(&spec, name).files;
        assert_eq!(files, package(&spec, name).files);
        for (file, text) in &files {
            assert!(OWN.names.contains(&file.as_str()), "{file}");
            assert!(text.lines().next().is_some_and(OWN.is_header), "{file}");
            assert!(text.is_ascii(), "{file} of {name} has a character outside ASCII");
        }
        assert_eq!(files.contains_key("tokens.py"), name == NAME);
        assert_eq!(files.contains_key("rotation.py"), name != NAME);
    }
}

#[test]
fn what_the_client_does_not_check_is_said() {
    let mut spec = bakery::spec();
    let secret = spec.secrets.first_mut().expect("it has secrets");
    secret.payload.schema = Some(serde_json::json!({ "type": "string", "not": { "const": "" } }));
    let notes = package(&spec, "bakery").notes;
    assert!(notes.iter().any(|note| note.contains("does not check `not`")), "{notes:?}");
    for (name, spec) in specs() {
        assert_eq!(package(&spec, name).notes, Vec::<String>::new(), "{name}");
    }
}
