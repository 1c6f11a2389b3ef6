//! One spec in two regions of an account: applied by one provider, reached by one client, and in each region nothing more than
//! what the spec has there.

use std::fs;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::client::{ErrorKind, Outcome, Secrets};
use paypulse_runtime::model::Text;
use serde_json::Value;
use xtask::{Exit, render};

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::denied::{self, Answer};
use crate::terraform::Module;
use crate::{Result, audit, check, command, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/regions.rs";

    keys {
        /// A user's id.
        UserId;
    }

    secrets {
        /// Where everything else is.
        Near: Text = "rig/near", owner: terraform(near);
        /// Elsewhere.
        Far: Text = "rig/far", owner: terraform(far), region: "us-east-1", kms_key: variable(far_key_arn),
            shared_with: { account("123456789012"): read; };
        /// Elsewhere, and there already.
        FarOld: Text = "rig/old", owner: external, region: "us-east-1";
        /// Created elsewhere, by handlers.
        FarUsers { user_id: UserId }: Text = "rig/users/{user_id}", owner: runtime, region: "us-east-1";
    }

    handlers {
        /// Does everything.
        Traveller = "rig-traveller" {
            Near: read;
            Far: read;
            FarOld: read, describe;
            FarUsers: store, read, delete;
        }
    }
}

/// The module's own region, in which nothing of the other's is, but what has the same names.
const HERE: &str = "eu-west-1";
const THERE: &str = "us-east-1";

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111";

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("two_regions_of_one_spec", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(create(&account.administrator_in(THERE), &[("rig/old", "the old one")]))?;
    let decoys = [("rig/far", "decoy"), ("rig/old", "decoy"), ("rig/users/seven", "decoy")];
    runtime.block_on(create(&account.administrator_in(HERE), &decoys))?;

    let mut files = render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let variables = format!("near = \"the near one\"\nfar = \"the far one\"\nfar_key_arn = \"{KEY}\"\n");
    let module = Module::of(&rig.tools, rig.provider_with_region()?, &account, &files, &variables)?;
    module.prepare()?;
    module.apply()?;
    nothing_changes(&module)?;
    let roles: Roles = account.manage(&["sessions"])?;
    let role = roles.get("rig-traveller").ok_or("there is no role")?;
    runtime.block_on(each_where_it_is(Secrets::new(role.client(&account))))?;
    runtime.block_on(nothing_anywhere_else(&|region| role.client_in(&account, region)))?;
    runtime.block_on(is_where_it_should(&account))?;
    is_audited(&account)?;
    is_adopted(&account, &module)?;
    module.destroy()?;
    runtime.block_on(decoys_are_left(&account, &decoys))
}

async fn create(administrator: &Client, secrets: &[(&str, &str)]) -> Result {
    for (name, value) in secrets {
        administrator.create_secret().name(*name).secret_string(*value).send().await?;
    }
    Ok(())
}

/// One client reaches every secret, and in the region that has a secret of the same name too it takes the right one.
async fn each_where_it_is(secrets: Secrets<Traveller>) -> Result {
    same(secrets.read(&Near).await?.expose(), "the near one")?;
    same(secrets.read(&Far).await?.expose(), "the far one")?;
    same(secrets.read(&FarOld).await?.expose(), "the old one")?;
    let arn = secrets.describe(&FarOld).await?.arn;
    if !arn.contains(":us-east-1:") {
        return Err(format!("what is in `{THERE}` is described as {arn}").into());
    }
    let member = FarUsers { user_id: "seven".parse()? };
    if secrets.store(&member, Text::from("first")).await?.outcome != Outcome::Created {
        return Err("what has its name in the other region is taken for it".into());
    }
    secrets.clone().store(&member, Text::from("second")).await?;
    same(secrets.read(&member).await?.expose(), "second")?;
    secrets.delete(&member).await?;
    match secrets.read(&member).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => Err(format!("after its deletion it is {other:?}").into()),
    }
}

