//! Environments of one spec side by side in one account: two by one root that calls the generated module for each, and a third
//! as a root of its own. Each handler reaches everything that is its own, and nothing that is another environment's.

mod started;

use std::collections::BTreeMap;
use std::fs;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::client::{Error, ErrorKind, Outcome, Secrets};
use paypulse_runtime::model::{Handler, Spec, Text};
use paypulse_tests::bakery::{
    self, Bake, BreadSeed, CloseBranch, Login, MillKey, OpenBranch, OvenKey, Recipe, Sell, TillLogin,
};
use serde_json::Value;
use xtask::{Exit, render};

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::denied::{self, Answer};
use crate::terraform::Module;
use crate::{Result, audit, check, command, tools};

const ROOT: &str = include_str!("root.tf");

/// Each prefix, and what it becomes in the name of a role.
const ENVIRONMENTS: [(&str, &str); 3] = [("dev/", "dev-"), ("staging/eu-", "staging-eu-"), ("Prod_", "Prod_")];

const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/11111111-1111-1111-1111-111111111111";

/// What is there before: a secret of somebody else, and those of the runtime's whose pattern ends in a suffix. Of a secret that
/// is missing the server compares the bare name, where AWS compares the one that it would have.
const EXIST: [(&str, &str); 4] =
    [("Mill+Key@EU", "the mill"), ("bakery/bread", "x"), ("branches/west/till", "{}"), ("branches/east/till", "{}")];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    let mut checks = started::checks(&rig);
    checks.push(check("environments_side_by_side", move || run(&rig)));
    checks
}

