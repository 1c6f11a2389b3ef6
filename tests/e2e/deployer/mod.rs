//! The policies of `deployer` with the real provider: every step of the life of the files under exactly them, every action of them
//! is used, and without one of them a step fails.
//!
//! `E2E_RECORD=1` runs the steps as the administrator and writes the calls of the provider to `engine/cli/src/deployer/calls.json`.
//! `E2E_DEPLOYER_ACTIONS` names the actions that are removed, one after the other, separated by commas; `all` removes each.

mod calls;
mod life;
mod spec;

use std::collections::BTreeSet;
use std::env;
use std::fs;

use libtest_mimic::Trial;
use xtask::deployer::{Purpose, recorded};

use self::life::Life;
use crate::chain::Rig;
use crate::{Result, check, tools};

/// How many actions are removed if none are named.
const SAMPLED: usize = 5;

/// Actions without which Terraform waits for minutes before it fails, so that no sample has them.
const SLOW: [&str; 2] = ["lambda:InvokeFunction", "secretsmanager:RotateSecret"];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let (one, other, third) = (rig.clone(), rig.clone(), rig.clone());
    vec![
        check("deployer_policies_are_enough_and_all_used", move || enough(&one)),
        check("deployer_policies_have_no_action_to_spare", move || none_to_spare(&other)),
        check("deployer_policies_keep_a_permissions_boundary", move || keep_a_boundary(&third)),
    ]
}

/// The versions of the provider whose calls are recorded; the others make others.
fn is_recorded(rig: &Rig) -> Result<bool> {
    let name = rig.provider()?.name();
    let is_it = name == format!("hashicorp/aws {}", recorded().provider);
    if !is_it && env::var_os("E2E_RECORD").is_none() {
        eprintln!("the calls of {name} are not recorded, so that its policies are not tried");
    }
    Ok(is_it || env::var_os("E2E_RECORD").is_some())
}

fn enough(rig: &Rig) -> Result {
    if !is_recorded(rig)? {
        return Ok(());
    }
    let life = Life::begin(rig)?;
    if env::var_os("E2E_RECORD").is_some() {
        return record(rig, &life);
    }
    let module = life.module()?;
    let (plan, apply) = (life.allowed(Purpose::Plan, false)?, life.allowed(Purpose::Apply, false)?);
    let (plans, applies) = (life.user("plans", &plan)?, life.user("applies", &apply)?);
    life.forget()?;
    life.run(&module, &plans, &applies)?;
    let calls = life.calls().recorded(&recorded().provider);
    if calls != *recorded() {
        let (found, committed) = (serde_json::to_string_pretty(&calls)?, serde_json::to_string_pretty(recorded())?);
        return Err(format!("the provider calls\n{found}\nand the committed file has\n{committed}").into());
    }
    let used: BTreeSet<String> =
        life.decided()?.into_iter().filter(|(_, is_allowed)| *is_allowed).map(|it| it.0).collect();
    let spare: Vec<&str> = apply.actions().into_iter().filter(|action| !used.contains(*action)).collect();
    if spare.is_empty() { Ok(()) } else { Err(format!("no step uses {spare:?}").into()) }
}

fn record(rig: &Rig, life: &Life<'_>) -> Result {
    let module = life.module()?;
    life.run(&module, &Vec::new(), &Vec::new())?;
    let name = rig.provider()?.name();
    let version = name.rsplit(' ').next().unwrap_or_default();
    let text = serde_json::to_string_pretty(&life.calls().recorded(version))?;
    let path = tools::workspace().join("engine/cli/src/deployer/calls.json");
    fs::write(&path, text + "\n")?;
    eprintln!("the calls of {name} are in {}", path.display());
    Ok(())
}

/// Without any action of the policies, the life ends early, and the server has denied that action.
fn none_to_spare(rig: &Rig) -> Result {
    if !is_recorded(rig)? || env::var_os("E2E_RECORD").is_some() {
        return Ok(());
    }
    let mut wrong = Vec::new();
    for (purpose, action) in chosen(cases(&Life::begin(rig)?)?) {
        eprintln!("deployer: {} without {action} ...", purpose.word());
        wrong.extend(fails_without(rig, purpose, &action)?);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Each action of the policies, with the role from which it is removed.
fn cases(life: &Life<'_>) -> Result<Vec<(Purpose, String)>> {
    let (plan, apply) = (life.allowed(Purpose::Plan, false)?, life.allowed(Purpose::Apply, false)?);
    let writes = apply.actions().into_iter().filter(|action| !plan.actions().contains(action));
    let reads = plan.actions().into_iter().map(|action| (Purpose::Plan, action.to_owned()));
    Ok(reads.chain(writes.map(|action| (Purpose::Apply, action.to_owned()))).collect())
}

/// What is wrong if the life does not fail because of the action.
fn fails_without(rig: &Rig, purpose: Purpose, action: &str) -> Result<Option<String>> {
    let life = Life::begin(rig)?;
    let user = |of: Purpose| {
        let allowed = life.allowed(of, false)?;
        life.user(of.word(), &if of == purpose { allowed.without(action) } else { allowed })
    };
    let (plans, applies) = (user(Purpose::Plan)?, user(Purpose::Apply)?);
    let module = life.module()?;
    life.forget()?;
    let ended = life.run(&module, &plans, &applies);
    let denied: BTreeSet<String> = life.decided()?.into_iter().filter(|it| !it.1).map(|it| it.0).collect();
    Ok(match ended {
        Ok(()) => Some(format!("{} succeeds without {action}", purpose.word())),
        Err(_) if denied.iter().eq([action]) => None,
        Err(error) => Some(format!("{} without {action} fails with {denied:?} denied: {error}", purpose.word())),
    })
}

/// With the ARN of the boundary, roles with it are created and deleted, and no role without it.
fn keep_a_boundary(rig: &Rig) -> Result {
    if !is_recorded(rig)? || env::var_os("E2E_RECORD").is_some() {
        return Ok(());
    }
    let life = Life::begin(rig)?;
    let applies = life.user("applies", &life.allowed(Purpose::Apply, true)?)?;
    let module = life.module()?;
    life.create_and_destroy(&module, &applies, true)?;
    life.forget()?;
    let without = life.create_and_destroy(&module, &applies, false);
    let is_denied = life.decided()?.contains(&("iam:CreateRole".to_owned(), false));
    if without.is_err() && is_denied { Ok(()) } else { Err("a role without the boundary is created".into()) }
}

/// The named cases, all of them, or a few that are far apart.
fn chosen(mut cases: Vec<(Purpose, String)>) -> Vec<(Purpose, String)> {
    match env::var("E2E_DEPLOYER_ACTIONS").as_deref() {
        Ok("all") => cases,
        Ok(named) => {
            cases.retain(|(_, action)| named.split(',').any(|name| name == action));
            cases
        }
        Err(_) => {
            cases.retain(|(_, action)| !SLOW.contains(&action.as_str()));
            let step = cases.len().div_ceil(SAMPLED).max(1);
            cases.into_iter().skip(step / 2).step_by(step).collect()
        }
    }
}
