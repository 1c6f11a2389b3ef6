//! `variables.tf` and `terraform.tfvars.example`: the input variables.

use std::collections::{BTreeMap, HashSet};

use driftless_model::{Delivery, HandlerSpec, KmsKey, ManagedPolicies, Role, SecretSpec};
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::Views;
use super::names::{PrefixVariable, prefix_variable};
use crate::labels::{function_variable, version_variable};
use crate::program;
use crate::shape::ShapeCheck;

#[derive(Serialize)]
pub(super) struct VariablesView<'a> {
    header: &'a str,
    prefix: Option<PrefixVariable<'a>>,
    /// Every element is a [`ValueVariable`], converted at once so that only one copy of them all is held.
    values: Vec<Value>,
    /// Names of existing roles, and ARNs of existing keys.
    named: Vec<NamedVariable<'a>>,
    /// Managed policies that roles have in addition to their grants.
    policies: Vec<PoliciesVariable<'a>>,
    /// ARNs of clusters.
    clusters: Vec<NamedVariable<'a>>,
    functions: Vec<FunctionVariable<'a>>,
    has_created_roles: bool,
}

#[derive(Serialize)]
struct ValueVariable<'a> {
    variable: &'a str,
    description: String,
    /// The type, and an example value to fill in.
    of: String,
    example: String,
    checks: Vec<ShapeCheck>,
    in_state: bool,
    version: Option<VersionVariable>,
}

/// The version variable that `value-versions` increases.
#[derive(Serialize)]
struct VersionVariable {
    variable: String,
    description: String,
}

/// The function of a handler that rotates secrets, set when it is deployed.
#[derive(Serialize)]
struct FunctionVariable<'a> {
    variable: String,
    name: &'a str,
    /// The part of the ARN before its last two parts, as a regular expression; empty if the Region is the provider's.
    region: String,
    /// Prefix of the function's name, inside a literal.
    prefix: String,
    description: String,
    if_other: String,
}

#[derive(Serialize)]
struct NamedVariable<'a> {
    variable: &'a str,
    description: String,
}

/// ARNs of policies: a list for one handler, or a map with a list per handler.
#[derive(Serialize)]
struct PoliciesVariable<'a> {
    variable: &'a str,
    description: String,
    of: &'static str,
    empty: &'static str,
}

