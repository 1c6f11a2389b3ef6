//! `iam.tf`: the roles of the handlers, and their policies.

use std::collections::BTreeSet;

use driftless_model::{HandlerSpec, ManagedPolicies, Role, RoleHandlers, ServicePrincipal};
use serde::Serialize;

use super::{Tag, Views, lines, role_description, tags};
use crate::hcl;
use crate::iam::{Condition, Documents, Policy, Resource, Statement};
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
    /// Whether it creates a role of a Lambda function.
    has_lambda_roles: bool,
    /// Whether it creates a role of an ECS task.
    has_tasks: bool,
    has_shares: bool,
    /// Expression for the prefix of names derived from a handler; empty without prefixes.
    deployed_prefix: String,
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
    /// The description of a created role; may be empty.
    description: String,
    pub(super) creates_role: bool,
    pub(super) label: String,
    /// The local with the trust policy, if it is not that of a pod.
    trust: &'static str,
    /// The pod that the trust policy names.
    pod: Option<PodView<'a>>,
    /// `None` if something else writes the logs, as for tasks and pods.
    pub(super) logs_label: Option<String>,
    /// AWS managed policies that the spec adds.
    pub(super) aws_policies: Vec<AwsPolicyView<'a>>,
    /// Expressions for the ARNs of other policies that the spec adds.
    policy_lists: Vec<String>,
    role: String,
    /// Whether the documents are inline policies of the role, rather than attached managed policies.
    pub(super) is_inline: bool,
    pub(super) documents: Vec<DocumentView>,
}

/// The pod of Amazon EKS that a trust policy names.
#[derive(Serialize)]
struct PodView<'a> {
    /// The variable with the ARN of the cluster.
    cluster: &'a str,
    namespace: &'a str,
    service_account: &'a str,
}

/// An AWS managed policy on a role.
#[derive(Serialize)]
pub(super) struct AwsPolicyView<'a> {
    pub(super) label: String,
    pub(super) name: &'a str,
}

#[derive(Serialize)]
pub(super) struct DocumentView {
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) name: String,
    /// The literal for the full name.
    full_name: String,
    statements: Vec<StatementView>,
}

#[derive(Serialize)]
struct StatementView {
    /// The lines of the grants, the actions and the resources.
    grants: String,
    actions: String,
    resources: String,
    /// The key; empty if the actions are on the secrets themselves.
    key: String,
    /// The literal for the ARN of the only function that can use it; empty if it is not limited to a function.
    function: String,
    /// The secrets' Region, as the suffix of its locals' names.
    region: String,
    /// Whether the actions apply to no particular secret, so that the resource is `*`.
    is_everything: bool,
    conditions: &'static [Condition],
}

impl RoleView<'_> {
    /// The variable with the name of the role, if the role exists already.
    pub(super) fn role_variable(&self) -> Option<&str> {
        self.role.strip_prefix("var.")
    }
}

