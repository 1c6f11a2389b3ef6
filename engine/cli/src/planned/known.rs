//! Resolves the references of a rendered file from a plan: values of data sources, of existing resources and of module
//! inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::configuration::{End, Source, whole};
use super::findings::{Check, Finding, Kind};
use super::{Plan, Planned, Word};
use crate::access::{Known, REGION};
use crate::audit::Site;
use crate::hcl;
use crate::tf::{Address, ModulePath as Path};

/// What a reference resolves to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stands {
    /// A known value.
    For(Value),
    /// A resource or value that this plan creates.
    ForNew,
    /// The plan does not show it, for this reason.
    Hidden(String),
}

impl Plan {
    /// The known values of the references in a module that is called at `path`.
    pub(super) fn known(&self, path: &Path, variables: &BTreeSet<String>) -> Known {
        let mut known = if *path == Path::default() { self.variables.clone() } else { Known::new() };
        if *path != Path::default() {
            for name in variables {
                if let Stands::For(value) = self.variable(path, name) {
                    insert(&mut known, &format!("var.{name}"), value);
                }
            }
        }
        for (address, given) in self.data.iter().filter(|(address, _)| address.module() == path) {
            for (name, text) in given.texts() {
                known.insert(format!("data.{}.{name}", address.in_module()), text.into());
            }
        }
        complete(&mut known);
        for planned in self.resources.iter().filter(|planned| planned.is_in(path) && planned.will_be()) {
            for name in ["arn", "id"] {
                if let Some(Word::Known(word)) = planned.after(name) {
                    known.insert(format!("{}.{name}", planned.address.in_module()), Value::from(word));
                }
            }
        }
        known
    }

    /// The value of a module's variable.
    pub(super) fn variable(&self, path: &Path, name: &str) -> Stands {
        let source = self.configuration.variable(path, name);
        self.stands(path, &source)
    }

    /// The value of the end of an expression that begins in the module `path`.
    pub(super) fn stands(&self, path: &Path, source: &Source) -> Stands {
        if let Some(at) = source.element {
            let hidden = || Stands::Hidden("an element of a value that the plan does not show".to_owned());
            return self.element(path, source, at).map_or_else(hidden, Stands::For);
        }
        let reference = match &source.end {
            End::Constant(value) => return Stands::For(value.clone()),
            End::Withheld => return Stands::Hidden("a constant that is not kept".to_owned()),
            End::Hidden(why) => return Stands::Hidden(why.clone()),
            End::Reference(reference) | End::Keyed(reference) => reference,
        };
        let hidden = || Stands::Hidden(format!("`{reference}`, whose value the plan does not show"));
        // The number of module calls that `path` and the end of the chain have in common.
        let depth = path.calls().zip(&source.module).take_while(|((name, _), other)| name == other).count();
        if let Some(value) = self.of_instance(path, source) {
            return value;
        }
        if let Some(variable) = reference.strip_prefix("var.").filter(|_| source.module.is_empty()) {
            let known = self.variables.get(&format!("var.{variable}"));
            return known.map_or_else(hidden, |value| Stands::For(value.clone()));
        }
        // The reference can mean several instances.
        if depth < source.module.len() && self.is_called_twice(source) {
            return hidden();
        }
        self.attribute(path, source, reference).unwrap_or_else(hidden)
    }

    /// The value of an attribute of a resource or data source.
    fn attribute(&self, path: &Path, source: &Source, reference: &str) -> Option<Stands> {
        let is_there = |other: &Path| source.is_called_from(path, other);
        let (address, attribute) = reference.rsplit_once('.')?;
        if let Some(data) = address.strip_prefix("data.") {
            let is_it = |it: &Address| is_there(it.module()) && it.in_module() == data;
            let read =
                self.data.iter().find(|(address, _)| is_it(address)).and_then(|(_, given)| given.word(attribute));
            let waits = || self.reads.iter().any(|planned| is_it(&planned.address)).then_some(Stands::ForNew);
            return read.map(|word| Stands::For(word.into())).or_else(waits);
        }
        let is_it = |it: &&Planned| is_there(it.address.module()) && it.address.in_module() == address;
        let mut all = self.resources.iter().filter(is_it).filter(|planned| planned.will_be());
        let (first, second) = (all.next()?, all.next());
        match (first.after(attribute)?, second) {
            (Word::Unknown, _) => Some(Stands::ForNew),
            (Word::Known(word), None) => Some(Stands::For(word.into())),
            (Word::Known(_), Some(_)) => None,
        }
    }

    /// Whether a module has several instances in the plan.
    fn is_called_twice(&self, source: &Source) -> bool {
        let all = self.resources.iter().map(|planned| planned.address.module());
        let instances: BTreeSet<&Path> = all.filter(|path| source.is_in(path)).collect();
        instances.len() > 1
    }
}

/// Inserts a value. If it is an object, inserts its fields instead.
fn insert(known: &mut Known, reference: &str, value: Value) {
    if let Value::Object(fields) = &value {
        for (name, field) in fields {
            known.insert(format!("{reference}.{name}"), field.clone());
        }
    } else {
        known.insert(reference.to_owned(), value);
    }
}

