//! `iam.tf`: the roles of the handlers, and their policies.

use std::collections::BTreeSet;

use driftless_model::{HandlerSpec, ManagedPolicies, Role, RoleHandlers, SecretSpec, Verb};
use serde::Serialize;

use super::{Tag, Views, address, tags};
use crate::hcl;
use crate::iam::{Condition, Documents, Resource, Statement};
use crate::labels::{aws_policy_label, handler_label, key_address, policy_name, region_label};

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one question that the template asks")]
pub(super) struct IamView<'a> {
    header: &'a str,
    has_patterns: bool,
    /// Whether any statement is limited to a function.
    has_functions: bool,
    /// Whether anything refers to the provider's Region.
    has_region: bool,
    /// The provider's Region first, then the others.
    regions: Vec<RegionView<'a>>,
    /// `kms:ViaService` is documented as `secretsmanager.REGION.amazonaws.com`, without a word on partitions with
    /// other DNS suffixes, such as [China][china]. There, both forms are allowed: only AWS sets the condition key's
    /// value, and each form names only Secrets Manager.
    ///
    /// Source: [AWS KMS condition keys][via].
    ///
    /// [via]: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    /// [china]: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    has_keys: bool,
    has_created_roles: bool,
    has_shares: bool,
    /// Expression for the prefix of names derived from a handler; empty without prefixes.
    deployed_prefix: String,
    /// Text before each pattern, inside its literal.
    pattern_prefix: String,
    tags: Vec<Tag<'a>>,
    pub(super) roles: Vec<RoleView<'a>>,
}

/// What policies need for a Region.
#[derive(Serialize)]
struct RegionView<'a> {
    /// Suffix of its locals' names.
    label: String,
    /// End of a sentence in comments; empty for the provider's Region.
    place: String,
    /// The name, inside a literal.
    literal: &'a str,
    has_patterns: bool,
    has_keys: bool,
}

#[derive(Serialize)]
pub(super) struct RoleView<'a> {
    /// Names of the handlers, for a comment.
    title: String,
    /// The name without a prefix, if the role is created, and the literal for the full name.
    pub(super) name: &'a str,
    full_name: String,
    pub(super) creates_role: bool,
    pub(super) label: String,
    pub(super) logs_label: String,
    /// AWS managed policies that the spec adds.
    pub(super) aws_policies: Vec<AwsPolicyView<'a>>,
    /// Expressions for the ARNs of other policies that the spec adds.
    policy_lists: Vec<String>,
    role: String,
    /// Whether the documents are inline policies of the role, rather than attached managed policies.
    pub(super) is_inline: bool,
    pub(super) documents: Vec<DocumentView<'a>>,
}

/// An AWS managed policy on a role.
#[derive(Serialize)]
pub(super) struct AwsPolicyView<'a> {
    pub(super) label: String,
    pub(super) name: &'a str,
}

#[derive(Serialize)]
pub(super) struct DocumentView<'a> {
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) name: String,
    /// The literal for the full name.
    full_name: String,
    statements: Vec<StatementView<'a>>,
}

#[derive(Serialize)]
struct StatementView<'a> {
    grants: Vec<String>,
    actions: &'a [&'static str],
    /// The key; empty if the actions are on the secrets themselves.
    key: String,
    /// The literal for the ARN of the only function that can use it; empty if it is not limited to a function.
    function: String,
    /// The secrets' Region, as the suffix of its locals' names.
    region: String,
    /// Expressions for their ARNs.
    secrets: Vec<String>,
    patterns: Vec<&'a str>,
    /// Whether the actions apply to no particular secret, so that the resource is `*`.
    is_everything: bool,
    conditions: &'static [Condition],
}

