//! A spec of several regions: what is in each is a spec of its own there, and everything that belongs to a secret is where it is.

use std::collections::BTreeSet;

use paypulse_runtime::model::{HandlerSpec, SecretOptions, SecretSpec, Spec, Verb};

use super::module::{Module, World};

/// One region, and what the spec has there.
pub struct Place {
    pub spec: Spec,
    pub world: World,
}

/// Every region of a spec, the module's own among them, and those of copies, whether they are read or not.
pub fn places(spec: &Spec, world: &World) -> Vec<Place> {
    let own = spec.secrets.iter().map(|secret| secret.region.as_deref());
    let copies = spec.secrets.iter().flat_map(|secret| &secret.options.replicas).map(|it| Some(it.region.as_str()));
    let regions: BTreeSet<Option<&str>> = own.chain(copies).chain([None]).collect();
    let place = |region: Option<&str>| {
        let mut part = spec.clone();
        part.secrets = spec.secrets.iter().filter_map(|secret| within(secret, region)).collect();
        for handler in &mut part.handlers {
            handler.grants.retain(|grant| part.secrets.iter().any(|secret| secret.id == grant.secret));
            for grant in &mut handler.grants {
                // A copy is read, and nothing else is done with it.
                if is_copy(spec, &grant.secret, region) {
                    grant.verbs.retain(|verb| matches!(verb, Verb::Read | Verb::ReadPrevious));
                }
            }
        }
        Place { spec: part, world: world.within(region) }
    };
    regions.into_iter().map(place).collect()
}

/// A secret as it is in a region: itself, or its copy, which has a key of its own.
fn within(secret: &SecretSpec, region: Option<&str>) -> Option<SecretSpec> {
    if secret.region.as_deref() == region {
        return Some(secret.clone());
    }
    let SecretOptions { replicas, read_from, .. } = &secret.options;
    let replica = replicas.iter().find(|replica| Some(replica.region.as_str()) == region)?;
    let copy = || SecretSpec { kms_key: replica.kms_key.clone(), region: region.map(str::to_owned), ..secret.clone() };
    read_from.contains(&replica.region).then(copy)
}

fn is_copy(spec: &Spec, id: &str, region: Option<&str>) -> bool {
    spec.secrets.iter().any(|secret| secret.id == id && secret.region.as_deref() != region)
}

/// The ARN of a handler's function, which is in the region of what it rotates.
pub fn function(spec: &Spec, handler: &HandlerSpec, home: &World) -> String {
    let rotates = |secret: &&SecretSpec| secret.owner.function() == Some(handler.id.as_str());
    let region = spec.secrets.iter().find(rotates).and_then(|secret| secret.region.as_deref());
    home.within(region).function(&handler.name)
}

/// The argument of each kind that says to which secret a block belongs.
const BELONGS: [(&str, &str); 4] = [
    ("aws_secretsmanager_secret_policy", "secret_arn"),
    ("aws_secretsmanager_secret_version", "secret_id"),
    ("aws_secretsmanager_secret_rotation", "secret_id"),
    ("aws_lambda_permission", "source_arn"),
];

/// What is in another region than the secret that it belongs to.
pub fn findings(module: &Module) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for (kind, argument) in BELONGS {
        for address in module.of_kind(kind) {
            let secret = module.text(address, argument)?;
            let there = module.world.within(module.region(address)?.as_deref()).region;
            if secret.split(':').nth(3) != Some(there.as_str()) {
                findings.push(format!("{address} is in {there}, and its secret is {secret}"));
            }
        }
    }
    Ok(findings)
}