/// Derives values from the Region that a data source returned. Provider versions name the Region by different
/// attributes, and rendered files exist with each of them.
fn complete(known: &mut Known) {
    let text = |known: &Known, reference: &str| known.get(reference).and_then(Value::as_str).map(str::to_owned);
    let region = |name: &str| text(known, &format!("data.aws_region.current.{name}"));
    let Some(region) = region("region").or_else(|| region("name")).or_else(|| region("id")) else { return };
    let suffix = Site { region: region.clone(), account: String::new() }.suffix();
    known.entry("data.aws_partition.current.dns_suffix".to_owned()).or_insert_with(|| suffix.into());
    known.insert(REGION.to_owned(), region.as_str().into());
    known.entry("data.aws_region.current.region".to_owned()).or_insert_with(|| region.into());
}

impl Check<'_> {
    /// The known values of the module's references. If the configuration does not show a variable, its value is taken
    /// from planned resources whose rendered argument is exactly this variable; a reviewer must confirm it.
    pub(super) fn learn(&self, variables: &BTreeSet<String>, found: &mut Vec<Finding>) -> Known {
        let mut known = self.plan.known(self.path, variables);
        known.extend(self.prefix.iter().map(|(variable, prefix)| (variable.clone(), prefix.as_str().into())));
        for (reference, words) in self.given() {
            let mut words = words.into_iter();
            let (Some(word), None) = (words.next(), words.next()) else { continue };
            let why = match known.get(&reference) {
                Some(Value::Null) => continue,
                // A constant is shown with its value. For any other expression, only the references are shown.
                Some(value) if value.as_str() == Some(&word) || self.is_certain(&reference) => continue,
                None if self.plan.is_key_of_set(self.path, variable_of(&reference), &word) => {
                    known.insert(reference, word.into());
                    continue;
                }
                Some(_) => "an expression that the plan does not show".to_owned(),
                None => match self.plan.variable(self.path, variable_of(&reference)) {
                    Stands::Hidden(why) if self.path != &Path::default() => why,
                    _ => "a source that the plan does not show".to_owned(),
                },
            };
            let place =
                if *self.path == Path::default() { reference.clone() } else { format!("{}.{reference}", self.path) };
            let what = format!("it is {} by {why}: whether that is right cannot be decided here", hcl::quote(&word));
            found.push(Finding::new(Kind::Undecided, &place, what));
            known.insert(reference, word.into());
        }
        known
    }

    /// The planned values of arguments that are exactly a variable in the rendered file, by variable.
    fn given(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for planned in self.ours().filter(|planned| planned.will_be()) {
            let address = planned.address.in_module();
            for (argument, reference) in self.module.variables_of(&address) {
                if let Some(Word::Known(word)) = planned.after(&argument) {
                    all.entry(reference).or_default().insert(word.to_owned());
                }
            }
        }
        all
    }

    /// Whether the value of a variable is exactly what is known.
    fn is_certain(&self, reference: &str) -> bool {
        let name = variable_of(reference);
        *self.path == Path::default()
            || matches!(
                self.plan.configuration.variable(self.path, name),
                Source { end: End::Constant(_), element: None, .. }
            )
    }

    /// The resources of the plan that are in the rendered files.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Planned> {
        self.plan.resources.iter().filter(|planned| self.is_ours(planned))
    }

    pub(super) fn is_ours(&self, planned: &Planned) -> bool {
        planned.is_in(self.path) && self.module.has(&planned.address.in_module())
    }

    /// Whether an argument has the same references as in the rendered file. `None` if the plan does not show them.
    pub(super) fn refers_as_rendered(&self, address: &str, argument: &str) -> Option<bool> {
        let planned = self.plan.configuration.references(self.path, address, argument)?;
        Some(whole(planned) == whole(&self.module.references(address, argument)))
    }

    /// Whether an argument in the rendered file refers to a value that this plan creates.
    pub(super) fn waits_for_new(&self, address: &str, argument: &str) -> bool {
        self.module.references(address, argument).iter().any(|reference| self.is_new(reference))
    }

    fn is_new(&self, reference: &str) -> bool {
        let reads = || self.plan.reads.iter().any(|planned| planned.is_in(self.path));
        if let Some(variable) = reference.strip_prefix("var.") {
            return self.plan.variable(self.path, variable) == Stands::ForNew;
        }
        if reference.starts_with("local.") {
            return reads();
        }
        if reference.starts_with("data.") {
            return reads();
        }
        let address: Vec<&str> = reference.splitn(3, '.').take(2).collect();
        self.plan.resource(self.path, &address.join(".")).is_some_and(|planned| {
            planned.has_action("create") || planned.is_unknown("arn") || planned.is_unknown("id")
        })
    }
}

/// The name of the variable at the beginning of a reference.
fn variable_of(reference: &str) -> &str {
    let name = reference.strip_prefix("var.").unwrap_or(reference);
    name.split('.').next().unwrap_or(name)
}
