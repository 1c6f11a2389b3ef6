//! The kinds of plan that Terraform makes, with the real provider: each is made again here and must have the form of its
//! recording in `data/plans/real/`, which plain `cargo test` reads. `E2E_RECORD=true cargo xtask e2e recorded_plans` writes the
//! recordings again.

mod kinds;
mod paypulse;

use std::env;
use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;
use paypulse_runtime::model::Text;
use serde_json::{Value, json};

use crate::chain::Rig;
use crate::{Result, check, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/recorded/mod.rs";

    keys {
        /// A user's id.
        UserId;
    }

    secrets {
        /// Terraform's.
        Login: Text = "rec/login", owner: terraform(login);
        /// There already.
        Old: Text = "rec/old", owner: external;
        /// Those of users.
        Users { user_id: UserId }: Text = "rec/users/{user_id}", owner: runtime;
    }

    handlers {
        /// Reads all of them.
        Reader = "rec-reader" {
            Login: read;
            Old: read;
            Users: read;
        }
    }
}

/// Where the recordings are.
fn dir() -> PathBuf {
    tools::workspace().join("tests/data/plans/real")
}

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    let paypulse = rig.clone();
    vec![check("recorded_plans", move || run(&rig)), check("recorded_paypulse", move || paypulse::run(&paypulse))]
}

fn run(rig: &Rig) -> Result {
    let provider = rig.provider()?;
    if !provider.is_real() {
        eprintln!("recorded_plans: not looked at, as {} is not the real provider", provider.name());
        return Ok(());
    }
    let plans = kinds::plans(rig)?;
    if env::var_os("E2E_RECORD").is_some() {
        fs::create_dir_all(dir())?;
        fs::write(dir().join("spec.json"), format!("{}\n", serde_json::to_string_pretty(&spec())?))?;
        for (name, plan) in &plans {
            fs::write(dir().join(format!("{name}.json")), format!("{plan}\n"))?;
        }
        eprintln!("recorded_plans: {} plans of {} are recorded", plans.len(), provider.name());
        return Ok(());
    }
    let differs = plans.iter().map(|(name, plan)| is_recorded(name, plan)).filter_map(Result::err);
    let differs: Vec<String> = differs.map(|error| error.to_string()).collect();
    if differs.is_empty() { Ok(()) } else { Err(differs.join("\n").into()) }
}

fn is_recorded(name: &str, plan: &Value) -> Result {
    let path = dir().join(format!("{name}.json"));
    let text = fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let (recorded, found) = (form(&serde_json::from_str(&text)?), form(plan));
    if recorded == found {
        return Ok(());
    }
    let again = "`E2E_RECORD=true cargo xtask e2e recorded_plans` records it again";
    Err(format!(
        "the plan `{name}` has another form than its recording; {again}\nrecorded {recorded:#}\nfound {found:#}"
    )
    .into())
}

/// What of a plan does not differ from run to run: its kind, and of each resource what happens to it, why, and what is unknown.
fn form(plan: &Value) -> Value {
    let changes = |list: &str| -> Vec<Value> {
        let changes = plan[list].as_array().into_iter().flatten();
        changes.map(change).collect()
    };
    let flags = ["applyable", "complete", "errored"].map(|flag| plan[flag].clone());
    json!({
        "flags": flags,
        "resource_changes": changes("resource_changes"),
        "resource_drift": changes("resource_drift"),
        "parts": plan.as_object().map(|plan| plan.keys().cloned().collect::<Vec<_>>()),
    })
}

fn change(change: &Value) -> Value {
    let details = &change["change"];
    json!({
        "address": change["address"],
        "previous_address": change["previous_address"],
        "deposed": change["deposed"],
        "reason": change["action_reason"],
        "actions": details["actions"],
        "importing": details["importing"].is_object(),
        "unknown": details["after_unknown"],
    })
}
