//! The generated files of before, applied, and then planned with those of today: nothing is destroyed or made again, and what
//! else changes is in `CHANGELOG.md`.
//!
//! `data/upgrade/paypulse/` has the files of before. `E2E_RECORD=true cargo xtask e2e upgrade` puts those of today there, for the
//! first change after a release.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::account::Account;
use crate::chain::{self, Rig};
use crate::granted::variables;
use crate::terraform::Module;
use crate::{Result, check, tools};

/// What an upgrade changes of a resource of some type, and words of the line of the changelog that says so.
const CHANGES: [(&str, &str); 1] = [("aws_iam_role", "purpose of its handler as its description")];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("upgrade_destroys_nothing", move || run(&rig))]
}

fn dir() -> PathBuf {
    tools::workspace().join("tests/data/upgrade/paypulse")
}

/// The `.tf` files of a directory.
fn files(dir: &PathBuf) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if let (true, Some(name)) = (path.extension().is_some_and(|it| it == "tf"), path.file_name()) {
            files.insert(name.to_string_lossy().into_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

fn run(rig: &Rig) -> Result {
    let today = files(&tools::workspace().join("terraform"))?;
    if env::var_os("E2E_RECORD").is_some() {
        for (name, text) in today.iter().filter(|(name, _)| *name != "main.tf") {
            fs::write(dir().join(name), text)?;
        }
        return Ok(());
    }
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(chain::prepare(&account.administrator()))?;
    let mut before = files(&dir())?;
    before.insert("main.tf".to_owned(), today["main.tf"].clone());
    // The files of before may need a newer provider than those of today.
    let needs_six = before["versions.tf"].contains(">= 6");
    let provider = if needs_six { rig.provider_with_region()? } else { rig.provider()? };
    let module = Module::of(&rig.tools, provider, &account, &before, &variables())?;
    module.prepare()?;
    module.apply()?;
    for name in before.keys().filter(|name| !today.contains_key(*name)) {
        fs::remove_file(module.dir().join(name))?;
    }
    for (name, text) in &today {
        module.put(name, text)?;
    }
    module.prepare()?;
    hold(&module.plan()?)
}

fn hold(plan: &Value) -> Result {
    let log = fs::read_to_string(tools::workspace().join("CHANGELOG.md"))?;
    let (_, log) = log.split_once("## [Unreleased]").ok_or("the changelog has nothing unreleased")?;
    let mut looked_at = 0;
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        looked_at += 1;
        let actions = change["change"]["actions"].as_array().into_iter().flatten();
        let actions: Vec<&str> = actions.filter_map(Value::as_str).collect();
        let address = change["address"].as_str().unwrap_or_default();
        let known = CHANGES.iter().find(|(kind, _)| change["type"] == *kind);
        match (actions.as_slice(), known) {
            (["no-op" | "read"], _) => {}
            (actions, _) if actions.contains(&"delete") => {
                return Err(format!("the upgrade would {actions:?} {address}:\n{:#}", change["change"]).into());
            }
            (_, Some((_, words))) if log.contains(words) => {}
            (actions, _) => {
                return Err(format!("`CHANGELOG.md` does not say that the upgrade would {actions:?} {address}").into());
            }
        }
    }
    if looked_at == 0 { Err("the plan has no resources".into()) } else { Ok(()) }
}
