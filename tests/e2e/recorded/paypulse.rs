//! What Terraform plans and keeps of `terraform/` as it is committed: the plans and states that plain `cargo test` reads.
//! `E2E_RECORD=true cargo xtask e2e recorded_paypulse` writes them again, after a change of `runtime/src/spec.rs`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::form;
use crate::account::Account;
use crate::chain::Rig;
use crate::granted::{CLIENT_ID, GEMINI_KEY, JEV_KEY, SIGNING_KEY};
use crate::provider::Provider;
use crate::terraform::Module;
use crate::{Result, tools};

/// The recordings of one provider, below `tests/data`.
struct Names {
    first: &'static str,
    later: &'static str,
    state: &'static str,
    listing: Option<&'static str>,
}

const STAND_IN: Names = Names {
    first: "plans/first.json",
    later: "plans/later.json",
    state: "states/adopted.tfstate",
    listing: Some("states/adopted.listing.json"),
};

const REAL: Names = Names {
    first: "plans/provider-5/plan-first-apply.json",
    later: "plans/provider-5/plan-nothing-to-do.json",
    state: "states/applied.real.tfstate",
    listing: None,
};

pub fn run(rig: &Rig) -> Result {
    let mut differs = one(rig, rig.stand_in()?, &STAND_IN)?;
    let provider = rig.provider()?;
    if provider.is_real() {
        differs.extend(one(rig, provider, &REAL)?);
    } else {
        eprintln!("recorded_paypulse: {} is not the real provider, whose plans are not looked at", provider.name());
    }
    if differs.is_empty() { Ok(()) } else { Err(differs.join("\n").into()) }
}

/// Which recordings have another form than what is found, unless they are written.
fn one(rig: &Rig, provider: &Provider, names: &Names) -> Result<Vec<String>> {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let create = account.administrator().create_secret().name("PayPulseAppJWTSecret").secret_string(SIGNING_KEY);
    runtime.block_on(create.send())?;
    let module = Module::copy(&rig.tools, provider, &account)?;
    module.prepare()?;
    let first = module.plan()?;
    module.apply()?;
    let later = module.plan()?;
    let state = String::from_utf8(module.output(&["state", "pull"])?)?;
    if env::var_os("E2E_RECORD").is_some() {
        write(names.first, &format!("{first}\n"))?;
        write(names.later, &format!("{later}\n"))?;
        write(names.state, &marked(&state))?;
        if let Some(name) = names.listing {
            let documents: Vec<Value> = account.manage(&["listing"])?;
            let documents =
                documents.iter().map(serde_json::to_string_pretty).collect::<std::result::Result<Vec<_>, _>>()?;
            write(name, &format!("{}\n", documents.join("\n")))?;
        }
        return Ok(Vec::new());
    }
    let plans = [(names.first, &first), (names.later, &later)];
    let mut differs = Vec::new();
    for (name, plan) in plans {
        if form(&read(name)?) != form(plan) {
            differs.push(of(name));
        }
    }
    if instances(&read(names.state)?) != instances(&serde_json::from_str(&state)?) {
        differs.push(of(names.state));
    }
    Ok(differs)
}

fn of(name: &str) -> String {
    format!(
        "what was found has another form than `tests/data/{name}`; `E2E_RECORD=true cargo xtask e2e recorded_paypulse` \
         records it again"
    )
}

/// How many instances each resource of a state has.
fn instances(state: &Value) -> BTreeMap<String, usize> {
    let resources = state["resources"].as_array().into_iter().flatten();
    let count = |it: &Value| it["instances"].as_array().map_or(0, Vec::len);
    resources.map(|it| (format!("{}.{}.{}", it["mode"], it["type"], it["name"]), count(it))).collect()
}

/// The values of secrets are those by which the tests see where one goes.
fn marked(state: &str) -> String {
    let values = [CLIENT_ID, GEMINI_KEY, JEV_KEY];
    values
        .iter()
        .fold(state.to_owned(), |state, value| state.replace(&format!("\"{value}\""), &format!("\"MARK {value}\"")))
}

fn path(name: &str) -> PathBuf {
    tools::workspace().join("tests/data").join(name)
}

fn read(name: &str) -> Result<Value> {
    let path = path(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn write(name: &str, text: &str) -> Result {
    Ok(fs::write(path(name), text)?)
}
