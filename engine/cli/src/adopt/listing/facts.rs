//! Extracts facts from the outputs of the AWS CLI.

use std::collections::BTreeMap;

use super::document::{Function, ListedHolder, ListedPolicy, ListedTag, Role, Secret};
use crate::adopt::facts::{self, Facts, HolderKind, PolicyFacts, RoleFacts, RotationFacts, SecretFacts, document};
use crate::tf::lenient::{Loose, Many, Present, Text};

/// The tags without those of AWS itself, which no configuration can set.
fn tags(tags: &Present<Many<Loose<ListedTag>>>) -> Option<BTreeMap<String, String>> {
    let tags = tags.0.as_ref()?.0.iter().filter(|tag| !tag.0.key.as_str().starts_with("aws:"));
    Some(tags.map(|tag| (tag.0.key.as_str().to_owned(), tag.0.value.as_str().to_owned())).collect())
}

fn said(text: &Present<Text>) -> Option<String> {
    text.0.as_ref().map(|text| text.as_str().to_owned())
}

impl Facts {
    pub(super) fn add_secret(&mut self, arn: &str, secret: &Secret) {
        let replicas = secret.replication_status.0.as_ref().map(|replicas| {
            let one = |it: &Loose<super::document::ListedReplica>| {
                Some((it.0.region.word()?.to_owned(), it.0.kms_key_id.as_str().to_owned()))
            };
            replicas.0.iter().filter_map(one).collect()
        });
        // The output omits properties that a secret does not have.
        let is_whole = secret.is_whole();
        let or_none = |text: Option<String>| text.or_else(|| is_whole.then(String::new));
        self.secrets.entry(arn.to_owned()).or_default().join(&SecretFacts {
            description: or_none(said(&secret.description)),
            key: or_none(said(&secret.kms_key_id)),
            tags: tags(&secret.tags).or_else(|| is_whole.then(BTreeMap::new)),
            replicas,
            ..SecretFacts::default()
        });
    }

    /// Adds the function and the schedule of a rotation.
    pub(super) fn add_rotation(&mut self, name: &str, secret: &Secret) {
        let rules = &secret.rotation_rules.0;
        let rules = [&rules.schedule_expression, &rules.automatically_after_days, &rules.duration];
        let rules = rules.map(|rule| rule.as_str().to_owned());
        let function = secret.rotation_function.word().map(str::to_owned);
        self.rotations.insert(name.to_owned(), RotationFacts { function, rules: Some(rules) });
    }

    pub(super) fn add_policy_on(&mut self, arn: &str, policy: &str) {
        self.secrets.entry(arn.to_owned()).or_default().policy = Some(document(policy));
    }

    pub(super) fn add_role(&mut self, name: &str, role: &Role) {
        let word = |text: &Text| text.word().map(str::to_owned);
        self.roles.entry(name.to_owned()).or_default().join(&RoleFacts {
            path: word(&role.path),
            description: word(&role.description),
            session: word(&role.max_session_duration),
            boundary: word(&role.permissions_boundary.0.permissions_boundary_arn),
            trust: role.assume_role_policy_document.0.clone(),
            tags: tags(&role.tags),
            ..RoleFacts::default()
        });
    }

    pub(super) fn add_holder(&mut self, kind: HolderKind, holder: &ListedHolder) {
        if let Some(name) = holder.name.word() {
            let boundary = holder.permissions_boundary.0.permissions_boundary_arn.word();
            if let (HolderKind::User, Some(arn)) = (kind, boundary) {
                self.user_boundaries.insert(name.to_owned(), arn.to_owned());
            }
            self.add_policies_of(kind, name, &holder.inline.0, &holder.attached.0);
        }
    }

    pub(super) fn add_policies_of(
        &mut self,
        kind: HolderKind,
        holder: &str,
        inline: &[ListedPolicy],
        attached: &[ListedPolicy],
    ) {
        for policy in inline {
            if let Some(name) = policy.name.word() {
                let text = policy.json.0.clone();
                self.put(kind, holder, facts::ExistingPolicy::Inline(name.to_owned(), text));
            }
        }
        for arn in attached.iter().filter_map(|policy| policy.arn.word()) {
            self.put(kind, holder, facts::ExistingPolicy::Managed(arn.to_owned()));
        }
    }

    pub(super) fn add_managed(&mut self, name: &str, arn: &str, policy: &ListedPolicy) {
        let path = policy.path.word().map(str::to_owned);
        self.policies.entry(name.to_owned()).or_insert(PolicyFacts { path, description: None });
        let versions = policy.versions.0.iter();
        let mut in_force = versions.filter(|version| version.0.is_default_version.as_str() == "true");
        if let Some(text) = in_force.find_map(|version| version.0.document.0.clone()) {
            self.documents.insert(arn.to_owned(), text);
        }
    }

    pub(super) fn add_function(&mut self, function: &Function) {
        if let (Some(name), Some(role)) = (function.function_name.word(), function.role.word()) {
            self.put_function(name, role);
        }
    }
}