fn run(rig: &Rig) -> Result {
    let account = Account::open(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(create(&account, &ENVIRONMENTS.map(|(prefix, _)| prefix)))?;
    let (two, third) = (called_twice(rig, &account)?, as_root(rig, &account)?);
    two.prepare()?;
    two.apply()?;
    third.prepare()?;
    refuses_other_prefixes(&third)?;
    refuses_functions_of_others(&third)?;
    third.apply()?;
    let roles: Roles = account.manage(&["sessions"])?;
    runtime.block_on(own_secrets(&account, &roles))?;
    runtime.block_on(secrets_of_others(&account, &roles))?;
    for module in [&two, &third] {
        if let Some(changes) = module.drift()? {
            return Err(format!("a plan after the apply would change something:\n{changes}").into());
        }
    }
    are_audited(&account)?;
    is_adopted(&two, "dev/", "module.bakery[\"dev/\"]")?;
    is_adopted(&two, "staging/eu-", "module.bakery[\"staging/eu-\"]")?;
    is_adopted(&third, "Prod_", "")
}

/// A secret among a family's, which no grant covers.
const BESIDE: (&str, &str) = ("uncovered-member", "member/Prod_branches/settings");

/// What is there before has not the key that the spec names. What no function has rotated yet has no value, which this server
/// tells as one that is no text.
const OTHERWISE: [(&str, &str); 3] = [
    ("other-key", "member/Prod_branches/east/till"),
    ("other-key", "secret/BreadSeed"),
    ("bad-payload", "secret/GrocerLogin"),
];

/// An audit of an environment finds nothing, beside the others of the same account, and notices when one reaches into it.
fn are_audited(account: &Account) -> Result {
    let variables = [("oven_key_arn", KEY), ("close_branch_role", "closing")];
    let prod = bakery::spec().under("Prod_");
    audit::finds(account, &prod, &variables, "nothing was changed", &OTHERWISE)?;
    // Its name begins as a till's does, and it is none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let beside = account.administrator().create_secret().name("Prod_branches/settings").secret_string("x");
    runtime.block_on(beside.send())?;
    let _: Value = account.manage(&["allow", "dev-bake", "arn:aws:secretsmanager:*:*:secret:Prod_bakery/*"])?;
    let found = [&OTHERWISE[..], &[("outside-reach", "role/dev-bake"), BESIDE]].concat();
    audit::finds(account, &prod, &variables, "dev reaches into Prod_", &found)?;
    let by_hand = r#"{"RoleName": "dev-bake", "PolicyName": "by-hand"}"#;
    account.manage::<Value>(&["iam", "delete_role_policy", by_hand]).map(drop)
}

/// What is there before, in each of these environments.
async fn create(account: &Account, prefixes: &[&str]) -> Result {
    let administrator = account.administrator();
    for (prefix, (name, value)) in prefixes.iter().flat_map(|prefix| EXIST.map(|secret| (prefix, secret))) {
        administrator.create_secret().name(format!("{prefix}{name}")).secret_string(value).send().await?;
    }
    Ok(())
}

fn files(spec: &Spec) -> Result<BTreeMap<String, String>> {
    Ok(render::files(spec).map_err(|problems| format!("the spec has problems: {problems:?}"))?)
}

/// A root that calls the generated files as a module, once for each of two environments.
fn called_twice<'a>(rig: &'a Rig, account: &'a Account) -> Result<Module<'a>> {
    let mut all = BTreeMap::from([("root.tf".to_owned(), ROOT.to_owned())]);
    all.extend(files(&bakery::spec())?.into_iter().map(|(name, text)| (format!("bakery/{name}"), text)));
    Module::of(&rig.tools, rig.provider()?, account, &all, "")
}

/// The generated files beside PayPulse's own `main.tf`.
fn as_root<'a>(rig: &'a Rig, account: &'a Account) -> Result<Module<'a>> {
    let mut all = files(&bakery::spec())?;
    all.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let variables = format!(
        "stage = \"Prod_\"\noven_key = \"the oven of Prod_\"\noven_key_arn = \"{KEY}\"\nclose_branch_role = \"closing\"\n"
    );
    Module::of(&rig.tools, rig.provider()?, account, &all, &variables)
}

fn refuses_other_prefixes(module: &Module<'_>) -> Result {
    for prefix in ["", "qa/", "prod_", "Prod_*"] {
        let said = module.refused(&["plan", &format!("-var=stage={prefix}")])?;
        if !said.contains("The prefix must be one that the spec declares: dev/, staging/eu-, Prod_.") {
            return Err(format!("the prefix `{prefix}` is refused for another reason:\n{said}").into());
        }
    }
    Ok(())
}

/// A function rotates what is its own environment's, and is known by its name.
fn refuses_functions_of_others(module: &Module<'_>) -> Result {
    const REFUSAL: &str = "a function rotate-grocer behind this";
    let variable = |name: &str| {
        format!("-var=rotate_grocer_function={{arn=\"arn:aws:lambda:eu-west-1:000000000000:function:{name}\"}}")
    };
    for name in ["rotate-grocer", "dev-rotate-grocer", "xProd_rotate-grocer"] {
        let said = module.refused(&["plan", &variable(name)])?;
        if !said.contains(REFUSAL) {
            return Err(format!("the function `{name}` is refused for another reason:\n{said}").into());
        }
    }
    // The stand-in cannot plan a rotation, and says so where the function is not refused.
    match module.said(&["plan", &variable("Prod_rotate-grocer")]) {
        Err(error) if error.to_string().contains(REFUSAL) => Err(error),
        _ => Ok(()),
    }
}

/// The SDK's client of a handler's role in one environment.
fn client<H: Handler>(account: &Account, roles: &Roles, role_prefix: &str) -> Result<Client> {
    let name = if H::NAME == CloseBranch::NAME { "closing".to_owned() } else { format!("{role_prefix}{}", H::NAME) };
    let role = roles.get(&name).ok_or_else(|| format!("there is no role `{name}`"))?;
    Ok(role.client(account))
}

/// The client of a handler that is deployed in one environment, with the prefix of that or another one.
fn secrets<H: Handler>(account: &Account, roles: &Roles, deployed: &str, prefix: &str) -> Result<Secrets<H>> {
    let client = client::<H>(account, roles, deployed)?;
    Ok(Secrets::new(client).with_prefix(prefix)?.with_kms_keys(|_| Some(KEY.to_owned())))
}

fn till(branch: &str) -> TillLogin {
    TillLogin { branch_id: branch.parse().expect("a valid id") }
}

fn rye() -> Recipe {
    Recipe { recipe_id: "rye".parse().expect("a valid id") }
}

/// Every grant of every handler, in each environment.
async fn own_secrets(account: &Account, roles: &Roles) -> Result {
    for (prefix, deployed) in ENVIRONMENTS {
        let baking = secrets::<Bake>(account, roles, deployed, prefix)?;
        let oven = baking.read(&OvenKey).await?;
        if oven.expose() != format!("the oven of {prefix}") || baking.read(&MillKey).await?.expose() != "the mill" {
            return Err(format!("`bake` reads another environment's secret in `{prefix}`").into());
        }
        baking.store(&BreadSeed, Text::from(prefix)).await?;
        if baking.store(&rye(), Text::from(prefix)).await?.outcome != Outcome::Created {
            return Err(format!("in `{prefix}` another environment's secret is there already").into());
        }
        baking.read(&rye()).await?;
        let opening = secrets::<OpenBranch>(account, roles, deployed, prefix)?;
        let login = Login { username: prefix.into(), password: "first".into() };
        for branch in ["west", "east"] {
            opening.store(&till(branch), login.clone()).await?;
        }
        let arn = opening.describe(&till("west")).await?.arn;
        if !arn.contains(&format!(":secret:{prefix}branches/west/till-")) {
            return Err(format!("in `{prefix}` the till's ARN is `{arn}`").into());
        }
        let selling = secrets::<Sell>(account, roles, deployed, prefix)?;
        if *selling.read(&till("west")).await? != login {
            return Err(format!("`2_sell` reads another environment's secret in `{prefix}`").into());
        }
        selling.update(&till("west"), |_| Some(login.clone())).await?;
        let closing = secrets::<CloseBranch>(account, roles, deployed, prefix)?;
        closing.describe(&OvenKey).await?;
        closing.delete(&till("west")).await?;
    }
    Ok(())
}

/// The same calls with another environment's prefix, and each operation by the SDK's own client on each of its names.
async fn secrets_of_others(account: &Account, roles: &Roles) -> Result {
    let pairs = ENVIRONMENTS.iter().flat_map(|here| ENVIRONMENTS.iter().map(move |there| (here.1, there.0, here.0)));
    for (deployed, there, here) in pairs.filter(|(_, there, here)| here != there) {
        let login = Login { username: "x".into(), password: "x".into() };
        let baking = secrets::<Bake>(account, roles, deployed, there)?;
        denied(&baking.read(&OvenKey).await)?;
        denied(&baking.read(&MillKey).await)?;
        denied(&baking.store(&BreadSeed, Text::from("x")).await)?;
        denied(&baking.store(&rye(), Text::from("x")).await)?;
        denied(&baking.read(&rye()).await)?;
        denied(&baking.delete(&rye()).await)?;
        denied(&secrets::<OpenBranch>(account, roles, deployed, there)?.store(&till("east"), login).await)?;
        denied(&secrets::<OpenBranch>(account, roles, deployed, there)?.describe(&till("east")).await)?;
        denied(&secrets::<Sell>(account, roles, deployed, there)?.update(&till("east"), |_| None).await)?;
        for client in [
            client::<Bake>(account, roles, deployed)?,
            client::<OpenBranch>(account, roles, deployed)?,
            client::<Sell>(account, roles, deployed)?,
        ] {
            for name in ["bakery/oven.key", "Mill+Key@EU", "bakery/bread", "branches/east/till", "recipes/rye"] {
                // Without a prefix it is a name that no environment has.
                for id in [format!("{there}{name}"), name.to_owned()] {
                    for operation in denied::ON_A_SECRET {
                        if !matches!(denied::call(&client, operation, &id).await?, Answer::Denied) {
                            return Err(format!("in `{here}` {operation} is allowed on `{id}`").into());
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

fn denied<T>(result: &std::result::Result<T, Error>) -> Result {
    match result {
        Err(error) if error.kind() == ErrorKind::AccessDenied => Ok(()),
        Err(error) => Err(format!("it should be denied, and fails for another reason: {error}").into()),
        Ok(_) => Err("a call on another environment's secret is allowed".into()),
    }
}

/// `cargo xtask import` finds everything of one environment in its place.
fn is_adopted(module: &Module<'_>, prefix: &str, address: &str) -> Result {
    let state = module.dir().join("now.json");
    fs::write(&state, module.output(&["state", "pull"])?)?;
    let (state, out) = (state.to_string_lossy(), module.dir().join("import"));
    let out = out.to_string_lossy();
    let line = ["import", "--state", &state, "--prefix", prefix, "--module", address, "--out", &out];
    let said = command::xtask(&bakery::spec(), module.dir(), &line)?;
    // The function that rotates is not deployed, and the apply that has it begins a rotation.
    let waits_for_its_function = said.err.contains("0 imported, 0 moved, 0 forgotten")
        && said.err.lines().filter(|line| line.starts_with("note: ")).all(|line| line.ends_with("[rotation-begins]"));
    if said.exit == Exit::Done && (said.err.contains("nothing is left to take over") || waits_for_its_function) {
        return Ok(());
    }
    Err(format!("of `{prefix}` something is left to take over:\n{}", said.err).into())
}
