//! `outputs.tf`: values for other Terraform code.

use driftless_model::{Owner, Role};
use serde::Serialize;

use super::environments::HandlerEnvironment;
use super::iam::{NamedDocument, named};
use super::{Views, address};
use crate::iam::Documents;
use crate::labels::handler_label;

#[derive(Serialize)]
pub(super) struct OutputsView<'a> {
    header: &'a str,
    has_prefixes: bool,
    handlers: Vec<RoleOutput<'a>>,
    secrets: Vec<SecretOutput<'a>>,
    /// Managed policies, by their names without a prefix. Inline policies have no ARN.
    policies: Vec<PolicyOutput>,
    environments: Vec<HandlerEnvironment<'a>>,
    /// Addresses of the policy resources that must be applied before the outputs of the environment are available.
    policies_applied: Vec<String>,
}

#[derive(Serialize)]
struct PolicyOutput {
    name: String,
    label: String,
}

#[derive(Serialize)]
struct RoleOutput<'a> {
    name: &'a str,
    label: String,
}

#[derive(Serialize)]
struct SecretOutput<'a> {
    name: &'a str,
    address: String,
}

impl Views<'_> {
    pub(super) fn outputs(&self) -> OutputsView<'_> {
        let created = self.spec.handlers.iter().filter(|handler| handler.role == Role::Created);
        let managed = self.roles.iter().filter(|(_, documents)| matches!(documents, Documents::Managed(_)));
        let known = self.spec.secrets.iter().filter(|secret| !matches!(secret.owner, Owner::Runtime));
        let handlers = self.spec.handlers.iter();
        OutputsView {
            environments: handlers.map(|handler| self.environment(handler)).collect(),
            policies_applied: self.policy_addresses(None),
            header: &self.header,
            has_prefixes: self.spec.prefixes.is_some(),
            handlers: created
                .map(|handler| RoleOutput { name: &handler.name, label: handler_label(handler) })
                .collect(),
            secrets: known
                .map(|secret| SecretOutput { name: secret.name.as_str(), address: address(secret) })
                .collect(),
            policies: managed
                .flat_map(|(role, documents)| named(role, documents))
                .map(|(NamedDocument { name, label }, _)| PolicyOutput { name, label })
                .collect(),
        }
    }
}
