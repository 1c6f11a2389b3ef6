//! The schema of the provider that the rig has: each argument that could give access is known to `check-plan`.

use libtest_mimic::Trial;
use serde_json::Value;
use xtask::planned::arguments::use_of;

use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check};

/// What the names of the types begin with whose every argument is to be known.
const SERVICES: [&str; 4] = ["aws_iam_", "aws_kms_", "aws_lambda_", "aws_secretsmanager_"];

/// A provider with fewer of these types is the stand-in, which has only what the specs of the rig need.
const LEAST_TYPES: usize = 50;

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("arguments_of_the_provider_are_known", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    module.prepare()?;
    let all: Value = serde_json::from_slice(&module.output(&["providers", "schema", "-json"])?)?;
    let providers = all["provider_schemas"].as_object().into_iter().flatten();
    let types = providers.flat_map(|(_, provider)| provider["resource_schemas"].as_object().into_iter().flatten());
    let types = types.filter(|(kind, _)| SERVICES.iter().any(|service| kind.starts_with(service)));
    let types: Vec<(&String, &Value)> = types.map(|(kind, schema)| (kind, &schema["block"])).collect();
    if types.len() < LEAST_TYPES {
        eprintln!(
            "arguments_of_the_provider_are_known: SKIPPED, as {} has {} types only",
            rig.provider()?.name(),
            types.len()
        );
    }
    let unknown: Vec<String> = types.iter().flat_map(|(kind, block)| unknown(kind, block)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(format!("not known to `check-plan`: {}", unknown.join(", ")).into()) }
}

/// The arguments of a type, with its blocks, that the table of `check-plan` does not have.
fn unknown(kind: &str, block: &Value) -> Vec<String> {
    let is_given = |attribute: &Value| attribute["optional"] == true || attribute["required"] == true;
    let attributes = block["attributes"].as_object().into_iter().flatten();
    let attributes = attributes.filter(|(_, attribute)| is_given(attribute)).map(|(name, _)| name);
    let blocks = block["block_types"].as_object().into_iter().flatten().map(|(name, _)| name);
    let all = attributes.chain(blocks).filter(|name| use_of(kind, name).is_none());
    all.map(|name| format!("{kind}.{name}")).collect()
}
