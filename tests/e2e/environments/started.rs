//! What `terraform apply` gives a function, in the hands of the client that is compiled for it: the client starts with it, and
//! says what differs once the infrastructure is applied from another spec.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use paypulse_runtime::client::{ConfigError, OnDifference, Secrets};
use paypulse_runtime::model::{Difference, Handler, Spec, Text, Verb};
use paypulse_tests::bakery::{self, Bake, BreadSeed, MillKey, OvenKey};

use super::{EXIST, client, denied, rye};
use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check};

/// The environments of the root, and what they become in the name of a role.
const ENVIRONMENTS: [(&str, &str); 2] = [("dev/", "dev-"), ("staging/eu-", "staging-eu-")];

/// The variables of one function, by their names.
type Variables = BTreeMap<String, String>;

pub(super) fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("handler_environments", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let prefixes = ENVIRONMENTS.map(|(prefix, _)| prefix);
    runtime.block_on(super::create(&account, &prefixes))?;
    let module = super::called_twice(rig, &account)?;
    module.prepare()?;
    module.apply()?;
    let roles: Roles = account.manage(&["sessions"])?;
    for environment in ENVIRONMENTS {
        let variables = given(&module, environment.0)?;
        runtime.block_on(starts(&account, &roles, environment, variables))?;
    }
    for (name, text) in super::files(&other())? {
        module.put(&format!("bakery/{name}"), &text)?;
    }
    module.apply()?;
    for environment in ENVIRONMENTS {
        let variables = given(&module, environment.0)?;
        refuses(started(&account, &roles, environment.1, variables.clone(), OnDifference::Refuse)?)?;
        let warned = started(&account, &roles, environment.1, variables, OnDifference::Warn)??;
        runtime.block_on(goes_on(&warned))?;
    }
    Ok(())
}

/// The spec in which `bake` has one grant less, and one verb less of another grant.
fn other() -> Spec {
    let mut spec = bakery::spec();
    let bake = spec.handlers.iter_mut().find(|handler| handler.name == Bake::NAME).expect("it is declared");
    bake.grants.retain(|grant| grant.secret != "OvenKey");
    let recipe = bake.grants.iter_mut().find(|grant| grant.secret == "Recipe").expect("it is granted");
    recipe.verbs.retain(|verb| *verb != Verb::Delete);
    spec
}

/// What the output has for `bake` in one environment.
fn given(module: &Module<'_>, prefix: &str) -> Result<Variables> {
    let output = module.output(&["output", "-json", "handler_environments"])?;
    let mut all: BTreeMap<String, BTreeMap<String, Variables>> = serde_json::from_slice(&output)?;
    let variables = all.get_mut(prefix).and_then(|handlers| handlers.remove(Bake::NAME));
    let variables = variables.ok_or_else(|| format!("the output has no `bake` in `{prefix}`"))?;
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    if names != ["OVEN_KEY_ARN", "SECRETS_FINGERPRINT", "SECRETS_REGION", "STAGE"] {
        return Err(format!("`bake` is given {names:?}").into());
    }
    // The region of the root, and of the client of a role.
    if variables["SECRETS_REGION"] != "eu-west-1" {
        return Err(format!("`bake` is sent to {}", variables["SECRETS_REGION"]).into());
    }
    Ok(variables)
}

/// The client with its role's credentials and these variables, or why it does not start.
fn started(
    account: &Account,
    roles: &Roles,
    deployed: &str,
    variables: Variables,
    on_difference: OnDifference,
) -> Result<std::result::Result<Secrets<Bake>, ConfigError>> {
    let secrets = Secrets::new(client::<Bake>(account, roles, deployed)?);
    Ok(secrets.in_environment(move |name| variables.get(name).cloned(), on_difference))
}

async fn starts(account: &Account, roles: &Roles, (prefix, deployed): (&str, &str), variables: Variables) -> Result {
    let baking = started(account, roles, deployed, variables, OnDifference::Refuse)??;
    if baking.read(&OvenKey).await?.expose() != format!("the oven of {prefix}") {
        return Err(format!("`bake` reads another environment's secret in `{prefix}`").into());
    }
    baking.store(&BreadSeed, Text::from(prefix)).await?;
    baking.store(&rye(), Text::from(prefix)).await?;
    Ok(())
}

fn refuses(started: std::result::Result<Secrets<Bake>, ConfigError>) -> Result {
    let error = started.map(drop).err().ok_or("it starts, and the infrastructure is another spec's")?;
    let text = str::to_owned;
    let differences = vec![
        Difference::NotApplied { secret: text("OvenKey"), verbs: text("read") },
        Difference::Verbs {
            secret: text("Recipe"),
            compiled: text("read, store, delete"),
            applied: text("read, store"),
        },
    ];
    if error == (ConfigError::Outdated { handler: Bake::NAME, differences }) {
        return Ok(());
    }
    Err(format!("it is refused for something else: {error}").into())
}

/// What is still granted works, and what is said to be gone is denied.
async fn goes_on(baking: &Secrets<Bake>) -> Result {
    if baking.read(&MillKey).await?.expose() != EXIST[0].1 {
        return Err("`bake` reads another mill's key".into());
    }
    baking.read(&rye()).await?;
    denied(&baking.read(&OvenKey).await)?;
    denied(&baking.delete(&rye()).await)
}
