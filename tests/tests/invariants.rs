//! "X knows nothing of Y": the promises of the architecture, held against the dependency graph and the source text. Each
//! has a positive control, so that a check that looks in the wrong place fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The source of the engine's crates.
const ENGINE: [&str; 6] = [
    "engine/cli/src",
    "engine/client/src",
    "engine/macros/src",
    "engine/model/src",
    "engine/testing/src",
    "infra-templates/src",
];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

/// Whether `package`, built as its users build it, depends on `dependency`.
fn depends(package: &str, dependency: &str) -> bool {
    depends_with("", package, dependency)
}

/// The same, with features of the package turned on.
fn depends_with(features: &str, package: &str, dependency: &str) -> bool {
    let arguments = ["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--package", package];
    let arguments = arguments.into_iter().chain(["--features", features]);
    let tree = Command::new(env!("CARGO")).args(arguments).current_dir(workspace()).output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("the tree is text");
    tree.lines().any(|line| line.split(' ').next() == Some(dependency))
}

/// The Rust files under a directory of the workspace.
fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let mut pending = vec![workspace().join(under)];
    let mut files = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(&dir).expect("the directory exists") {
            let path = entry.expect("the directory can be read").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("source is text");
                files.push((path, text));
            }
        }
    }
    files
}

/// The lines of code with a word in them, without comments and without unit tests.
fn lines_with(under: &str, word: &str) -> Vec<String> {
    let is_test = |path: &PathBuf| path.ends_with("examples.rs") || path.ends_with("tests.rs");
    let found = sources(under).into_iter().filter(|(path, _)| !is_test(path)).flat_map(|(path, text)| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains(word));
        code.map(|line| format!("{}: {}", path.display(), line.trim())).collect::<Vec<_>>()
    });
    found.collect()
}

#[test]
fn xtask_compiles_no_aws_sdk() {
    for package in ["aws-sdk-secretsmanager", "aws-config", "hyper", "tokio"] {
        for program in ["driftless-cli", "xtask"] {
            assert!(!depends(program, package), "{program} depends on {package}");
        }
        assert!(depends("paypulse-runtime", package), "the control does not depend on {package}");
    }
}

#[test]
fn runtime_does_not_know_the_generator() {
    assert!(!depends("paypulse-runtime", "driftless-cli"));
    assert!(!depends("paypulse-runtime", "minijinja"));
    assert!(depends("xtask", "paypulse-runtime") && depends("xtask", "minijinja"));
}

#[test]
fn the_engine_does_not_depend_on_its_users() {
    for engine in [
        "driftless-model",
        "driftless-macros",
        "driftless",
        "driftless-testing",
        "driftless-cli",
        "driftless-templates",
    ] {
        for user in ["paypulse-runtime", "paypulse-handlers", "xtask"] {
            assert!(!depends(engine, user), "{engine} depends on {user}");
        }
    }
    assert!(depends("driftless-testing", "driftless") && depends("driftless", "driftless-model"));
    assert!(depends("driftless-macros", "driftless-model") && !depends("driftless-model", "driftless-macros"));
    assert!(!depends("driftless", "driftless-testing") && !depends("driftless", "chrono"));
}

#[test]
fn the_model_does_no_io_and_knows_no_sdk_and_no_policy() {
    for word in
        ["std::fs", "std::net", "std::env", "aws_sdk", "aws_config", "tokio", "secretsmanager:", "arn:", "iam", "hcl"]
    {
        assert_eq!(lines_with("engine/model/src", word), Vec::<String>::new(), "`{word}`");
    }
    for package in ["tokio", "chrono", "aws-config", "aws-sdk-secretsmanager", "paypulse-runtime"] {
        assert!(!depends("driftless-model", package), "driftless-model depends on {package}");
    }
    assert!(depends("paypulse-runtime", "driftless-model"));
    assert!(!lines_with("engine/cli/src", "std::fs").is_empty());
    assert!(!lines_with("engine/client/src", "aws_sdk").is_empty());
}

#[test]
fn the_engine_knows_no_product() {
    for word in ["gmail", "Gmail", "google", "Google", "PayPulse", "paypulse"] {
        for directory in ENGINE {
            assert_eq!(lines_with(directory, word), Vec::<String>::new(), "`{word}`");
        }
    }
    assert!(!lines_with("runtime/src/spec.rs".trim_end_matches("/spec.rs"), "Gmail").is_empty());
}

/// Each team has a program of its own name. The commands know it; the libraries that handlers link do not.
#[test]
fn the_libraries_of_handlers_name_no_program() {
    for directory in ["engine/client/src", "engine/model/src", "engine/testing/src"] {
        assert_eq!(lines_with(directory, "xtask"), Vec::<String>::new());
    }
    assert!(!lines_with("engine/cli/src", "xtask").is_empty());
}