/// By the SDK's own client: every operation on what has the name of a secret of the other region.
async fn nothing_anywhere_else(client: &dyn Fn(&'static str) -> Client) -> Result {
    let places =
        [(HERE, ["rig/far", "rig/old", "rig/users/seven"]), (THERE, ["rig/near", "rig/near-x", "rig/user/seven"])];
    for (region, names) in places {
        for (name, operation) in names.iter().flat_map(|name| denied::ON_A_SECRET.map(|operation| (name, operation))) {
            if !matches!(denied::call(&client(region), operation, name).await?, Answer::Denied) {
                return Err(format!("in `{region}` {operation} is allowed on `{name}`").into());
            }
        }
    }
    Ok(())
}

/// The secret, its value, its key and its policy are in the region that the spec says.
async fn is_where_it_should(account: &Account) -> Result {
    let there = account.administrator_in(THERE);
    let far = there.describe_secret().secret_id("rig/far").send().await?;
    same(far.kms_key_id().unwrap_or_default(), KEY)?;
    let policy = there.get_resource_policy().secret_id("rig/far").send().await?.resource_policy.unwrap_or_default();
    let policy: Value = serde_json::from_str(&policy)?;
    same(policy["Statement"][0]["Resource"].as_str().unwrap_or_default(), far.arn().unwrap_or_default())?;
    let near = account.administrator_in(HERE).describe_secret().secret_id("rig/near").send().await?;
    if near.arn().unwrap_or_default().contains(":eu-west-1:") { Ok(()) } else { Err(format!("{near:?}").into()) }
}

/// An audit looks in both regions, and takes nothing in the one for what the spec has in the other.
fn is_audited(account: &Account) -> Result {
    let variables = [("far_key_arn", KEY)];
    audit::finds(account, &spec(), &variables, "nothing was changed", &[])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stray = "rig/users/seven/old";
    for region in [HERE, THERE] {
        runtime.block_on(create(&account.administrator_in(region), &[(stray, "x")]))?;
    }
    let expected = [("stray-secret", "member/rig/users/seven/old")];
    audit::finds(account, &spec(), &variables, "one secret more in each region", &expected)
}

/// Where the state is lost, `import` finds everything in its region, in spite of what has its name in the other one.
fn is_adopted(account: &Account, module: &Module<'_>) -> Result {
    let documents: Vec<Value> = account.manage(&["listing", HERE, THERE])?;
    fs::remove_file(module.dir().join("terraform.tfstate"))?;
    let listing = module.dir().join("listing.json");
    fs::write(&listing, documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"))?;
    let said = command::xtask(&spec(), module.dir(), &["import", "--listing", &listing.to_string_lossy()])?;
    if said.exit != Exit::Done {
        return Err(format!("`import` failed:\n{}", said.err).into());
    }
    let plan = module.plan()?;
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let created: Vec<&str> = changes
        .filter(|change| change["change"]["actions"][0] == "create" || change["change"]["actions"][0] == "delete")
        .filter_map(|change| change["address"].as_str())
        .collect();
    // No listing shows the policy on a secret, unless it is asked for.
    if created != ["aws_secretsmanager_secret_policy.far"] {
        return Err(format!("after the import the plan would create {created:?}").into());
    }
    module.apply()?;
    nothing_changes(module)
}

async fn decoys_are_left(account: &Account, decoys: &[(&str, &str)]) -> Result {
    for (name, value) in decoys {
        let found = account.administrator_in(HERE).get_secret_value().secret_id(*name).send().await?;
        same(found.secret_string().unwrap_or_default(), value)?;
    }
    Ok(())
}

fn nothing_changes(module: &Module<'_>) -> Result {
    match module.drift()? {
        Some(changes) => Err(format!("a plan would change something:\n{changes}").into()),
        None => Ok(()),
    }
}

fn same(found: &str, expected: &str) -> Result {
    if found == expected { Ok(()) } else { Err(format!("found `{found}`, expected `{expected}`").into()) }
}
