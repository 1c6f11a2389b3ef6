//! The permissions that the spec gives to the role of a handler: actions on ARN patterns, and uses of KMS keys.

use std::collections::{BTreeMap, HashMap};

use driftless_model::{KmsKey, NamePattern, SecretSpec};

use super::super::site::Site;
use crate::iam::meaning::{Conditions, Effect, Pattern, PolicyStatement, Set, implies};
use crate::iam::{self, Policy, Resource, SourceFunction};

/// Permissions that the spec gives to a role.
#[derive(Default)]
pub(super) struct WantedPolicies<'a> {
    /// Actions on secrets.
    pub(super) actions: Vec<WantedAction<'a>>,
    /// Uses of KMS keys.
    pub(super) uses: Vec<WantedUse>,
}

/// One action on the ARNs that match one pattern.
pub(super) struct WantedAction<'a> {
    pub(super) action: &'static str,
    pub(super) actions: Pattern,
    pub(super) arns: Pattern,
    /// The end of those ARNs, for messages.
    pub(super) name: String,
    /// Conditions of the grant: only some versions, or only from one function.
    pub(super) conditions: Conditions,
    /// The secret, if it has a custom name: its ARN ends in six random characters that only the account knows.
    pub(super) secret: Option<&'a SecretSpec>,
}

/// One action on one key, for the secrets that match one pattern.
pub(super) struct WantedUse {
    pub(super) action: &'static str,
    pub(super) actions: Pattern,
    /// The ARN of the key. For an alias, it matches any key of the account.
    pub(super) key: Pattern,
    pub(super) secrets: Pattern,
    /// The end of the secrets' ARNs, for messages.
    pub(super) name: String,
    /// The names of the only service that may use the key: `secretsmanager.eu-west-1.amazonaws.com`.
    pub(super) services: Vec<String>,
}

impl<'a> WantedPolicies<'a> {
    /// Adds the permissions of a policy.
    pub(super) fn add(
        &mut self,
        policy: &Policy,
        by_id: &HashMap<&str, &'a SecretSpec>,
        site: &Site,
        variables: &BTreeMap<String, String>,
    ) {
        for statement in &policy.statements {
            let region = statement.region.as_deref().unwrap_or(&site.region);
            let conditions = conditions(statement, site);
            for resource in &statement.secrets {
                let of_name = |name: &NamePattern| (site.arns(region, name), name.to_string());
                let ((arns, name), secret) = match resource {
                    Resource::Pattern(pattern) => (of_name(pattern), None),
                    Resource::Secret { id, .. } => {
                        let secret = by_id[id.as_str()];
                        let (arns, name) = of_name(&NamePattern::of(&secret.name));
                        let is_copy = statement.region.is_some() && statement.region != secret.region;
                        ((arns, if is_copy { format!("{name} in {region}") } else { name }), Some(secret))
                    }
                    Resource::Everything => (("*".to_owned(), "no secret".to_owned()), None),
                };
                let arns = Pattern::new(&arns);
                for &action in &statement.actions {
                    let (actions, arns, name) = (Pattern::of_action(action), arns.clone(), name.clone());
                    match &statement.key {
                        None => {
                            let conditions = conditions.clone();
                            self.actions.push(WantedAction { action, actions, arns, name, conditions, secret });
                        }
                        Some(key) => self.uses.push(WantedUse {
                            action,
                            actions,
                            key: Pattern::new(&key_arn(key, region, site, variables)),
                            secrets: arns,
                            name,
                            services: site.via_secrets_manager(region),
                        }),
                    }
                }
            }
        }
    }

    /// The permissions on secrets as `Allow` statements.
    pub(super) fn statements(&self) -> Vec<PolicyStatement> {
        let one = |wanted: &WantedAction<'_>| PolicyStatement {
            effect: Effect::Allow,
            principals: None,
            actions: Set::Of(vec![wanted.actions.clone()]),
            resources: Set::Of(vec![wanted.arns.clone()]),
            conditions: wanted.conditions.clone(),
        };
        self.actions.iter().map(one).collect()
    }

    /// Whether an action on all ARNs of a pattern is wanted, with or without conditions.
    pub(super) fn has(&self, action: &Pattern, arns: &Pattern) -> bool {
        self.covering(action, arns).next().is_some()
    }

    /// Whether it is wanted under these conditions.
    pub(super) fn has_under(&self, conditions: &Conditions, action: &Pattern, arns: &Pattern) -> bool {
        self.covering(action, arns).any(|wanted| implies(conditions, &wanted.conditions))
    }

    fn covering(&self, action: &Pattern, arns: &Pattern) -> impl Iterator<Item = &WantedAction<'a>> {
        self.actions.iter().filter(|wanted| wanted.actions.covers(action) && wanted.arns.covers(arns))
    }
}

/// The conditions of a statement on secrets, in the form in which policy documents are parsed.
fn conditions(statement: &iam::Statement, site: &Site) -> Conditions {
    let arn = |SourceFunction { name, region }: &SourceFunction| {
        site.function(region.as_deref().unwrap_or(&site.region), name)
    };
    let one = |(operator, key, value): (&str, &str, String)| {
        ((operator.to_ascii_lowercase(), key.to_ascii_lowercase()), vec![value])
    };
    statement.conditions(arn).into_iter().map(one).collect()
}

/// The ARN pattern of a key. An alias is not resolved, so it matches every key of the Region.
fn key_arn(key: &KmsKey, region: &str, site: &Site, variables: &BTreeMap<String, String>) -> String {
    let any = || site.keys(region);
    match key {
        KmsKey::Alias { .. } => any(),
        KmsKey::Variable { variable } => variables.get(variable.as_ref()).cloned().unwrap_or_else(any),
    }
}
