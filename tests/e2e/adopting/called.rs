//! The generated files as a module that another root calls: taken over from the root that they were, then from a listing, and at
//! last as the committed directory is, whose provider is its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use paypulse_runtime::spec::spec;
use serde_json::Value;
use xtask::render;

use super::{From, command, look, plan, secrets};
use crate::account::Account;
use crate::chain::Rig;
use crate::granted::variables;
use crate::process::Scratch;
use crate::terraform::Module;
use crate::{Result, tools};

const ROOT: &str = include_str!("root.tf");

/// What the root calls it.
const ADDRESS: &str = "module.secrets";

/// The file that the committed directory has beside the generated ones.
const PROVIDER: &str = "secrets/main.tf";

pub(super) fn run(rig: &Rig) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    runtime.block_on(administrator.create_secret().name("PayPulseAppJWTSecret").secret_string("x").send())?;
    let today = Module::copy(&rig.tools, rig.provider()?, &account)?;
    today.prepare()?;
    today.apply()?;
    let before = runtime.block_on(secrets(&administrator))?;

    let caller = caller(rig, &account)?;
    caller.prepare()?;
    fs::copy(today.dir().join("terraform.tfstate"), caller.dir().join("terraform.tfstate"))?;
    take_over(
        &account,
        &caller,
        From::State,
        &[
            "moved module.secrets.aws_iam_role.delete_user",
            "moved module.secrets.aws_secretsmanager_secret_version.google_oauth_client_id_value",
        ],
    )?;
    refuses_imports_in_the_module(&caller)?;
    take_over(
        &account,
        &caller,
        From::Listing,
        &[
            "imported module.secrets.aws_iam_role.delete_user",
            "settings imported module.secrets.aws_secretsmanager_secret.google_oauth_client_id",
        ],
    )?;
    says_what_it_made(&caller)?;
    with_its_own_provider(&caller)?;
    let after = runtime.block_on(secrets(&administrator))?;
    if after == before { Ok(()) } else { Err(format!("the secrets were {before:#?}\nand are {after:#?}").into()) }
}

/// A root that calls the generated files.
fn caller<'a>(rig: &'a Rig, account: &'a Account) -> Result<Module<'a>> {
    let files = render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    let mut all: BTreeMap<_, _> = files.into_iter().map(|(name, text)| (format!("secrets/{name}"), text)).collect();
    all.insert("root.tf".to_owned(), ROOT.to_owned());
    Module::of(&rig.tools, rig.provider()?, account, &all, &variables())
}

/// `import` for the module; a first plan that creates and changes nothing; and nothing that is left to do.
fn take_over(account: &Account, caller: &Module<'_>, from: From, changes: &[&str]) -> Result {
    let scratch = Scratch::new()?;
    let evidence = scratch.path().join("evidence.json");
    let flag = look(account, caller, from, &evidence)?;
    import(caller, flag, &evidence)?;
    let first = caller.plan()?;
    plan::hold(&first, changes)?;
    creates_and_changes_nothing(&first)?;
    caller.apply()?;
    nothing_changes(caller)?;
    fs::write(&evidence, caller.output(&["state", "pull"])?)?;
    let said = import(caller, "--state", &evidence)?;
    if !said.contains("nothing is left to take over") || caller.dir().join("import.tf").exists() {
        return Err(format!("after the apply something is left to take over:\n{said}").into());
    }
    nothing_changes(caller)
}

fn import(caller: &Module<'_>, flag: &str, evidence: &Path) -> Result<String> {
    let (evidence, out) = (evidence.to_string_lossy(), caller.dir());
    command(&spec(), caller, &["import", flag, &evidence, "--module", ADDRESS, "--out", &out.to_string_lossy()])
}

/// Not in IAM either, unlike where a first plan has policies of others to take off.
fn creates_and_changes_nothing(plan: &Value) -> Result {
    let actions = |change: &Value| change["change"]["actions"].clone();
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    // An import of a secret sets what no API knows of it.
    let settings = |change: &&Value| actions(change)[0] == "update" && change["change"]["importing"].is_object();
    let mut rest = changes.filter(|change| actions(change)[0] != "no-op" && !settings(change));
    rest.next().map_or(Ok(()), |change| Err(format!("the first plan has {change:#}").into()))
}

/// Terraform takes `import` blocks in a root alone, which is why the command writes them there.
fn refuses_imports_in_the_module(caller: &Module<'_>) -> Result {
    const BLOCK: &str = "import {\n  to = aws_iam_role.delete_user\n  id = \"delete_user\"\n}\n";
    caller.put("secrets/import.tf", BLOCK)?;
    let said = caller.refused(&["validate"])?;
    fs::remove_file(caller.dir().join("secrets/import.tf"))?;
    if said.contains("Import blocks are only") { Ok(()) } else { Err(said.into()) }
}

/// What a caller needs to deploy the functions.
fn says_what_it_made(caller: &Module<'_>) -> Result {
    let outputs: Value = serde_json::from_slice(&caller.output(&["output", "-json"])?)?;
    let arn = |output: &str, name: &str| outputs[output]["value"][name].as_str().map(str::to_owned).unwrap_or_default();
    let role = arn("role_arns", "fetch_invoices");
    let secret = arn("secret_arns", "Google-OAuth-Client-ID");
    if role.ends_with(":role/fetch_invoices") && secret.contains(":secret:Google-OAuth-Client-ID-") {
        return Ok(());
    }
    Err(format!("the root's outputs are {outputs:#}").into())
}

/// The committed directory unchanged. It brings its own provider, so Terraform refuses `depends_on`, `count` and `for_each` for it.
fn with_its_own_provider(caller: &Module<'_>) -> Result {
    caller.put(PROVIDER, &fs::read_to_string(tools::workspace().join("terraform/main.tf"))?)?;
    caller.prepare()?;
    nothing_changes(caller)?;
    caller.edit("root.tf", "module \"secrets\" {\n", "\n", "\n  for_each = toset([\"one\"])\n")?;
    let said = caller.refused(&["init"])?;
    if said.contains("legacy module") { Ok(()) } else { Err(said.into()) }
}

fn nothing_changes(caller: &Module<'_>) -> Result {
    match caller.drift()? {
        Some(changes) => Err(format!("a plan would change something:\n{changes}").into()),
        None => Ok(()),
    }
}
