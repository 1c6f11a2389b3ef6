//! The tags of the secrets that Terraform does not create. The spec does not tell them, so an audit reads them if a policy
//! asks for them.

use std::collections::BTreeMap;

use driftless_model::Owner;

use super::super::inventory::Identity;
use super::AuditedAccess;
use crate::iam::meaning::Document;

/// Whether a policy document has a condition on the tags of resources.
pub(super) fn are_in(document: &str) -> bool {
    let is_tag = |key: &str| key.to_ascii_lowercase().contains("resourcetag/");
    let Ok(document) = Document::read(document) else { return false };
    document.statements.iter().any(|statement| statement.conditions.keys().any(|(_, key)| is_tag(key)))
}

/// Whether only the account tells the tags of the secrets with this owner.
#[must_use]
pub const fn are_unknown(owner: &Owner) -> bool {
    matches!(owner, Owner::External | Owner::Runtime)
}

impl AuditedAccess<'_> {
    /// Whether what a policy of the identity allows depends on the tags of resources.
    #[must_use]
    pub fn asks_for_tags(&self, identity: &Identity) -> bool {
        let mut managed = identity.attached.iter().chain(&identity.boundary);
        identity.inline.iter().any(|document| are_in(&document.text)) || managed.any(|arn| self.on_tags.contains(arn))
    }

    /// Records the tags that the account has for a secret of the spec. Its replicas have the same.
    pub fn set_tags(&mut self, secret: &str, tags: &BTreeMap<String, String>) {
        if let Some(named) = self.places.get(secret).map(|place| &mut self.secrets[*place]) {
            let places = std::mem::take(&mut named.places);
            named.places = places.into_iter().map(|target| target.with_tags(tags)).collect();
        }
    }
}
