//! Finds the resources that a plan of the generated files destroys, because the files do not contain them.

use std::collections::{BTreeSet, HashSet};

use driftless_model::Problem;

use super::adoption::Forgotten;
use super::left::Left;
use super::problems::reach as say;
use super::state::Deposed;
use crate::render::{Object, PolicyName};
use crate::tf::{Address, ModulePath};

/// Resource types that can give access to secrets in ways that are not examined, by prefix.
const NOT_LOOKED_AT: [&str; 7] = [
    "aws_cloudcontrolapi_resource",
    "aws_cloudformation_stack",
    "aws_kms_grant",
    "aws_kms_key_policy",
    "aws_organizations_policy",
    "aws_ssoadmin_",
    "awscc_",
];

impl Left<'_> {
    /// Resources in the states that could give access to secrets and that are not examined.
    pub(super) fn not_looked_at(&self) -> Option<Problem> {
        let states = self.evidence.state.into_iter().chain(self.evidence.other);
        let others = states.flat_map(|state| state.others.keys());
        let unread: BTreeSet<&Address> =
            others.filter(|address| NOT_LOOKED_AT.iter().any(|start| address.kind().starts_with(start))).collect();
        (!unread.is_empty()).then(|| say::not_looked_at(&unread))
    }

    /// The resources of the state that a plan destroys, if there are any. If the root calls the files as a module, only
    /// resources of that module are considered.
    pub(super) fn destroyed(&self, module: &ModulePath, forgotten: &[Forgotten]) -> Option<Problem> {
        let state = self.evidence.state?;
        let forgotten: HashSet<&Address> = forgotten.iter().map(|it| &it.from).collect();
        let is_lost = |address: &Address| self.is_lost(address, module) && !forgotten.contains(&address.without_keys());
        let held = self.unused().map(|held| &held.address).chain(&state.unclear);
        let held = held.filter(|address| !self.declared.contains(address)).map(|address| (address, 1));
        let others = state.others.iter().map(|(address, number)| (address, *number));
        let mut lost: Vec<(&Address, usize)> = held.chain(others).filter(|(address, _)| is_lost(address)).collect();
        lost.sort_unstable();
        let unnamed = if *module == ModulePath::default() { state.unnamed } else { 0 };
        let number = lost.iter().map(|(_, number)| number).sum::<usize>() + unnamed;
        let addresses: Vec<&Address> = lost.into_iter().map(|(address, _)| address).collect();
        let unread = self.evidence.by_hand.map(|files| files.unread.clone()).unwrap_or_default();
        (number > 0).then(|| say::destroyed(number, &addresses, &unread))
    }

    /// Whether the configuration that has the generated files does not have this resource of the state.
    fn is_lost(&self, address: &Address, module: &ModulePath) -> bool {
        let is_declared =
            *module == ModulePath::default() && self.evidence.by_hand.is_some_and(|files| files.has(address));
        address.module().begins_with(module) && !is_declared
    }

    /// Attachments to several identities that a plan destroys, and with them an attachment that the spec has too. Terraform
    /// does not order the two, so the policy can be off the role after the apply.
    pub(super) fn attachments_lost(&self, module: &ModulePath) -> Vec<Problem> {
        let all = self.evidence.state.into_iter().flat_map(|state| &state.shared_attachments);
        let lost = all.filter(|it| self.is_lost(&it.address, module));
        lost.filter_map(|it| {
            let policy = PolicyName::of_arn(&it.policy)?;
            let is_ours = |role: &&String| {
                self.wanted.contains(&Object::Attachment { role: Some((*role).clone()), policy: policy.clone() })
            };
            let roles: Vec<&str> = it.roles.iter().filter(is_ours).map(String::as_str).collect();
            (!roles.is_empty()).then(|| say::attachment_lost(&it.address, &policy.to_string(), &roles))
        })
        .collect()
    }

    /// Deposed objects, which Terraform will delete: notes, and problems for those that are still current objects of
    /// the spec.
    pub(super) fn deposed(&self) -> (Vec<Problem>, Vec<Problem>) {
        let (mut notes, mut problems) = (Vec::new(), Vec::new());
        for it in self.evidence.state.into_iter().flat_map(|state| &state.deposed) {
            let what = match (&it.object, &it.arn) {
                (Some(object), _) => object.to_string(),
                (None, Some(arn)) => driftless_model::shown(arn),
                (None, None) => "of which the state says too little".to_owned(),
            };
            let is_current = self.is_current_object(it);
            let problem = say::deposed(&it.address, &what, is_current);
            if is_current { problems.push(problem) } else { notes.push(problem) }
        }
        (notes, problems)
    }

    /// Whether a deposed object is also a current object that the spec manages, or a secret that it leaves to others. A
    /// secret of which the state has no other object is one too: it was renamed, and still has its value.
    fn is_current_object(&self, deposed: &Deposed) -> bool {
        let Some(object) = &deposed.object else { return false };
        let is_same = |arn: &Option<String>| deposed.arn.is_none() || arn.is_none() || *arn == deposed.arn;
        let is_held = self.held().any(|held| held.object == *object && is_same(&held.arn));
        let is_only_one = matches!(object, Object::Secret(_)) && !self.held().any(|held| held.object == *object);
        (is_held || is_only_one) && (self.wanted.contains(object) || self.is_of_a_secret(object))
    }
}
