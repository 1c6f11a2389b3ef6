//! The policies that a role's own attributes repeat. The provider reads `inline_policy` and `managed_policy_arns` of an
//! `aws_iam_role` before it changes what is attached, so that a state holds the policies of before the last apply there. A
//! resource that manages those policies is right where the two differ.

use std::collections::{BTreeMap, BTreeSet};

use crate::adopt::facts::{Facts, Holder, Policy};

/// The repeated policies of a state, and whose lists of policies its resources hold whole.
#[derive(Default)]
pub(super) struct Copies {
    on_roles: BTreeMap<Holder, BTreeSet<Policy>>,
    with_all_inline: BTreeSet<Holder>,
    with_all_managed: BTreeSet<Holder>,
}

impl Copies {
    /// Adds a policy that a role's own attributes name.
    pub(super) fn put(&mut self, role: &str, policy: Policy) {
        self.on_roles.entry(Holder::role(role)).or_default().insert(policy);
    }

    /// A resource has the names of every inline policy of this role.
    pub(super) fn has_all_inline(&mut self, role: &str) {
        self.with_all_inline.insert(Holder::role(role));
    }

    /// A resource has the ARN of every managed policy of this role.
    pub(super) fn has_all_managed(&mut self, role: &str) {
        self.with_all_managed.insert(Holder::role(role));
    }

    /// Adds to what the resources say the policies on which they are silent.
    pub(super) fn add_to(self, facts: &mut Facts) {
        for (role, policies) in self.on_roles {
            let on: BTreeSet<Policy> = facts.policies_of(&role).cloned().collect();
            let is_new = |policy: &Policy| match policy {
                Policy::Managed(_) => !self.with_all_managed.contains(&role),
                Policy::Inline(name, _) => {
                    let mut resources = on.iter().filter_map(|policy| match policy {
                        Policy::Inline(it, document) if it == name => Some(document.is_some()),
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
