//! A plan of Terraform's, held against the spec: whom it would allow what, which secrets it would destroy, and whether it
//! holds a value that it should not.
//!
//! `document` reads, `findings` and its parts compare. Nothing here prints, and no value of a secret is ever kept.

mod access;
mod document;
mod findings;
mod foreign;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};

use paypulse_runtime::model::{Spec, deployed_name};
use serde::Deserialize;

pub use findings::{Finding, Kind, check, variables};

use self::document::{Given, RawChange, RawModule, RawPlan, Variable};
use crate::access::Known;
use crate::adopt::lenient::{Loose, Text};
use crate::adopt::{Address, Malformed, Module};

const HINT: &str = "pass what `terraform show -json PLAN` printed, whole";

/// What a plan says of secrets and of who may use them.
#[derive(Debug, Default)]
pub struct Plan {
    /// Every resource of a kind that is looked at, whether or not it changes.
    pub(crate) resources: Vec<Planned>,
    /// What the data sources have read, by their addresses.
    data: BTreeMap<Address, Given>,
    /// The variables of the root, by their names, as references have them: `var.x` and `var.x.arn`.
    variables: Known,
    /// The variables that have a value.
    given: Vec<String>,
    /// Whether the planning itself failed.
    pub(crate) is_errored: bool,
}

/// One resource of a plan.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) address: Address,
    pub(crate) kind: String,
    actions: Vec<String>,
    before: Option<Given>,
    after: Option<Given>,
    unknown: Given,
}

/// Reads a plan as a stream. Of the root's variables, only these are kept.
///
/// # Errors
///
/// If that is no plan in the form of `terraform show -json`. The error says where, and holds nothing of the plan.
pub fn read(input: impl Read, variables: &BTreeSet<String>) -> Result<Plan, Malformed> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(input));
    let raw = RawPlan::deserialize(&mut json).and_then(|plan| json.end().map(|()| plan));
    let raw = raw.map_err(|error| Malformed::json(&error, "", HINT))?;
    if raw.format_version.word().is_none() {
        return Err(Malformed::new("it is no plan of Terraform's: it has no `format_version`", HINT));
    }
    if raw.values.is_some() {
        return Err(Malformed::new("it is a state, and no plan", "name the plan: `terraform show -json PLAN`"));
    }
    let mut plan = Plan { is_errored: raw.errored.as_str() == "true", ..Plan::default() };
    for change in raw.resource_changes.0 {
        plan.resources.push(Planned::of(change)?);
    }
    plan.add_data(raw.prior_state.0.values.0.root_module.0)?;
    for (name, Loose(variable)) in raw.variables.0 {
        plan.add_variable(&name, variable, variables.contains(&name));
    }
    Ok(plan)
}

fn address(text: &Text) -> Result<Address, Malformed> {
    let malformed = |_| Malformed::new("a resource has an address that Terraform does not write", HINT);
    text.as_str().parse().map_err(malformed)
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
        for data in raw.resources.0 {
            // One with an index is none of the spec's, and overwrites none: its name is another.
            if let Some(address) = Address::new(module.clone(), data.kind.as_str(), data.name.as_str(), None) {
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
        if let Some(word) = value.word.word() {
            self.variables.insert(format!("var.{name}"), word.into());
        }
        for (field, word) in &value.fields {
            if let Some(word) = word.word() {
                self.variables.insert(format!("var.{name}.{field}"), word.into());
            }
        }
    }
}

impl Planned {
    fn of(raw: RawChange) -> Result<Self, Malformed> {
        let details = raw.change.0;
        Ok(Self {
            address: address(&raw.address)?,
            kind: raw.kind.as_str().to_owned(),
            actions: details.actions.0.iter().map(|action| action.as_str().to_owned()).collect(),
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

    /// What an argument will be: its value, or that it is not known yet.
    pub(crate) fn after(&self, name: &str) -> Option<Word<'_>> {
        if self.unknown.words.get(name).is_some_and(|word| word.as_str() == "true") {
            return Some(Word::Unknown);
        }
        self.after.as_ref()?.words.get(name)?.word().map(Word::Known)
    }

    /// The name that it has, and the one that it will have.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.before, &self.after].into_iter().flatten().filter_map(|given| given.words.get("name")?.word())
    }

    /// Whether a value of a secret stands in it.
    pub(crate) fn has_value(&self) -> bool {
        [&self.after, &self.before].into_iter().flatten().any(|given| given.has_value)
    }
}

/// An argument's value after the apply.
pub(crate) enum Word<'a> {
    Known(&'a str),
    Unknown,
}
