//! The rules of `audit` on what Terraform would apply: nothing is found in what is rendered, and whatever the proof finds
//! in spoilt text, `audit` finds in the account that it would give.

use std::collections::BTreeMap;

use paypulse_runtime::model::{Owner, Role as RoleSpec, Spec};
use xtask::audit::{
    AuditFinding, AuditedAccess, FoundDocument, FoundSecret, Identity, IdentityKind, Place, Rule, Site,
};

use super::environments::{Environment, environments};
use super::module::{Module, SUFFIX, World};
use super::roles::{Role, roles};

/// Holds the rules to the proof: where it finds something in what can be applied, so do they, and where it finds nothing,
/// neither do they.
#[track_caller]
pub fn agrees(spec: &Spec, files: &BTreeMap<String, String>, world: &World, proof: &[String]) {
    let world = world.clone().with_keys_of(spec);
    if proof.iter().any(|it| NONE_OF_ITS_BUSINESS.iter().any(|part| it.contains(part))) {
        return;
    }
    let environments = environments(spec).expect("the proof would have found it");
    // What cannot be applied gives no account.
    let found: Result<Vec<_>, _> = environments.iter().map(|it| findings_in(it, spec, files, &world)).collect();
    if let Ok(found) = found {
        let found: Vec<_> = found.into_iter().flatten().filter(|it| it.rule != Rule::NearQuota).collect();
        assert_eq!(found.is_empty(), proof.is_empty(), "the proof finds {proof:#?}\nand `audit` {found:#?}");
    }
}

/// A role that reaches nothing, an argument that only Terraform sees, a secret that has the name of another that is gone, and a
/// policy on a secret that speaks of all others too: none of these lets anybody do more. What is in another region or has the
/// name of another environment's cannot be applied. Who may call a function, and when a secret is rotated, is not looked at.
const NONE_OF_ITS_BUSINESS: [&str; 10] = [
    "belongs to no handler",
    "is not asked to refuse",
    "-0zZ9aQ is wrongly",
    "speaks of *",
    ", and its secret is ",
    "another environment has its name",
    "Secrets Manager may call",
    "rotated are",
    "aws_lambda_permission.",
    "aws_secretsmanager_secret_rotation.",
];

/// What is found in the account that files give for one environment; an error where the files give none.
fn findings_in(
    environment: &Environment,
    whole: &Spec,
    files: &BTreeMap<String, String>,
    world: &World,
) -> Result<Vec<AuditFinding>, String> {
    let spec = &environment.spec;
    let mut world = world.clone().with_functions_of(whole, &environment.deployed);
    world.variables.extend(environment.variable.clone());
    let world = &world;
    let module = Module::read(files, world.clone())?;
    let roles = roles(&module)?;
    let site = Site { region: world.region.clone(), account: world.account.into() };
    let variables = variables(spec, world);
    let mut access = AuditedAccess::new(spec, &site, &variables);
    for (arn, document) in roles.values().flat_map(|role| &role.managed) {
        access.learn(arn, Some(&document.text));
    }
    let mut found: Vec<AuditFinding> =
        roles.iter().flat_map(|(name, role)| access.judge(&identity(name, role, world))).collect();
    // A role that exists already is there, whether or not anything is put on it.
    for handler in &spec.handlers {
        if let RoleSpec::Existing { variable } = &handler.role
            && !roles.contains_key(&world.variable(variable))
        {
            found.extend(access.judge(&identity(&world.variable(variable), &Role::default(), world)));
        }
    }
    found.extend(access.missing());
    for secret in spec.secrets.iter().filter(|secret| !secret.name.is_family() && secret.owner != Owner::Runtime) {
        let arn = world.within(secret.region.as_deref()).secret(secret.name.as_str(), SUFFIX);
        let policies = module.of_kind("aws_secretsmanager_secret_policy");
        let of_this = policies.filter(|address| module.text(address, "secret_arn").is_ok_and(|it| it == arn));
        let texts: Vec<String> = of_this.map(|address| module.text(address, "policy")).collect::<Result<_, _>>()?;
        let place = Place::Secret { id: secret.id.clone() };
        let live = FoundSecret::new(secret.name.as_str(), arn);
        found.extend(access.judge_secret(&live, secret, &place, texts.first().map(String::as_str)));
    }
    Ok(found)
}

/// The values of the variables that the policies depend on.
fn variables(spec: &Spec, world: &World) -> BTreeMap<String, String> {
    let mut variables = world.variables.clone();
    for handler in &spec.handlers {
        if let RoleSpec::Existing { variable } = &handler.role {
            variables.insert(variable.clone(), world.variable(variable));
        }
    }
    for key in spec.secrets.iter().filter_map(|secret| secret.kms_key.as_ref()) {
        if let paypulse_runtime::model::KmsKey::Variable { variable } = key {
            variables.insert(variable.to_string(), world.variable(variable));
        }
    }
    variables
}

fn identity(name: &str, role: &Role, world: &World) -> Identity {
    let document = |(name, document): (&String, &super::roles::Document)| FoundDocument {
        name: name.clone(),
        text: document.text.clone(),
    };
    let aws = role.aws_managed.iter().map(|name| format!("arn:{}:iam::aws:policy/{name}", world.partition));
    Identity {
        kind: IdentityKind::Role,
        name: name.to_owned(),
        arn: format!("arn:{}:iam::{}:role/{name}", world.partition, world.account),
        trust: role.trust.as_ref().map(ToString::to_string),
        inline: role.inline.iter().map(document).collect(),
        attached: role.managed.keys().cloned().chain(aws).collect(),
        boundary: None,
    }
}
