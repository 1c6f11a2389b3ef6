//! A spec of several regions: what is in each is a spec of its own there, and everything that belongs to a secret is where it is.

use std::collections::BTreeSet;

use paypulse_runtime::model::{HandlerSpec, SecretSpec, Spec};

use super::module::{Module, World};

/// One region, and what the spec has there.
pub struct Place {
    pub spec: Spec,
    pub world: World,
}

/// Every region of a spec, the module's own among them.
pub fn places(spec: &Spec, world: &World) -> Vec<Place> {
    let regions: BTreeSet<Option<&str>> =
        spec.secrets.iter().map(|secret| secret.region.as_deref()).chain([None]).collect();
    let place = |region: Option<&str>| {
        let mut part = spec.clone();
        part.secrets.retain(|secret| secret.region.as_deref() == region);
        for handler in &mut part.handlers {
            handler.grants.retain(|grant| part.secrets.iter().any(|secret| secret.id == grant.secret));
        }
        Place { spec: part, world: world.within(region) }
    };
    regions.into_iter().map(place).collect()
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
