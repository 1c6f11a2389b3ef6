//! Compares a Terraform plan with the spec: who would get which permissions, which secrets would be destroyed, and
//! whether the plan contains a value that it must not contain.
//!
//! `document`, `given` and `configuration` parse the plan, `arguments` and `kinds` are tables of what is checked, and
//! `findings` with its submodules compares. No function prints, and no secret value is ever kept.

mod accept;
mod access;
pub mod arguments;
mod besides;
mod boundaries;
mod by_variable;
mod checked;
mod configuration;
mod document;
mod elsewhere;
mod findings;
mod foreign;
mod functions;
mod gained;
mod gains;
mod given;
mod granted;
mod harmless;
mod holders;
mod instances;
mod keys;
mod kinds;
mod known;
mod lost_denials;
mod new_secrets;
mod others;
mod own;
mod policies;
mod programs;
mod roles;
mod secrets;
mod seen;
mod shape;
mod side;
mod targets;
mod trust;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufReader, Read};

use driftless_model::{Spec, deployed_name};
use serde::Deserialize;
use serde_json::Value;

pub use accept::{Accepted, NotAccepted};
pub use findings::{Finding, Kind, check, variables};
pub use shape::PlanShape;

use self::configuration::Configuration;
use self::document::{PlanVariable, RawChange, RawModule, RawPlan};
use self::given::Given;
use self::known::Stands;
use crate::access::Known;
use crate::tf::lenient::{Loose, Text};
use crate::tf::{Address, Key, Malformed, ModulePath};

const HINT: &str = "pass what `terraform show -json PLAN` printed, whole";

/// The supported major version of the plan format.
const MAJOR: &str = "1";

/// The actions of a resource in a plan.
const KNOWN_ACTIONS: [&str; 6] = ["no-op", "create", "read", "update", "delete", "forget"];

/// The content of a plan that concerns secrets and access to them.
#[derive(Debug, Default)]
pub struct Plan {
    /// The kind of plan.
    pub shape: PlanShape,
    /// Every resource of a kind that is checked, whether or not it changes, and those that name a role.
    pub(crate) resources: Vec<Planned>,
    /// The indices of resources by address, without deposed objects.
    places: HashMap<(ModulePath, String), usize>,
    /// The changes made outside Terraform since the last apply.
    drift: Vec<Planned>,
    /// The data sources that are read during the apply.
    reads: Vec<Planned>,
    /// The values of data sources that were already read, by address.
    data: BTreeMap<Address, Given>,
    /// The variables of the root module, by reference: `var.x` and `var.x.arn`.
    variables: Known,
    /// The names of variables that have a value.
    given: Vec<String>,
    configuration: Configuration,
    /// The actions (`action` blocks) that the apply runs.
    actions: Vec<PlannedAction>,
}

/// A resource of a plan, or a data source that is read during the apply.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) address: Address,
    pub(crate) kind: String,
    actions: Vec<String>,
    /// Whether it is a deposed object, which is left over from a replacement.
    is_deposed: bool,
    before: Option<Given>,
    after: Option<Given>,
    unknown: Given,
    /// The arguments whose values must not be printed.
    sensitive: Given,
}

/// An action that the apply runs.
#[derive(Debug)]
struct PlannedAction {
    address: String,
    kind: String,
    /// The function that it calls, if it is known.
    function: Option<String>,
    /// Whether the function is known only after the apply.
    is_function_unknown: bool,
}

/// Parses a plan as a stream. Only the values of the given variables are kept.
///
/// # Errors
///
/// If the input is not a plan in the format of `terraform show -json`. The error gives the position and contains
/// nothing from the plan.
pub fn read(input: impl Read, variables: &BTreeSet<String>) -> Result<Plan, Malformed> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(input));
    let raw = RawPlan::deserialize(&mut json).and_then(|plan| json.end().map(|()| plan));
    let raw = raw.map_err(|error| Malformed::json(&error, "", HINT))?;
    check_version(raw.format_version.word())?;
    if raw.values.is_some() {
        return Err(Malformed::new("it is a state, and no plan", "name the plan: `terraform show -json PLAN`"));
    }
    let mut plan = Plan { shape: PlanShape::of(&raw), ..Plan::default() };
    for change in raw.resource_changes.unwrap_or_default().all {
        let is_data = change.mode.as_str() == "data";
        let planned = Planned::of(change, is_data)?;
        if is_data { plan.reads.push(planned) } else { plan.resources.push(planned) }
    }
    for change in raw.resource_drift.all.into_iter().filter(|change| change.mode.as_str() == "managed") {
        plan.drift.push(Planned::of(change, false)?);
    }
    if plan.shape.is_refresh_only {
        // The plan has no changes of its own: what it records is the state that is checked.
        plan.resources.extend(plan.drift.iter().cloned());
    }
    plan.take_drift();
    plan.places = places(&plan.resources);
    plan.add_data(raw.prior_state.0.values.0.root_module.0)?;
    let needed = raw.configuration.0.needs(variables);
    for (name, Loose(variable)) in raw.variables.0 {
        plan.add_variable(&name, variable, needed.contains(&name));
    }
    plan.actions = raw.action_invocations.0.into_iter().map(|Loose(action)| PlannedAction::of(&action)).collect();
    plan.configuration = Configuration::of(raw.configuration.0, variables);
    Ok(plan)
}

