//! `iam.tf`: the role and the policy of each handler.

use std::collections::BTreeSet;

use paypulse_runtime::model::{HandlerSpec, Role, Verb};
use serde::Serialize;

use super::{Tag, Views, address, key_address, tags};
use crate::iam::{Condition, Documents, Resource, Statement};
use crate::labels::{handler_label, policy_name, region_label};

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one question that the template asks")]
pub(super) struct IamView<'a> {
    header: &'a str,
    has_patterns: bool,
    /// Something names the provider's own region.
    has_region: bool,
    /// The provider's own, and then the others.
    regions: Vec<RegionView<'a>>,
    /// `kms:ViaService` is documented as `secretsmanager.REGION.amazonaws.com`, without a word on partitions in which names
    /// end otherwise, such as those of [China][china]. Both are allowed there: nobody but AWS sets the condition's value, and
    /// either names Secrets Manager alone.
    ///
    /// Source: [AWS KMS condition keys][via].
    ///
    /// [via]: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    /// [china]: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    has_keys: bool,
    has_created_roles: bool,
    has_shares: bool,
    /// An expression for the prefix of what is named after a handler; empty where there is none.
    deployed_prefix: String,
    /// Before each pattern, within its literal.
    pattern_prefix: String,
    tags: Vec<Tag<'a>>,
    pub(super) handlers: Vec<HandlerView<'a>>,
}

/// What policies say of a region.
#[derive(Serialize)]
struct RegionView<'a> {
    /// Behind the names of its locals.
    label: String,
    /// As a sentence ends; empty for the provider's own.
    place: String,
    /// Its name, within a literal.
    literal: &'a str,
    has_patterns: bool,
    has_keys: bool,
}

#[derive(Serialize)]
pub(super) struct HandlerView<'a> {
    pub(super) name: &'a str,
    /// The literal for the role's name.
    role_name: String,
    pub(super) creates_role: bool,
    pub(super) label: String,
    pub(super) logs_label: String,
    role: String,
    /// Its documents are on the role itself, and not attached.
    pub(super) is_inline: bool,
    pub(super) documents: Vec<DocumentView<'a>>,
}

#[derive(Serialize)]
pub(super) struct DocumentView<'a> {
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) name: String,
    /// The literal for it.
    full_name: String,
    statements: Vec<StatementView<'a>>,
}

#[derive(Serialize)]
struct StatementView<'a> {
    grants: Vec<String>,
    actions: &'a [&'static str],
    /// Empty where the actions are on the secrets themselves.
    key: String,
    /// Of the region that the secrets are in, behind the names of its locals.
    region: String,
    secrets: Vec<String>,
    patterns: Vec<&'a str>,
    /// The actions are on no secret, and so on everything.
    is_everything: bool,
    conditions: &'static [Condition],
}

