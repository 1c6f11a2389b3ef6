//! A rotation from the spec to the new value: applied, found in the account, taken over where the state is lost, and its four
//! steps done by the client under the role that was applied, twice each.
//!
//! The server keeps a rotation's schedule, but calls no function and cannot turn a rotation off. So the check does what Secrets
//! Manager does before it calls a function, and the module is not destroyed.

mod python;
mod steps;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::RotationRulesType;
use libtest_mimic::Trial;
use paypulse_runtime::model::{Handler, Problem, Text};
use paypulse_tests::payloads::Login;
use serde_json::{Value, json};
use xtask::render;

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::process::Scratch;
use crate::terraform::Module;
use crate::{Result, adopting, check, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/rotation.rs";

    keys {}

    secrets {
        /// Rotated by a schedule.
        DatabaseLogin: Login = "rig/database", owner: rotation(RotateLogin),
            rotation: { schedule: "cron(0 2 ? * SUN *)", window_hours: 3 };
        /// Rotated after a number of days.
        MailKey: Text = "rig/mail", owner: rotation(RotateMail), rotation: { after_days: 30, immediately: false };
    }

    handlers {
        /// Generates passwords.
        RotateLogin = "rig-rotate-login" {
            DatabaseLogin: rotate, generate;
        }
        /// Generates none.
        RotateMail = "rig-rotate-mail" {
            MailKey: rotate;
        }
        /// Logs in.
        Reader = "rig-reader" {
            DatabaseLogin: read;
        }
    }
}

const FUNCTIONS: [&str; 2] = [RotateLogin::NAME, RotateMail::NAME];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("rotation_is_applied_and_done", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let problems = |problems: Vec<Problem>| format!("the spec has problems: {problems:?}");
    let mut files = render::files(&spec()).map_err(problems)?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let account = Account::open(&rig.tools)?;
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, "")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    module.prepare()?;
    waits_for_the_functions(&module, &runtime.block_on(rotations(&account))?)?;
    is_applied(&module, &account)?;
    runtime.block_on(is_found(&account))?;
    changes_by_hand_show(&module, &account, &runtime)?;
    is_taken_over(&module, &account, &runtime)?;
    let roles: Roles = account.manage(&["sessions"])?;
    runtime.block_on(steps::are_done(&account, &roles))?;
    python::steps_are_done(&rig.tools, &account)?;
    runtime.block_on(steps::are_denied(&account, &roles))
}

/// The roles are there before the functions, which are deployed with them.
fn waits_for_the_functions(module: &Module<'_>, before: &Value) -> Result {
    let said = module.said(&["apply", "-auto-approve"])?;
    for (name, variable) in [("rig/database", "rig_rotate_login_function"), ("rig/mail", "rig_rotate_mail_function")] {
        let sentence = format!("Nothing rotates {name}: set {variable}");
        require(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(&sentence), &said)?;
    }
    require(before.as_object().is_some_and(serde_json::Map::is_empty), "there are secrets before the apply")
}

/// With the functions, the next apply makes the rotations and who may call them, and nothing else.
fn is_applied(module: &Module<'_>, account: &Account) -> Result {
    let mut variables = Vec::new();
    for name in FUNCTIONS {
        let function: Value = account.manage(&["function", name])?;
        let arn = function["arn"].as_str().ok_or("a function has no ARN")?;
        variables.push(format!("{}_function = {{ arn = \"{arn}\" }}\n", name.replace('-', "_")));
    }
    module.put("terraform.tfvars", &variables.concat())?;
    let plan = module.plan()?;
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let mut made: Vec<_> = changes.filter(|it| it["change"]["actions"] != json!(["no-op"])).collect();
    made.sort_by_key(|it| it["address"].to_string());
    let made: Vec<_> = made.into_iter().map(|it| json!([it["address"], it["change"]["actions"]])).collect();
    let expected = json!([
        ["aws_lambda_permission.database_login[0]", ["create"]],
        ["aws_lambda_permission.mail_key[0]", ["create"]],
        ["aws_secretsmanager_secret_rotation.database_login[0]", ["create"]],
        ["aws_secretsmanager_secret_rotation.mail_key[0]", ["create"]],
    ]);
    same(&Value::from(made), &expected)?;
    module.apply()?;
    nothing_to_change(module)
}