impl Views<'_> {
    pub(super) fn iam(&self) -> IamView<'_> {
        let roles: Vec<_> = self.roles.iter().map(|(role, documents)| self.role(role, documents)).collect();
        let statements = || roles.iter().flat_map(|role| &role.documents).flat_map(|document| &document.statements);
        let regions = self.regions();
        IamView {
            header: &self.header,
            has_patterns: statements().any(|statement| !statement.patterns.is_empty()),
            has_functions: statements().any(|statement| !statement.function.is_empty()),
            has_keys: statements().any(|statement| !statement.key.is_empty()),
            has_region: regions[0].has_patterns || regions[0].has_keys || !roles.is_empty(),
            regions,
            has_created_roles: self.creates_roles(),
            deployed_prefix: if roles.is_empty() { String::new() } else { self.deployed_prefix() },
            pattern_prefix: self.pattern_prefix(),
            has_shares: self.shared.values().any(|statements| !statements.is_empty()),
            tags: tags(&[&self.spec.tags]),
            roles,
        }
    }

    fn regions(&self) -> Vec<RegionView<'_>> {
        let statements = || self.roles.iter().flat_map(|(_, documents)| documents.statements());
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

    fn role<'a>(&'a self, of: &RoleHandlers<'a>, documents: &'a Documents) -> RoleView<'a> {
        let handler = of.first();
        let label = handler_label(handler);
        let name = handler.created_role().unwrap_or_default();
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
        RoleView {
            title: title(of),
            name,
            full_name: self.deployed_name(name),
            creates_role: handler.role == Role::Created,
            logs_label: format!("{label}_logs"),
            aws_policies: aws_policies(handler),
            policy_lists: handler.options.also.iter().filter_map(|it| policy_list(it, handler)).collect(),
            role,
            is_inline,
            documents: documents.collect(),
            label,
        }
    }

    /// The addresses of the resources that put policies on roles: for the role of one handler, or for all.
    pub(super) fn policy_addresses(&self, of: Option<&HandlerSpec>) -> Vec<String> {
        let is_wanted = |role: &RoleHandlers<'_>| of.is_none_or(|of| role.handlers.iter().any(|it| it.id == of.id));
        let addresses = |(role, documents): &(RoleHandlers<'_>, Documents)| -> Vec<String> {
            let view = self.role(role, documents);
            let kind = if view.is_inline { "aws_iam_role_policy" } else { "aws_iam_role_policy_attachment" };
            view.documents.iter().map(|document| format!("{kind}.{}", document.label)).collect()
        };
        self.roles.iter().filter(|(role, _)| is_wanted(role)).flat_map(addresses).collect()
    }

    fn statement<'a>(&'a self, statement: &'a Statement) -> StatementView<'a> {
        let mut view = StatementView {
            grants: statement.grants.iter().map(|(id, verbs)| format!("{id}: {}", words(verbs))).collect(),
            actions: &statement.actions,
            key: statement.key.as_ref().map(|key| key_address(key, statement.region.as_deref())).unwrap_or_default(),
            function: statement.function.as_ref().map(|it| self.function_arn(it)).unwrap_or_default(),
            region: region_label(statement.region.as_deref()),
            secrets: Vec::new(),
            patterns: Vec::new(),
            is_everything: statement.secrets == [Resource::Everything],
            conditions: statement.versions.conditions(),
        };
        for resource in &statement.secrets {
            match resource {
                Resource::Secret { id, .. } => {
                    view.secrets.push(arn(self.secrets[id.as_str()], statement.region.as_deref()));
                }
                Resource::Pattern(pattern) => view.patterns.push(pattern.as_str()),
                Resource::Everything => {}
            }
        }
        view
    }
}

/// The expression for the ARN of a secret, or of its copy in another region: that differs in the region alone.
///
/// Source: [replicate secrets across regions][replicas].
///
/// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
fn arn(secret: &SecretSpec, region: Option<&str>) -> String {
    let (arn, own) = (format!("{}.arn", address(secret)), secret.region.as_deref());
    match region {
        Some(copy) if own != Some(copy) => {
            // No name of a secret has a colon.
            let own = own.unwrap_or("${local.region}");
            format!("replace({arn}, \":{own}:\", \":{copy}:\")")
        }
        _ => arn,
    }
}

fn aws_policies(handler: &HandlerSpec) -> Vec<AwsPolicyView<'_>> {
    let names = handler.options.also.iter().filter_map(ManagedPolicies::aws_policy);
    names.map(|name| AwsPolicyView { label: aws_policy_label(handler, name), name }).collect()
}

/// The expression for the policies that a variable names for a handler.
fn policy_list(policies: &ManagedPolicies, handler: &HandlerSpec) -> Option<String> {
    match policies {
        ManagedPolicies::AwsPolicy { .. } => None,
        ManagedPolicies::Variable { variable } => Some(format!("var.{variable}")),
        ManagedPolicies::Map { variable } => Some(format!("lookup(var.{variable}, {}, [])", hcl::quote(&handler.name))),
    }
}

/// The handlers of a role, for a comment.
fn title(role: &RoleHandlers<'_>) -> String {
    let names: Vec<&str> = role.handlers.iter().map(|handler| handler.name.as_str()).collect();
    let names = names.join(", ");
    if role.is_shared() { format!("{names}: under one role, so each has the grants of all") } else { names }
}

fn words(verbs: &[Verb]) -> String {
    verbs.iter().map(|verb| verb.name()).collect::<Vec<_>>().join(", ")
}
