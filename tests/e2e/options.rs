//! Every option of a secret, applied and then read back by the SDK.
//!
//! The module is not destroyed: no server here can take a replica away again.

use std::collections::BTreeMap;
use std::fs;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::render;

use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/options.rs";
    tags: { "app": "rig", "team": "nobody" };

    keys {}

    secrets {
        /// Has every option.
        Full: paypulse_runtime::model::Text = "rig/full", owner: terraform(full), kms_key: variable(full_key_arn),
            recovery_window_days: 7, tags: { "team": "billing", "cost center": "47=11" },
            replicas: { "eu-central-1", "us-east-1": variable(replica_key_arn) },
            shared_with: {
                account("123456789012"): read;
                role("210987654321", "audit/reader"): read, describe;
            };
        /// Has none.
        Plain: paypulse_runtime::model::Text = "rig/plain", owner: rotation;
    }

    handlers {
        /// Reads both.
        Reader = "rig-reader" {
            Full: read;
            Plain: read;
        }
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/11111111-1111-1111-1111-111111111111";
const REPLICA_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/22222222-2222-2222-2222-222222222222";

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("options_are_applied", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let problems = |problems: Vec<paypulse_runtime::model::Problem>| format!("the spec has problems: {problems:?}");
    let mut files = render::files(&spec()).map_err(problems)?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let variables = format!("full = \"the value\"\nfull_key_arn = \"{KEY}\"\nreplica_key_arn = \"{REPLICA_KEY}\"\n");
    let account = Account::open(&rig.tools)?;
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &variables)?;
    module.prepare()?;
    module.apply()?;
    let found = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(found(&account))?;
    let expected = expected();
    if found != expected {
        return Err(format!("found {found:#}\nexpected {expected:#}").into());
    }
    match module.drift()? {
        Some(changes) => Err(format!("a plan after the apply would change something:\n{changes}").into()),
        None => Ok(()),
    }
}

/// Written by hand from the declaration above.
fn expected() -> Value {
    json!({
        "rig/full": {
            "description": "Has every option.",
            "key": KEY,
            "tags": { "app": "rig", "team": "billing", "cost center": "47=11" },
            "replicas": { "eu-central-1": null, "us-east-1": REPLICA_KEY },
            "shares": [
                "arn:aws:iam::123456789012:root: secretsmanager:GetSecretValue",
                "arn:aws:iam::210987654321:role/audit/reader: secretsmanager:DescribeSecret",
                "arn:aws:iam::210987654321:role/audit/reader: secretsmanager:GetSecretValue",
            ],
            "value": "the value",
        },
        "rig/plain": {
            "description": "Has none.",
            "key": null,
            "tags": { "app": "rig", "team": "nobody" },
            "replicas": {},
            "shares": [],
            "value": null,
        },
    })
}

async fn found(account: &Account) -> Result<Value> {
    let client = account.administrator();
    let mut found = serde_json::Map::new();
    for name in ["rig/full", "rig/plain"] {
        let secret = client.describe_secret().secret_id(name).send().await?;
        let tags = secret.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
        let replicas = secret.replication_status().iter().filter_map(|copy| Some((copy.region()?, copy.kms_key_id())));
        found.insert(
            name.to_owned(),
            json!({
                "description": secret.description(),
                "key": secret.kms_key_id(),
                "tags": tags.collect::<BTreeMap<_, _>>(),
                "replicas": replicas.collect::<BTreeMap<_, _>>(),
                "shares": shares(&client, name, secret.arn().unwrap_or_default()).await?,
                "value": client.get_secret_value().secret_id(name).send().await.ok().and_then(|it| it.secret_string),
            }),
        );
    }
    Ok(Value::Object(found))
}

/// Each principal and action of the policy on a secret, which must speak of that secret alone.
async fn shares(client: &Client, name: &str, arn: &str) -> Result<Vec<String>> {
    let policy = client.get_resource_policy().secret_id(name).send().await?.resource_policy;
    let Some(policy) = policy.filter(|policy| !policy.is_empty()) else { return Ok(Vec::new()) };
    let policy: Value = serde_json::from_str(&policy)?;
    let mut shares = Vec::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        if statement["Effect"] != "Allow" || statement["Resource"] != arn {
            return Err(format!("the policy on `{name}` is not as it should be: {policy:#}").into());
        }
        for who in statement["Principal"]["AWS"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let actions = statement["Action"].as_array().into_iter().flatten().filter_map(Value::as_str);
            shares.extend(actions.map(|action| format!("{who}: {action}")));
        }
    }
    shares.sort();
    Ok(shares)
}
