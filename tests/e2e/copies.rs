//! Copies that handlers read, in two other Regions of an account: applied, read under the role where the spec says so, and nothing
//! else done with them; by the client also where the secret's own Region is out of order.

use std::fs;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::client::{ErrorKind, OnDifference, Secrets};
use paypulse_runtime::model::{Text, endpoint_variable};
use serde_json::Value;
use xtask::{Exit, render};

use crate::access::{Role, Roles};
use crate::account::{self, Account};
use crate::chain::Rig;
use crate::denied::{self, Answer};
use crate::terraform::Module;
use crate::{Result, audit, check, command, process, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/copies.rs";

    keys {}

    secrets {
        /// Has copies in three Regions, of which two are read.
        Copied: Text = "rig/copied", owner: terraform(copied), kms_key: variable(own_key_arn),
            replicas: { "eu-central-1", "us-east-1": variable(copy_key_arn), "us-west-2" },
            read_from: { "us-east-1", "eu-central-1" };
        /// Has a copy that nobody reads.
        Alone: Text = "rig/alone", owner: terraform(alone), replicas: { "eu-central-1" };
    }

    handlers {
        /// Reads both.
        Reader = "rig-reader" {
            Copied: read;
            Alone: read;
        }
        /// Reads none.
        Onlooker = "rig-onlooker" {
            Copied: describe;
        }
    }
}

/// Where copies are read, in the order of their names.
const READ: [&str; 2] = ["eu-central-1", "us-east-1"];
const UNREAD: &str = "us-west-2";

const OWN_KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/11111111-1111-1111-1111-111111111111";
const COPY_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/22222222-2222-2222-2222-222222222222";
const VARIABLES: [(&str, &str); 2] = [("own_key_arn", OWN_KEY), ("copy_key_arn", COPY_KEY)];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("copies_that_are_read", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let mut files = render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let keys = VARIABLES.map(|(name, arn)| format!("{name} = \"{arn}\"\n")).concat();
    let variables = format!("copied = \"the copied one\"\nalone = \"the other one\"\n{keys}");
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &variables)?;
    module.prepare()?;
    is_clean(&module, "before the apply")?;
    module.apply()?;
    if let Some(changes) = module.drift()? {
        return Err(format!("a plan would change something:\n{changes}").into());
    }
    is_clean(&module, "after the apply")?;
    audit::finds(&account, &spec(), &VARIABLES, "nothing was changed", &[])?;

    let roles: Roles = account.manage(&["sessions"])?;
    let role = |name: &str| roles.get(name).ok_or_else(|| format!("there is no role `{name}`"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(only_these_are_read(&account, role("rig-reader")?))?;
    runtime.block_on(nobody_else_reads(&account, role("rig-onlooker")?))?;
    runtime.block_on(a_client_reads_them(&account, role("rig-reader")?))
}

/// A plan has the policies that the spec says, also while the ARNs are not known.
fn is_clean(module: &Module<'_>, when: &str) -> Result {
    let file = module.dir().join("plan.json");
    fs::write(&file, module.plan()?.to_string())?;
    let said = command::xtask(&spec(), module.dir(), &["check-plan", &file.to_string_lossy(), "--format", "json"])?;
    let answer: Value = serde_json::from_str(&said.out)?;
    let findings = answer["findings"].as_array().into_iter().flatten();
    let found = findings.filter(|it| it["kind"] != "known-after-apply").count();
    fs::remove_file(&file)?;
    if said.exit == Exit::Done && found == 0 { Ok(()) } else { Err(format!("{when}: {}{}", said.out, said.err).into()) }
}

/// By the SDK's own client: the reads that are granted, and every operation on every copy besides.
async fn only_these_are_read(account: &Account, role: &Role) -> Result {
    for region in READ {
        let answer = role.client_in(account, region).get_secret_value().secret_id("rig/copied").send().await?;
        let arn = answer.arn().unwrap_or_default();
        same(answer.secret_string().unwrap_or_default(), "the copied one")?;
        if !arn.contains(&format!(":{region}:")) {
            return Err(format!("what is in `{region}` is {arn}").into());
        }
    }
    let all = READ.into_iter().chain([UNREAD]).flat_map(|region| ["rig/copied", "rig/alone"].map(|it| (region, it)));
    for ((region, name), operation) in all.flat_map(|place| denied::ON_A_SECRET.map(|operation| (place, operation))) {
        let is_granted = operation == "GetSecretValue" && name == "rig/copied" && region != UNREAD;
        is_denied(&role.client_in(account, region), region, operation, name, is_granted).await?;
    }
    Ok(())
}

async fn nobody_else_reads(account: &Account, role: &Role) -> Result {
    for (region, operation) in READ.into_iter().flat_map(|region| denied::ON_A_SECRET.map(|it| (region, it))) {
        is_denied(&role.client_in(account, region), region, operation, "rig/copied", false).await?;
    }
    Ok(())
}

async fn is_denied(client: &Client, region: &str, operation: &str, name: &str, is_granted: bool) -> Result {
    if is_granted || matches!(denied::call(client, operation, name).await?, Answer::Denied) {
        return Ok(());
    }
    Err(format!("in `{region}` {operation} is allowed on `{name}`").into())
}

/// The typed client, where its secret's own Region answers, and where nobody is there.
async fn a_client_reads_them(account: &Account, role: &Role) -> Result {
    let copy = account.url();
    let variables = move |name: &str| (name == endpoint_variable("us-east-1")).then(|| copy.clone());
    let client = |client: Client| Secrets::<Reader>::new(client).in_environment(variables.clone(), OnDifference::Warn);
    let up = client(role.client(account))?;
    same(up.read(&Copied).await?.expose(), "the copied one")?;
    let nowhere = format!("http://127.0.0.1:{}", process::free_port()?);
    let down = client(account::client(&nowhere, role.credentials()))?;
    same(down.read(&Copied).await?.expose(), "the copied one")?;
    match down.read(&Alone).await {
        Err(error) if error.kind() == ErrorKind::Transport => Ok(()),
        other => Err(format!("nobody reads its copy, and it is {:?}", other.map(drop)).into()),
    }
}

fn same(found: &str, expected: &str) -> Result {
    if found == expected { Ok(()) } else { Err(format!("found `{found}`, expected `{expected}`").into()) }
}
