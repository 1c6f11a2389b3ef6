//! A plan of Terraform's, compared with the spec: whom it would allow what, which secrets it would destroy, and whether it
//! holds a value that it should not.
//!
//! `document`, `given` and `configuration` read, `arguments` and `kinds` are the tables of what is looked at, `findings` and
//! its parts compare. Nothing here prints, and no value of a secret is ever kept.

mod accept;
mod access;
pub mod arguments;
mod besides;
mod configuration;
mod document;
mod findings;
mod foreign;
mod functions;
mod gains;
mod given;
mod harmless;
mod keys;
mod kinds;
mod known;
mod others;
mod own;
mod policies;
mod roles;
mod secrets;
mod shape;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufReader, Read};

use paypulse_runtime::model::{Spec, deployed_name};
use serde::Deserialize;
use serde_json::Value;

pub use accept::{Accepted, NotAccepted};
pub use findings::{Finding, Kind, check, variables};
pub use shape::Shape;

use self::configuration::Configuration;
use self::document::{RawChange, RawModule, RawPlan, Variable};
use self::given::Given;
use crate::access::Known;
use crate::adopt::lenient::{Loose, Text};
use crate::adopt::{Address, Key, Malformed, Module};

const HINT: &str = "pass what `terraform show -json PLAN` printed, whole";

/// The major version of the form of plans that is read here.
const MAJOR: &str = "1";

/// What a plan says of secrets and of who may use them.
#[derive(Debug, Default)]
pub struct Plan {
    /// What kind of plan it is.
    pub shape: Shape,
    /// Every resource of a kind that is looked at, whether or not it changes, and those that name a role.
    pub(crate) resources: Vec<Planned>,
    /// The places of those that are resources themselves, and not what is left over of one.
    places: HashMap<(Module, String), usize>,
    /// What was changed outside Terraform since the last apply.
    drift: Vec<Planned>,
    /// Data sources that are read during the apply.
    reads: Vec<Planned>,
    /// What the data sources have read, by their addresses.
    data: BTreeMap<Address, Given>,
    /// The variables of the root, by their names, as references have them: `var.x` and `var.x.arn`.
    variables: Known,
    /// The variables that have a value.
    given: Vec<String>,
    configuration: Configuration,
    /// The actions that the apply runs.
    actions: Vec<Action>,
}

/// One resource of a plan, or a data source that is read during the apply.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) address: Address,
    pub(crate) kind: String,
    actions: Vec<String>,
    /// It is an object that is left over from a replacement, and not the resource.
    is_deposed: bool,
    before: Option<Given>,
    after: Option<Given>,
    unknown: Given,
}

/// An action that the apply runs.
#[derive(Debug)]
struct Action {
    address: String,
    kind: String,
    /// The function that it calls, if that is known.
    function: Option<String>,
}

/// Reads a plan as a stream. Of variables, only the values of these are kept.
///
/// # Errors
///
/// If that is no plan in the form of `terraform show -json`. The error says where, and holds nothing of the plan.
pub fn read(input: impl Read, variables: &BTreeSet<String>) -> Result<Plan, Malformed> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(input));
    let raw = RawPlan::deserialize(&mut json).and_then(|plan| json.end().map(|()| plan));
    let raw = raw.map_err(|error| Malformed::json(&error, "", HINT))?;
    check_version(raw.format_version.word())?;
    if raw.values.is_some() {
        return Err(Malformed::new("it is a state, and no plan", "name the plan: `terraform show -json PLAN`"));
    }
    let mut plan = Plan { shape: Shape::of(&raw), ..Plan::default() };
    for change in raw.resource_changes.unwrap_or_default().all {
        let is_data = change.mode.as_str() == "data";
        let planned = Planned::of(change, is_data)?;
        if is_data { plan.reads.push(planned) } else { plan.resources.push(planned) }
    }
    plan.places = places(&plan.resources);
    for change in raw.resource_drift.all.into_iter().filter(|change| change.mode.as_str() == "managed") {
        plan.drift.push(Planned::of(change, false)?);
    }
    plan.add_data(raw.prior_state.0.values.0.root_module.0)?;
    let needed = raw.configuration.0.needs(variables);
    for (name, Loose(variable)) in raw.variables.0 {
        plan.add_variable(&name, variable, needed.contains(&name));
    }
    plan.actions = raw.action_invocations.0.into_iter().map(|Loose(action)| Action::of(&action)).collect();
    plan.configuration = Configuration::of(raw.configuration.0, variables);
    Ok(plan)
}

/// Of several instances of one resource, the first counts: the spec's have one.
fn places(resources: &[Planned]) -> HashMap<(Module, String), usize> {
    let all = resources.iter().enumerate().filter(|(_, planned)| !planned.is_deposed).rev();
    all.map(|(at, planned)| ((planned.address.module().clone(), planned.address.in_module()), at)).collect()
}