impl Views<'_> {
    pub(super) fn variables(&self) -> VariablesView<'_> {
        let (values, named, has_created_roles) = (Vec::new(), Vec::new(), self.creates_roles());
        let prefix = self.spec.prefixes.as_ref().map(prefix_variable);
        let functions = self
            .functions()
            .into_iter()
            .map(|(handler, names, region)| self.function(handler, &names, region))
            .collect();
        let (policies, clusters, header) = (self.policies_variables(), self.clusters(), &self.header);
        let mut view =
            VariablesView { header, prefix, values, named, policies, clusters, functions, has_created_roles };
        let mut keys = HashSet::new();
        for secret in &self.spec.secrets {
            view.values.extend(self.value_variable(secret).map(|variable| Value::from(Serde(variable))));
            let replicas = secret.options.replicas.iter().map(|replica| (&replica.kms_key, Some(&replica.region)));
            for (key, region) in std::iter::once((&secret.kms_key, None)).chain(replicas) {
                if let Some(KmsKey::Variable { variable }) = key
                    && keys.insert(variable)
                {
                    let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
                    let description =
                        format!("ARN of the customer-managed KMS key that encrypts {}{place}.", secret.name);
                    view.named.push(NamedVariable { variable, description });
                }
            }
        }
        for role in self.spec.roles() {
            if let Role::Existing { variable } = &role.first().role {
                let handlers: Vec<&str> = role.handlers.iter().map(|handler| handler.name.as_str()).collect();
                let runs = if role.is_shared() { "run" } else { "runs" };
                let description = format!("Name of the IAM role that {} {runs} under.", handlers.join(", "));
                view.named.push(NamedVariable { variable, description });
            }
        }
        view
    }

    /// The variables with the ARNs of the clusters whose pods assume roles that are created here, each once.
    fn clusters(&self) -> Vec<NamedVariable<'_>> {
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for handler in self.spec.handlers.iter().filter(|handler| handler.role == Role::Created) {
            if let Some(variable) = handler.options.principal.cluster() {
                named.entry(variable).or_default().push(&handler.name);
            }
        }
        let description = |handlers: Vec<&str>| {
            let runs = if handlers.len() == 1 { "runs" } else { "run" };
            format!("ARN of the Amazon EKS cluster in which {} {runs}.", handlers.join(", "))
        };
        named
            .into_iter()
            .map(|(variable, handlers)| NamedVariable { variable, description: description(handlers) })
            .collect()
    }

    /// The variables that name managed policies, each once.
    fn policies_variables(&self) -> Vec<PoliciesVariable<'_>> {
        let mut named: BTreeMap<&ManagedPolicies, Vec<&str>> = BTreeMap::new();
        for handler in &self.spec.handlers {
            for policies in handler.options.also.iter().filter(|policies| policies.variable().is_some()) {
                named.entry(policies).or_default().push(&handler.name);
            }
        }
        named.into_iter().filter_map(|(policies, handlers)| policies_variable(policies, &handlers)).collect()
    }

    /// The variable for the value of a secret, if it has one.
    fn value_variable<'a>(&self, secret: &'a SecretSpec) -> Option<ValueVariable<'a>> {
        let delivery = secret.owner.delivery()?;
        let (variable, shape) = (delivery.variable()?, self.shapes.get(secret.id.as_str())?);
        let description = format!("Value of the secret {}. {}", secret.name, secret.description);
        let version = delivery.is_counted().then(|| VersionVariable {
            variable: version_variable(variable),
            description: format!("Version of that value, which `{} value-versions` counts.", program::name()),
        });
        Some(ValueVariable {
            variable,
            description: description.trim_end().to_owned(),
            of: shape.type_of(),
            example: shape.example(),
            checks: shape.checks(variable, secret.name.as_str()),
            in_state: matches!(delivery, Delivery::InState { .. }),
            version,
        })
    }

    /// The variable is an object, so that Terraform knows whether it is set before the ARN is known.
    fn function<'a>(&self, handler: &'a HandlerSpec, rotated: &str, region: Option<&str>) -> FunctionVariable<'a> {
        let name = &handler.name;
        let behind = if self.spec.prefixes.is_some() { " behind this environment's prefix" } else { "" };
        let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
        FunctionVariable {
            variable: function_variable(handler),
            description: format!("The function {name}, which rotates {rotated}. Without a value nothing rotates it."),
            if_other: format!("The arn is not that of a function {name}{behind}{place}."),
            region: region.map(|region| format!(":lambda:{region}:[0-9]{{12}}")).unwrap_or_default(),
            prefix: self.deployed_reference(),
            name,
        }
    }
}

/// The variable that names managed policies for these handlers.
fn policies_variable<'a>(policies: &'a ManagedPolicies, handlers: &[&str]) -> Option<PoliciesVariable<'a>> {
    let (roles, names) = (if handlers.len() == 1 { "role" } else { "roles" }, handlers.join(", "));
    let (variable, of, empty, whose) = match policies {
        ManagedPolicies::AwsPolicy { .. } => return None,
        ManagedPolicies::Variable { variable } => (variable, "list(string)", "[]", ""),
        ManagedPolicies::Map { variable } => (variable, "map(list(string))", "{}", ", by the handler's name"),
    };
    let description = format!("ARNs of managed policies that the {roles} of {names} also have{whose}.");
    let description = if handlers.len() == 1 { description.replace("also have", "also has") } else { description };
    Some(PoliciesVariable { variable, description, of, empty })
}
