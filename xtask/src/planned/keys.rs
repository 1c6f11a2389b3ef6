//! Who may use the keys of the spec's secrets: by the policies on them and by grants, and aliases that move.

use std::borrow::Cow;
use std::collections::BTreeSet;

use paypulse_runtime::model::KmsKey;
use serde_json::Value;

use super::configuration::End;
use super::findings::{Check, Finding, Kind};
use super::foreign::on_target;
use super::gains::Gains;
use super::given::Given;
use super::kinds::Does;
use super::policies::{Reader, Seen};
use crate::access::Known;
use crate::adopt::arn::account;
use crate::iam::evaluate::{Kind as Thing, Target};

/// Any key, of which nothing is known yet.
const NEW: &str = "arn:*:kms:*:*:key/*";

impl Check<'_> {
    /// The ARNs of the customer-managed keys of the spec's secrets, as far as they are known.
    pub(super) fn keys(&self, known: &Known) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for address in self.module.addresses().filter(|address| address.starts_with("aws_secretsmanager_secret.")) {
            let rendered = self.module.arguments(address, known);
            all.extend(rendered.get("kms_key_id").and_then(Value::as_str).map(str::to_owned));
        }
        all.retain(|arn| arn.starts_with("arn:") && !arn.contains("${"));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The keys of the spec's secrets and of their replicas.
    fn spec_keys(&self) -> impl Iterator<Item = &KmsKey> {
        self.spec.secrets.iter().flat_map(|secret| {
            let replicas = secret.options.replicas.iter().filter_map(|replica| replica.kms_key.as_ref());
            secret.kms_key.iter().chain(replicas)
        })
    }

    /// The keys that this plan makes and a variable of the module names, by their places in what is seen.
    fn new_keys(&self, reader: &Reader<'_>) -> BTreeSet<usize> {
        let named = self.spec_keys().filter_map(|key| match key {
            KmsKey::Variable { variable } => Some(self.plan.configuration.variable(self.path, variable)),
            KmsKey::Alias { .. } => None,
        });
        let resources = named.flat_map(|source| match &source.end {
            End::Reference(reference) => reader.resources(self.path, &source.module, reference).collect(),
            _ => Vec::new(),
        });
        resources.collect()
    }

    /// The key of the spec that a resource is, or is about.
    fn key_of(&self, index: usize, reader: &Reader<'_>, gains: &Gains<'_>) -> Option<Target> {
        let seen = &reader.seen[index];
        let after = seen.after?;
        let ids = ["key_id", "primary_key_arn", "arn"].map(|argument| after.word(argument));
        let is_it = |target: &&Target| ids.iter().flatten().any(|id| is_same(&target.id, id));
        let mut known = gains.targets.iter().filter(|target| target.kind == Thing::Key);
        if let Some(key) = known.find(is_it) {
            return Some(key.clone());
        }
        let new = self.new_keys(reader);
        let named = || {
            let source = self.plan.configuration.one(seen.address.module(), &seen.address.in_module(), "key_id")?;
            let End::Reference(reference) = &source.end else { return None };
            reader.resources(seen.address.module(), &source.module, reference).find(|index| new.contains(index))
        };
        let key = Some(index).filter(|index| new.contains(index)).or_else(named)?;
        Some(Target::new(Thing::Key, &reader.seen[key].address.to_string(), [NEW]))
    }

    /// Who may use a key of the spec's secrets, by a grant or by the policy on it.
    pub(super) fn on_key(&self, index: usize, reader: &Reader<'_>, gains: &Gains<'_>, found: &mut Vec<Finding>) {
        let seen = &reader.seen[index];
        let (Some(after), Some(key)) = (seen.after, self.key_of(index, reader, gains)) else { return };
        if seen.does == Some(Does::Grant) {
            let grantee = after.word("grantee_principal").unwrap_or("a principal that is not known yet");
            if !self.roles.has(grantee.rsplit('/').next().unwrap_or(grantee)) {
                let what = format!("it lets {grantee} use the key {}", key.id);
                found.push(Finding::new(Kind::Foreign, seen.address, what));
            }
            return;
        }
        if seen.is_unknown("policy") {
            // Without one, AWS writes the policy that lets the account's own policies decide.
            if seen.before.is_some() || self.is_given(seen, "policy") {
                let what = format!("the policy on the key {} is known after the apply only", key.id);
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
            return;
        }
        let account = Some(account(&key.id)).filter(|it| !it.is_empty()).or(self.account.as_deref());
        let before = policy(seen.before).map(|text| on_target(&text, &key)).unwrap_or_default();
        for (whom, what) in policy(Some(after)).map(|text| on_target(&text, &key)).unwrap_or_default() {
            let is_here = account.is_some_and(|account| whom.contains(&format!("::{account}:")) || whom == account);
            if !is_here && before.get(&whom) != Some(&what) {
                let what = format!("it allows {whom} {what} on the key {}", key.id);
                found.push(Finding::new(Kind::Foreign, seen.address, what));
            }
        }
    }

    /// Whether the configuration gives an argument, or does not show whether it does.
    fn is_given(&self, seen: &Seen<'_>, argument: &str) -> bool {
        let shown = self.plan.configuration.arguments(seen.address.module(), &seen.address.in_module());
        shown.is_none_or(|arguments| arguments.contains_key(argument))
    }

    /// An alias that the rendered files look up, and that comes to mean another key or none.
    pub(super) fn alias(&self, seen: &Seen<'_>, found: &mut Vec<Finding>) {
        let Some(before) = seen.before else { return };
        let name = before.word("name").unwrap_or_default();
        if !self.spec_keys().any(|key| matches!(key, KmsKey::Alias { alias } if alias.as_ref() == name)) {
            return;
        }
        let target = seen.after.and_then(|after| after.word("target_key_id"));
        let is_renamed = seen.after.is_some_and(|after| after.word("name") != Some(name));
        let what = match target {
            _ if seen.after.is_none() || is_renamed => "goes, and the files look it up".to_owned(),
            None => "comes to mean a key that is known after the apply only".to_owned(),
            Some(key) if before.word("target_key_id").is_some_and(|old| is_same(old, key)) => return,
            Some(key) => format!("comes to mean the key {key}"),
        };
        let what = format!("the alias `{name}` {what}: a later plan has the spec's secrets use another key");
        found.push(Finding::new(Kind::Different, seen.address, what));
    }
}

/// The policy that a key has.
fn policy(given: Option<&Given>) -> Option<Cow<'_, str>> {
    given?.document("policy")
}

/// Whether two texts name one key: by its ARN or by its id.
fn is_same(one: &str, other: &str) -> bool {
    let is_id_of = |id: &str, arn: &str| arn.strip_suffix(id).is_some_and(|rest| rest.ends_with(":key/"));
    one == other || is_id_of(one, other) || is_id_of(other, one)
}