/// Written by hand from the declaration above.
async fn is_found(account: &Account) -> Result {
    let function = |name: &str| format!("arn:aws:lambda:eu-west-1:000000000000:function:{name}");
    let expected = json!({
        "rig/database": {
            "enabled": true,
            "function": function("rig-rotate-login"),
            "schedule": "cron(0 2 ? * SUN *)",
            "days": null,
            "window": "3h",
        },
        "rig/mail": {
            "enabled": true,
            "function": function("rig-rotate-mail"),
            "schedule": null,
            "days": 30,
            "window": null,
        },
    });
    same(&rotations(account).await?, &expected)?;
    for (name, statement, secret) in [
        (RotateLogin::NAME, "rotates_database_login", "rig/database"),
        (RotateMail::NAME, "rotates_mail_key", "rig/mail"),
    ] {
        let expected = json!([{
            "Sid": statement,
            "Effect": "Allow",
            "Principal": { "Service": "secretsmanager.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": function(name),
            "Condition": { "ArnLike": { "AWS:SourceArn": arn(&account.administrator(), secret).await? } },
        }]);
        same(&account.manage::<Value>(&["callers", name])?, &expected)?;
    }
    Ok(())
}

/// What the account says of each secret's rotation.
async fn rotations(account: &Account) -> Result<Value> {
    let client = account.administrator();
    let mut found = serde_json::Map::new();
    for secret in client.list_secrets().send().await?.secret_list() {
        let name = secret.name().unwrap_or_default();
        let secret = client.describe_secret().secret_id(name).send().await?;
        let rules = secret.rotation_rules();
        found.insert(
            name.to_owned(),
            json!({
                "enabled": secret.rotation_enabled(),
                "function": secret.rotation_lambda_arn(),
                "schedule": rules.and_then(RotationRulesType::schedule_expression),
                "days": rules.and_then(RotationRulesType::automatically_after_days),
                "window": rules.and_then(RotationRulesType::duration),
            }),
        );
    }
    Ok(found.into())
}

/// Another schedule, and a caller that is taken away: the plan names both, and the apply puts them back.
fn changes_by_hand_show(module: &Module<'_>, account: &Account, runtime: &tokio::runtime::Runtime) -> Result {
    let rules = RotationRulesType::builder().schedule_expression("rate(10 days)").build();
    let client = account.administrator();
    runtime.block_on(client.rotate_secret().secret_id("rig/database").rotation_rules(rules).send())?;
    account.manage::<Value>(&["not-called", RotateMail::NAME, "rotates_mail_key"])?;
    let changes = module.drift()?.ok_or("a plan does not see what was changed by hand")?;
    for words in ["\"rate(10 days)\" -> \"cron(0 2 ? * SUN *)\"", "aws_lambda_permission.mail_key[0] will be created"] {
        require(changes.contains(words), &changes)?;
    }
    module.apply()?;
    nothing_to_change(module)?;
    runtime.block_on(is_found(account))
}

async fn arn(administrator: &Client, name: &str) -> Result<String> {
    let described = administrator.describe_secret().secret_id(name).send().await?;
    Ok(described.arn.ok_or("a secret has no ARN")?)
}

/// Where the state is lost, a listing brings back the rotations, and none of them begins by that.
fn is_taken_over(module: &Module<'_>, account: &Account, runtime: &tokio::runtime::Runtime) -> Result {
    fs::remove_file(module.dir().join("terraform.tfstate"))?;
    let documents: Vec<Value> = account.manage(&["listing"])?;
    let listing = Scratch::new()?;
    let path = listing.path().join("account.json");
    fs::write(&path, documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"))?;
    let said = adopting::command(&spec(), module, &["import", "--listing", &path.to_string_lossy()])?;
    require(said.contains("[needs-function]"), &said)?;
    adopting::plan::hold(
        &module.plan()?,
        &[
            "imported aws_lambda_permission.database_login[0]",
            "imported aws_lambda_permission.mail_key[0]",
            "settings imported aws_secretsmanager_secret_rotation.database_login[0]",
            // Its `immediately: false` is a zero value, for which alone the provider plans no change.
            "imported aws_secretsmanager_secret_rotation.mail_key[0]",
        ],
    )?;
    let versions = || -> Result<String> {
        let described = runtime.block_on(account.administrator().describe_secret().secret_id("rig/database").send())?;
        let versions: BTreeMap<_, _> = described.version_ids_to_stages.unwrap_or_default().into_iter().collect();
        Ok(format!("{versions:?}"))
    };
    let before = versions()?;
    module.apply()?;
    same(&versions()?, &before)?;
    nothing_to_change(module)?;
    runtime.block_on(is_found(account))
}

fn nothing_to_change(module: &Module<'_>) -> Result {
    match module.drift()? {
        Some(changes) => Err(format!("a plan after the apply would change something:\n{changes}").into()),
        None => Ok(()),
    }
}

fn require(holds: bool, otherwise: &str) -> Result {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn same<T: PartialEq + fmt::Debug>(found: &T, expected: &T) -> Result {
    if found == expected { Ok(()) } else { Err(format!("found {found:#?}\nexpected {expected:#?}").into()) }
}
