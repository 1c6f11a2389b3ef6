//! Expressions for names: plain, or with the prefix of an environment if the spec declares prefixes.

use driftless_model::{Prefixes, SecretSpec};
use serde::Serialize;

use super::Views;
use crate::hcl;
use crate::iam::SourceFunction;

/// The local with the prefix for names that cannot contain a `/`. This is the Terraform counterpart of
/// [`deployed_name`].
///
/// [`deployed_name`]: driftless_model::deployed_name
const DEPLOYED: &str = "local.deployed_prefix";

impl Views<'_> {
    /// The literal for the name of a secret.
    pub(super) fn secret_name(&self, secret: &SecretSpec) -> String {
        let name = secret.name.as_str();
        match &self.spec.prefixes {
            None => hcl::quote(name),
            Some(_) if secret.options.outside_prefixes => hcl::quote(name),
            Some(prefixes) => hcl::quote_behind(&reference(prefixes), name),
        }
    }

    /// The literal for the name of a role or a policy.
    pub(super) fn deployed_name(&self, name: &str) -> String {
        match &self.spec.prefixes {
            None => hcl::quote(name),
            Some(_) => hcl::quote_behind(DEPLOYED, name),
        }
    }

    /// The expression for the prefix of role and policy names; empty without prefixes.
    pub(super) fn deployed_prefix(&self) -> String {
        let prefix = |prefixes| format!("replace({}, \"/\", \"-\")", reference(prefixes));
        self.spec.prefixes.as_ref().map(prefix).unwrap_or_default()
    }

    /// The interpolation of a function name's prefix, for use inside a literal.
    pub(super) fn deployed_reference(&self) -> String {
        if self.spec.prefixes.is_some() { format!("${{{DEPLOYED}}}") } else { String::new() }
    }

    /// The literal for the ARN of a handler's function.
    pub(super) fn function_arn(&self, SourceFunction { name, region }: &SourceFunction) -> String {
        let region = region.as_deref().unwrap_or("${local.region}");
        let (partition, account) =
            ("${data.aws_partition.current.partition}", "${data.aws_caller_identity.current.account_id}");
        format!("\"arn:{partition}:lambda:{region}:{account}:function:{}{name}\"", self.deployed_reference())
    }

    /// The interpolation of the prefix of name patterns, for use inside a literal.
    pub(super) fn pattern_prefix(&self) -> String {
        self.spec.prefixes.as_ref().map(|prefixes| format!("${{{}}}", reference(prefixes))).unwrap_or_default()
    }
}

/// The variable that selects the environment.
#[derive(Serialize)]
pub(super) struct PrefixVariable<'a> {
    variable: &'a str,
    description: String,
    declared: &'a [String],
    if_other: String,
}

pub(super) fn prefix_variable(prefixes: &Prefixes) -> PrefixVariable<'_> {
    let (variable, values) = (&prefixes.variable, prefixes.values.join(", "));
    PrefixVariable {
        variable,
        description: format!("Prefix of this environment, before the name of each secret: one of {values}."),
        declared: &prefixes.values,
        if_other: format!("The prefix must be one that the spec declares: {values}."),
    }
}

fn reference(prefixes: &Prefixes) -> String {
    format!("var.{}", prefixes.variable)
}
