//! The whole policy of one role of a rendered module: its documents, attached policies, boundary and trust policy.

use driftless_model::{HandlerSpec, ManagedPolicies, Role, Spec};
use serde_json::Value;

use super::expression::unknown;
use super::module::{Known, Module, REGION};
use crate::labels::{handler_label, region_label};

/// What decides about the permissions of a role, as far as the rendered files say it.
#[derive(Clone, Debug, PartialEq)]
pub struct RolePolicies {
    /// The name of the role, or `${var.NAME}` if it exists already and a variable names it.
    pub role: String,
    /// The address of the role; `None` if it exists already.
    pub address: Option<String>,
    /// The policies whose documents the module contains: inline policies, and managed policies that it attaches.
    pub documents: Vec<RoleDocument>,
    /// The ARNs of the other managed policies that the module attaches.
    pub attached: Vec<String>,
    /// The variables that name further managed policies: `var.team_policy_arns`.
    pub variables: Vec<String>,
    /// The permissions boundary, usually a variable: `${var.permissions_boundary_arn}`.
    pub boundary: Option<String>,
    /// The trust policy; `None` if the role exists already.
    pub trust: Option<Value>,
}

/// A policy with its document.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleDocument {
    /// The address of the resource in `iam.tf`.
    pub address: String,
    /// The name of the policy.
    pub name: String,
    /// Whether it is a managed policy that is attached to the role, rather than an inline policy.
    pub is_managed: bool,
    /// The document.
    pub document: Value,
}

const INLINE: &str = "aws_iam_role_policy.";
const MANAGED: &str = "aws_iam_policy.";
const ATTACHMENT: &str = "aws_iam_role_policy_attachment.";

/// Placeholders, as the AWS documentation writes them, for what only an apply knows.
#[must_use]
pub fn placeholders(spec: &Spec) -> Known {
    let places = [
        ("data.aws_partition.current.partition", "${Partition}"),
        ("data.aws_partition.current.dns_suffix", "${DnsSuffix}"),
        ("data.aws_caller_identity.current.account_id", "${Account}"),
        (REGION, "${Region}"),
    ];
    let places = places.map(|(reference, word)| (reference.to_owned(), Value::from(word)));
    let own = spec.secrets.iter().filter_map(|secret| secret.region.as_deref());
    let copies = spec.secrets.iter().flat_map(|secret| &secret.options.replicas).map(|copy| copy.region.as_str());
    let via = own.chain(copies).map(Some).chain([None]).map(|region| {
        let services = ["amazonaws.com", "${DnsSuffix}"];
        let services = services.map(|domain| format!("secretsmanager.{}.{domain}", region.unwrap_or("${Region}")));
        (format!("local.via_secrets_manager{}", region_label(region)), Value::from(services.to_vec()))
    });
    places.into_iter().chain(via).collect()
}

impl Module {
    /// The policies of the role of a handler. `spec` is the one that the module was rendered from.
    #[must_use]
    pub fn role_policies(&self, spec: &Spec, handler: &HandlerSpec, known: &Known) -> RolePolicies {
        let handlers = spec.role_of(handler);
        let first = handlers.first();
        let address = format!("aws_iam_role.{}", handler_label(first));
        let (address, role) = match &first.role {
            Role::Created => (Some(&address), self.text(&address, "name", known).unwrap_or_default()),
            Role::Existing { variable } => (None, of_variable(variable, known)),
        };
        let text = |name: &str| address.and_then(|address| self.text(address, name, known));
        let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        let variables = first.options.also.iter().filter_map(ManagedPolicies::variable);
        let mut policies = RolePolicies {
            boundary: text("permissions_boundary"),
            trust: text("assume_role_policy").map(json),
            address: address.cloned(),
            documents: Vec::new(),
            attached: Vec::new(),
            variables: variables.map(|name| format!("var.{name}")).collect(),
            role,
        };
        for address in self.addresses().filter(|it| self.text(it, "role", known).as_ref() == Some(&policies.role)) {
            if address.starts_with(INLINE) {
                policies.documents.extend(self.role_document(address, known));
            } else if address.starts_with(ATTACHMENT) {
                let references = self.references(address, "policy_arn");
                match references.iter().find_map(|it| it.strip_suffix(".arn").filter(|it| it.starts_with(MANAGED))) {
                    Some(managed) => policies.documents.extend(self.role_document(managed, known)),
                    None => policies.attached.extend(self.text(address, "policy_arn", known)),
                }
            }
        }
        // `_10` sorts before `_2`.
        policies.documents.sort_by_key(|document| (document.address.len(), document.address.clone()));
        policies
    }

    fn role_document(&self, address: &str, known: &Known) -> Option<RoleDocument> {
        Some(RoleDocument {
            document: serde_json::from_str(&self.text(address, "policy", known)?).ok()?,
            name: self.text(address, "name", known).unwrap_or_default(),
            is_managed: address.starts_with(MANAGED),
            address: address.to_owned(),
        })
    }
}

/// The value of a variable, or its expression.
fn of_variable(name: &str, known: &Known) -> String {
    let reference = format!("var.{name}");
    known.get(&reference).and_then(Value::as_str).map_or_else(|| unknown(&reference), str::to_owned)
}