/// If a resource has several instances, the first one counts. The spec's resources have only one.
fn places(resources: &[Planned]) -> HashMap<(ModulePath, String), usize> {
    let all = resources.iter().enumerate().filter(|(_, planned)| !planned.is_deposed).rev();
    all.map(|(at, planned)| ((planned.address.module().clone(), planned.address.in_module()), at)).collect()
}

/// Rejects an unsupported version of the format.
fn check_version(version: Option<&str>) -> Result<(), Malformed> {
    let Some(version) = version else {
        return Err(Malformed::new("it is not a Terraform plan: it has no `format_version`", HINT));
    };
    if version.split('.').next() == Some(MAJOR) {
        return Ok(());
    }
    let is_number = version.len() <= 16 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let name = if is_number { format!("`{version}`") } else { "of another kind".to_owned() };
    Err(Malformed::new(
        format!("its `format_version` is {name}, and this reads version {MAJOR}"),
        "use a version of Terraform or OpenTofu that writes version 1, or a newer version of this command",
    ))
}

fn address(text: &Text, is_data: bool) -> Result<Address, Malformed> {
    let malformed = |_| Malformed::new("a resource has an address that Terraform does not write", HINT);
    // Within a module, the address of a data source begins with `data.`.
    let text = if is_data { without_data(text.as_str()) } else { text.as_str().to_owned() };
    text.parse().map_err(malformed)
}

/// Removes `data` from the address of a data source, so that it has the form of a resource's address.
fn without_data(text: &str) -> String {
    match text.strip_prefix("data.") {
        Some(rest) => rest.to_owned(),
        None => match after_modules(text) {
            Some((module, rest)) => format!("{module}.{rest}"),
            None => text.to_owned(),
        },
    }
}

/// The texts before and after the first `.data.` that is not within an instance key.
fn after_modules(text: &str) -> Option<(&str, &str)> {
    let (mut is_key, mut is_escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            '"' if !is_escaped => is_key = !is_key,
            '.' if !is_key => {
                if let Some(rest) = text[at..].strip_prefix(".data.") {
                    return Some((&text[..at], rest));
                }
            }
            _ => {}
        }
        is_escaped = char == '\\' && !is_escaped;
    }
    None
}

impl Plan {
    /// The prefix of the planned environment: the value of the root's variable, or a declared prefix with which the
    /// name of a planned secret or role begins. `None` if the spec declares no prefixes or the plan does not show it.
    fn prefix<'a>(&'a self, spec: &'a Spec, path: &ModulePath) -> Option<&'a str> {
        let prefixes = spec.prefixes.as_ref()?;
        let of_value = |value: &str| prefixes.values.iter().find(|prefix| prefix.as_str() == value).map(String::as_str);
        if let Stands::For(Value::String(value)) = self.variable(path, &prefixes.variable) {
            // In the root, any value counts: one that is not declared is reported with what differs.
            let given = self.variables.get(&format!("var.{}", prefixes.variable)).and_then(Value::as_str);
            return of_value(&value).or(given.filter(|_| *path == ModulePath::default()));
        }
        let ours = self.resources.iter().filter(|planned| planned.is_in(path));
        let names: Vec<&str> = ours.flat_map(Planned::names).collect();
        let is_in = |prefix: &&String| {
            let deployed = deployed_name(prefix, "");
            names.iter().any(|name| name.starts_with(prefix.as_str()) || name.starts_with(&deployed))
        };
        prefixes.values.iter().find(is_in).map(String::as_str)
    }

    /// Adds the data sources of a module and its children. The JSON parser limits the depth of the recursion.
    fn add_data(&mut self, raw: RawModule) -> Result<(), Malformed> {
        let malformed = |_| Malformed::new("a module has an address that Terraform does not write", HINT);
        let module: ModulePath = raw.address.as_str().parse().map_err(malformed)?;
        for data in raw.resources.all {
            let key =
                data.index.word().map(|index| index.parse().map_or_else(|_| Key::Text(index.to_owned()), Key::Number));
            if let Some(address) = Address::new(module.clone(), data.kind.as_str(), data.name.as_str(), key) {
                self.data.insert(address, data.values.0);
            }
        }
        raw.child_modules.0.into_iter().try_for_each(|Loose(module)| self.add_data(module))
    }