#[test]
fn a_handler_that_refreshes_nothing_compiles_no_google() {
    assert!(!depends("paypulse-runtime", "oauth2"));
    assert!(depends_with("google", "paypulse-runtime", "oauth2"));
}

#[test]
fn one_file_maps_api_calls_to_actions() {
    let mapping: Vec<String> = ENGINE
        .iter()
        .chain(&["runtime/src", "xtask/src"])
        .flat_map(|under| lines_with(under, "secretsmanager:"))
        .filter(|line| line.split("secretsmanager:").nth(1).is_some_and(|rest| rest.starts_with(char::is_uppercase)))
        .filter(|line| !line.contains("/iam/action.rs:"))
        .collect();
    assert_eq!(mapping, Vec::<String>::new());
    assert_eq!(lines_with("engine/cli/src/iam", "\"secretsmanager:").len(), 29);
}

/// The others look at all that is stored, so that no secret of a test is one that a search of its log would miss.
#[test]
fn no_suite_whose_log_is_searched_has_a_server_of_its_own() {
    for suite in ["runtime/tests/client", "runtime/tests/google", "engine/client/tests/cache"] {
        let of_its_own = lines_with(suite, "EmbeddedSecretsManager");
        assert_eq!(of_its_own, Vec::<String>::new(), "take the server of `engine/testing/tests/shared`");
    }
    assert!(!lines_with("engine/testing/tests/shared", "EmbeddedSecretsManager").is_empty());
}

/// The TLS stacks, the cryptography under them and the HTTP clients that a lock file holds, each with its minor version.
fn tls_in(lock: &str) -> Vec<String> {
    const NAMES: [&str; 9] =
        ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys", "reqwest", "ring", "rustls", "s2n-tls"];
    let lock = fs::read_to_string(workspace().join(lock)).expect("the lock file is committed");
    let packages = lock.split("[[package]]\n").filter_map(|package| {
        let value =
            |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap_or("");
        let (name, version) = (value("name").trim_matches('"'), value("version").trim_matches('"'));
        let minor = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
        NAMES.contains(&name).then(|| format!("{name} {minor}"))
    });
    packages.collect()
}

#[test]
fn one_tls_stack_is_locked() {
    assert_eq!(tls_in("Cargo.lock"), ["ring 0.17", "rustls 0.23"]);
    // What the SDK's default features bring is seen where they are measured.
    for second in ["aws-lc-rs 1.", "aws-lc-sys 0.", "rustls 0.21"] {
        assert!(tls_in("benches/Cargo.lock").iter().any(|found| found.starts_with(second)), "{second}");
    }
}

#[test]
fn a_handler_has_one_tls_stack() {
    for features in ["", "google,metrics"] {
        for other in ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "s2n-tls", "reqwest"] {
            assert!(!depends_with(features, "paypulse-runtime", other), "{other} with `{features}`");
        }
        assert!(depends_with(features, "paypulse-runtime", "rustls"));
        assert!(depends_with(features, "paypulse-runtime", "ring"));
    }
    for other in ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "s2n-tls", "reqwest", "rsa", "p256"] {
        assert!(!depends("paypulse-handlers", other), "{other}");
    }
    assert!(depends("paypulse-handlers", "lambda_runtime") && depends("paypulse-handlers", "ring"));
}

/// How the code blocks of the documentation begin, each with its file, but for those that name another language.
fn examples(under: &str) -> Vec<String> {
    let found = sources(under).into_iter().flat_map(|(path, text)| {
        let lines = text.lines().map(str::trim_start);
        let comments = lines.filter_map(|line| line.strip_prefix("///").or_else(|| line.strip_prefix("//!")));
        // Every other fence ends one.
        let fences = comments.filter_map(|comment| comment.trim().strip_prefix("```")).step_by(2);
        let rust = fences.filter(|info| !["text", "sh", "json", "hcl", "toml", "jsonc"].contains(info));
        rust.map(|info| format!("{} ```{info}", path.display())).collect::<Vec<_>>()
    });
    found.collect()
}

#[test]
fn every_example_in_the_documentation_runs() {
    let all: Vec<String> = ENGINE
        .iter()
        .chain(&["runtime/src", "xtask/src", "handlers/src", "tests/src"])
        .flat_map(|it| examples(it))
        .collect();
    assert!(all.iter().filter(|example| example.ends_with(" ```")).count() > 30, "the examples are not found");
    // What asks Google, or is a program's `main`, is only compiled.
    let may_rest = |example: &String| {
        example.ends_with(" ```no_run") && (example.contains("/google/") || example.contains("engine/cli/src/lib.rs"))
    };
    let runs = |example: &String| example.ends_with(" ```") || example.contains(" ```compile_fail");
    let rest: Vec<_> = all.iter().filter(|example| !runs(example) && !may_rest(example)).collect();
    assert_eq!(rest, Vec::<&String>::new());
}
