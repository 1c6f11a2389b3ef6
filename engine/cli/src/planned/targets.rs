//! The targets that policies are evaluated for: the spec's secrets, keys, roles and functions, with the tags that the
//! secrets have before and after the apply.

use std::collections::BTreeMap;

use driftless_model::{HandlerSpec, Role};
use serde_json::{Map, Value};

use super::findings::{Check, Finding, Kind};
use super::given::Given;
use super::{Plan, Planned};
use crate::access::Known;
use crate::iam::evaluate::{Target, TargetKind as Thing, TargetPlace, secrets};
use crate::iam::meaning::Pattern;
use crate::iam::trust::service;
use crate::labels::secret_label;
use crate::tf::Address;

/// The tags of a resource, those of the provider's `default_tags` included.
const TAGS: &str = "tags_all";

/// The encryption context with which Secrets Manager uses a key.
///
/// Source: [encryption context](https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html).
const CONTEXT: &str = "kms:encryptioncontext:secretarn";

/// The targets before and after the apply, with equal indices.
pub(super) struct Targets<'a> {
    pub(super) before: Vec<Target>,
    pub(super) after: Vec<Target>,
    /// The resources of secrets whose tags change, by the index of the target.
    pub(super) places: BTreeMap<usize, &'a Address>,
}

impl Targets<'_> {
    /// Whether the apply changes tags of a secret, on which conditions can depend.
    pub(super) fn are_tagged_otherwise(&self) -> bool {
        !self.places.is_empty()
    }

    /// Reports secrets whose tags change: policies that are not in the plan can have conditions on tags.
    pub(super) fn changed_tags(&self, found: &mut Vec<Finding>) {
        for place in self.places.values() {
            let what = "its tags change, and conditions of policies that are not in this plan can depend on a tag";
            found.push(Finding::new(Kind::NotLookedAt, place, what));
        }
    }

    /// The key or the secret with an id.
    pub(super) fn of(&self, kind: Thing, id: &str) -> Option<&Target> {
        self.after.iter().find(|target| target.kind == kind && target.id == id)
    }
}

impl<'a> Check<'a> {
    pub(super) fn targets(&self, known: &Known) -> Targets<'a> {
        let part = |reference: &str| known.get(reference).and_then(Value::as_str);
        let place = TargetPlace {
            partition: part("data.aws_partition.current.partition"),
            region: self.region.as_deref(),
            account: part("data.aws_caller_identity.current.account_id"),
        };
        let mut after = secrets(self.spec, &place);
        let keys = self.keys(known);
        // Secrets Manager uses a key with the ARN of one of its secrets as context.
        let contexts: Vec<Pattern> = after.iter().flat_map(Target::arns).cloned().collect();
        let key = |arn: &String| Target::new(Thing::Key, arn, [arn.as_str()]).with_fact(CONTEXT, contexts.clone());
        after.extend(keys.iter().map(key));
        after.extend(self.roles.names().map(|name| self.role(name, &place)));
        for handler in self.functions() {
            let call = if self.rotates(handler) { Thing::RotationCall } else { Thing::Call };
            after.extend([Thing::Function, call].map(|kind| Target::function(kind, &handler.name, &place)));
        }
        after.push(Target::identities(&place));
        let (mut before, mut places) = (after.clone(), BTreeMap::new());
        for (at, secret) in self.spec.secrets.iter().enumerate() {
            let plan: &'a Plan = self.plan;
            let address = format!("aws_secretsmanager_secret.{}", secret_label(secret));
            let Some(planned) = plan.resource(self.path, &address) else {
                // A secret that the spec does not create is looked up.
                let mut read = plan.data.iter().filter(|(it, _)| it.module() == self.path && it.in_module() == address);
                if let Some(tags) = read.find_map(|(_, given)| given.get("tags").and_then(Value::as_object)) {
                    (before[at], after[at]) = (with(&after[at], tags), with(&after[at], tags));
                }
                continue;
            };
            after[at] = tagged(&after[at], planned, planned.after.as_ref());
            before[at] = match planned.before.as_ref().filter(|_| !planned.has_action("create")) {
                Some(given) => tagged(&before[at], planned, Some(given)),
                None => after[at].clone(),
            };
            if !before[at].has_tags_of(&after[at]) {
                places.insert(at, &planned.address);
            }
        }
        Targets { before, after, places }
    }

    /// A role, by its ARN if the plan shows it or its path; one that the spec creates trusts only the service of its handler.
    fn role(&self, name: &str, place: &TargetPlace<'_>) -> Target {
        let of_name = |planned: &&Planned| planned.names().any(|it| it.eq_ignore_ascii_case(name));
        let mut planned = self.plan.resources.iter().filter(|it| it.kind == "aws_iam_role").filter(of_name);
        let given = planned.find_map(|planned| planned.after.as_ref().or(planned.before.as_ref()));
        let arn = given.and_then(|given| match (given.word("arn"), given.word("path")) {
            (Some(arn), _) => Some(arn.to_owned()).filter(|arn| !self.is_foreign_arn(arn)),
            (None, Some(path)) if path.starts_with('/') && path.ends_with('/') => {
                let (partition, account) = (place.partition.unwrap_or("*"), place.account.unwrap_or("*"));
                Some(format!("arn:{partition}:iam::{account}:role{path}{name}"))
            }
            _ => None,
        });
        let role = match arn {
            Some(arn) => Target::new(Thing::Role, name, [arn.as_str()]),
            None => Target::role(name, place),
        };
        let handler = self.roles.get(name).and_then(|handlers| handlers.first()).filter(|_| self.is_created(name));
        match handler {
            Some(handler) => role.with_fact("iam:passedtoservice", [Pattern::new(service(&handler.options.principal))]),
            None => role,
        }
    }

    /// Whether the function of a handler rotates a secret.
    pub(super) fn rotates(&self, handler: &HandlerSpec) -> bool {
        self.spec.secrets.iter().any(|secret| secret.owner.function() == Some(handler.id.as_str()))
    }

    /// Whether a function of the spec rotates a secret.
    pub(super) fn has_rotation(&self) -> bool {
        self.spec.secrets.iter().any(|secret| secret.owner.function().is_some())
    }

    /// Whether the spec creates a role, and so writes its trust policy.
    pub(super) fn is_created(&self, role: &str) -> bool {
        let handlers: &[&HandlerSpec] = self.roles.get(role).unwrap_or_default();
        !handlers.is_empty() && handlers.iter().all(|handler| handler.role == Role::Created)
    }
}

/// The target with the tags that a plan shows.
fn tagged(target: &Target, planned: &Planned, given: Option<&Given>) -> Target {
    let is_after = given.is_some_and(|given| planned.after.as_ref().is_some_and(|after| std::ptr::eq(after, given)));
    if is_after && planned.unknown.is_marked(TAGS) {
        return target.clone().with_unknown_tags();
    }
    let tags = given.and_then(|given| given.get(TAGS).or_else(|| given.get("tags")));
    let Some(tags) = tags.and_then(Value::as_object) else { return target.clone() };
    with(target, tags)
}

fn with(target: &Target, tags: &Map<String, Value>) -> Target {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags: Vec<(String, String)> = tags.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    target.clone().with_tags(tags.iter().map(|(key, value)| (key, value)))
}
