//! Environment variables of the handlers' functions, and the limits of Lambda for them.
//!
//! Source: [Lambda environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).

use std::borrow::Cow;

use driftless_model::{
    FINGERPRINT_VARIABLE, Fingerprint, HandlerSpec, Prefixes, Problem, REGION_VARIABLE, SecretSpec, Spec,
    environment_variable, key_variables, shown,
};
use foldhash::HashMap;
use serde::Serialize;

use super::Views;
use crate::{hcl, labels};

/// Secrets by id.
type Secrets<'a> = HashMap<&'a str, &'a SecretSpec>;

/// Maximum size of all variables of a function, in bytes of their JSON.
const MAX_ENVIRONMENT: usize = 4096;

/// A longer fingerprint is shortened, to leave room for the function's own variables.
const MAX_FINGERPRINT: usize = 2048;

/// The longest values that Terraform passes: of a key ARN and of a Region.
const KEY_ARN: usize = "arn:aws-us-gov:kms:ap-northeast-99:123456789012:key/mrk-1234567890abcdef1234567890abcdef".len();
const REGION: usize = "ap-northeast-99".len();

/// Prefixes of names that Lambda reserves or sets itself.
const RESERVED: [&str; 3] = ["AWS_", "LAMBDA_", "_"];

#[derive(Serialize)]
pub(super) struct HandlerEnvironment<'a> {
    name: &'a str,
    variables: Vec<Variable<'a>>,
}

#[derive(Serialize)]
struct Variable<'a> {
    name: Cow<'a, str>,
    /// The HCL expression of the value.
    value: String,
}

impl Views<'_> {
    pub(super) fn environment<'a>(&'a self, handler: &'a HandlerSpec) -> HandlerEnvironment<'a> {
        let fingerprint = &self.fingerprints[handler.id.as_str()];
        let mut variables = vec![
            Variable { name: FINGERPRINT_VARIABLE.into(), value: hcl::quote(fingerprint) },
            Variable { name: REGION_VARIABLE.into(), value: labels::REGION.to_owned() },
        ];
        let given = given(self.spec, &self.secrets, handler);
        variables.extend(given.map(|(name, _)| {
            let (name, value) = (environment_variable(name).into(), format!("var.{name}"));
            Variable { name, value }
        }));
        HandlerEnvironment { name: &handler.name, variables }
    }
}

/// The same variables with values for a machine without AWS: `region`, the prefix, and an ARN of no key.
#[cfg(feature = "live")]
pub(crate) fn function_environment(
    spec: &Spec,
    handler: &HandlerSpec,
    region: &str,
    prefix: &str,
) -> Vec<(String, String)> {
    let secrets: Secrets<'_> = spec.secrets.iter().map(|secret| (secret.id.as_str(), secret)).collect();
    let of_prefix = spec.prefixes.as_ref().map(|prefixes| prefixes.variable.as_str());
    let given = given(spec, &secrets, handler).map(|(name, _)| {
        let key = || format!("arn:aws:kms:{region}:123456789012:key/{name}");
        let value = if of_prefix == Some(name) { prefix.to_owned() } else { key() };
        (environment_variable(name), value)
    });
    let own = [
        (FINGERPRINT_VARIABLE.to_owned(), fingerprint(spec, &secrets, handler)),
        (REGION_VARIABLE.to_owned(), region.to_owned()),
    ];
    own.into_iter().chain(given).collect()
}

/// The Terraform variables that are passed on, with the maximum length of their values.
fn given<'a>(spec: &'a Spec, secrets: &Secrets<'a>, handler: &HandlerSpec) -> impl Iterator<Item = (&'a str, usize)> {
    let prefix = spec.prefixes.iter().map(|prefixes| (prefixes.variable.as_str(), Prefixes::longest(prefixes)));
    prefix.chain(key_variables(handler, |id| secrets.get(id).copied()).into_iter().map(|key| (key, KEY_ARN)))
}

/// The fingerprint of a handler, in a form that leaves room for other variables.
pub(super) fn fingerprint(spec: &Spec, secrets: &Secrets<'_>, handler: &HandlerSpec) -> String {
    let fingerprint = Fingerprint::of_known(spec, handler, |id| secrets.get(id).copied());
    let text = fingerprint.to_string();
    if text.len() <= MAX_FINGERPRINT { text } else { fingerprint.shortened().to_string() }
}

/// Problems for which Lambda would reject the environment.
pub(super) fn problems(spec: &Spec, secrets: &Secrets<'_>, handler: &HandlerSpec, fingerprint: &str) -> Vec<Problem> {
    let place = || format!("handler {}", shown(&handler.id));
    let mut taken = vec![FINGERPRINT_VARIABLE.to_owned(), REGION_VARIABLE.to_owned()];
    let mut problems = Vec::new();
    for (variable, _) in given(spec, secrets, handler) {
        let name = environment_variable(variable);
        let is_name = name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let fault = if !is_name || RESERVED.iter().any(|start| name.starts_with(start)) {
            "which no function can have"
        } else if taken.contains(&name) {
            "which something else has already"
        } else {
            taken.push(name);
            continue;
        };
        let message = format!(
            "its environment would have {} as {}, {fault}",
            shown(variable),
            shown(&environment_variable(variable))
        );
        let hint =
            "name the variable of the prefixes or of the key otherwise: two or more letters, digits and underscores";
        problems.push(Problem::new("environment-variable", &place(), message, hint));
    }
    let entry = |name: usize, value: usize| name + value + r#""":"","#.len();
    let given = given(spec, secrets, handler).map(|(name, longest)| entry(name.len(), longest)).sum::<usize>();
    let size = given
        + entry(FINGERPRINT_VARIABLE.len(), fingerprint.len())
        + entry(REGION_VARIABLE.len(), REGION)
        + "{}".len();
    if size > MAX_ENVIRONMENT {
        let message = format!("its environment can have {size} bytes, and Lambda takes {MAX_ENVIRONMENT}");
        let hint = "name fewer keys by variables: one for several secrets, or aliases";
        problems.push(Problem::new("large-environment", &place(), message, hint));
    }
    problems
}