impl Views<'_> {
    pub(super) fn iam(&self) -> IamView<'_> {
        let roles: Vec<_> = self.roles.iter().map(|(role, documents)| self.role(role, documents)).collect();
        let statements = || roles.iter().flat_map(|role| &role.documents).flat_map(|document| &document.statements);
        let regions = self.regions();
        IamView {
            header: &self.header,
            has_patterns: regions.iter().any(|region| region.has_patterns),
            has_functions: statements().any(|statement| !statement.function.is_empty()),
            has_keys: statements().any(|statement| !statement.key.is_empty()),
            has_region: regions[0].has_patterns || regions[0].has_keys || !roles.is_empty(),
            regions,
            has_created_roles: self.creates_roles(),
            has_lambda_roles: self.creates_roles_for(ServicePrincipal::is_lambda),
            has_tasks: self.creates_roles_for(|principal| *principal == ServicePrincipal::Ecs),
            deployed_prefix: if roles.is_empty() { String::new() } else { self.deployed_prefix() },
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
        let (label, principal) = (handler_label(handler), &handler.options.principal);
        let name = handler.created_role().unwrap_or_default();
        let role = match &handler.role {
            Role::Created => format!("aws_iam_role.{label}.name"),
            Role::Existing { variable } => format!("var.{variable}"),
        };
        let is_inline = matches!(documents, Documents::Inline(_));
        let kind = if is_inline { "aws_iam_role_policy" } else { "aws_iam_policy" };
        let documents = named(of, documents).map(|(NamedDocument { name, label }, policy)| DocumentView {
            kind,
            label,
            full_name: self.deployed_name(&name),
            name,
            statements: policy.statements.iter().map(|statement| self.statement(statement)).collect(),
        });
        RoleView {
            title: title(of),
            name,
            full_name: self.deployed_name(name),
            description: role_description(&handler.description),
            creates_role: handler.role == Role::Created,
            trust: if *principal == ServicePrincipal::Ecs { "ecs_trust_policy" } else { "lambda_trust_policy" },
            pod: pod(principal),
            logs_label: principal.is_lambda().then(|| format!("{label}_logs")),
            aws_policies: aws_policies(handler),
            policy_lists: handler.options.also.iter().filter_map(|it| policy_list(it, handler)).collect(),
            role,
            is_inline,
            documents: documents.collect(),
            label,
        }
    }

    /// Whether the files create a role that a service of this kind assumes.
    fn creates_roles_for(&self, is_wanted: impl Fn(&ServicePrincipal) -> bool) -> bool {
        let mut created = self.spec.handlers.iter().filter(|handler| handler.role == Role::Created);
        created.any(|handler| is_wanted(&handler.options.principal))
    }

    /// The addresses of the resources that put policies on roles: for the role of one handler, or for all.
    pub(super) fn policy_addresses(&self, of: Option<&HandlerSpec>) -> Vec<String> {
        let is_wanted = |role: &RoleHandlers<'_>| of.is_none_or(|of| role.handlers.iter().any(|it| it.id == of.id));
        let addresses = |(role, documents)| {
            let is_inline = matches!(documents, &Documents::Inline(_));
            let kind = if is_inline { "aws_iam_role_policy" } else { "aws_iam_role_policy_attachment" };
            named(role, documents).map(move |(document, _)| format!("{kind}.{}", document.label))
        };
        let wanted = self.roles.iter().filter(|(role, _)| is_wanted(role));
        wanted.map(|(role, documents)| (role, documents)).flat_map(addresses).collect()
    }

    fn statement(&self, statement: &Statement) -> StatementView {
        StatementView {
            grants: lines::grants(statement),
            actions: lines::actions(statement),
            resources: self.resources(statement),
            key: statement.key.as_ref().map(|key| key_address(key, statement.region.as_deref())).unwrap_or_default(),
            function: statement.function.as_ref().map(|it| self.function_arn(it)).unwrap_or_default(),
            region: region_label(statement.region.as_deref()),
            is_everything: statement.secrets == [Resource::Everything],
            conditions: statement.versions.conditions(),
        }
    }
}

/// The name without a prefix and the label of a document.
pub(super) struct NamedDocument {
    pub(super) name: String,
    pub(super) label: String,
}

/// The documents of a role that have statements.
pub(super) fn named<'a>(
    role: &RoleHandlers<'_>,
    documents: &'a Documents,
) -> impl Iterator<Item = (NamedDocument, &'a Policy)> {
    let (name, label) = (policy_name(role.first()), handler_label(role.first()));
    let is_inline = matches!(documents, Documents::Inline(_));
    let policies = documents.policies().iter().filter(|policy| !policy.statements.is_empty());
    policies.enumerate().map(move |(index, policy)| {
        let number = |dash: &str| if is_inline { String::new() } else { format!("{dash}{}", index + 1) };
        let (name, label) = (format!("{name}{}", number("-")), format!("{label}_secrets{}", number("_")));
        (NamedDocument { name, label }, policy)
    })
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

fn pod(principal: &ServicePrincipal) -> Option<PodView<'_>> {
    match principal {
        ServicePrincipal::Eks { cluster, namespace, service_account } => {
            Some(PodView { cluster, namespace, service_account })
        }
        ServicePrincipal::Lambda | ServicePrincipal::Ecs => None,
    }
}
