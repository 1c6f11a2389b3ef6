//! The configuration section of a plan: the references of each argument and the inputs of modules. Terraform shows only
//! constants and references there, and neither local values nor the structure of expressions.
//!
//! Source: [the configuration representation][configuration].
//!
//! [configuration]: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation

mod expression;
mod follow;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use self::expression::{Constant, Expression};
pub(super) use self::expression::{is_key, whole};
use crate::tf::lenient::{Few, Loose, Text};
use crate::tf::{Key, ModulePath as Path};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawConfiguration {
    root_module: Loose<RawModuleConfiguration>,
    provider_config: Loose<BTreeMap<String, Loose<RawProvider>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawProvider {
    expressions: Loose<RawProviderArguments>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawProviderArguments {
    region: Expression,
}

impl RawConfiguration {
    /// The requested variables of the root module, those that pass a requested one to a child module, and those that name
    /// the Region of a provider.
    pub(super) fn needs(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        let regions = self.provider_config.0.values().flat_map(|Loose(it)| &it.expressions.0.region.references);
        let regions = regions.filter_map(|it| it.strip_prefix("var.")).map(str::to_owned);
        self.root_module.0.needs(wanted).into_iter().chain(regions).collect()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawModuleConfiguration {
    resources: Few<Loose<RawResourceConfiguration>>,
    module_calls: Loose<BTreeMap<String, Loose<RawCall>>>,
    outputs: Loose<BTreeMap<String, Loose<RawOutput>>>,
    variables: Loose<BTreeMap<String, Loose<RawVariable>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawResourceConfiguration {
    address: Text,
    mode: Text,
    provider_config_key: Text,
    expressions: Loose<BTreeMap<String, Expression>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCall {
    expressions: Loose<BTreeMap<String, Expression>>,
    for_each_expression: Expression,
    module: Loose<RawModuleConfiguration>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawOutput {
    expression: Expression,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawVariable {
    default: Option<Constant>,
}

/// The end of a chain of references.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Constant(Value),
    /// A constant that was not requested and is not kept, because it can be a secret value.
    Withheld,
    /// A reference, relative to its module.
    Reference(String),
    /// The element of a reference that belongs to the key of the module's instance, as in `var.roles[each.key]`.
    Keyed(String),
    /// It is not visible, for this reason.
    Hidden(String),
}

/// The origin of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) end: End,
    /// The module that the end is relative to, by the names of its calls.
    pub(super) module: Vec<String>,
    /// The instances that the references name, as in `module.roles["a"].arn`: the keys, by the number of calls above.
    pub(super) keys: BTreeMap<usize, Key>,
    /// The number of calls above the call whose key selects an element of the value.
    pub(super) element: Option<usize>,
}

impl Source {
    pub(super) fn new(end: End, module: Vec<String>) -> Self {
        Self { end, module, keys: BTreeMap::new(), element: None }
    }
}

/// The references of a whole configuration. Constants are only kept for the requested variables.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// By the names of the module calls.
    modules: BTreeMap<Vec<String>, ShownConfiguration>,
    /// The Regions of provider configurations, where they are constants.
    regions: BTreeMap<String, String>,
    /// The variables that name the Regions of provider configurations of the root.
    region_variables: BTreeMap<String, String>,
}

impl RawModuleConfiguration {
    /// The requested variables, and those that pass a requested one to a child module.
    fn needs(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = wanted.clone();
        for Loose(call) in self.module_calls.0.values() {
            let below = call.module.0.needs(wanted);
            let given = call.expressions.0.iter().filter(|(name, _)| below.contains(*name)).map(|(_, it)| it);
            let is_used = given.clone().any(|it| it.references.iter().any(|it| it.starts_with("each.value")));
            let given = given.chain(is_used.then_some(&call.for_each_expression));
            let variables = given.flat_map(|it| it.references.iter().filter_map(|it| it.strip_prefix("var.")));
            all.extend(variables.map(|name| name.split(['.', '[']).next().unwrap_or(name).to_owned()));
        }
        all
    }
}

/// The visible part of one module.
#[derive(Debug, Default)]
struct ShownConfiguration {
    /// The references, by address and argument.
    resources: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// The provider configurations of resources and data sources, by address.
    providers: BTreeMap<String, String>,
    /// The ephemeral resources, by address, each with the constant that names what it reads or calls.
    ephemeral: BTreeMap<String, Option<String>>,
    /// The inputs of the module.
    given: BTreeMap<String, End>,
    outputs: BTreeMap<String, End>,
    /// The `for_each` of module calls.
    for_each: BTreeMap<String, End>,
    /// The references of outputs that have several.
    parts: BTreeMap<String, BTreeSet<String>>,
}

impl ShownConfiguration {
    /// Adds an ephemeral resource, or those that a resource refers to: Terraform shows only these.
    fn add_ephemeral(&mut self, resource: &RawResourceConfiguration) {
        if resource.mode.as_str() == "ephemeral" {
            let named = ["secret_id", "function_name", "arn"].iter().find_map(|name| resource.expressions.0.get(*name));
            let constant = named.and_then(|it| it.constant.as_ref()).and_then(Value::as_str).map(str::to_owned);
            self.ephemeral.insert(resource.address.as_str().to_owned(), constant);
        }
        for reference in resource.expressions.0.values().flat_map(|it| &it.references) {
            let mut words = reference.split(['.', '[']);
            if let (Some("ephemeral"), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) {
                self.ephemeral.entry(format!("ephemeral.{kind}.{name}")).or_default();
            }
        }
    }
}

impl Configuration {
    /// The ephemeral resources: the names of the module calls, the address in the module, and the constant that names
    /// what it reads or calls, if it is one.
    pub(super) fn ephemeral(&self) -> impl Iterator<Item = (&[String], &str, Option<&str>)> {
        self.modules.iter().flat_map(|(module, shown)| {
            let all = shown.ephemeral.iter();
            all.map(|(address, named)| (module.as_slice(), address.as_str(), named.as_deref()))
        })
    }

    /// Keeps constants only for the variables with these names, and for those that pass one of them on.
    pub(super) fn of(raw: RawConfiguration, variables: &BTreeSet<String>) -> Self {
        let mut all = Self::default();
        for (key, Loose(provider)) in raw.provider_config.0 {
            let region = provider.expressions.0.region;
            if let Some(Value::String(region)) = region.constant {
                all.regions.insert(key, region);
            } else if let (false, [one]) = (key.contains(':'), whole(&region.references).as_slice()) {
                all.region_variables.insert(key, (*one).to_owned());
            }
        }
        all.add(&[], raw.root_module.0, BTreeMap::new(), variables);
        all
    }

    fn add(
        &mut self,
        path: &[String],
        raw: RawModuleConfiguration,
        mut given: BTreeMap<String, Expression>,
        variables_wanted: &BTreeSet<String>,
    ) {
        let wanted = raw.needs(variables_wanted);
        let RawModuleConfiguration { resources, mut module_calls, outputs, variables } = raw;
        let mut shown = ShownConfiguration::default();
        for Loose(resource) in resources.0 {
            if let Some(key) = resource.provider_config_key.word() {
                shown.providers.insert(resource.address.as_str().to_owned(), key.to_owned());
            }
            shown.add_ephemeral(&resource);
            let arguments = resource.expressions.0.into_iter().map(|(name, value)| (name, value.references));
            shown.resources.insert(resource.address.as_str().to_owned(), arguments.collect());
        }
        for (name, Loose(variable)) in variables.0 {
            if let (Some(Constant(value)), false) = (variable.default, given.contains_key(&name) || path.is_empty()) {
                given.insert(name, Expression { constant: Some(value), ..Expression::default() });
            }
        }
        let end = |name: &String, it: Expression| match it.input() {
            End::Constant(value) if !value.is_null() && !wanted.contains(name) => End::Withheld,
            end => end,
        };
        shown.given = given.into_iter().map(|(name, it)| (name.clone(), end(&name, it))).collect();
        for (name, Loose(output)) in outputs.0 {
            if output.expression.references.len() > 1 {
                shown.parts.insert(name.clone(), output.expression.references.clone());
            }
            // The constant of an output can be anything, and refers to no resource.
            let end = Expression { constant: None, ..output.expression }.end();
            shown.outputs.insert(name, end);
        }
        for (name, Loose(call)) in &mut module_calls.0 {
            let below = call.module.0.needs(variables_wanted);
            let mut given = call.expressions.0.iter().filter(|(name, _)| below.contains(*name));
            // A constant of a call that no requested variable needs can be a secret value.
            if given.any(|(_, it)| it.references.iter().any(|it| it.starts_with("each.value"))) {
                shown.for_each.insert(name.clone(), std::mem::take(&mut call.for_each_expression).end());
            }
        }
        self.modules.insert(path.to_vec(), shown);
        for (name, Loose(call)) in module_calls.0 {
            let RawCall { expressions, module, .. } = call;
            let path: Vec<String> = path.iter().cloned().chain([name]).collect();
            self.add(&path, module.0, expressions.0, variables_wanted);
        }
    }

    /// The references of an argument of a resource. `None` if the configuration does not show the resource or the
    /// argument.
    pub(super) fn references(&self, module: &Path, address: &str, argument: &str) -> Option<&BTreeSet<String>> {
        self.arguments(module, address)?.get(argument)
    }

    /// The configured arguments of a resource, with their references. `None` if the configuration does not show it.
    pub(super) fn arguments(&self, module: &Path, address: &str) -> Option<&BTreeMap<String, BTreeSet<String>>> {
        self.modules.get(&module.names())?.resources.get(address)
    }

    /// The provider configuration of a resource; of a data source, if the address begins with `data.`.
    pub(super) fn provider(&self, module: &Path, address: &str) -> Option<&str> {
        self.modules.get(&module.names())?.providers.get(address).map(String::as_str)
    }

    /// The Region of a provider configuration, if it is a constant.
    pub(super) fn region(&self, provider: &str) -> Option<&str> {
        self.regions.get(provider).map(String::as_str)
    }

    /// The reference that names the Region of a provider configuration of the root.
    pub(super) fn region_variable(&self, provider: &str) -> Option<&str> {
        self.region_variables.get(provider).map(String::as_str)
    }
}

impl Path {
    /// The names of its module calls, without instance keys.
    pub(super) fn names(&self) -> Vec<String> {
        self.calls().map(|(name, _)| name.to_owned()).collect()
    }
}