impl Views<'_> {
    pub(super) fn iam(&self) -> IamView<'_> {
        let handlers = self.spec.handlers.iter().zip(&self.policies);
        let handlers: Vec<_> = handlers.map(|(handler, documents)| self.handler(handler, documents)).collect();
        let statements = || handlers.iter().flat_map(|handler| &handler.documents).flat_map(|d| &d.statements);
        let regions = self.regions();
        IamView {
            header: &self.header,
            has_patterns: statements().any(|statement| !statement.patterns.is_empty()),
            has_keys: statements().any(|statement| !statement.key.is_empty()),
            has_region: regions[0].has_patterns || regions[0].has_keys || !handlers.is_empty(),
            regions,
            has_created_roles: self.creates_roles(),
            deployed_prefix: if handlers.is_empty() { String::new() } else { self.deployed_prefix() },
            pattern_prefix: self.pattern_prefix(),
            has_shares: self.shared.values().any(|statements| !statements.is_empty()),
            tags: tags(&[&self.spec.tags]),
            handlers,
        }
    }

    fn regions(&self) -> Vec<RegionView<'_>> {
        let statements = || self.policies.iter().flat_map(Documents::statements);
        let others: BTreeSet<&str> = statements().filter_map(|statement| statement.region.as_deref()).collect();
        let view = |region: Option<&'_ str>| {
            let here = || statements().filter(move |statement| statement.region.as_deref() == region);
            let is_pattern = |resource: &Resource| matches!(resource, Resource::Pattern(_));
            (
                here().any(|statement| statement.secrets.iter().any(is_pattern)),
                here().any(|statement| statement.key.is_some()),
            )
        };
        let regions = std::iter::once(None).chain(others.into_iter().map(Some)).map(|region| {
            let (has_patterns, has_keys) = view(region);
            RegionView {
                label: region_label(region),
                place: region.map(|region| format!(", in {region}")).unwrap_or_default(),
                literal: region.unwrap_or("${local.region}"),
                has_patterns,
                has_keys,
            }
        });
        regions.collect()
    }

    fn handler<'a>(&'a self, handler: &'a HandlerSpec, documents: &'a Documents) -> HandlerView<'a> {
        let label = handler_label(handler);
        let role = match &handler.role {
            Role::Created => format!("aws_iam_role.{label}.name"),
            Role::Existing { variable } => format!("var.{variable}"),
        };
        let is_inline = matches!(documents, Documents::Inline(_));
        let (kind, policies) = match documents {
            Documents::Inline(policy) => ("aws_iam_role_policy", std::slice::from_ref(policy)),
            Documents::Managed(policies) => ("aws_iam_policy", policies.as_slice()),
        };
        let policies = policies.iter().filter(|policy| !policy.statements.is_empty()).enumerate();
        let documents = policies.map(|(index, policy)| {
            let number = |dash: &str| if is_inline { String::new() } else { format!("{dash}{}", index + 1) };
            let name = format!("{}{}", policy_name(handler), number("-"));
            DocumentView {
                kind,
                label: format!("{label}_secrets{}", number("_")),
                full_name: self.deployed_name(&name),
                name,
                statements: policy.statements.iter().map(|statement| self.statement(statement)).collect(),
            }
        });
        HandlerView {
            name: &handler.name,
            role_name: self.deployed_name(&handler.name),
            creates_role: handler.role == Role::Created,
            logs_label: format!("{label}_logs"),
            role,
            is_inline,
            documents: documents.collect(),
            label,
        }
    }

    /// The addresses of what puts a handler's policy on its role, by the handler's place in the spec.
    pub(super) fn policy_addresses(&self, handler: usize) -> Vec<String> {
        let view = self.handler(&self.spec.handlers[handler], &self.policies[handler]);
        let kind = if view.is_inline { "aws_iam_role_policy" } else { "aws_iam_role_policy_attachment" };
        view.documents.iter().map(|document| format!("{kind}.{}", document.label)).collect()
    }

    fn statement<'a>(&'a self, statement: &'a Statement) -> StatementView<'a> {
        let mut view = StatementView {
            grants: statement.grants.iter().map(|(id, verbs)| format!("{id}: {}", words(verbs))).collect(),
            actions: &statement.actions,
            key: statement.key.as_ref().map(|key| key_address(key, statement.region.as_deref())).unwrap_or_default(),
            region: region_label(statement.region.as_deref()),
            secrets: Vec::new(),
            patterns: Vec::new(),
            is_everything: statement.secrets == [Resource::Everything],
            conditions: statement.versions.conditions(),
        };
        for resource in &statement.secrets {
            match resource {
                Resource::Secret { id, .. } => view.secrets.push(address(self.secrets[id.as_str()])),
                Resource::Pattern(pattern) => view.patterns.push(pattern.as_str()),
                Resource::Everything => {}
            }
        }
        view
    }
}

fn words(verbs: &[Verb]) -> String {
    verbs.iter().map(|verb| verb.name()).collect::<Vec<_>>().join(", ")
}
