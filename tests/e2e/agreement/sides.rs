//! What one provider says of the configuration in `everything.tf`: its schemas, a first plan, the state, a second plan.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::account::Account;
use crate::chain::Rig;
use crate::provider::Provider;
use crate::terraform::Module;
use crate::tools;

/// Arguments whose values the server chooses at each call.
const CHOSEN: [&str; 8] = [
    "create_date",
    "created_date",
    "last_changed_date",
    "policy_id",
    "unique_id",
    "user_id",
    "version_id",
    "attachment_count",
];

/// The parts of one side, by their names.
pub fn side(rig: &Rig, provider: &Provider) -> Result<BTreeMap<String, Value>> {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let create = account.administrator().create_secret().name("agree/old").secret_string("old");
    runtime.block_on(create.send())?;
    let files = [
        ("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?),
        ("everything.tf".to_owned(), include_str!("everything.tf").to_owned()),
    ];
    let module = Module::of(&rig.tools, provider, &account, &files.into(), "")?;
    module.prepare()?;
    let mut parts = schemas(&serde_json::from_slice(&module.output(&["providers", "schema", "-json"])?)?);
    parts.extend(changes("first plan", &module.plan()?));
    module.apply()?;
    let second = module.plan()?;
    parts.extend(changes("second plan", &second));
    parts.extend(state(&second));
    Ok(parts)
}

/// The schemas of the kinds that the stand-in has.
fn schemas(all: &Value) -> BTreeMap<String, Value> {
    let mut parts = BTreeMap::new();
    let providers = all["provider_schemas"].as_object().into_iter().flatten();
    for (group, schemas) in providers.flat_map(|(_, provider)| provider.as_object().into_iter().flatten()) {
        let Some(schemas) = schemas.as_object().filter(|_| group.ends_with("_schemas")) else { continue };
        for (kind, schema) in schemas.iter().filter(|(_, schema)| schema["block"].is_object()) {
            let mut arguments = Map::new();
            flatten("", &schema["block"], &mut arguments);
            parts.insert(format!("{}.{kind}", group.trim_end_matches("_schemas")), Value::Object(arguments));
        }
    }
    parts
}

/// Each argument by its path: what Terraform makes of it.
fn flatten(path: &str, block: &Value, arguments: &mut Map<String, Value>) {
    for (name, attribute) in block["attributes"].as_object().into_iter().flatten() {
        let flags = ["required", "optional", "computed", "sensitive", "write_only", "deprecated"];
        let flags: Vec<&str> = flags.into_iter().filter(|flag| attribute[flag] == true).collect();
        arguments.insert(format!("{path}{name}"), json!({ "type": attribute["type"], "is": flags }));
    }
    for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
        arguments.insert(format!("{path}{name}"), json!({ "block": nested["nesting_mode"] }));
        flatten(&format!("{path}{name}/"), &nested["block"], arguments);
    }
}

/// What happens to each resource, with what is known and what is not.
fn changes(plan: &str, all: &Value) -> BTreeMap<String, Value> {
    let changes = all["resource_changes"].as_array().into_iter().flatten();
    let part = |change: &Value| {
        let details = &change["change"];
        let part = json!({
            "actions": details["actions"],
            "after": without_chosen(&details["after"]),
            "unknown": details["after_unknown"],
        });
        (format!("{plan} {}", change["address"].as_str().unwrap_or_default()), part)
    };
    changes.map(part).collect()
}

/// What was read again before a plan.
fn state(plan: &Value) -> BTreeMap<String, Value> {
    let resources = plan["prior_state"]["values"]["root_module"]["resources"].as_array().into_iter().flatten();
    let part = |resource: &Value| {
        let address = resource["address"].as_str().unwrap_or_default();
        (format!("state {address}"), without_chosen(&resource["values"]))
    };
    resources.map(part).collect()
}

/// Without what the server chooses: that there is something stays.
fn without_chosen(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let one = |(name, value): (&String, &Value)| {
                let is_chosen = CHOSEN.contains(&name.as_str()) && value.as_str().is_some_and(|text| !text.is_empty());
                (name.clone(), if is_chosen { "chosen".into() } else { without_chosen(value) })
            };
            Value::Object(map.iter().map(one).collect())
        }
        Value::Array(values) => values.iter().map(without_chosen).collect(),
        // Secrets Manager chooses the end of an ARN, and a version's id has it within.
        Value::String(text) if text.starts_with("arn:aws:secretsmanager:") => "ARN of a secret".into(),
        other => other.clone(),
    }
}
