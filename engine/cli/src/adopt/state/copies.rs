//! The policies in the attributes of a role. The provider reads `inline_policy` and `managed_policy_arns` of an
//! `aws_iam_role` before it changes attachments, so a state can contain the policies from before the last apply there.
//! If they differ, the resource that manages the policies is right.

use std::collections::{BTreeMap, BTreeSet};

use crate::adopt::facts::{ExistingPolicy, Facts, PolicyHolder};

/// The policies in the attributes of roles, and the roles for which other resources have the complete lists.
#[derive(Default)]
pub(super) struct Copies {
    on_roles: BTreeMap<PolicyHolder, BTreeSet<ExistingPolicy>>,
    with_all_inline: BTreeSet<PolicyHolder>,
    with_all_managed: BTreeSet<PolicyHolder>,
}

impl Copies {
    /// Adds a policy from the attributes of a role.
    pub(super) fn put(&mut self, role: &str, policy: ExistingPolicy) {
        self.on_roles.entry(PolicyHolder::role(role)).or_default().insert(policy);
    }

    /// Records that a resource has the names of all inline policies of this role.
    pub(super) fn has_all_inline(&mut self, role: &str) {
        self.with_all_inline.insert(PolicyHolder::role(role));
    }

    /// Records that a resource has the ARNs of all managed policies of this role.
    pub(super) fn has_all_managed(&mut self, role: &str) {
        self.with_all_managed.insert(PolicyHolder::role(role));
    }

    /// Adds the policies that no other resource describes.
    pub(super) fn add_to(self, facts: &mut Facts) {
        for (role, policies) in self.on_roles {
            let on: BTreeSet<ExistingPolicy> = facts.policies_of(&role).cloned().collect();
            let is_new = |policy: &ExistingPolicy| match policy {
                ExistingPolicy::Managed(_) => !self.with_all_managed.contains(&role),
                ExistingPolicy::Inline(name, _) => {
                    let mut resources = on.iter().filter_map(|policy| match policy {
                        ExistingPolicy::Inline(it, document) if it == name => Some(document.is_some()),
                        _ => None,
                    });
                    resources.next().map_or(!self.with_all_inline.contains(&role), |has_document| !has_document)
                }
            };
            for policy in policies.into_iter().filter(is_new) {
                facts.put(role.kind, &role.name, policy);
            }
        }
    }
}
