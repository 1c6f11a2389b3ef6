//! A fresh clone, in which somebody does what the README says and fills in `terraform.tfvars`: every command that the README and
//! docs/ list leaves the files of values as they are, byte for byte, and no value is in anything that is printed or written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::{TempDir, tempdir};

use crate::run::xtask;

const CANARY: &str = "canary-7f3a-canary";

/// What people call their files of values, and what lies beside them.
const OF_VALUES: [&str; 7] = [
    "terraform.tfvars",
    "prod.tfvars",
    "prod.auto.tfvars",
    "prod.auto.tfvars.json",
    "terraform.tfvars.json",
    "terraform.tfvars.bak",
    "terraform.tfvars.example.orig",
];

/// These build and run programs; the rig copies no file of values (`tests/e2e/terraform.rs`). `serve` runs until it is ended.
const NOT_RUN: [&str; 5] = ["test", "browser", "e2e", "instructions", "serve"];

/// The command lines, with `FILE` and `DIR` filled in. `plan.json` and what else they name is in the clone's root.
const LINES: &[&str] = &[
    "gen-infra --check",
    "gen-infra",
    "gen-infra --check --format json",
    "gen-infra --format json",
    "gen-infra --verbose",
    "gen-infra --spec spec.json --out elsewhere",
    "gen-infra --out terraform",
    "gen-client --language python --out client/paypulse_secrets --check",
    "gen-client --language python --out client/paypulse_secrets",
    "gen-client --language python --spec spec.json --out client/paypulse_secrets",
    "init --toml new/toml",
    "init --python new/python",
    "init --rust new/rust --from .",
    "spec",
    "spec --schema",
    "spec --spec spec.json --format toml",
    "access",
    "access --handler fetch_invoices --format json",
    "access --secret GmailUserTokens --format markdown",
    "access --format table",
    "access --format csv",
    "access --format mermaid",
    "access --format svg",
    "access --format html",
    "diff",
    "diff --against HEAD --format json",
    "diff --against HEAD --format markdown --accept reader",
    "diff --against HEAD --format sarif",
    "diff --against-spec spec.json --format text",
    "check-plan plan.json",
    "check-plan plan.json --module module.secrets --allow secret-destroyed",
    "check-plan plan.json --accept undecided:module.app",
    "check-plan plan.json --verbose",
    "check-plan terraform/terraform.tfvars",
    "check-plan terraform/prod.auto.tfvars.json",
    "explain 'User: arn:aws:sts::123456789012:assumed-role/delete_user/x is not authorized to perform: secretsmanager:GetSecretValue on resource: x'",
    "explain terraform/terraform.tfvars",
    "why login_user secretsmanager:GetSecretValue PayPulseAppJWTSecret",
    "why login_user secretsmanager:GetSecretValue gmail/user/7 --format json --region eu-west-1",
    "why login_user kms:Decrypt JwtSigningKey --version-stage AWSCURRENT --var key=arn --prefix dev/",
    "deployer --account 123456789012 --region eu-west-1",
    "deployer --account 123456789012 --region eu-west-1 --format hcl --github octo-org/shop --environment production",
    "deployer --account 123456789012 --region eu-west-1 --github octo-org@1/shop@2 --ref refs/heads/main --pull-requests",
    "deployer --account 123456789012 --region eu-west-1 --name shop --provider 6.10.0 --with-spec spec.json",
    "deployer --account 123456789012 --region eu-west-1 --prefix dev/ --var key=arn",
    "access --can-read GmailUserTokens",
    "access --handler fetch_invoices --policy",
    "access --handler fetch_invoices --policy --prefix dev/",
    "run --as login_user -- true",
    "run --as login_user --seed terraform/terraform.tfvars -- true",
    "import --state state.json --check",
    "import --state state.json",
    "import --other-state state.json --listing listing.json",
    "import --state terraform/terraform.tfvars",
    "import --listing terraform/prod.auto.tfvars.json",
    "import --state state.json --role fetch_invoices=Another-Role",
    "import --renamed-from spec.json",
    "import --state state.json --module module.secrets --out .",
    "value-versions",
    "value-versions --check",
    "value-versions --spec counted.json --dir terraform --check",
    "value-versions --spec counted.json --dir terraform",
    "value-versions --spec counted.json --dir terraform --keep",
    "value-versions --spec counted.json --dir terraform --verbose --var-file terraform/prod.tfvars",
    "value-versions --spec counted.json --dir terraform --versions prod.auto.tfvars.json",
    "value-versions --spec counted.json --dir terraform --versions terraform.tfvars.json",
    "gen-infra --spec terraform/terraform.tfvars --out elsewhere",
    "gen-infra --spec terraform/prod.auto.tfvars.json --out elsewhere",
    "scale --users 1000 --functions 3 --format json",
    "scale --users 1000 --format csv",
    "scale --users 1000 --format svg",
    "scale --check",
    "aws-policies --from listing.json --date 2026-03-07 --check",
    "aws-policies --from terraform --date 2026-03-07 --check",
    "audit --policy --account 123456789012 --region eu-west-1",
    "completions bash",
    "completions zsh",
    "completions fish",
    "gen-infra --check",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is in the workspace").to_owned()
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.autocrlf=false"]).args(arguments);
    let output = git.current_dir(dir).stdin(Stdio::null()).output().expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

/// The workspace as git would clone it after a commit of what is there, with values filled in as the README says.
fn clone() -> TempDir {
    let (from, to) = (workspace(), tempdir().expect("a temporary directory"));
    let listed = git(&from, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    for name in listed.split('\0').filter(|name| from.join(name).is_file()) {
        let path = to.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        fs::copy(from.join(name), path).expect("it can be copied");
    }
    git(to.path(), &["init", "--quiet", "--initial-branch", "main"]);
    git(to.path(), &["add", "--all"]);
    git(to.path(), &["commit", "--quiet", "--message", "all"]);
    let terraform = to.path().join("terraform");
    let example = fs::read_to_string(terraform.join("terraform.tfvars.example")).expect("it is committed");
    let filled = example.replace("\"\"", &format!("\"{CANARY}\""));
    assert!(filled.contains(CANARY), "there is nothing to fill in:\n{filled}");
    let filled = format!("{filled}\nin_state = \"{CANARY}\"\ncounted = \"{CANARY}\"\nby_hand = \"{CANARY}\"\n");
    for name in OF_VALUES {
        let json = format!("{{\"counted\": \"{CANARY}\", \"google_oauth_client_id\": \"{CANARY}\"}}");
        fs::write(terraform.join(name), if name.ends_with("json") { &json } else { &filled })
            .expect("it can be written");
    }
    to
}

/// What the commands take, from the fixtures of the clone.
fn give_inputs(dir: &Path) {
    let fixture = |name: &str| fs::read_to_string(dir.join("tests/data").join(name)).expect("it is committed");
    let put = |name: &str, text: String| fs::write(dir.join(name), text).expect("it can be written");
    put("plan.json", fixture("plans/first.json"));
    put("state.json", fixture("states/functions.tfstate"));
    put("listing.json", fixture("states/functions.listing.json"));
    put("counted.json", fixture("specs/ok_deliveries.json"));
    put("spec.json", paypulse_runtime::spec::spec().to_json());
}

fn of_values(dir: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    OF_VALUES.map(|name| (name, fs::read(dir.join("terraform").join(name)).expect("it is still there"))).into()
}

/// Every file below a directory that holds the canary, apart from those of values.
fn holding_it(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let is_of_values = OF_VALUES.iter().any(|name| path.ends_with(Path::new("terraform").join(name)));
        if path.is_dir() {
            found.extend(holding_it(&path));
        } else if !is_of_values {
            let holds = String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).contains(CANARY);
            found.extend(holds.then_some(path));
        }
    }
    found
}

