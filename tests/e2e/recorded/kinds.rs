//! How each kind of plan comes about.

use std::collections::BTreeMap;
use std::fs;

use aws_sdk_secretsmanager::Client;
use serde_json::{Value, json};
use xtask::render;

use super::spec;
use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, tools};

/// A root that calls the files twice as deep as a team would, by `for_each` and by `count`.
const NESTED: &str = "module \"team\" {\n  source   = \"./team\"\n  for_each = toset([\"a\"])\n}\n";
const TEAM: &str = "module \"secrets\" {\n  source = \"./secrets\"\n  count  = 1\n  login  = \"the value\"\n}\n";

/// What the plans call a resource of the files, where they are called so.
const WITHIN: &str = "module.team[\"a\"].module.secrets[0]";

/// Every kind of plan, by its name.
pub fn plans(rig: &Rig) -> Result<BTreeMap<&'static str, Value>> {
    let mut plans = BTreeMap::new();
    of_a_root(rig, &mut plans)?;
    of_modules(rig, &mut plans)?;
    Ok(plans)
}

/// The files as a root: from nothing to all that Terraform does to what is there.
fn of_a_root(rig: &Rig, plans: &mut BTreeMap<&'static str, Value>) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    runtime.block_on(create(&administrator, "rec/old"))?;
    let mut files = rendered()?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, "login = \"the value\"\n")?;
    module.prepare()?;
    plans.insert("first", module.plan()?);
    plans.insert("first-targeted", module.plan_with(&["-target=aws_secretsmanager_secret.login"])?);
    module.apply()?;
    plans.insert("unchanged", module.plan()?);
    plans.insert("destroy", module.plan_with(&["-destroy"])?);
    plans.insert("destroy-targeted", module.plan_with(&["-destroy", "-target=aws_secretsmanager_secret.login"])?);
    plans.insert("replace-role", module.plan_with(&["-replace=aws_iam_role.rec_reader"])?);
    plans.insert("replace-secret", module.plan_with(&["-replace=aws_secretsmanager_secret.login"])?);
    let by_hand = administrator.update_secret().secret_id("rec/login").description("by hand").send();
    runtime.block_on(by_hand)?;
    plans.insert("drift", module.plan()?);
    plans.insert("refresh-only", module.plan_with(&["-refresh-only"])?);
    module.apply()?;
    let removed = "removed {\n  from = aws_secretsmanager_secret_version.login_value\n  lifecycle {\n    destroy = false\n  }\n}\n";
    plans.insert("removed", without(&module, "aws_secretsmanager_secret_version", removed)?);
    plans.insert("deposed", deposed(&module)?);
    Ok(())
}

/// The same without a kind of resource in `secrets.tf`, and with something else.
fn without(module: &Module<'_>, kind: &str, other: &str) -> Result<Value> {
    let text = fs::read_to_string(module.dir().join("secrets.tf"))?;
    let start = text.find(&format!("resource \"{kind}\"")).ok_or("the resource is not there")?;
    let end = start + text[start..].find("\n}\n").ok_or("the resource has no end")? + 3;
    module.put("secrets.tf", &format!("{}{}{other}", &text[..start], &text[end..]))?;
    let plan = module.plan();
    module.put("secrets.tf", &text)?;
    plan
}

/// As after an apply that made a secret again and could not delete the old one: its object is still there, and deposed.
fn deposed(module: &Module<'_>) -> Result<Value> {
    let mut state: Value = serde_json::from_slice(&module.output(&["state", "pull"])?)?;
    let resources = state["resources"].as_array_mut().ok_or("the state has no resources")?;
    let secret = resources.iter_mut().find(|it| it["type"] == "aws_secretsmanager_secret" && it["mode"] == "managed");
    let instances = secret.ok_or("the state has no secret")?["instances"].as_array_mut().ok_or("it has no instance")?;
    let mut old = instances.first().ok_or("it has no instance")?.clone();
    old["deposed"] = json!("00c0ffee");
    instances.push(old);
    state["serial"] = json!(state["serial"].as_u64().unwrap_or_default() + 1);
    module.put("changed.tfstate", &state.to_string())?;
    module.output(&["state", "push", "changed.tfstate"])?;
    module.plan()
}

/// The files as a module, below another: first, moved there from a root, and taken over by `import` blocks.
fn of_modules(rig: &Rig, plans: &mut BTreeMap<&'static str, Value>) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    runtime.block_on(create(&administrator, "rec/old"))?;
    let mut files: BTreeMap<String, String> =
        rendered()?.into_iter().map(|(name, text)| (format!("team/secrets/{name}"), text)).collect();
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    files.insert("calls.tf".to_owned(), NESTED.to_owned());
    files.insert("team/calls.tf".to_owned(), TEAM.to_owned());
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, "")?;
    module.prepare()?;
    plans.insert("modules-first", module.plan()?);
    let arn = runtime.block_on(create(&administrator, "rec/login"))?;
    let import = format!("import {{\n  to = {WITHIN}.aws_secretsmanager_secret.login\n  id = \"{arn}\"\n}}\n");
    module.put("import.tf", &import)?;
    plans.insert("modules-import", module.plan()?);
    module.apply()?;
    plans.insert("modules-unchanged", module.plan()?);
    fs::remove_file(module.dir().join("import.tf"))?;
    // The team is called otherwise now.
    module.put("calls.tf", &NESTED.replace("[\"a\"]", "[\"b\"]"))?;
    module.put("moved.tf", "moved {\n  from = module.team[\"a\"]\n  to   = module.team[\"b\"]\n}\n")?;
    plans.insert("modules-moved", module.plan()?);
    fs::remove_file(module.dir().join("moved.tf"))?;
    // Without `moved` everything is destroyed and made again.
    plans.insert("modules-renamed", module.plan()?);
    Ok(())
}

fn rendered() -> Result<BTreeMap<String, String>> {
    Ok(render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?)
}

async fn create(administrator: &Client, name: &str) -> Result<String> {
    let created = administrator.create_secret().name(name).secret_string("the value").send().await?;
    Ok(created.arn.ok_or("a secret has no ARN")?)
}
