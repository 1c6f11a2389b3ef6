//! Finds the changes that the first apply makes to existing roles and managed policies.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{HandlerSpec, Problem};

use super::tags;
use crate::adopt::adoption::How;
use crate::adopt::facts::{ExistingPolicy, HolderKind, PolicyHolder, RoleFacts};
use crate::adopt::left::Left;
use crate::adopt::problems::{self, changes, roles as say};
use crate::iam::meaning::Document;
use crate::iam::trust::{TrustPlace, difference};
use crate::render::{Object, PolicyName, role_description};

/// The default maximum session duration of a role in seconds.
const SESSION: &str = "3600";

impl Left<'_> {
    /// Policies on roles of the spec that are not in the spec.
    pub(in crate::adopt) fn taken_off(&self) -> Vec<Problem> {
        let mut by_policies: BTreeMap<BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (holder, policies) in self.facts.on.iter().filter(|(holder, _)| holder.kind == HolderKind::Role) {
            let role = &holder.name;
            if !self.adopted.contains(&Object::Role(role.clone())) {
                continue;
            }
            let off: BTreeSet<String> =
                policies.iter().filter_map(|policy| self.name_if_foreign(role, policy)).collect();
            if !off.is_empty() {
                by_policies.entry(off).or_default().push(role);
            }
        }
        by_policies.iter().map(|(policies, roles)| problems::taken_off(roles, policies)).collect()
    }

    /// The name of a policy on a role of the spec, if the policy is not in the spec.
    fn name_if_foreign(&self, role: &str, policy: &ExistingPolicy) -> Option<String> {
        let role = Some(role.to_owned());
        let (object, name) = match policy {
            ExistingPolicy::Inline(name, _) => (Object::InlinePolicy { role, name: name.clone() }, name.clone()),
            ExistingPolicy::Managed(arn) => match PolicyName::of_arn(arn) {
                None => return Some(arn.clone()),
                Some(policy) => (Object::Attachment { role, policy: policy.clone() }, policy.to_string()),
            },
        };
        (!self.wanted.contains(&object)).then_some(name)
    }

    /// The changes that the first apply makes to the roles that it takes over. Roles with equal changes share a note.
    pub(in crate::adopt) fn changed_roles(&self) -> Vec<Problem> {
        let mut alike: BTreeMap<Problem, Vec<&str>> = BTreeMap::new();
        for (name, is) in self.adopted_roles() {
            for change in self.changed_role(name, is) {
                alike.entry(change).or_default().push(name);
            }
        }
        alike.into_iter().map(|(change, roles)| say::of_roles(change, &roles)).collect()
    }

    /// Roles that the first apply would replace, because their paths cannot be changed.
    pub(in crate::adopt) fn replaced(&self) -> Vec<Problem> {
        let existing = self.steps.iter().filter(|(_, step)| step.how != How::Create);
        let replaced = existing.filter_map(|(it, step)| {
            let Object::Role(name) = &it.object else { return None };
            let path = self.facts.roles.get(name)?.path.as_deref().filter(|path| *path != "/")?;
            Some(say::role_replaced(&step.address, name, path))
        });
        replaced.collect()
    }

    /// Managed policies that the first apply replaces, because neither path nor description can be changed.
    pub(in crate::adopt) fn replaced_policies(&self) -> Vec<Problem> {
        let existing = self.steps.iter().filter(|(_, step)| step.how != How::Create);
        let replaced = existing.filter_map(|(it, step)| {
            let Object::ManagedPolicy(name) = &it.object else { return None };
            let is = self.facts.policies.get(name)?;
            let path = is.path.as_deref().is_some_and(|path| path != "/");
            let description = is.description.as_deref().is_some_and(|it| !it.is_empty());
            (path || description).then(|| say::policy_replaced(&step.address, name, path))
        });
        replaced.collect()
    }

    fn adopted_roles(&self) -> impl Iterator<Item = (&str, &RoleFacts)> {
        let existing = self.steps.iter().filter(|(_, step)| step.how != How::Create);
        existing.filter_map(|(it, _)| match &it.object {
            Object::Role(name) => Some((name.as_str(), self.facts.roles.get(name)?)),
            _ => None,
        })
    }

    /// The changes of one role, without their places.
    fn changed_role(&self, name: &str, is: &RoleFacts) -> Vec<Problem> {
        let mut changes = Vec::new();
        if is.trust.as_deref().is_some_and(|trust| !trust.is_empty() && !self.is_rendered_trust(name, trust)) {
            changes.push(say::role_trust());
        }
        if let Some(boundary) =
            is.boundary.as_deref().filter(|boundary| !boundary.is_empty() && !self.is_in_place(name))
        {
            changes.push(say::role_boundary(boundary));
        }
        let wanted = self.description_of(name);
        let description =
            is.description.as_deref().is_some_and(|it| !it.is_empty() && it != wanted).then_some(!wanted.is_empty());
        let session = is.session.as_deref().filter(|it| *it != SESSION);
        if description.is_some() || session.is_some() {
            changes.push(say::role_settings(description, session, SESSION));
        }
        let wanted = self.spec.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        changes.extend(
            is.tags.as_ref().and_then(|is| tags(is, &wanted)).map(|tags| changes::tags("role-tags", "", &tags)),
        );
        let inside = self.spec_policies_inside(name);
        if !inside.is_empty() {
            changes.push(say::role_policies_inside(&inside));
        }
        changes
    }

    /// The description that the rendered Terraform gives to a role.
    fn description_of(&self, role: &str) -> String {
        let handler = self.spec.handlers.iter().find(|handler| handler.created_role() == Some(role));
        handler.map(|handler| role_description(&handler.description)).unwrap_or_default()
    }

    /// Whether a trust policy trusts what the rendered one of the role does, and nothing else.
    fn is_rendered_trust(&self, name: &str, text: &str) -> bool {
        let is_its = |handler: &&HandlerSpec| handler.created_role() == Some(name);
        let principal = self.spec.handlers.iter().find(is_its).map(|it| it.options.principal.clone());
        Document::read(text).is_ok_and(|document| {
            difference(&document, &principal.unwrap_or_default(), &TrustPlace::default()).is_none()
        })
    }

    /// Whether the state has a role at the address of the rendered Terraform.
    fn is_in_place(&self, name: &str) -> bool {
        self.how.get(&Object::Role(name.to_owned())).is_some_and(|how| **how == How::Managed)
    }

    /// Inline policies of a role that have the names of the spec's policies, and that no separate resource manages.
    fn spec_policies_inside(&self, role: &str) -> BTreeSet<&str> {
        let inside = self.facts.policies_of(&PolicyHolder::role(role)).filter_map(|policy| match policy {
            ExistingPolicy::Inline(name, _) => Some(name.as_str()),
            ExistingPolicy::Managed(_) => None,
        });
        let object = |name: &str| Object::InlinePolicy { role: Some(role.to_owned()), name: name.to_owned() };
        inside.filter(|name| self.is_created(&object(name)) == Some(true)).collect()
    }
}
