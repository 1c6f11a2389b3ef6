//! Policies that distinguish the versions of a secret, applied and then enforced by the two emulators.
//!
//! AWS fills in the keys `secretsmanager:VersionStage` and `secretsmanager:VersionId` from a request. Neither emulator does, and
//! what follows from that is listed in [`UNSUPPORTED`]. `emulator.py` adds the two keys to ministack, whose own evaluator then
//! decides every row of [`REQUESTS`].

use std::fs;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder;
use libtest_mimic::Trial;
use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::Text;
use serde_json::{Value, json};
use xtask::render;

use crate::access::Roles;
use crate::account::{self, Account};
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/previous.rs";

    keys {}

    secrets {
        /// Signs receipts.
        ReceiptKey: Text = "rig/receipt-key", owner: runtime;
    }

    handlers {
        /// Reads the key.
        SignReceipts = "rig-sign" {
            ReceiptKey: read;
        }
        /// Reads the key and the one before it.
        CheckReceipts = "rig-check" {
            ReceiptKey: read, read_previous;
        }
    }
}

const KEY: &str = "rig/receipt-key";

/// How a request names the version that it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Nothing,
    Current,
    Previous,
    /// The id of the previous version.
    Id,
    /// Both of the previous version.
    PreviousAndId,
}

/// A role, how it asks, and whether AWS's documentation lets it read.
type Row = (&'static str, Asks, bool);

/// Written by hand from the rules in docs/terraform.md.
const REQUESTS: [Row; 10] = [
    ("rig-sign", Asks::Nothing, true),
    ("rig-sign", Asks::Current, true),
    ("rig-sign", Asks::Previous, false),
    ("rig-sign", Asks::Id, false),
    ("rig-sign", Asks::PreviousAndId, false),
    ("rig-check", Asks::Nothing, true),
    ("rig-check", Asks::Current, true),
    ("rig-check", Asks::Previous, true),
    ("rig-check", Asks::Id, false),
    ("rig-check", Asks::PreviousAndId, true),
];

/// What an emulator allows although AWS denies it, because a request to the emulator has neither key.
const UNSUPPORTED: [(&str, Asks); 4] =
    [("rig-sign", Asks::Previous), ("rig-sign", Asks::Id), ("rig-sign", Asks::PreviousAndId), ("rig-check", Asks::Id)];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("previous_versions_on_both_emulators", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let account = Account::open(&rig.tools)?;
    let mut files = render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, "")?;
    module.prepare()?;
    module.apply()?;
    let previous = runtime.block_on(put_two_versions(&account.administrator()))?;
    let roles: Roles = account.manage(&["sessions"])?;
    runtime.block_on(answers(&account, &roles, &previous, &[]))?;
    runtime.block_on(clients_read(&account, &roles))?;

    let ministack = Account::open_unchanged(&rig.tools)?;
    let moto = Account::open_in(&rig.tools, account::REGION)?;
    copy_roles(&account, &ministack, roles.keys(), |document| document)?;
    copy_roles(&account, &moto, roles.keys(), without_resources)?;
    for (other, ignores_policies) in [(&ministack, false), (&moto, true)] {
        let previous = runtime.block_on(put_two_versions(&other.administrator()))?;
        let roles: Roles = other.manage(&["sessions"])?;
        if ignores_policies {
            let _: Value = other.manage(&["enforce-on-moto"])?;
        }
        runtime.block_on(answers(other, &roles, &previous, &UNSUPPORTED))?;
    }
    Ok(())
}

/// The id of the version that is then the previous one.
async fn put_two_versions(administrator: &Client) -> Result<String> {
    let created = administrator.create_secret().name(KEY).secret_string("the old one").send().await?;
    administrator.put_secret_value().secret_id(KEY).secret_string("the new one").send().await?;
    created.version_id.ok_or_else(|| "the secret has no version".into())
}

