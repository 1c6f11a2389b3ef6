//! A spec with many environments: what is to hold in each of them, worked out from the design's words, and that no two have
//! anything in common.

use std::collections::BTreeMap;

use paypulse_runtime::model::{Spec, Template};

use super::module::{Module, World};
use super::probes;

/// One environment.
pub struct Environment {
    /// The spec with every name as it is there.
    pub spec: Spec,
    /// The value of the variable that says which one it is.
    pub variable: Option<(String, String)>,
    /// What the names of what is deployed there begin with.
    pub deployed: String,
    /// Names of secrets in the other environments, and such as a spec without environments would have.
    pub elsewhere: Vec<String>,
}

/// Every environment of a spec: the spec itself where it has but one. None where a name is longer than this can say.
pub fn environments(spec: &Spec) -> Option<Vec<Environment>> {
    let Some(prefixes) = &spec.prefixes else {
        return Some(vec![Environment {
            spec: spec.clone(),
            variable: None,
            deployed: String::new(),
            elsewhere: Vec::new(),
        }]);
    };
    // A secret outside the prefixes is in no other environment: it is the same one in each.
    let inside =
        |spec: &Spec| spec.secrets.clone().into_iter().filter(|it| !it.options.outside_prefixes).collect::<Vec<_>>();
    let members = |spec: &Spec| inside(spec).iter().flat_map(probes::members).collect::<Vec<_>>();
    let environment = |prefix: &String| {
        let others = prefixes.values.iter().filter(|other| *other != prefix);
        let others = others.filter_map(|other| written_out(spec, other)).flat_map(|spec| members(&spec));
        Some(Environment {
            spec: written_out(spec, prefix)?,
            deployed: prefix.replace('/', "-"),
            variable: Some((prefixes.variable.clone(), prefix.clone())),
            elsewhere: others.chain(members(spec)).collect(),
        })
    };
    prefixes.values.iter().map(environment).collect()
}

fn written_out(spec: &Spec, prefix: &str) -> Option<Spec> {
    let mut spec = Spec { prefixes: None, ..spec.clone() };
    for secret in &mut spec.secrets {
        if !secret.options.outside_prefixes {
            secret.name = Template::parse(&format!("{prefix}{}", secret.name)).ok()?;
        }
    }
    for handler in &mut spec.handlers {
        for name in [Some(&mut handler.name), handler.options.role_name.as_mut()].into_iter().flatten() {
            *name = format!("{}{name}", prefix.replace('/', "-"));
        }
    }
    Some(spec)
}

/// What must have a name of its own in each environment, and has the same in two.
pub fn in_common(files: &BTreeMap<String, String>, worlds: &[World]) -> Result<Vec<String>, String> {
    let mut taken = BTreeMap::new();
    let mut findings = Vec::new();
    for (number, world) in worlds.iter().enumerate() {
        let module = Module::read(files, world.clone())?;
        // Policies on a role too: the role can be one that both environments are given.
        for kind in ["aws_secretsmanager_secret", "aws_iam_role", "aws_iam_policy", "aws_iam_role_policy"] {
            for address in module.of_kind(kind) {
                let mut name = module.text(address, "name")?;
                // IAM does not distinguish names by case.
                if kind != "aws_secretsmanager_secret" {
                    name.make_ascii_lowercase();
                }
                if taken.insert((kind, name.clone()), number).is_some_and(|first| first != number) {
                    findings.push(format!("{address}: another environment has its name `{name}`"));
                }
            }
        }
    }
    Ok(findings)
}
