//! The IAM statements behind the grants, as AWS receives them except for values that are known only after an apply.
//!
//! Those values are written as in the AWS documentation, `${Partition}`, or as in the Terraform,
//! `${var.shop_key_arn}`.

use std::collections::{BTreeMap, HashMap, HashSet};

use driftless_model::{
    ApiCall, HandlerSpec, Prefixes, Principal, Problem, RoleGrant, RoleHandlers, SecretSpec, Spec, Verb,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{GrantedAccess, Picture, ReportSubject};
use crate::iam::{self, Resource, ShareStatement, SourceFunction, resource_of};
use crate::labels::key_address;

/// The statements of a picture, and which of them belong to which grant.
#[derive(Default)]
pub struct ShownPolicies {
    /// Every statement that belongs to a grant.
    pub statements: Vec<PlacedStatement>,
    /// For each grant of the picture, the indices of its statements.
    pub of_grants: Vec<Vec<usize>>,
}

/// A statement and its location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacedStatement {
    /// The Terraform file.
    pub file: &'static str,
    /// Owner of the policy: the name of the role's handler, or the id of the secret.
    pub of: String,
    /// The statement.
    pub statement: ShownStatement,
}

/// A statement, with its fields in the usual order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ShownStatement {
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<ShownPrincipals>,
    action: Vec<&'static str>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: ShownConditions,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct ShownPrincipals {
    aws: Vec<String>,
}

/// By operator, then by key.
type ShownConditions = BTreeMap<&'static str, BTreeMap<&'static str, Value>>;

impl ShownPolicies {
    /// Whether a statement of a grant of the picture, given by its index, allows the value to be read.
    #[must_use]
    pub fn reads_value(&self, grant: usize) -> bool {
        let reads = iam::action(ApiCall::GetSecretValue);
        self.of_grants[grant].iter().any(|place| self.statements[*place].statement.action.contains(&reads))
    }

    /// The statements of all grants.
    ///
    /// # Errors
    ///
    /// The policies that AWS would reject.
    pub fn of(picture: &Picture<'_>) -> Result<Self, Vec<Problem>> {
        let spec = picture.spec;
        let secrets: HashMap<&str, &SecretSpec> = spec.secrets.iter().map(|it| (it.id.as_str(), it)).collect();
        let words = ShownWords::of(spec);
        let roles = spec.roles();
        let places = roles.iter().enumerate().flat_map(|(place, role)| role.handlers.iter().map(move |it| (it, place)));
        let of_handler: HashMap<&str, usize> = places.map(|(handler, place)| (handler.id.as_str(), place)).collect();
        let apart = spec.with_versions_apart();
        let is_of = |statement: &iam::Statement, grant: &RoleGrant<'_>| statement.is_of(grant, &secrets, &apart);
        let (mut policies, mut problems) = (Self::default(), Vec::new());
        for (place, subject) in picture.subjects.iter().enumerate() {
            let ReportSubject::Handler(handler) = subject else { continue };
            let role = &roles[of_handler[handler.id.as_str()]];
            match iam::of_role(role, &secrets, &apart, spec.prefixes.as_ref().map_or(0, Prefixes::longest)) {
                Ok(documents) => {
                    let statements: Vec<_> = documents.statements().collect();
                    policies.add(handler, role, &statements, picture.of_subject(place), &is_of, &words);
                }
                Err(problem) => problems.push(problem),
            }
        }
        // The grants of handlers come first.
        for grant in &picture.grants[policies.of_grants.len()..] {
            match iam::shares(grant.of, words.longest_prefix) {
                Ok(statements) => policies.add_share(grant, picture.subjects[grant.subject], &statements, &words),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(policies) } else { Err(problems) }
    }

    fn add<'a>(
        &mut self,
        handler: &HandlerSpec,
        role: &RoleHandlers<'_>,
        statements: &[&iam::Statement],
        grants: impl Iterator<Item = &'a GrantedAccess<'a>>,
        is_of: &dyn Fn(&iam::Statement, &RoleGrant<'_>) -> bool,
        words: &ShownWords,
    ) {
        let mut placed: HashMap<usize, usize> = HashMap::new();
        let is_tied = handler.options.source_function;
        let mut of_role: HashMap<&str, Vec<RoleGrant<'_>>> = HashMap::new();
        for grant in role.grants_of(&handler.id) {
            of_role.entry(grant.secret).or_default().push(grant);
        }
        for grant in grants {
            let on_it = || of_role[grant.of.id.as_str()].iter();
            let own: Vec<_> = on_it().filter(|it| it.function.is_some() == is_tied).collect();
            // Verbs that only another handler of the role is granted come from another grant.
            let is_own = |verb: &Verb| own.iter().any(|it| it.verbs.contains(verb));
            let has_more = |it: &RoleGrant<'_>| grant.verbs.iter().any(|verb| it.verbs.contains(verb) && !is_own(verb));
            let more = on_it().filter(|it| it.function.is_some() != is_tied && has_more(it));
            let whole: Vec<_> = own.iter().copied().chain(more).collect();
            let its = statements.iter().enumerate().filter(|(_, it)| whole.iter().any(|whole| is_of(it, whole)));
            let its = its.map(|(number, statement)| {
                *placed.entry(number).or_insert_with(|| {
                    let statement = words.statement(statement);
                    self.statements.push(PlacedStatement { file: "iam.tf", of: handler.name.clone(), statement });
                    self.statements.len() - 1
                })
            });
            let its = its.collect();
            self.of_grants.push(its);
        }
    }

    fn add_share(
        &mut self,
        grant: &GrantedAccess<'_>,
        who: ReportSubject<'_>,
        statements: &[ShareStatement],
        words: &ShownWords,
    ) {
        let ReportSubject::Principal(principal) = who else { return };
        let its = statements.iter().filter(|statement| statement.principals.contains(principal)).map(|statement| {
            let statement = words.share(statement, grant.of);
            let placed = PlacedStatement { file: "secrets.tf", of: grant.of.id.clone(), statement };
            let known = self.statements.iter().position(|known| *known == placed);
            known.unwrap_or_else(|| {
                self.statements.push(placed);
                self.statements.len() - 1
            })
        });
        let its = its.collect();
        self.of_grants.push(its);
    }
}

/// Placeholders for values that are known only after an apply.
struct ShownWords {
    /// Prefix of every secret name.
    prefix: String,
    /// The names that have no prefix.
    outside: HashSet<String>,
    longest_prefix: usize,
}

impl ShownWords {
    fn of(spec: &Spec) -> Self {
        let prefix = spec.prefixes.as_ref().map(|prefixes| format!("${{var.{}}}", prefixes.variable));
        let outside = spec.secrets.iter().filter(|secret| secret.options.outside_prefixes);
        Self {
            prefix: prefix.unwrap_or_default(),
            outside: outside.map(|secret| secret.name.as_str().to_owned()).collect(),
            longest_prefix: spec.prefixes.as_ref().map_or(0, Prefixes::longest),
        }
    }

