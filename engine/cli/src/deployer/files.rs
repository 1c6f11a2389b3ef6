//! What a plan or an apply of the rendered files needs: the calls for each resource, on the object behind it.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{ApiCall, Delivery, Owner, Problem, SecretSpec, shown};
use serde_json::{Map, Value, json};

use super::allowed::AllowedActions;
use super::applied::{Files, Purpose};
use super::calls::actions;
use super::keys;
use crate::iam::{ATTACHING, REMOVING_A_BOUNDARY, ROTATING_WITH, WITH_A_BOUNDARY, action};
use crate::render::{self, Managed, Object, PolicyName};

/// The permissions cannot be derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// The spec cannot be rendered.
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
    /// A role exists already, and its name is not given.
    #[error("the policies of a role that exists already are among the files, and the variable {} has no value", shown(.0))]
    NoRole(String),
}

/// The variable with the permissions boundary of created roles.
const BOUNDARY: &str = "permissions_boundary_arn";

impl Files<'_> {
    /// What a plan or an apply of the files needs.
    ///
    /// # Errors
    ///
    /// If the spec cannot be rendered, or the name of an existing role is missing.
    pub fn allowed(&self, purpose: Purpose) -> Result<AllowedActions, Incomplete> {
        let managed = render::managed(self.spec, "").map_err(Incomplete::Spec)?;
        let mut allowed = AllowedActions::default();
        for it in &managed {
            self.add_resource(&mut allowed, purpose, it, &managed)?;
        }
        for secret in self.spec.secrets.iter().filter(|secret| secret.owner == Owner::External) {
            self.add(&mut allowed, purpose, "data.aws_secretsmanager_secret", &self.site.arns_of(secret));
        }
        if self.spec.secrets.iter().any(is_generated) {
            self.add(&mut allowed, purpose, "ephemeral.aws_secretsmanager_random_password", "*");
        }
        keys::add(&mut allowed, purpose, self);
        Ok(allowed)
    }

    fn add_resource(
        &self,
        allowed: &mut AllowedActions,
        purpose: Purpose,
        it: &Managed,
        all: &[Managed],
    ) -> Result<(), Incomplete> {
        let region = it.region.as_deref().unwrap_or(&self.site.region);
        let arn = match &it.object {
            Object::Secret(name) | Object::Value(name) | Object::SecretPolicy(name) | Object::Rotation(name) => {
                self.add_secret(allowed, purpose, it, name);
                return Ok(());
            }
            Object::Permission { function, .. } => self.site.function(region, function),
            Object::ManagedPolicy(name) => self.iam("policy", name),
            Object::Role(role) | Object::InlinePoliciesOf(role) | Object::AttachmentsOf(role) => self.iam("role", role),
            Object::InlinePolicy { role, .. } | Object::Attachment { role, .. } => {
                self.iam("role", self.role_name(role.as_deref(), it)?)
            }
        };
        let is_created = it.role_variable.is_none();
        let has_tags = !self.spec.tags.is_empty();
        for action in actions(kind(it), purpose.steps(), self.provider, false) {
            let is_needed = has_tags || !is_tagging(action);
            if is_needed && (self.boundary().is_none() || action != REMOVING_A_BOUNDARY) {
                allowed.allow(action, &arn, &self.condition(action, &arn, is_created, all)?);
            }
        }
        Ok(())
    }

    fn add_secret(&self, allowed: &mut AllowedActions, purpose: Purpose, it: &Managed, name: &str) {
        let is_it = |secret: &&SecretSpec| secret.name.as_str() == name && secret.region == it.region;
        let Some(secret) = self.spec.secrets.iter().find(is_it) else { return };
        let arn = self.site.arns_of(secret);
        let is_write_only = it.delivery.as_ref().is_some_and(|it| !matches!(it, Delivery::InState { .. }));
        for action in actions(kind(it), purpose.steps(), self.provider, is_write_only) {
            if is_needed_of(secret, &self.spec.tags, action) {
                allowed.allow(action, &arn, &Value::Null);
            }
        }
        if matches!(it.object, Object::Rotation(_)) && purpose == Purpose::Apply {
            self.add_function(allowed, secret);
        }
    }

    fn add(&self, allowed: &mut AllowedActions, purpose: Purpose, kind: &str, arn: &str) {
        for action in actions(kind, purpose.steps(), self.provider, false) {
            allowed.allow(action, arn, &Value::Null);
        }
    }

    /// Who sets up a rotation must be allowed to call its function.
    ///
    /// Source: [RotateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
    fn add_function(&self, allowed: &mut AllowedActions, secret: &SecretSpec) {
        let (function, region) = (secret.owner.function(), self.site.region_of(secret));
        if let Some(handler) = self.spec.handlers.iter().find(|handler| Some(handler.id.as_str()) == function) {
            allowed.allow(ROTATING_WITH, &self.site.function(region, &handler.name), &Value::Null);
        }
    }

    /// The name of a role: of a created one, or of one that exists already by its variable.
    fn role_name<'n>(&'n self, created: Option<&'n str>, it: &Managed) -> Result<&'n str, Incomplete> {
        let given = || self.variables.get(it.role_variable.as_deref()?).map(String::as_str);
        let missing = || Incomplete::NoRole(it.role_variable.clone().unwrap_or_default());
        created.or_else(given).filter(|name| !name.is_empty()).ok_or_else(missing)
    }

    pub(super) fn iam(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{name}", self.site.partition(), self.site.account)
    }

    fn boundary(&self) -> Option<&str> {
        self.variables.get(BOUNDARY).map(String::as_str).filter(|arn| !arn.is_empty())
    }

    /// Only the policies of the files are attached, and only roles with the given boundary are created and extended.
    ///
    /// Source: [condition keys of IAM][keys].
    ///
    /// [keys]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html#awsidentityandaccessmanagementiam-policy-keys
    fn condition(&self, action: &str, role: &str, is_created: bool, all: &[Managed]) -> Result<Value, Incomplete> {
        let mut condition = Map::new();
        if action == ATTACHING && !self.has_policy_list(role) {
            condition.insert("ArnEquals".into(), json!({ "iam:PolicyARN": self.attached(role, all)? }));
        }
        if let (Some(boundary), true) = (self.boundary(), is_created && WITH_A_BOUNDARY.contains(&action)) {
            condition.insert("StringEquals".into(), json!({ "iam:PermissionsBoundary": boundary }));
        }
        Ok(if condition.is_empty() { Value::Null } else { Value::Object(condition) })
    }

    /// The ARNs of the policies that the files attach to a role.
    fn attached(&self, role: &str, all: &[Managed]) -> Result<BTreeSet<String>, Incomplete> {
        let mut attached = BTreeSet::new();
        for it in all {
            let Object::Attachment { role: created, policy } = &it.object else { continue };
            if self.iam("role", self.role_name(created.as_deref(), it)?) == role {
                attached.insert(match policy {
                    PolicyName::Own(name) => self.iam("policy", name),
                    PolicyName::Aws(name) => format!("arn:{}:iam::aws:policy/{name}", self.site.partition()),
                });
            }
        }
        Ok(attached)
    }

    /// Whether a variable lists further policies of a role, which are not known here.
    fn has_policy_list(&self, role: &str) -> bool {
        let mut handlers = self.spec.handlers.iter();
        handlers.any(|it| {
            it.options.also.iter().any(|also| also.variable().is_some())
                && it.created_role().is_some_and(|name| self.iam("role", name) == role)
        })
    }

    /// The ids of the secrets whose values the permissions can read.
    #[must_use]
    pub fn readable(&self, allowed: &AllowedActions) -> Vec<&str> {
        let arns = allowed.resources(action(ApiCall::GetSecretValue));
        let secrets = self.spec.secrets.iter().filter(|it| arns.contains(self.site.arns_of(it).as_str()));
        secrets.map(|secret| secret.id.as_str()).collect()
    }
}

fn is_generated(secret: &SecretSpec) -> bool {
    matches!(secret.owner.delivery(), Some(Delivery::Generated { .. }))
}

/// Whether an action on a secret is needed with the options that it has.
fn is_needed_of(secret: &SecretSpec, tags: &BTreeMap<String, String>, action: &str) -> bool {
    if action.contains("Replicat") {
        return !secret.options.replicas.is_empty();
    }
    !is_tagging(action) || !tags.is_empty() || !secret.options.tags.is_empty()
}

/// `TagRole`, `UntagPolicy`, `TagResource`.
fn is_tagging(action: &str) -> bool {
    action.split(':').nth(1).is_some_and(|name| name.starts_with("Tag") || name.starts_with("Untag"))
}

/// The type of a resource.
fn kind(it: &Managed) -> &str {
    it.address.split('.').next().unwrap_or_default()
}
