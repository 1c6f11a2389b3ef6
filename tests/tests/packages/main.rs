//! The packages of the library crates, the one version of Rust that all files name, and another team that uses the packages.

mod bookshop;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The library crates, each with its directory.
const LIBRARIES: [(&str, &str); 7] = [
    ("driftless", "engine/client"),
    ("driftless-cli", "engine/cli"),
    ("driftless-macros", "engine/macros"),
    ("driftless-model", "engine/model"),
    ("driftless-templates", "infra-templates"),
    ("driftless-testing", "engine/testing"),
    ("paypulse-runtime", "runtime"),
];
/// What a package can have at its top. What cargo puts there itself is left out.
const TOP: [&str; 10] =
    ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "benches", "examples", "init", "python", "src", "tests"];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Cargo in a directory.
fn cargo(dir: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    // Set for tests of this package, and would be taken for those of the packages.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        cargo.env_remove(name);
    }
    cargo.args(arguments).current_dir(dir).env("CARGO_TERM_COLOR", "never");
    cargo
}

/// What `cargo package` prints: its results, and its talk.
fn package(arguments: &[&str]) -> (String, String) {
    let package = ["package", "--locked", "--offline", "--allow-dirty", "--no-verify"];
    let output = cargo(workspace(), &[&package, arguments].concat()).output().expect("cargo runs");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

/// The files of a package, without what cargo puts there itself.
fn files(library: &str) -> BTreeSet<String> {
    let listed = package(&["--package", library, "--list"]).0;
    let own = listed.lines().filter(|name| ![".cargo_vcs_info.json", "Cargo.toml.orig"].contains(name));
    own.map(|name| name.replace('\\', "/")).collect()
}

#[test]
fn the_libraries_can_be_packed_together() {
    let (_, err) = package(&LIBRARIES.map(|(library, _)| ["--package", library]).concat());
    let warnings: BTreeSet<&str> = err.lines().filter(|line| line.starts_with("warning")).collect();
    // No public address is decided, and none is made up.
    assert_eq!(warnings, BTreeSet::from(["warning: manifest has no documentation, homepage or repository"]), "{err}");
    assert_eq!(err.matches("Packaged ").count(), LIBRARIES.len(), "{err}");
}

#[test]
fn a_package_has_its_licence_its_readme_and_nothing_stray() {
    for (library, dir) in LIBRARIES {
        let files = files(library);
        for name in ["LICENSE", "README.md", "Cargo.lock", "src/lib.rs"] {
            assert!(files.contains(name), "{library} lacks {name}");
        }
        let top = |name: &&String| name.split('/').next().is_some_and(|top| TOP.contains(&top) || top.ends_with(".j2"));
        assert_eq!(files.iter().filter(|name| !top(name)).collect::<Vec<_>>(), Vec::<&String>::new(), "{library}");
        let known =
            [".rs", ".j2", ".bash", ".zsh", ".fish", ".py", ".html", ".css", ".js", "/policies.json", "/calls.json"];
        let strays = files.iter().filter(|name| name.contains('/') && !known.iter().any(|end| name.ends_with(end)));
        assert_eq!(strays.collect::<Vec<_>>(), Vec::<&String>::new(), "{library}");
        assert_eq!(read(&format!("{dir}/LICENSE")), read("LICENSE"));
    }
}

/// The compiler finds what is beside a package; who builds the package does not.
#[test]
fn a_package_has_every_file_that_its_source_includes() {
    let mut included = 0;
    for (library, dir) in LIBRARIES {
        let files = files(library);
        for name in files.iter().filter(|name| name.starts_with("src/") && name.ends_with(".rs")) {
            let text = read(&format!("{dir}/{name}"));
            let paths = text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            for path in paths {
                included += 1;
                let mut parts: Vec<&str> = name.split('/').collect();
                parts.pop();
                for part in path.split('/') {
                    match part {
                        ".." => assert!(parts.pop().is_some(), "{name} includes {path}, which is outside"),
                        part => parts.push(part),
                    }
                }
                assert!(files.contains(&parts.join("/")), "{name} includes {path}, which {library} does not have");
            }
        }
    }
    assert!(included > 8, "what is included is not found");
}

/// Every field that a registry shows, except the address: none is decided, see CONTRIBUTING.md.
#[test]
fn the_metadata_of_the_libraries_is_complete() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]);
    let output = cargo.current_dir(workspace()).output().expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let mut descriptions = BTreeSet::new();
    for (library, _) in LIBRARIES {
        let package = packages.iter().find(|package| package["name"] == library).expect("it is in the workspace");
        let texts = |field: &str| -> Vec<&str> {
            let list = package[field].as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(serde_json::Value::as_str).collect()
        };
        let description = package["description"].as_str().unwrap_or_default();
        assert!((20..=160).contains(&description.len()) && !description.ends_with('.'), "{library}: {description}");
        assert!(descriptions.insert(description), "{library} is described like another crate");
        assert_eq!(package["license"], "Apache-2.0", "{library}");
        assert!(package["readme"].as_str().is_some_and(|readme| readme.ends_with("README.md")), "{library}");
        assert_eq!(
            package["rust_version"].as_str(),
            value(&read("Cargo.toml"), "rust-version").as_deref(),
            "{library}"
        );
        assert!(package["publish"].is_null(), "{library} cannot be published");
        // Source: https://doc.rust-lang.org/cargo/reference/manifest.html#the-keywords-field
        let is_keyword = |word: &&str| word.len() <= 20 && word.starts_with(|first: char| first.is_ascii_alphabetic());
        let keywords = texts("keywords");
        assert!((1..=5).contains(&keywords.len()) && keywords.iter().all(is_keyword), "{library}: {keywords:?}");
        // Those of https://crates.io/category_slugs that are used here.
        let slugs = [
            "api-bindings",
            "authentication",
            "command-line-utilities",
            "config",
            "development-tools",
            "development-tools::testing",
            "template-engine",
        ];
        let categories = texts("categories");
        let are_known = categories.iter().all(|category| slugs.contains(category));
        assert!((1..=5).contains(&categories.len()) && are_known, "{library}: {categories:?}");
        // Where one has an address, all have the same.
        assert_eq!(package["repository"].as_str(), value(&read("Cargo.toml"), "repository").as_deref(), "{library}");
    }
}

