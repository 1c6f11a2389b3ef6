//! Follows the attachments of a module: which policies each role ends up with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::evaluator::Policy;
use super::expression::texts;
use super::module::Module;

/// A role and all that is put on it.
#[derive(Debug, Default)]
pub struct Role {
    /// Its trust policy, if the module creates it.
    pub trust: Option<Value>,
    /// Inline policies, by name.
    pub inline: BTreeMap<String, Document>,
    /// The module's own managed policies, by ARN.
    pub managed: BTreeMap<String, Document>,
    /// AWS's managed policies, by name. They say nothing of secrets.
    pub aws_managed: BTreeSet<String>,
}

/// A policy document.
#[derive(Debug)]
pub struct Document {
    /// Where it comes from.
    pub address: String,
    /// As it is sent to AWS.
    pub text: String,
    /// As it is evaluated.
    pub policy: Policy,
}

/// AWS's managed policy that allows writing a function's log, no more.
pub const LOGS: &str = "service-role/AWSLambdaBasicExecutionRole";

/// The AWS-managed policies that the proof knows. None says anything of secrets.
const AWS_MANAGED: [&str; 3] = [LOGS, "service-role/AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess"];

impl Role {
    /// All policies that speak of secrets.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.inline.values().chain(self.managed.values()).map(|document| &document.policy)
    }

    /// How many managed policies are attached.
    pub fn attached(&self) -> usize {
        self.managed.len() + self.aws_managed.len()
    }
}

/// Every role that the module creates or puts something on, by name.
pub fn roles(module: &Module) -> Result<BTreeMap<String, Role>, String> {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for address in module.of_kind("aws_iam_role") {
        let trust = json(&module.text(address, "assume_role_policy")?)?;
        let name = module.text(address, "name")?;
        // IAM does not distinguish names by case.
        if !taken.insert(name.to_ascii_lowercase()) {
            return Err(format!("{address}: another role has its name"));
        }
        roles.insert(name, Role { trust: Some(trust), ..Role::default() });
    }
    let mut secrets = BTreeSet::new();
    for address in module.of_kind("aws_secretsmanager_secret") {
        if !secrets.insert(module.text(address, "name")?) {
            return Err(format!("{address}: another secret has its name"));
        }
    }
    inline(module, &mut roles)?;
    managed(module, &mut roles)?;
    exclusive(module, &roles)?;
    Ok(roles)
}

fn inline(module: &Module, roles: &mut BTreeMap<String, Role>) -> Result<(), String> {
    for address in module.of_kind("aws_iam_role_policy") {
        let name = module.text(address, "name")?;
        let role = role(module, address, &module.text(address, "role")?, roles)?;
        // AWS would keep the one that is written last.
        if role.inline.insert(name, document(module, address)?).is_some() {
            return Err(format!("{address}: another policy of its role has its name"));
        }
    }
    Ok(())
}

fn managed(module: &Module, roles: &mut BTreeMap<String, Role>) -> Result<(), String> {
    let mut policies = BTreeMap::new();
    for address in module.of_kind("aws_iam_policy") {
        let arn = format!(
            "arn:{}:iam::{}:policy/{}",
            module.world.partition,
            module.world.account,
            module.text(address, "name")?
        );
        if policies.insert(arn, address).is_some() {
            return Err(format!("{address}: another policy has its name"));
        }
        document(module, address)?;
    }
    let mut attached = BTreeSet::new();
    let aws = format!("arn:{}:iam::aws:policy/", module.world.partition);
    for address in module.of_kind("aws_iam_role_policy_attachment") {
        let arn = module.text(address, "policy_arn")?;
        let role = role(module, address, &module.text(address, "role")?, roles)?;
        let is_new = match (policies.get(arn.as_str()), arn.strip_prefix(&aws)) {
            (Some(policy), _) => {
                attached.insert(*policy);
                role.managed.insert(arn, document(module, policy)?).is_none()
            }
            (None, Some(name)) if AWS_MANAGED.contains(&name) => role.aws_managed.insert(name.to_owned()),
            _ => return Err(format!("{address}: unknown policy `{arn}`")),
        };
        if !is_new {
            return Err(format!("{address}: its role has this policy already"));
        }
    }
    match policies.values().find(|policy| !attached.contains(*policy)) {
        Some(policy) => Err(format!("{policy} is attached to no role")),
        None => Ok(()),
    }
}

/// A role by its name: one that the module creates, or one whose name comes in through a variable.
fn role<'a>(
    module: &Module,
    address: &str,
    name: &str,
    roles: &'a mut BTreeMap<String, Role>,
) -> Result<&'a mut Role, String> {
    let given = name.starts_with("var.") || module.world.variables.values().any(|value| value == name);
    if !roles.contains_key(name) && !given {
        return Err(format!("{address}: no role is named `{name}`"));
    }
    Ok(roles.entry(name.to_owned()).or_default())
}

fn document(module: &Module, address: &str) -> Result<Document, String> {
    let text = module.text(address, "policy")?;
    let policy = Policy::parse(&json(&text)?).map_err(|fault| format!("{address}: {fault}"))?;
    Ok(Document { address: address.to_owned(), text, policy })
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("a policy is not JSON: {error}"))
}

/// The exclusive lists delete whatever they do not name, so they must name exactly what the module puts there.
fn exclusive(module: &Module, roles: &BTreeMap<String, Role>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (kind, argument) in [
        ("aws_iam_role_policies_exclusive", "policy_names"),
        ("aws_iam_role_policy_attachments_exclusive", "policy_arns"),
    ] {
        for address in module.of_kind(kind) {
            let name = module.text(address, "role_name")?;
            let role = roles.get(&name).ok_or_else(|| format!("{address}: no role is named `{name}`"))?;
            if role.trust.is_none() {
                return Err(format!(
                    "{address}: the role is not the module's, and this takes away what others put on it"
                ));
            }
            let listed = texts(&module.argument(address, argument)?)?;
            let aws = |name: &String| format!("arn:{}:iam::aws:policy/{name}", module.world.partition);
            let actual: BTreeSet<String> = match argument {
                "policy_names" => role.inline.keys().cloned().collect(),
                _ => role.managed.keys().cloned().chain(role.aws_managed.iter().map(aws)).collect(),
            };
            if listed.iter().cloned().collect::<BTreeSet<_>>() != actual {
                return Err(format!("{address}: it lists {listed:?}, and the role has {actual:?}"));
            }
            if !seen.insert((kind, name)) {
                return Err(format!("{address}: its role has another such list"));
            }
        }
    }
    Ok(())
}
