//! Extracts facts from the attributes of a resource.

use std::collections::BTreeMap;

use super::attributes::StateAttributes;
use super::copies::Copies;
use crate::adopt::facts::{
    ExistingPolicy, Facts, HolderKind, PolicyFacts, RoleFacts, RotationFacts, SecretFacts, document,
};
use crate::aws::arn::secret_name;
use crate::tf::lenient::{Present, Text, Words};

fn word(text: &Text) -> Option<String> {
    text.word().map(str::to_owned)
}

/// The text of an attribute that is present; it may be empty.
fn said(text: &Present<Text>) -> Option<String> {
    text.0.as_ref().map(|text| text.as_str().to_owned())
}

/// The tags without those of AWS itself, which no configuration can set.
fn tags(words: &Words) -> BTreeMap<String, String> {
    let own = words.0.iter().filter(|(key, _)| !key.starts_with("aws:"));
    own.map(|(key, value)| (key.clone(), value.as_str().to_owned())).collect()
}

impl StateAttributes {
    /// Adds the facts of a resource of this type.
    pub(super) fn add_facts(&self, kind: &str, facts: &mut Facts, copies: &mut Copies) {
        match kind {
            "aws_secretsmanager_secret" => self.add_secret(facts),
            "aws_secretsmanager_secret_version" => self.see_secret(facts),
            "aws_iam_user" => self.add_user(facts),
            "aws_secretsmanager_secret_policy" => {
                self.see_secret(facts);
                if let (Some(policy), Some(id)) =
                    (said(&self.policy), [&self.secret_arn, &self.id].into_iter().find_map(Text::word))
                {
                    facts.secrets.entry(id.to_owned()).or_default().policy = Some(document(&policy));
                }
            }
            "aws_secretsmanager_secret_rotation" => {
                self.see_secret(facts);
                self.add_rotation(facts);
            }
            "aws_iam_role" => self.add_role(facts, copies),
            "aws_iam_policy" => self.add_policy(facts),
            "aws_lambda_function" => {
                if let (Some(function), Some(role)) = (self.function_name.word(), self.role.word()) {
                    facts.put_function(function, role);
                }
            }
            "aws_kms_alias" => self.add_alias(facts),
            "aws_iam_role_policies_exclusive" => {
                self.add_names(facts, HolderKind::Role, &self.role_name);
                self.role_name.word().into_iter().for_each(|role| copies.has_all_inline(role));
            }
            "aws_iam_role_policy_attachments_exclusive" => {
                self.add_arns(facts, HolderKind::Role, &self.role_name);
                self.role_name.word().into_iter().for_each(|role| copies.has_all_managed(role));
            }
            _ => self.add_on(kind, facts),
        }
    }

    pub(super) fn add_secret(&self, facts: &mut Facts) {
        let Some(id) = [&self.arn, &self.id, &self.name].into_iter().find_map(Text::word) else { return };
        let replicas = self.replica.0.as_ref().map(|replicas| {
            let replicas =
                replicas.0.iter().filter_map(|it| Some((word(&it.0.region)?, it.0.kms_key_id.as_str().to_owned())));
            replicas.collect()
        });
        let (tags, default_tags) = self.tags();
        facts.secrets.entry(id.to_owned()).or_default().join(&SecretFacts {
            description: said(&self.description),
            key: said(&self.kms_key_id),
            tags,
            default_tags,
            replicas,
            policy: said(&self.policy).map(|policy| document(&policy)),
            window: word(&self.recovery_window_in_days),
            overwrites: self.force_overwrite_replica_secret.as_str() == "true",
        });
    }

    /// The tags of the resource itself, and those from the provider's `default_tags`.
    fn tags(&self) -> (Option<BTreeMap<String, String>>, BTreeMap<String, String>) {
        let own = self.tags.0.as_ref().map(tags);
        let mut added = tags(&self.tags_all);
        added.retain(|key, value| own.as_ref().and_then(|own| own.get(key)) != Some(value));
        (own, added)
    }

    pub(super) fn add_rotation(&self, facts: &mut Facts) {
        let Some(id) = [&self.secret_id, &self.id].into_iter().find_map(Text::word) else { return };
        let rules = self.rotation_rules.0.first().map(|rules| {
            [&rules.0.schedule_expression, &rules.0.automatically_after_days, &rules.0.duration]
                .map(|rule| rule.as_str().to_owned())
        });
        let function = word(&self.rotation_lambda_arn);
        facts.rotations.insert(secret_name(id).to_owned(), RotationFacts { function, rules });
    }

