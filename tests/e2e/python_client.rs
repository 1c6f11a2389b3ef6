//! The generated Python client under the roles that Terraform made: every granted method works, a method that is not granted is
//! refused before anything is sent, and every other call of plain boto3 is denied by the server.

use std::time::Duration;
use std::{env, fs};

use libtest_mimic::Trial;
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::chain::{self, Rig};
use crate::denied::{ON_A_SECRET, ON_THE_ACCOUNT};
use crate::expected::{DECOYS, Row, SECRETS, TABLE};
use crate::process::{self, Scratch};
use crate::terraform::Module;
use crate::tools::Tools;
use crate::{Result, check, tools};

#[path = "../tests/python_client/packages.rs"]
mod packages;

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("python_client_under_the_applied_roles", move || run(&rig))]
}

/// What the program found.
#[derive(Deserialize)]
struct Found {
    worked: Vec<[String; 3]>,
    denied: usize,
    wrong: Vec<String>,
}

fn run(rig: &Rig) -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let account = Account::open(&rig.tools)?;
    runtime.block_on(chain::prepare(&account.administrator()))?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    module.prepare()?;
    module.apply()?;
    let targets = runtime.block_on(targets(&account))?;
    let setup = setup_of(&account.manage(&["sessions"])?, &targets);
    let found = program(&rig.tools, &account, "python_client.py", ("paypulse_secrets", spec()), &setup)?;
    hold(&found, &targets)
}

/// Runs a program of the rig as the account's administrator, with the package of a spec and a file of what it has to know, and reads
/// what it prints.
pub fn program<T: DeserializeOwned>(
    tools: &Tools,
    account: &Account,
    script: &str,
    package: (&str, Spec),
    setup: &Value,
) -> Result<T> {
    let home = Scratch::new()?;
    packages::write(home.path(), &[package])?;
    let path = home.path().join("setup.json");
    fs::write(&path, setup.to_string())?;
    let mut command = tools.python(home.path());
    let modules = env::join_paths([home.path(), &tools::here()])?;
    command.arg(tools::here().join(script)).arg(&path).env("PYTHONPATH", modules).envs(account.environment());
    let output = process::run(&mut command, Duration::from_mins(2))?;
    if !output.status.success() {
        return Err(format!("`{script}` failed:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The secrets and the decoys: what each is called in the spec, and its name and its ARN.
async fn targets(account: &Account) -> Result<Vec<(&'static str, [String; 2])>> {
    let administrator = account.administrator();
    administrator.create_secret().name(SECRETS[0].1).secret_string("{}").send().await?;
    let mut targets = Vec::new();
    for (secret, name) in SECRETS.iter().copied().chain(DECOYS.map(|name| ("", name))) {
        let described = administrator.describe_secret().secret_id(name).send().await?;
        targets.push((secret, [name.to_owned(), described.arn.unwrap_or_default()]));
    }
    Ok(targets)
}

fn setup_of(roles: &Value, targets: &[(&str, [String; 2])]) -> Value {
    let on_each = |of: &dyn Fn(&str) -> Value| -> Value {
        SECRETS.iter().map(|(secret, _)| ((*secret).to_owned(), of(secret))).collect::<Map<_, _>>().into()
    };
    let table = TABLE.iter().map(|row| {
        json!({
            "handler": row.handler,
            "verbs": on_each(&|secret| row.verbs(secret).collect()),
            "allowed": on_each(&|secret| ON_A_SECRET.iter().copied().filter(|call| row.allows(secret, call)).collect()),
        })
    });
    json!({
        "roles": roles,
        "table": table.collect::<Vec<_>>(),
        "targets": targets,
        "operations": { "secret": ON_A_SECRET, "account": ON_THE_ACCOUNT },
    })
}

fn hold(found: &Found, targets: &[(&str, [String; 2])]) -> Result {
    let mut problems = found.wrong.clone();
    let verbs = |row: &Row| -> Vec<[String; 3]> {
        let on = |secret: &'static str| {
            row.verbs(secret).map(move |verb| [row.handler.to_owned(), secret.to_owned(), verb.to_owned()])
        };
        SECRETS.iter().flat_map(|(secret, _)| on(secret)).collect()
    };
    let mut expected: Vec<_> = TABLE.iter().flat_map(verbs).collect();
    let mut worked = found.worked.clone();
    expected.sort();
    worked.sort();
    if worked != expected {
        problems.push(format!("these verbs worked: {worked:?}, and the table has {expected:?}"));
    }
    let on_secrets = |row: &Row| -> usize {
        let denied = |secret: &str| ON_A_SECRET.iter().filter(|call| !row.allows(secret, call)).count();
        targets.iter().map(|(secret, ids)| ids.len() * denied(secret)).sum()
    };
    let denied: usize = TABLE.iter().map(|row| on_secrets(row) + ON_THE_ACCOUNT.len()).sum();
    if found.denied != denied {
        problems.push(format!("{} calls were denied, and {denied} are not granted", found.denied));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