/// The words of a line, as a shell takes them.
fn words(line: &str) -> Vec<&str> {
    let (line, quoted) = line.split_once(" '").map_or((line, None), |(line, rest)| (line, rest.strip_suffix('\'')));
    line.split(' ').chain(quoted).collect()
}

#[test]
fn what_the_readme_says_leaves_the_values_where_they_are() {
    let dir = clone();
    give_inputs(dir.path());
    // This file names the canary, and so does the one in the other suite.
    let before: BTreeSet<PathBuf> = holding_it(dir.path()).into_iter().collect();
    assert!(before.iter().all(|path| path.extension().is_some_and(|it| it == "rs")), "{before:?}");
    let values = of_values(dir.path());
    for line in LINES {
        let mut command = xtask(&words(line));
        command.current_dir(dir.path()).env("TF_VAR_in_state", CANARY).env("TF_VAR_google_oauth_client_id", CANARY);
        let output = command.output().expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("panicked") && output.status.code().is_some_and(|code| code != 1), "{line}: {said}");
        assert!(!said.contains(CANARY), "{line} says a value");
        assert_eq!(of_values(dir.path()), values, "{line} has changed a file of values");
        let holding: BTreeSet<PathBuf> = holding_it(dir.path()).into_iter().collect();
        assert_eq!(holding, before, "{line} has written a value");
    }
    // The control: the values were there to be read.
    let versions = fs::read_to_string(dir.path().join("terraform/value-versions.auto.tfvars.json"));
    assert!(versions.expect("it was written").contains("counted_version"));
    // And git leaves out all but those that are to be committed, or that it does not know.
    let seen = git(dir.path(), &["status", "--short", "--untracked-files=all", "--", "terraform"]);
    let seen: Vec<&str> = seen.lines().filter_map(|line| line.strip_prefix("?? terraform/")).collect();
    let wanted =
        ["import.tf", "prod.auto.tfvars.json", "terraform.tfvars.example.orig", "value-versions.auto.tfvars.json"];
    assert!(seen.iter().all(|name| wanted.contains(name)) && seen.contains(&wanted[3]), "{seen:?}");
}