/// Compares every row with what the server does, and a value that is read with the version that was asked for. The server
/// must enforce policies: it refuses what no statement allows.
async fn answers(account: &Account, roles: &Roles, previous: &str, unsupported: &[(&str, Asks)]) -> Result {
    for (name, asks, is_allowed) in REQUESTS {
        let role = roles.get(name).ok_or_else(|| format!("there is no role `{name}`"))?;
        let client = role.client(account);
        if client.describe_secret().secret_id(KEY).send().await.is_ok() {
            return Err(format!("`{name}` may describe the secret: the server does not enforce policies").into());
        }
        let request = client.get_secret_value().secret_id(KEY);
        let answer = asks.of(request, previous).send().await;
        let is_expected = is_allowed || unsupported.contains(&(name, asks));
        match (answer, is_expected) {
            (Ok(value), true) if value.secret_string() == Some(asks.reads()) => {}
            (Err(error), false) if error.code() == Some("AccessDeniedException") => {}
            (other, _) => {
                let expected = if is_expected { "allowed" } else { "denied" };
                return Err(format!("`{name}` asks for {asks:?}, which should be {expected}: {other:?}").into());
            }
        }
    }
    Ok(())
}

/// The typed client names the version of each verb.
async fn clients_read(account: &Account, roles: &Roles) -> Result {
    let secrets = Secrets::<CheckReceipts>::new(roles["rig-check"].client(account));
    same(secrets.read(&ReceiptKey).await?.expose(), Asks::Current.reads())?;
    same(secrets.read_previous(&ReceiptKey).await?.expose(), Asks::Previous.reads())?;
    let secrets = Secrets::<SignReceipts>::new(roles["rig-sign"].client(account));
    same(secrets.read(&ReceiptKey).await?.expose(), Asks::Current.reads())
}

/// Creates the roles in another account, with the policies that were applied in the first one.
fn copy_roles<'a>(
    from: &Account,
    to: &Account,
    names: impl Iterator<Item = &'a String>,
    adapt: impl Fn(Value) -> Value,
) -> Result {
    for name in names {
        let role: Value = from.manage(&["iam", "get_role", &json!({ "RoleName": name }).to_string()])?;
        let trust = role["Role"]["AssumeRolePolicyDocument"].to_string();
        let new = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust });
        let _: Value = to.manage(&["iam", "create_role", &new.to_string()])?;
        let listed: Value = from.manage(&["iam", "list_role_policies", &json!({ "RoleName": name }).to_string()])?;
        for policy in listed["PolicyNames"].as_array().into_iter().flatten() {
            let one = json!({ "RoleName": name, "PolicyName": policy });
            let policy: Value = from.manage(&["iam", "get_role_policy", &one.to_string()])?;
            let document = adapt(policy["PolicyDocument"].clone()).to_string();
            let put = json!({ "RoleName": name, "PolicyName": policy["PolicyName"], "PolicyDocument": document });
            let _: Value = to.manage(&["iam", "put_role_policy", &put.to_string()])?;
        }
    }
    Ok(())
}

/// The document for every resource. moto compares the resources of a statement with `*`, whatever a call is about.
fn without_resources(mut document: Value) -> Value {
    for statement in document["Statement"].as_array_mut().into_iter().flatten() {
        statement["Resource"] = "*".into();
    }
    document
}

impl Asks {
    fn of(self, request: GetSecretValueFluentBuilder, previous: &str) -> GetSecretValueFluentBuilder {
        match self {
            Self::Nothing => request,
            Self::Current => request.version_stage("AWSCURRENT"),
            Self::Previous => request.version_stage("AWSPREVIOUS"),
            Self::Id => request.version_id(previous),
            Self::PreviousAndId => request.version_stage("AWSPREVIOUS").version_id(previous),
        }
    }

    const fn reads(self) -> &'static str {
        match self {
            Self::Nothing | Self::Current => "the new one",
            Self::Previous | Self::Id | Self::PreviousAndId => "the old one",
        }
    }
}

fn same(found: &str, expected: &str) -> Result {
    if found == expected { Ok(()) } else { Err(format!("found `{found}`, expected `{expected}`").into()) }
}
