//! `rotation.tf`: the rotation of secrets, with function and schedule.

use std::collections::{BTreeMap, HashMap};

use driftless_model::{HandlerSpec, Rotation, SecretSpec, Spec};
use serde::Serialize;

use super::Views;
use crate::labels::{function_variable, secret_label, statement_id};

#[derive(Serialize)]
pub(super) struct RotationsView<'a> {
    header: &'a str,
    functions: Vec<FunctionView<'a>>,
    pub(super) rotations: Vec<RotationView<'a>>,
}

#[derive(Serialize)]
struct FunctionView<'a> {
    name: &'a str,
    variable: String,
    if_missing: String,
}

#[derive(Serialize)]
pub(super) struct RotationView<'a> {
    /// Label of the secret, also used for the rotation.
    pub(super) label: String,
    /// The name of the secret.
    pub(super) name: &'a str,
    /// The name of the rotation function.
    pub(super) function: &'a str,
    variable: String,
    /// The Region of the secret and the function; empty for the provider's Region.
    pub(super) region: &'a str,
    pub(super) statement_id: String,
    /// Empty if AWS's default applies.
    immediately: &'static str,
    /// Either this or `after_days` is set.
    schedule: &'a str,
    after_days: String,
    /// Empty if AWS's default applies.
    duration: String,
    /// Addresses of the policies that the function needs.
    policies: Vec<String>,
}

/// A secret that a handler of the spec rotates.
pub(super) struct Rotated<'a> {
    secret: &'a SecretSpec,
    /// Index of the handler in the spec.
    function: usize,
    rotation: &'a Rotation,
}

pub(super) fn rotations(spec: &Spec) -> Vec<Rotated<'_>> {
    let handlers = spec.handlers.iter().enumerate().map(|(place, handler)| (handler.id.as_str(), place));
    let handlers: HashMap<&str, usize> = handlers.collect();
    let rotated = spec.secrets.iter().filter_map(|secret| {
        let function = *handlers.get(secret.owner.function()?)?;
        Some(Rotated { secret, function, rotation: secret.options.rotation.as_ref()? })
    });
    rotated.collect()
}

impl Views<'_> {
    /// The handlers that rotate secrets, with the names of those secrets, and their Region if it is not the
    /// provider's. All secrets that a handler rotates are in one Region.
    pub(super) fn functions(&self) -> Vec<(&HandlerSpec, String, Option<&str>)> {
        let mut secrets: BTreeMap<usize, Vec<&SecretSpec>> = BTreeMap::new();
        for rotated in &self.rotations {
            secrets.entry(rotated.function).or_default().push(rotated.secret);
        }
        let functions = secrets.into_iter().map(|(function, secrets)| {
            let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
            (&self.spec.handlers[function], names.join(", "), secrets[0].region.as_deref())
        });
        functions.collect()
    }

    pub(super) fn rotation(&self) -> RotationsView<'_> {
        let functions = self.functions().into_iter().map(|(handler, names, _)| {
            let variable = function_variable(handler);
            let name = &handler.name;
            let if_missing = format!("Nothing rotates {names}: set {variable} once the function {name} is deployed.");
            FunctionView { name, variable, if_missing }
        });
        let rotations = self.rotations.iter().map(|Rotated { secret, function, rotation }| {
            let handler = &self.spec.handlers[*function];
            let label = secret_label(secret);
            RotationView {
                name: secret.name.as_str(),
                function: &handler.name,
                variable: function_variable(handler),
                region: secret.region.as_deref().unwrap_or_default(),
                statement_id: statement_id(&label),
                immediately: rotation.immediately.map(|it| if it { "true" } else { "false" }).unwrap_or_default(),
                schedule: rotation.schedule.as_deref().unwrap_or_default(),
                after_days: rotation.after_days.map(|days| days.to_string()).unwrap_or_default(),
                duration: rotation.window_hours.map(|hours| format!("{hours}h")).unwrap_or_default(),
                policies: self.policy_addresses(Some(handler)),
                label,
            }
        });
        RotationsView { header: &self.header, functions: functions.collect(), rotations: rotations.collect() }
    }
}
