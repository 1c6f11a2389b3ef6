//! What linters of others say of the rendered policies: `parliament` of the JSON documents, `checkov` of the HCL. Both
//! are also shown a policy that is far too wide, so that their silence is known to mean something.
//!
//! `cargo xtask test` installs them and names their directory in `SECOND_OPINIONS`; without that, nothing is run.

use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use paypulse_tests::warehouse;
use tempfile::{TempDir, tempdir};

use super::module::{Module, World};
use super::real::rendered;

const BROAD: &str = r#"
resource "aws_iam_role_policy" "broad" {
  name = "broad"
  role = "someone"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:*", Resource = "*" }]
  })
}
"#;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the tools are, if they are.
fn tools() -> Option<PathBuf> {
    // A relative path starts at the workspace, wherever the tests run.
    let tools = env::var_os("SECOND_OPINIONS").map(|tools| workspace().join(tools));
    if tools.is_none() {
        eprintln!("skipped: `SECOND_OPINIONS` does not name the directory of parliament and checkov");
    }
    tools
}

/// Runs a tool on a text, and returns what it has to say if it is not content.
fn complaint(command: &mut Command, input: &str) -> Option<String> {
    let home = tempdir().expect("a temporary directory");
    // No account, no settings of the user: the verdict is about the policies alone.
    command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path))).env("HOME", home.path());
    // checkov would ask the package index for a newer version of itself.
    command.env("CKV_SKIP_PACKAGE_UPDATE_CHECK", "true").env("LOG_LEVEL", "ERROR");
    command.current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("the tool reads");
    let output = child.wait_with_output().expect("the tool ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => None,
        Some(1) if !output.stdout.is_empty() => Some(said),
        // A tool that broke has no opinion, and must not pass for one that found something.
        _ => panic!("{command:?} failed: {said}"),
    }
}

fn parliament(tools: &Path, policy: &str) -> Option<String> {
    let mut command = Command::new(tools.join("parliament"));
    complaint(command.args(["--include-community-auditors", "--json"]), policy)
}

fn checkov(tools: &Path, directory: &Path) -> Option<String> {
    let settings = workspace().join("tests/second_opinions/checkov.yaml");
    let mut command = Command::new(tools.join("checkov"));
    complaint(command.arg("--config-file").arg(settings).arg("--directory").arg(directory), "")
}

/// All permission policies of a module, by address. Trust policies are left to checkov: parliament knows none.
fn policies(files: &BTreeMap<String, String>, world: World) -> BTreeMap<String, String> {
    let module = Module::read(files, world).expect("the module is read");
    let addresses = module.of_kind("aws_iam_role_policy").chain(module.of_kind("aws_iam_policy"));
    addresses.map(|it| (it.to_owned(), module.text(it, "policy").expect("it has a value"))).collect()
}

fn written(files: &BTreeMap<String, String>) -> TempDir {
    let directory = tempdir().expect("a temporary directory");
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).expect("it can be written");
    }
    directory
}

fn broad() -> BTreeMap<String, String> {
    [("broad.tf".to_owned(), BROAD.to_owned())].into()
}

#[test]
fn parliament_has_nothing_against_the_policies() {
    let Some(tools) = tools() else { return };
    for spec in [paypulse_runtime::spec::spec(), warehouse::spec()] {
        let policies = policies(&rendered(&spec), World::ireland().with_keys_of(&spec));
        assert!(!policies.is_empty());
        let complaints: BTreeMap<_, _> =
            policies.iter().filter_map(|(address, text)| Some((address, parliament(&tools, text)?))).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

#[test]
fn parliament_sees_a_broad_policy() {
    let Some(tools) = tools() else { return };
    let policies = policies(&broad(), World::ireland());
    let complaint = parliament(&tools, &policies["aws_iam_role_policy.broad"]).expect("it is seen");
    for issue in ["RESOURCE_STAR", "PERMISSIONS_MANAGEMENT_ACTIONS"] {
        assert!(complaint.contains(issue), "{complaint}");
    }
}

#[test]
fn checkov_has_nothing_against_the_modules() {
    let Some(tools) = tools() else { return };
    let warehouse = written(&rendered(&warehouse::spec()));
    // PayPulse's as it is applied, with the file that is written by hand.
    for directory in [&workspace().join("terraform"), warehouse.path()] {
        let complaint = checkov(&tools, directory);
        assert!(complaint.is_none(), "{}", complaint.unwrap_or_default());
    }
}

#[test]
fn checkov_sees_a_broad_policy() {
    let Some(tools) = tools() else { return };
    let complaint = checkov(&tools, written(&broad()).path()).expect("it is seen");
    for check in ["CKV_AWS_290", "CKV_AWS_355"] {
        assert!(complaint.contains(check), "{complaint}");
    }
}
