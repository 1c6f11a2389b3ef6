//! The names that new secrets can get: a name that is known only after the apply, or one that the provider makes.

use driftless_model::{NamePattern, SecretSpec};

use super::Planned;
use super::configuration::End;
use super::findings::Check;
use super::given::Given;
use super::policies::without_attribute;
use crate::adopt::{Address, ModulePath as Path};
use crate::iam::meaning::Pattern;

/// The beginning of the name that the provider makes if neither `name` nor `name_prefix` is configured.
///
/// Source: [`create.Name`](https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/create/naming.go).
const MADE: &str = "terraform-";

/// What a plan shows of the name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewName<'a> {
    As(&'a str),
    /// The provider adds 26 characters to this prefix.
    Beginning(&'a str),
    Unknown,
}

impl Check<'_> {
    /// What the plan shows of the name of the secret at an address.
    pub(super) fn name_of<'g>(&self, address: &Address, given: Option<&'g Given>) -> NewName<'g> {
        if let Some(name) = given.and_then(|given| given.word("name")) {
            return NewName::As(name);
        }
        if let Some(prefix) = given.and_then(|given| given.word("name_prefix")) {
            return NewName::Beginning(prefix);
        }
        let configured = self.plan.configuration.arguments(address.module(), &address.in_module());
        let is_made = configured.is_some_and(|it| !it.contains_key("name") && !it.contains_key("name_prefix"));
        if is_made { NewName::Beginning(MADE) } else { NewName::Unknown }
    }

    /// The secret of the spec that a secret with such a name can be, of those for which `is_there` is true.
    pub(super) fn named_so(&self, name: NewName<'_>, is_there: impl Fn(&SecretSpec) -> bool) -> Option<&SecretSpec> {
        let mut all = self.spec.secrets.iter().filter(|secret| is_there(secret));
        match name {
            NewName::As(name) => self.named(name).filter(|secret| is_there(secret)),
            NewName::Beginning(prefix) => {
                let stored = Pattern::new(&format!("{prefix}{}-??????", "?".repeat(26)));
                all.find(|secret| Pattern::new(NamePattern::of(&secret.name).as_str()).meets(&stored))
            }
            NewName::Unknown => all.next(),
        }
    }

    /// The names of the secrets of this plan that the `secret_id` of a resource or data source refers to; of several
    /// instances, all. `None` if it refers to anything else, or to a secret whose unknown name can be one of the spec.
    pub(super) fn new_secrets(&self, module: &Path, address: &str) -> Option<Vec<&str>> {
        let secrets = self.referred(module, address, "secret_id", "aws_secretsmanager_secret");
        let names = secrets.iter().map(|planned| match self.name_of(&planned.address, planned.after.as_ref()) {
            NewName::As(name) => Some(Some(name)),
            other => self.named_so(other, |it| self.may_be_there(*planned, it)).is_none().then_some(None),
        });
        let names: Vec<Option<&str>> = names.collect::<Option<_>>()?;
        (!names.is_empty()).then(|| names.into_iter().flatten().collect())
    }

    /// The names of the functions of this plan that the `function_name` of a data source refers to. `None` if it refers to
    /// anything else.
    pub(super) fn new_functions(&self, module: &Path, address: &str) -> Option<Vec<&str>> {
        let functions = self.referred(module, address, "function_name", "aws_lambda_function");
        let names: Option<Vec<&str>> =
            functions.into_iter().map(|planned| planned.after.as_ref()?.word("function_name")).collect();
        names.filter(|names| !names.is_empty())
    }

    /// The resources of a type that an argument refers to: all instances, unless the reference names one.
    fn referred(&self, module: &Path, address: &str, argument: &str, kind: &str) -> Vec<&Planned> {
        let Some(source) = self.plan.configuration.one(module, address, argument) else { return Vec::new() };
        let End::Reference(reference) = &source.end else { return Vec::new() };
        let in_module = without_attribute(reference);
        let is_it = |planned: &&Planned| {
            planned.kind == kind
                && planned.will_be()
                && planned.address.in_module() == in_module
                && source.is_called_from(module, planned.address.module())
                && source.is_instance(&planned.address)
        };
        self.plan.resources.iter().filter(is_it).collect()
    }
}