    pub(super) fn add_role(&self, facts: &mut Facts, copies: &mut Copies) {
        let Some(name) = self.name.word().or_else(|| self.id.word()) else { return };
        let (tags, default_tags) = self.tags();
        facts.roles.entry(name.to_owned()).or_default().join(&RoleFacts {
            path: word(&self.path),
            description: said(&self.description),
            session: word(&self.max_session_duration),
            boundary: said(&self.permissions_boundary),
            trust: self.assume_role_policy.0.as_ref().map(|trust| document(trust.as_str())),
            tags,
            default_tags,
        });
        facts.put_role(self.arn.as_str());
        for policy in &self.inline_policy.0 {
            // The provider writes an entry without a name if a role must have no inline policies.
            if let Some(inline) = policy.0.name.word() {
                let text = Some(document(policy.0.policy.as_str()));
                copies.put(name, ExistingPolicy::Inline(inline.to_owned(), text));
            }
        }
        for arn in self.managed_policy_arns.0.iter().filter_map(word) {
            copies.put(name, ExistingPolicy::Managed(arn));
        }
    }

    pub(super) fn add_policy(&self, facts: &mut Facts) {
        if let Some(name) = word(&self.name) {
            let found = PolicyFacts { path: word(&self.path), description: said(&self.description) };
            facts.policies.insert(name, found);
        }
        self.add_document(facts);
    }

    fn add_document(&self, facts: &mut Facts) {
        if let (Some(arn), Some(policy)) = (word(&self.arn), said(&self.policy)) {
            facts.documents.insert(arn, document(&policy));
        }
    }

    /// Adds the secret that a resource belongs to as one that exists.
    pub(super) fn see_secret(&self, facts: &mut Facts) {
        if let Some(arn) = self.arn() {
            facts.see_secret(&arn);
        }
    }

    pub(super) fn add_user(&self, facts: &mut Facts) {
        let name = self.name.word().or_else(|| self.user_name.word());
        if let (Some(name), Some(boundary)) = (name, said(&self.permissions_boundary)) {
            facts.user_boundaries.entry(name.to_owned()).or_insert(boundary);
        }
    }

    pub(super) fn add_alias(&self, facts: &mut Facts) {
        let keys = [&self.target_key_arn, &self.target_key_id].into_iter().filter_map(word);
        if let Some(name) = word(&self.name) {
            facts.aliases.entry(name).or_default().extend(keys);
        }
    }

    /// Adds policies of roles, users and groups.
    fn add_on(&self, kind: &str, facts: &mut Facts) {
        use HolderKind::{Group, Role, User};
        match kind {
            "aws_iam_role_policy" => self.add_inline(facts, Role, &self.role),
            "aws_iam_user_policy" => self.add_inline(facts, User, &self.user),
            "aws_iam_group_policy" => self.add_inline(facts, Group, &self.group),
            "aws_iam_role_policy_attachment" => self.add_attached(facts, Role, [&self.role]),
            "aws_iam_user_policy_attachment" => self.add_attached(facts, User, [&self.user]),
            "aws_iam_group_policy_attachment" => self.add_attached(facts, Group, [&self.group]),
            "aws_iam_policy_attachment" => {
                self.add_attached(facts, Role, &self.roles.0);
                self.add_attached(facts, User, &self.users.0);
                self.add_attached(facts, Group, &self.groups.0);
            }
            "aws_iam_user_policies_exclusive" => self.add_names(facts, User, &self.user_name),
            "aws_iam_group_policies_exclusive" => self.add_names(facts, Group, &self.group_name),
            "aws_iam_user_policy_attachments_exclusive" => self.add_arns(facts, User, &self.user_name),
            "aws_iam_group_policy_attachments_exclusive" => self.add_arns(facts, Group, &self.group_name),
            _ => {}
        }
    }

    fn add_inline(&self, facts: &mut Facts, kind: HolderKind, holder: &Text) {
        if let (Some(holder), Some(name)) = (holder.word(), word(&self.name)) {
            facts.put(kind, holder, ExistingPolicy::Inline(name, said(&self.policy).map(|text| document(&text))));
        }
    }

    fn add_attached<'a>(&self, facts: &mut Facts, kind: HolderKind, holders: impl IntoIterator<Item = &'a Text>) {
        for holder in holders.into_iter().filter_map(Text::word) {
            if let Some(arn) = word(&self.policy_arn) {
                facts.put(kind, holder, ExistingPolicy::Managed(arn));
            }
        }
    }

    fn add_names(&self, facts: &mut Facts, kind: HolderKind, holder: &Text) {
        let Some(holder) = holder.word() else { return };
        for name in self.policy_names.0.iter().filter_map(word) {
            facts.put(kind, holder, ExistingPolicy::Inline(name, None));
        }
    }

    fn add_arns(&self, facts: &mut Facts, kind: HolderKind, holder: &Text) {
        let Some(holder) = holder.word() else { return };
        for arn in self.policy_arns.0.iter().filter_map(word) {
            facts.put(kind, holder, ExistingPolicy::Managed(arn));
        }
    }
}
