//! Taking over what exists: Terraform of a team today, applied; then `cargo xtask import`, and a first plan that
//! must change nothing about secrets.

mod called;
pub mod plan;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::model::Spec;
use serde_json::Value;
use xtask::Exit;

use crate::account::Account;
use crate::chain::Rig;
use crate::granted::variables;
use crate::process::Scratch;
use crate::terraform::Module;
use crate::{Result, check, command, tools};

const FUNCTIONS: &str = include_str!("functions.tf");
const SHARED: &str = include_str!("shared.tf");
const ELSEWHERE: &str = include_str!("elsewhere.tf");

/// What a team has today, and how it is taken over.
struct Case {
    name: &'static str,
    /// The Terraform that goes.
    today: &'static str,
    /// The Terraform that stays beside the generated files.
    stays: Option<&'static str>,
    /// What nobody's Terraform has.
    by_hand: &'static [&'static str],
    from: From,
    /// The changes that the first plan has to have, beside those that create what is new: actions and an address.
    changes: &'static [&'static str],
    /// Words of the command's notes.
    notes: &'static [&'static str],
}

/// Where `import` learns from what there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// `terraform state pull`.
    State,
    /// `terraform show -json`.
    Shown,
    /// A listing of the account: the state is lost.
    Listing,
    /// The state of another configuration, which goes on with it.
    OtherState,
}

const CASES: [Case; 4] = [
    Case {
        name: "adopts_what_a_state_has",
        today: FUNCTIONS,
        stays: Some(SHARED),
        by_hand: &["PayPulseAppJWTSecret", "gmail/user/somebody"],
        from: From::State,
        changes: &[
            "forget aws_iam_role_policy.delete",
            "forget aws_iam_role_policy_attachment.secrets[\"delete_user\"]",
            "describe moved aws_iam_role.delete_user",
            "moved aws_iam_role_policy_attachment.delete_user_logs",
            "update imported aws_iam_role_policies_exclusive.delete_user",
            "update imported aws_iam_role_policy_attachments_exclusive.delete_user",
        ],
        notes: &[
            "role `delete_user`: it has policies that are not of the spec",
            "`SecretsManagerReadWrite`, `delete-secrets`",
            "role `paypulse-functions`",
        ],
    },
    Case {
        name: "adopts_what_a_listing_has",
        today: FUNCTIONS,
        stays: None,
        by_hand: &["PayPulseAppJWTSecret", "gmail/user/somebody"],
        from: From::Listing,
        changes: &[
            "describe imported aws_iam_role.delete_user",
            "imported aws_iam_role_policy_attachment.delete_user_logs",
            "imported aws_secretsmanager_secret_version.google_oauth_client_id_value",
            "settings imported aws_secretsmanager_secret.google_oauth_client_id",
            "update imported aws_iam_role_policies_exclusive.delete_user",
            "update imported aws_iam_role_policy_attachments_exclusive.delete_user",
        ],
        notes: &["recovery_window_in_days", "roles `fetch_invoices`, `fetch_latest_invoice`"],
    },
    Case {
        name: "adopts_from_another_state",
        today: FUNCTIONS,
        stays: None,
        by_hand: &["PayPulseAppJWTSecret"],
        from: From::OtherState,
        changes: &[
            "describe imported aws_iam_role.delete_user",
            "imported aws_secretsmanager_secret_version.google_oauth_client_id_value",
            "settings imported aws_secretsmanager_secret.google_oauth_client_id",
            "update imported aws_iam_role_policies_exclusive.delete_user",
        ],
        notes: &["recovery_window_in_days", "in the other configuration:\n        aws_iam_role.function\n"],
    },
    Case {
        name: "adopts_what_is_arranged_otherwise",
        today: ELSEWHERE,
        stays: None,
        by_hand: &[],
        from: From::Shown,
        changes: &[
            "forget aws_secretsmanager_secret.all[\"jwt\"]",
            "forget aws_secretsmanager_secret.all[\"u/7\"]",
            "forget aws_secretsmanager_secret_version.all[\"jwt\"]",
            "forget aws_secretsmanager_secret_version.all[\"u/7\"]",
            "describe moved aws_iam_role.login_user",
            "moved aws_secretsmanager_secret.google_oauth_client_id",
            "moved aws_secretsmanager_secret_version.google_oauth_client_id_value",
            "update moved aws_iam_role_policy.login_user_secrets",
        ],
        notes: &["the secret `PayPulseAppJWTSecret`, the secret `gmail/user/seven`"],
    },
];

/// A check a case.
pub fn checks(rig: &Rig) -> Vec<Trial> {
    let trial = |case: Case| {
        let rig = rig.clone();
        check(case.name, move || run(&rig, &case))
    };
    let called = rig.clone();
    let called = check("adopts_what_becomes_a_module", move || called::run(&called));
    CASES.into_iter().map(trial).chain([called]).collect()
}

fn run(rig: &Rig, case: &Case) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    for name in case.by_hand {
        runtime.block_on(administrator.create_secret().name(*name).secret_string("by hand").send())?;
    }
    let today = module(rig, &account, [("today.tf", Some(case.today)), ("stays.tf", case.stays)])?;
    today.prepare()?;
    today.apply()?;
    let before = runtime.block_on(secrets(&administrator))?;

    let evidence = Scratch::new()?;
    let evidence = evidence.path().join("evidence.json");
    let flag = look(&account, &today, case.from, &evidence)?;
    fs::remove_file(today.dir().join("today.tf"))?;
    let apart = module(rig, &account, [("stays.tf", None), ("today.tf", None)])?;
    let module = if case.from == From::OtherState { &apart } else { &today };
    let said = take_over(module, flag, &evidence)?;
    for words in case.notes {
        if !said.contains(words) {
            return Err(format!("`{words}` is not said:\n{said}").into());
        }
    }
    module.prepare()?;
    plan::hold(&module.plan()?, case.changes)?;
    module.apply()?;
    if case.from == From::OtherState {
        hand_over(&today, &said)?;
    }
    if let Some(changes) = module.drift()? {
        return Err(format!("a second plan would change something:\n{changes}").into());
    }
    let after = runtime.block_on(secrets(&administrator))?;
    if after != before {
        return Err(format!("the secrets were {before:#?}\nand are {after:#?}").into());
    }
    clean_up(module, case.stays)
}

