//! `examples/bookshop` as another team has it: in a copy outside the repository, on the packages of the engine instead of its
//! directories. There it is built and tested, and its program checks its Terraform. `tests/e2e/bookshop.rs` applies that.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{LIBRARIES, cargo, package, read, value, workspace};

/// The directory of builds, which all workspaces of the repository share.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/..");
/// What the file with the lock says if a dependency of the engine has changed.
const RENEW: &str = "copy Cargo.lock to examples/bookshop/ and run `cargo metadata` there";

/// The packages on which it depends.
fn engine() -> impl Iterator<Item = &'static str> {
    LIBRARIES.iter().map(|(library, _)| *library).filter(|library| library.starts_with("driftless"))
}

/// The files of the example, without what a user of it leaves there: values, states, and what Terraform keeps.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    let is_left = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name == "target" || [".terraform", ".tfstate", ".tfvars"].iter().any(|part| name.contains(part))
    };
    let is_example = |path: &PathBuf| path.extension().is_some_and(|it| it == "example");
    let kept = entries.filter(|path| is_example(path) || !is_left(path));
    kept.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The manifest with versions instead of paths, and with the packages where a registry would have them.
fn manifest(packages: &[(&str, String)]) -> String {
    let own = read("examples/bookshop/Cargo.toml");
    let on_a_version = |line: &str| line.split_once(", path = \"../../").map(|(version, _)| format!("{version} }}"));
    let lines: Vec<String> = own.lines().map(|line| on_a_version(line).unwrap_or_else(|| line.to_owned())).collect();
    let patches = packages.iter().map(|(library, path)| format!("{library} = {{ path = \"{path}\" }}"));
    let text = [lines, vec!["[patch.crates-io]".into()], patches.collect()].concat().join("\n");
    assert!(!text.contains("../"), "it names a directory outside:\n{text}");
    text
}

/// A copy outside the repository, with the unpacked packages below it, so that cargo gives them the same name in every copy.
fn copy() -> TempDir {
    let copy = TempDir::new().expect("a temporary directory");
    assert!(!copy.path().starts_with(workspace()), "the copy is in the repository");
    let original = workspace().join("examples/bookshop");
    for file in files(&original) {
        let to = copy.path().join(file.strip_prefix(&original).expect("it is below"));
        fs::create_dir_all(to.parent().expect("it has one")).expect("it can be made");
        fs::copy(&file, to).expect("it can be copied");
    }
    let packed = copy.path().join("packages");
    let names: Vec<&str> = engine().flat_map(|library| ["--package", library]).collect();
    package(&[&names[..], &["--target-dir", packed.to_str().expect("it is text")]].concat());
    let version = value(&read("Cargo.toml"), "version").expect("the workspace says it");
    let packages: Vec<_> = engine().map(|library| (library, format!("packages/{library}-{version}"))).collect();
    for (_, path) in &packages {
        let archive = packed.join(format!("package/{}.crate", path.trim_start_matches("packages/")));
        // With `m` files are as new as they are here: cargo takes what it built of the older package for older.
        let unpacked = Command::new("tar").arg("-xzmf").arg(archive).current_dir(&packed).status();
        assert!(unpacked.expect("tar runs").success(), "{path}");
    }
    fs::write(copy.path().join("Cargo.toml"), manifest(&packages)).expect("it can be written");
    copy
}

fn in_copy(copy: &TempDir, arguments: &[&str]) -> Output {
    let mut cargo = cargo(copy.path(), arguments);
    cargo.env("CARGO_TARGET_DIR", TARGET).env("CARGO_NET_OFFLINE", "true").output().expect("cargo runs")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn another_team_builds_and_tests_and_generates_on_the_packages() {
    let copy = copy();
    let tested = in_copy(&copy, &["test", "--workspace", "--locked", "--offline"]);
    let text = said(&tested);
    assert!(tested.status.success(), "{RENEW}, if it is the lock file\n{text}");
    assert!(!text.contains("warning"), "{text}");
    assert!(text.contains("test a_granted_call_uses_the_secret_of_its_environment ... ok"), "{text}");

    let is_fresh = in_copy(&copy, &["bookshop", "gen-infra", "--check"]);
    assert_eq!(is_fresh.status.code(), Some(0), "run `cargo bookshop gen-infra` there\n{}", said(&is_fresh));
    for command in commands(&read("examples/bookshop/README.md")) {
        let help = in_copy(&copy, &["bookshop", &command, "--help"]);
        assert!(help.status.success() && said(&help).contains("cargo bookshop"), "{command}\n{}", said(&help));
    }
    let iam = copy.path().join("terraform/iam.tf");
    let text = fs::read_to_string(&iam).expect("it is there").replace("GetSecretValue", "*");
    fs::write(&iam, text).expect("it can be written");
    let is_stale = in_copy(&copy, &["bookshop", "gen-infra", "--check"]);
    assert_eq!(is_stale.status.code(), Some(4), "{}", said(&is_stale));
    assert!(said(&is_stale).contains("cargo bookshop gen-infra"), "{}", said(&is_stale));
}

/// The commands of its program that a text names.
fn commands(text: &str) -> BTreeSet<String> {
    let named = text.split("cargo bookshop ").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next());
    let commands: BTreeSet<String> = named.map(str::to_owned).collect();
    assert!(commands.contains("gen-infra") && commands.len() > 3, "{commands:?}");
    commands
}

#[test]
fn the_bookshop_is_formatted_and_short() {
    let example = workspace().join("examples/bookshop");
    let fmt =
        cargo(&example, &["fmt", "--package", "bookshop", "--package", "bookshop-infra", "--", "--check"]).output();
    let fmt = fmt.expect("cargo runs");
    assert!(fmt.status.success(), "{}", said(&fmt));
    let readme = read("examples/bookshop/README.md");
    assert!(readme.lines().count() <= 60, "the README has {} lines", readme.lines().count());
    for file in files(&example).iter().filter(|file| file.extension().is_some_and(|it| it == "rs")) {
        let lines = fs::read_to_string(file).expect("source is text").lines().count();
        assert!(lines <= 100, "{} has {lines} lines", file.display());
        assert!(!fs::read_to_string(file).expect("source is text").to_lowercase().contains("paypulse"));
    }
}

/// The packages of a lock file that come from a registry, each with its version and checksum.
fn locked(path: &str) -> BTreeSet<String> {
    let text = read(path);
    text.split("[[package]]\n")
        .filter(|package| package.contains("\nsource = "))
        .map(|package| package.split("dependencies = [").next().unwrap_or_default().trim().to_owned())
        .collect()
}

/// So nothing is downloaded, licensed or built for it alone.
#[test]
fn the_bookshop_has_the_dependencies_of_this_workspace() {
    let (own, others) = (locked("examples/bookshop/Cargo.lock"), locked("Cargo.lock"));
    assert!(own.len() > 100, "the packages are not found");
    assert_eq!(own.difference(&others).collect::<Vec<_>>(), Vec::<&String>::new(), "{RENEW}");
}