/// The value of a key in a TOML file, by the first line that has it.
fn value(text: &str, key: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    lines.map(|value| value.trim().trim_matches('"').to_owned()).next()
}

#[test]
fn every_file_names_the_same_least_rust() {
    let least = value(&read("Cargo.toml"), "rust-version").expect("the workspace says it");
    let toolchain = value(&read("rust-toolchain.toml"), "channel").expect("the toolchain says it");
    assert_eq!(toolchain, format!("{least}.0"), "all checks run on the least Rust");
    // Clippy takes it from Cargo.toml, unless it is said here too.
    assert_eq!(value(&read("clippy.toml"), "msrv"), None);
    assert!(read("README.md").contains(&format!("Rust {least} or later")));
    for member in LIBRARIES.map(|(_, dir)| dir).into_iter().chain(["handlers", "tests", "xtask"]) {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert_eq!(value(&manifest, "rust-version.workspace").as_deref(), Some("true"), "{member}");
    }
    assert_eq!(value(&read("examples/bookshop/Cargo.toml"), "rust-version"), Some(least));
}

#[test]
fn the_libraries_have_one_version() {
    let manifest = read("Cargo.toml");
    let version = value(&manifest, "version").expect("the workspace says it");
    for (library, dir) in LIBRARIES {
        let entry = format!("{library} = {{ version = \"{version}\", path = \"{dir}\"");
        assert!(manifest.contains(&entry), "{library}");
    }
}