/// A module with the provider and these files.
fn module<'a>(rig: &'a Rig, account: &'a Account, files: [(&str, Option<&str>); 2]) -> Result<Module<'a>> {
    let provider = fs::read_to_string(tools::workspace().join("terraform/main.tf"))?;
    let files = files.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
    let files = files.chain([("main.tf".to_owned(), provider)]).collect();
    Module::of(&rig.tools, rig.provider()?, account, &files, &variables())
}

/// Writes down what there is, and says which flag takes that.
fn look(account: &Account, today: &Module<'_>, from: From, to: &Path) -> Result<&'static str> {
    let (flag, json) = match from {
        From::State => ("--state", today.output(&["state", "pull"])?),
        From::OtherState => ("--other-state", today.output(&["state", "pull"])?),
        From::Shown => ("--state", today.output(&["show", "-json"])?),
        From::Listing => {
            fs::remove_file(today.dir().join("terraform.tfstate"))?;
            let documents: Vec<Value> = account.manage(&["listing"])?;
            ("--listing", documents.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into_bytes())
        }
    };
    fs::write(to, json)?;
    Ok(flag)
}

/// Puts the generated files and `import.tf` into a module; what the command said.
fn take_over(module: &Module<'_>, flag: &str, evidence: &Path) -> Result<String> {
    xtask(module, &["gen-infra"])?;
    let said = xtask(module, &["import", flag, &evidence.to_string_lossy()])?;
    // The other command does not look at this file.
    xtask(module, &["gen-infra", "--check"])?;
    Ok(said)
}

/// Puts `removed` blocks into the configuration that had everything, as the command said; its next apply destroys nothing.
fn hand_over(today: &Module<'_>, said: &str) -> Result {
    let addresses = said.lines().filter_map(|line| line.strip_prefix("        "));
    let removed = |address| format!("removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
    today.put("removed.tf", &addresses.map(removed).collect::<String>())?;
    today.prepare()?;
    plan::hold(&today.plan()?, &["forget aws_secretsmanager_secret.google_oauth_client_id"])?;
    today.apply()
}

/// Given the state after the apply, the command deletes its file, and that changes nothing.
fn clean_up(module: &Module<'_>, stays: Option<&str>) -> Result {
    let scratch = Scratch::new()?;
    let state = scratch.path().join("after.json");
    fs::write(&state, module.output(&["state", "pull"])?)?;
    let said = xtask(module, &["import", "--state", &state.to_string_lossy()])?;
    // Of what the state has besides, the command always speaks.
    let is_done = if stays.is_some() {
        said.contains("0 imported, 0 moved, 0 forgotten;") && said.contains("0 for the first apply to create")
    } else {
        said.contains("nothing is left to take over")
    };
    if !is_done || said.contains("the first apply takes") || module.dir().join("import.tf").exists() {
        return Err(format!("after the apply something is left to take over:\n{said}").into());
    }
    match module.drift()? {
        Some(changes) => Err(format!("without `import.tf` a plan would change something:\n{changes}").into()),
        None => Ok(()),
    }
}

/// PayPulse's spec without the secrets of the retail invoices, which this team does not have yet.
fn spec() -> Spec {
    let is_of_retail = |secret: &str| ["GeminiApiKey", "JevApiKey"].contains(&secret);
    let mut spec = paypulse_runtime::spec::spec();
    spec.secrets.retain(|secret| !is_of_retail(&secret.id));
    for handler in &mut spec.handlers {
        handler.grants.retain(|grant| !is_of_retail(&grant.secret));
    }
    spec.handlers.retain(|handler| !handler.grants.is_empty());
    spec
}

fn xtask(module: &Module<'_>, arguments: &[&str]) -> Result<String> {
    command(&spec(), module, arguments)
}

/// Runs `cargo xtask …` on the module of a spec; what it said.
pub fn command(spec: &Spec, module: &Module<'_>, arguments: &[&str]) -> Result<String> {
    let said = command::xtask(spec, module.dir(), arguments)?;
    if said.exit == Exit::Done {
        Ok(said.err)
    } else {
        Err(format!("`cargo xtask {arguments:?}` failed:\n{}", said.err).into())
    }
}

/// Everything that shows of each secret: what was changed and when, its versions, its value.
async fn secrets(client: &Client) -> Result<BTreeMap<String, String>> {
    let mut secrets = BTreeMap::new();
    for secret in client.list_secrets().send().await?.secret_list.unwrap_or_default() {
        let arn = secret.arn.ok_or("a secret has no ARN")?;
        let described = client.describe_secret().secret_id(&arn).send().await?;
        let value = client.get_secret_value().secret_id(&arn).send().await?.secret_string;
        let last_changed = described.last_changed_date;
        let stages: BTreeMap<_, _> = described.version_ids_to_stages.unwrap_or_default().into_iter().collect();
        let shown = (described.description, described.kms_key_id, last_changed, stages, value);
        secrets.insert(arn, format!("{shown:?}"));
    }
    Ok(secrets)
}