    /// Gives resources that do not change the state that was found outside Terraform.
    fn take_drift(&mut self) {
        let found: BTreeMap<Address, &Planned> = self.drift.iter().map(|it| (it.address.clone(), it)).collect();
        for planned in self.resources.iter_mut().filter(|planned| !planned.is_deposed) {
            let outside = found.get(&planned.address).filter(|_| planned.actions == ["no-op"]);
            if let Some(after) = outside.and_then(|outside| outside.after.as_ref()) {
                (planned.before, planned.after) = (Some(after.clone()), Some(after.clone()));
            }
        }
    }

    fn add_variable(&mut self, name: &str, variable: PlanVariable, is_wanted: bool) {
        let value = variable.value;
        if value.is_there {
            self.given.push(name.to_owned());
        }
        if !is_wanted {
            return;
        }
        if !value.is_there {
            self.variables.insert(format!("var.{name}"), Value::Null);
        }
        if let Some(word) = value.word.word() {
            self.variables.insert(format!("var.{name}"), word.into());
        }
        for (field, word) in &value.fields {
            if let Some(word) = word.word() {
                self.variables.insert(format!("var.{name}.{field}"), word.into());
            }
        }
    }

    /// The resource at an address, and never a deposed object.
    fn resource(&self, module: &ModulePath, in_module: &str) -> Option<&Planned> {
        self.places.get(&(module.clone(), in_module.to_owned())).map(|at| &self.resources[*at])
    }
}

impl PlannedAction {
    fn of(raw: &document::RawAction) -> Self {
        let function = raw.config_values.0.word("function_name").map(str::to_owned);
        let is_function_unknown = raw.config_unknown.0.is_marked("function_name");
        let (address, kind) = (raw.address.as_str().to_owned(), raw.kind.as_str().to_owned());
        Self { address, kind, function, is_function_unknown }
    }
}

impl Planned {
    fn of(raw: RawChange, is_data: bool) -> Result<Self, Malformed> {
        let details = raw.change.0;
        let actions: Vec<String> = details.actions.0.iter().map(|action| action.as_str().to_owned()).collect();
        let after = details.after.map(|Loose(given)| given);
        // What is known of nothing will be there, too.
        let is_made = details.after_unknown.0.is_all && actions.iter().any(|it| it == "create" || it == "update");
        let after = after.or_else(|| is_made.then(Given::default));
        Ok(Self {
            address: address(&raw.address, is_data)?,
            kind: raw.kind.as_str().to_owned(),
            actions,
            is_deposed: raw.deposed.word().is_some(),
            before: details.before.map(|Loose(given)| given),
            after,
            unknown: details.after_unknown.0,
            sensitive: details.after_sensitive.0,
        })
    }

    fn has_action(&self, action: &str) -> bool {
        self.actions.iter().any(|it| it == action)
    }

    /// Whether the apply creates or updates it, or does something that is not known here.
    pub(crate) fn changes(&self) -> bool {
        let is_known = |action: &String| KNOWN_ACTIONS.contains(&action.as_str());
        let is_strange = self.actions.is_empty() || !self.actions.iter().all(is_known);
        self.has_action("create") || self.has_action("update") || is_strange
    }

    /// Whether the resource will exist after the apply. `false` for a deposed object.
    pub(crate) fn will_be(&self) -> bool {
        self.after.is_some() && !self.is_deposed
    }

    pub(super) fn is_in(&self, path: &ModulePath) -> bool {
        self.address.module() == path
    }

    /// The value of an argument after the apply, or that it is not known yet.
    pub(crate) fn after(&self, name: &str) -> Option<Word<'_>> {
        if self.is_unknown(name) {
            return Some(Word::Unknown);
        }
        self.after.as_ref()?.word(name).map(Word::Known)
    }

    /// Whether the whole argument is known only after the apply.
    pub(crate) fn is_unknown(&self, name: &str) -> bool {
        self.unknown.is_unknown(name)
    }

    /// The names before and after the apply.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.before, &self.after].into_iter().flatten().filter_map(|given| given.word("name"))
    }

    /// Whether it contains a secret value.
    pub(crate) fn has_value(&self) -> bool {
        [&self.after, &self.before].into_iter().flatten().any(|given| given.has_value)
    }
}

/// The value of an argument after the apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Known(&'a str),
    Unknown,
}
