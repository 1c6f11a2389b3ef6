//! The configuration section of a plan: the references of each argument and the inputs of modules. Terraform shows only
//! constants and references there, and neither local values nor the structure of expressions.
//!
//! Source: [the configuration representation][configuration].
//!
//! [configuration]: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::given::Small;
use crate::tf::lenient::{Few, Loose, Text};
use crate::tf::{Key, Module as Path};

/// Maximum number of variables and outputs through which a value is followed.
const DEEPEST: usize = 32;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawConfiguration {
    root_module: Loose<RawModule>,
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
    /// The requested variables of the root module, and those that pass a requested one to a child module.
    pub(super) fn needs(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        self.root_module.0.needs(wanted)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawModule {
    resources: Few<Loose<RawResource>>,
    module_calls: Loose<BTreeMap<String, Loose<RawCall>>>,
    outputs: Loose<BTreeMap<String, Loose<RawOutput>>>,
    variables: Loose<BTreeMap<String, Loose<RawVariable>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawResource {
    address: Text,
    mode: Text,
    provider_config_key: Text,
    expressions: Loose<BTreeMap<String, Expression>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCall {
    expressions: Loose<BTreeMap<String, Expression>>,
    module: Loose<RawModule>,
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

struct Constant(Value);

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::DeserializeSeed;
        let mut value = Small::default();
        value.deserialize(deserializer)?;
        Ok(Self(value.value))
    }
}

/// An expression, as far as Terraform shows it: its constant or its references.
#[derive(Default)]
struct Expression {
    constant: Option<Value>,
    references: BTreeSet<String>,
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Expression;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression")
            }

            fn visit_unit<E>(self) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            /// The union of the references in all blocks of one name.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Expression, A::Error> {
                let mut all = Expression::default();
                while let Some(block) = list.next_element::<Expression>()? {
                    all.references.extend(block.references);
                }
                Ok(all)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expression, A::Error> {
                let mut all = Expression::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "constant_value" => all.constant = Some(map.next_value::<Constant>()?.0),
                        "references" => {
                            let references = map.next_value::<Few<Text>>()?.0;
                            all.references.extend(references.iter().map(|text| text.as_str().to_owned()));
                        }
                        _ => all.references.extend(map.next_value::<Expression>()?.references),
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

impl Expression {
    fn hidden() -> End {
        End::Hidden("an expression that the plan does not show".to_owned())
    }

    /// The constant or the single reference of the expression; otherwise it is hidden.
    fn end(self) -> End {
        if let Some(constant) = self.constant {
            return End::Constant(constant);
        }
        // Which instance it is does not matter: all of a resource are looked at.
        let is_key = |reference: &&str| matches!(*reference, "each.key" | "count.index");
        let mut all = whole(&self.references);
        if all.len() > 1 {
            all.retain(|reference| !is_key(reference));
        }
        let mut whole = all.into_iter();
        match (whole.next(), whole.next()) {
            (Some(one), None) => End::Reference(one.to_owned()),
            _ => Self::hidden(),
        }
    }
}

/// The references without those that are prefixes of another: Terraform lists `x.y.arn` and also `x.y`.
pub(super) fn whole(references: &BTreeSet<String>) -> Vec<&str> {
    let is_begun =
        |beginning: String| references.range(beginning.clone()..).next().is_some_and(|it| it.starts_with(&beginning));
    let is_whole = |one: &&String| !['.', '['].into_iter().any(|next| is_begun(format!("{one}{next}")));
    references.iter().filter(is_whole).map(String::as_str).collect()
}

/// The end of a chain of references.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Constant(Value),
    /// A constant that was not requested and is not kept, because it can be a secret value.
    Withheld,
    /// A reference, relative to its module.
    Reference(String),
    /// It is not visible, for this reason.
    Hidden(String),
}

/// The origin of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) end: End,
    /// The module that the end is relative to, by the names of its calls.
    pub(super) module: Vec<String>,
}

/// The references of a whole configuration. Constants are only kept for the requested variables.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// By the names of the module calls.
    modules: BTreeMap<Vec<String>, Shown>,
    /// The Regions of provider configurations, where they are constants.
    regions: BTreeMap<String, String>,
}

impl RawModule {
    /// The requested variables, and those that pass a requested one to a child module.
    fn needs(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = wanted.clone();
        for Loose(call) in self.module_calls.0.values() {
            let below = call.module.0.needs(wanted);
            let given = call.expressions.0.iter().filter(|(name, _)| below.contains(*name));
            let variables = given.flat_map(|(_, it)| it.references.iter().filter_map(|it| it.strip_prefix("var.")));
            all.extend(variables.map(|name| name.split(['.', '[']).next().unwrap_or(name).to_owned()));
        }
        all
    }
}

/// The visible part of one module.
#[derive(Debug, Default)]
struct Shown {
    /// The references, by address and argument.
    resources: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// The provider configurations of resources and data sources, by address.
    providers: BTreeMap<String, String>,
    /// The ephemeral resources, by address, each with the constant that names what it reads or calls.
    ephemeral: BTreeMap<String, Option<String>>,
    /// The inputs of the module.
    given: BTreeMap<String, End>,
    outputs: BTreeMap<String, End>,
    /// The references of outputs that have several.
    parts: BTreeMap<String, BTreeSet<String>>,
}

impl Shown {
    /// Adds an ephemeral resource, or those that a resource refers to: Terraform shows only these.
    fn add_ephemeral(&mut self, resource: &RawResource) {
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
            if let Some(Value::String(region)) = provider.expressions.0.region.constant {
                all.regions.insert(key, region);
            }
        }
        all.add(&[], raw.root_module.0, BTreeMap::new(), variables);
        all
    }

    fn add(
        &mut self,
        path: &[String],
        raw: RawModule,
        mut given: BTreeMap<String, Expression>,
        variables_wanted: &BTreeSet<String>,
    ) {
        let wanted = raw.needs(variables_wanted);
        let RawModule { resources, module_calls, outputs, variables } = raw;
        let mut shown = Shown::default();
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
        let end = |name: &String, it: Expression| match it.end() {
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
        self.modules.insert(path.to_vec(), shown);
        for (name, Loose(call)) in module_calls.0 {
            let RawCall { expressions, module } = call;
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

    /// The origin of an argument's value, if the argument is a single reference.
    pub(super) fn one(&self, module: &Path, address: &str, argument: &str) -> Option<Source> {
        let references = self.references(module, address, argument)?;
        let end = Expression { constant: None, references: references.clone() }.end();
        Some(self.follow(Source { end, module: module.names() }))
    }

    /// The origin of the value of a module's variable.
    pub(super) fn variable(&self, module: &Path, name: &str) -> Source {
        self.follow(Source { end: End::Reference(format!("var.{name}")), module: module.names() })
    }

    /// The origin of the value of a reference in a module.
    pub(super) fn follow_reference(&self, module: &Path, reference: &str) -> Source {
        self.follow(Source { end: End::Reference(reference.to_owned()), module: module.names() })
    }

    /// The module and the references of the output that a reference ends in, if the output has several references.
    pub(super) fn outputs_of(&self, module: &Path, reference: &str) -> Option<(Vec<String>, &BTreeSet<String>)> {
        let mut source = Source { end: End::Reference(reference.to_owned()), module: module.names() };
        for _ in 0..DEEPEST {
            let End::Reference(reference) = &source.end else { return None };
            if let Some((module, output)) = called(&source.module, reference)
                && let Some(parts) = self.modules.get(&module).and_then(|shown| shown.parts.get(output))
            {
                return Some((module, parts));
            }
            source = self.step(&source.module, reference)?;
        }
        None
    }

    /// Follows variables and outputs to the origin.
    fn follow(&self, mut source: Source) -> Source {
        for _ in 0..DEEPEST {
            let End::Reference(reference) = &source.end else { return source };
            let Some(next) = self.step(&source.module, reference) else { return source };
            source = next;
        }
        Source { end: Expression::hidden(), ..source }
    }

    fn step(&self, module: &[String], reference: &str) -> Option<Source> {
        if let Some(variable) = reference.strip_prefix("var.") {
            let (name, rest) = variable.split_once('.').map_or((variable, None), |(name, rest)| (name, Some(rest)));
            // A variable of the root module is set by the user.
            let (_, above) = module.split_last()?;
            let end = match self.modules.get(module)?.given.get(name).cloned() {
                Some(End::Reference(reference)) => {
                    End::Reference(rest.map_or(reference.clone(), |rest| format!("{reference}.{rest}")))
                }
                Some(End::Constant(value)) => match rest {
                    None => End::Constant(value),
                    Some(rest) => value.get(rest).map_or_else(Expression::hidden, |value| End::Constant(value.clone())),
                },
                Some(end @ (End::Hidden(_) | End::Withheld)) => end,
                None => Expression::hidden(),
            };
            return Some(Source { end, module: above.to_vec() });
        }
        let (module, output) = called(module, reference)?;
        let end = self.modules.get(&module)?.outputs.get(output).cloned().unwrap_or_else(Expression::hidden);
        Some(Source { end, module })
    }
}

/// The module and the output of `module.NAME.OUTPUT`, with or without instance keys.
fn called<'r>(module: &[String], reference: &'r str) -> Option<(Vec<String>, &'r str)> {
    let call = reference.strip_prefix("module.")?;
    let (name, rest) = call.split_at(call.find(['.', '[']).unwrap_or(call.len()));
    let output = if rest.starts_with('[') { rest.split_once("].")?.1 } else { rest.strip_prefix('.')? };
    let output = output.split('[').next().unwrap_or(output);
    Some((module.iter().cloned().chain([name.to_owned()]).collect(), output))
}

impl Path {
    /// The names of its module calls, without instance keys.
    pub(super) fn names(&self) -> Vec<String> {
        self.calls().map(|(name, _)| name.to_owned()).collect()
    }

    /// The instance key of the last module call.
    pub(super) fn key(&self) -> Option<&Key> {
        self.calls().last()?.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_reference_is_left_out_wherever_it_is_sorted() {
        let all = ["a.b", "a.b-c", "a.b-c.arn", "a.b.arn", "a.bc", "d.e", "d.e-f", "d.e[0]", "var.x"];
        let all = all.map(str::to_owned).into();
        assert_eq!(whole(&all), ["a.b-c.arn", "a.b.arn", "a.bc", "d.e-f", "d.e[0]", "var.x"]);
    }
}
