//! `rotation.tf`: which function rotates which secret, and when.

use std::collections::{BTreeMap, HashMap};

use paypulse_runtime::model::{HandlerSpec, Rotation, SecretSpec, Spec};
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
    /// Of the secret, and of what rotates it.
    pub(super) label: String,
    /// The secret's name.
    pub(super) name: &'a str,
    /// What rotates it.
    pub(super) function: &'a str,
    variable: String,
    /// Of the secret and the function; empty for the provider's own.
    pub(super) region: &'a str,
    pub(super) statement_id: String,
    /// Empty where it is left to AWS.
    immediately: &'static str,
    /// Either this or the next is not empty.
    schedule: &'a str,
    after_days: String,
    /// Empty where it is left to AWS.
    duration: String,
    /// What lets the function do its work.
    policies: Vec<String>,
}

/// What a handler of the spec rotates.
pub(super) struct Rotated<'a> {
    secret: &'a SecretSpec,
    /// The handler's place in the spec.
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
    /// The handlers that rotate something, with the names of what they rotate, and the region if it is another than everything
    /// else is in: all that one rotates is in one.
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