/// The commands that a document names, and with which of their flags.
fn named_in(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines() {
        let mut of_line = None;
        for rest in line.split("cargo xtask").skip(1) {
            let rest = rest.strip_prefix("-live").unwrap_or(rest).trim_start();
            let name = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-' && c != '2').next().unwrap_or_default();
            if !name.is_empty() && !name.starts_with('-') {
                of_line.get_or_insert(name);
                named.entry(name).or_default();
            }
        }
        // In a table's row, the flags of its first command.
        if let (Some(name), true) = (of_line, line.starts_with('|')) {
            let flags = line.split('`').skip(1).step_by(2).flat_map(|code| code.split([' ', '\\', '|']));
            named.entry(name).or_default().extend(flags.filter(|word| word.starts_with("--")));
        }
    }
    named
}

#[test]
fn every_command_that_the_documents_name_is_run() {
    let root = workspace();
    let pages = [
        "README",
        "docs/commands",
        "docs/spec",
        "docs/terraform",
        "docs/testing",
        "docs/deploying",
        "docs/github-action",
    ];
    let text = pages.map(|name| fs::read_to_string(root.join(format!("{name}.md"))).expect("it is there")).join("\n");
    let named = named_in(&text);
    let known: BTreeSet<String> = xtask::command_line().get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let is_run = |name: &str| LINES.iter().any(|line| words(line)[0] == name);
    for name in &known {
        assert!(is_run(name) || NOT_RUN.contains(&name.as_str()), "`{name}` is not run");
    }
    let mut flags_seen = 0;
    for (name, flags) in named.iter().filter(|(name, _)| known.contains(**name) && !NOT_RUN.contains(*name)) {
        for flag in flags.iter().filter(|flag| **flag != "--help") {
            flags_seen += 1;
            let has = |line: &&&str| words(line)[0] == *name && words(line).contains(flag);
            assert!(LINES.iter().any(|line| has(&line)), "`{name} {flag}` is not run");
        }
    }
    assert!(flags_seen > 15 && named.len() > 10, "the documents are not read: {named:?}");
}