/// Refuses a form that is not known here, by its name.
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
    // In its module, a data source's address begins with `data.`.
    let text = if is_data { without_data(text.as_str()) } else { text.as_str().to_owned() };
    text.parse().map_err(malformed)
}

/// An address of a data source as one of a resource, which has two words.
fn without_data(text: &str) -> String {
    match text.strip_prefix("data.") {
        Some(rest) => rest.to_owned(),
        None => match after_modules(text) {
            Some((module, rest)) => format!("{module}.{rest}"),
            None => text.to_owned(),
        },
    }
}

/// What stands before and behind the first `.data.` that is no part of a key.
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
    /// The prefix of the environment that is planned: what the root's variable says, or what the name of a planned secret
    /// or role begins with. `None` where the spec declares none, or where the plan does not say.
    fn prefix<'a>(&'a self, spec: &'a Spec) -> Option<&'a str> {
        let prefixes = spec.prefixes.as_ref()?;
        if let Some(prefix) = self.variables.get(&format!("var.{}", prefixes.variable)) {
            return prefix.as_str();
        }
        let names: Vec<&str> = self.resources.iter().flat_map(Planned::names).collect();
        let is_in = |prefix: &&String| {
            let deployed = deployed_name(prefix, "");
            names.iter().any(|name| name.starts_with(prefix.as_str()) || name.starts_with(&deployed))
        };
        prefixes.values.iter().find(is_in).map(String::as_str)
    }

    /// The parser bounds how deep modules can be.
    fn add_data(&mut self, raw: RawModule) -> Result<(), Malformed> {
        let malformed = |_| Malformed::new("a module has an address that Terraform does not write", HINT);
        let module: Module = raw.address.as_str().parse().map_err(malformed)?;
        for data in raw.resources.all {
            let key =
                data.index.word().map(|index| index.parse().map_or_else(|_| Key::Text(index.to_owned()), Key::Number));
            if let Some(address) = Address::new(module.clone(), data.kind.as_str(), data.name.as_str(), key) {
                self.data.insert(address, data.values.0);
            }
        }
        raw.child_modules.0.into_iter().try_for_each(|Loose(module)| self.add_data(module))
    }

    fn add_variable(&mut self, name: &str, variable: Variable, is_wanted: bool) {
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

    /// The resource of an address, and not what is left over of it.
    fn resource(&self, module: &Module, in_module: &str) -> Option<&Planned> {
        self.places.get(&(module.clone(), in_module.to_owned())).map(|at| &self.resources[*at])
    }
}

impl Action {
    fn of(raw: &document::RawAction) -> Self {
        let function = raw.config_values.0.word("function_name").map(str::to_owned);
        Self { address: raw.address.as_str().to_owned(), kind: raw.kind.as_str().to_owned(), function }
    }
}

impl Planned {
    fn of(raw: RawChange, is_data: bool) -> Result<Self, Malformed> {
        let details = raw.change.0;
        Ok(Self {
            address: address(&raw.address, is_data)?,
            kind: raw.kind.as_str().to_owned(),
            actions: details.actions.0.iter().map(|action| action.as_str().to_owned()).collect(),
            is_deposed: raw.deposed.word().is_some(),
            before: details.before.map(|Loose(given)| given),
            after: details.after.map(|Loose(given)| given),
            unknown: details.after_unknown.0,
        })
    }

    fn has_action(&self, action: &str) -> bool {
        self.actions.iter().any(|it| it == action)
    }

    /// Whether the apply makes it, or makes it another.
    pub(crate) fn changes(&self) -> bool {
        self.has_action("create") || self.has_action("update")
    }

    /// Whether it will be there and is the resource itself.
    pub(crate) fn will_be(&self) -> bool {
        self.after.is_some() && !self.is_deposed
    }

    pub(super) fn is_in(&self, path: &Module) -> bool {
        self.address.module() == path
    }

    /// What an argument will be: its value, or that it is not known yet.
    pub(crate) fn after(&self, name: &str) -> Option<Word<'_>> {
        if self.is_unknown(name) {
            return Some(Word::Unknown);
        }
        self.after.as_ref()?.word(name).map(Word::Known)
    }

    /// Whether an argument is known only after the apply, all of it.
    pub(crate) fn is_unknown(&self, name: &str) -> bool {
        self.unknown.is_unknown(name)
    }

    /// The name that it has, and the one that it will have.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.before, &self.after].into_iter().flatten().filter_map(|given| given.word("name"))
    }

    /// Whether it holds a value of a secret.
    pub(crate) fn has_value(&self) -> bool {
        [&self.after, &self.before].into_iter().flatten().any(|given| given.has_value)
    }
}

/// An argument's value after the apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Known(&'a str),
    Unknown,
}