    fn arn(&self, region: Option<&str>, stored: &str) -> String {
        Self::arn_behind(&self.prefix, region, stored)
    }

    fn arn_behind(prefix: &str, region: Option<&str>, stored: &str) -> String {
        let region = region.unwrap_or("${Region}");
        format!("arn:${{Partition}}:secretsmanager:{region}:${{Account}}:secret:{prefix}{stored}")
    }

    fn resource(&self, region: Option<&str>, resource: &Resource) -> String {
        match resource {
            Resource::Secret { name, .. } if self.outside.contains(name.as_str()) => {
                Self::arn_behind("", region, &format!("{name}-??????"))
            }
            Resource::Secret { name, .. } => self.arn(region, &format!("{name}-??????")),
            Resource::Pattern(pattern) => self.arn(region, pattern.as_str()),
            Resource::Everything => "*".to_owned(),
        }
    }

    fn function(&self, SourceFunction { name, region }: &SourceFunction) -> String {
        let region = region.as_deref().unwrap_or("${Region}");
        // As in the Terraform, where the prefix contains no `/`.
        let prefix = if self.prefix.is_empty() { "" } else { "${local.deployed_prefix}" };
        format!("arn:${{Partition}}:lambda:{region}:${{Account}}:function:{prefix}{name}")
    }

    fn statement(&self, statement: &iam::Statement) -> ShownStatement {
        let region = statement.region.as_deref();
        let secrets: Vec<String> = statement.secrets.iter().map(|it| self.resource(region, it)).collect();
        let (resource, condition) = match &statement.key {
            None => {
                let conditions = statement.conditions(|function| self.function(function)).into_iter();
                let one = |(operator, key, value)| (operator, BTreeMap::from([(key, json!(value))]));
                (secrets, conditions.map(one).collect())
            }
            Some(key) => {
                let via = |domain| format!("secretsmanager.{}.{domain}", region.unwrap_or("${Region}"));
                let services = [via("amazonaws.com"), via("${DnsSuffix}")];
                let condition = ShownConditions::from([
                    ("StringEquals", BTreeMap::from([("kms:ViaService", json!(services))])),
                    ("StringLike", BTreeMap::from([("kms:EncryptionContext:SecretARN", json!(secrets))])),
                ]);
                (vec![format!("${{{}}}", key_address(key, region))], condition)
            }
        };
        ShownStatement { effect: "Allow", principal: None, action: statement.actions.clone(), resource, condition }
    }

    fn share(&self, statement: &ShareStatement, secret: &SecretSpec) -> ShownStatement {
        let arn = |principal: &Principal| {
            format!("arn:${{Partition}}:iam::{}:{}", principal.account(), resource_of(principal))
        };
        let principals = ShownPrincipals { aws: statement.principals.iter().map(arn).collect() };
        let resource = self.arn(secret.region.as_deref(), &format!("{}-??????", secret.name.as_str()));
        ShownStatement {
            effect: "Allow",
            principal: Some(principals),
            action: statement.actions.clone(),
            resource: vec![resource],
            condition: ShownConditions::new(),
        }
    }
}
