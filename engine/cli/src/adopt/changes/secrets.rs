//! Finds the changes that the first apply makes to existing secrets.

use std::collections::BTreeMap;

use driftless_model::{KmsKey, SecretSpec};

use super::{is_alias, is_default_key, is_same_key, tags};
use crate::adopt::adoption::{AdoptionStep, How};
use crate::adopt::facts::{Facts, SecretFacts};
use crate::adopt::left::Left;
use crate::adopt::problems::changes as say;
use crate::render::Object;
use driftless_model::Problem;

/// The provider's default recovery window in days.
///
/// Source: [aws_secretsmanager_secret][secret].
///
/// [secret]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/secretsmanager_secret.html.markdown
const WINDOW: &str = "30";

/// An existing secret and its entry in the spec.
struct Compared<'a> {
    secret: &'a SecretSpec,
    step: &'a AdoptionStep,
    is: &'a SecretFacts,
    facts: &'a Facts,
    /// The tags of the whole spec.
    tags: &'a BTreeMap<String, String>,
}

impl Left<'_> {
    /// The changes that the first apply makes to the secrets that it takes over.
    pub(in crate::adopt) fn changed_secrets(&self) -> Vec<Problem> {
        let mut notes = Vec::new();
        for (it, step) in &self.steps {
            let Object::Secret(name) = &it.object else { continue };
            let (Some(secret), Some(is)) = (self.by_name.get(name.as_str()), self.secret_facts(step, name)) else {
                continue;
            };
            if is.description.is_none()
                && is.key.is_none()
                && is.tags.is_none()
                && matches!(step.how, How::Import { .. })
            {
                notes.push(say::settings_unknown(&step.address, name));
            }
            let compared = Compared { secret, step, is, facts: &self.facts, tags: &self.spec.tags };
            compared.description(&mut notes);
            compared.key(&mut notes);
            compared.tags(&mut notes);
            compared.replicas(&mut notes);
            compared.window(&mut notes);
        }
        notes
    }

    /// Whether every property that the first apply could change is known for each secret that it takes over.
    pub(in crate::adopt) fn knows_secrets(&self) -> bool {
        let secrets = self.steps.iter().filter_map(|(it, step)| match &it.object {
            Object::Secret(name) if step.how != How::Create => Some(self.secret_facts(step, name)),
            _ => None,
        });
        secrets.into_iter().all(|is| is.is_some())
    }

    /// The facts of the secret that a step takes over.
    fn secret_facts(&self, step: &AdoptionStep, name: &str) -> Option<&SecretFacts> {
        if step.how == How::Create {
            return None;
        }
        let known = self.adopted_arn(step).and_then(|arn| self.facts.secrets.get(arn));
        known.or_else(|| self.facts.secrets.get(name))
    }

    /// The ARN of the secret that a step takes over.
    pub(in crate::adopt) fn adopted_arn<'s>(&'s self, step: &'s AdoptionStep) -> Option<&'s str> {
        match &step.how {
            How::Create => None,
            How::Managed => self.at(&step.address).and_then(|held| held.arn.as_deref()),
            How::Move { from } => self.at(from).and_then(|held| held.arn.as_deref()),
            How::Import { id } => Some(id.split('@').next().unwrap_or(id)),
        }
    }
}

impl Compared<'_> {
    fn name(&self) -> &str {
        self.secret.name.as_str()
    }

    fn description(&self, notes: &mut Vec<Problem>) {
        if self.is.description.as_ref().is_some_and(|is| *is != self.secret.description) {
            let has_one = !self.secret.description.is_empty();
            notes.push(say::secret_description(&self.step.address, self.name(), has_one));
        }
    }

    fn key(&self, notes: &mut Vec<Problem>) {
        let Some(is) = self.is.key.as_deref() else { return };
        let at = &self.step.address;
        let note = match &self.secret.kms_key {
            None if is_default_key(is) => return,
            None => say::secret_key_off(at, self.name(), is),
            Some(KmsKey::Alias { alias }) if self.is_behind(is, alias) => return,
            Some(KmsKey::Alias { alias }) => say::secret_key(at, self.name(), is, alias, self.knows_other(alias)),
            // A secret that was applied from these files already has the variable's key.
            Some(KmsKey::Variable { .. }) if self.step.how == How::Managed && !is_default_key(is) => return,
            Some(KmsKey::Variable { variable }) if is_default_key(is) => {
                say::secret_key(at, self.name(), is, variable, true)
            }
            Some(KmsKey::Variable { variable }) => say::secret_key_by_variable(at, self.name(), is, variable),
        };
        notes.push(note);
    }

    /// Whether a key is known to be the target of an alias.
    fn is_behind(&self, key: &str, alias: &str) -> bool {
        let mut behind = self.facts.aliases.get(alias).into_iter().flatten();
        is_alias(key, alias) || behind.any(|it| is_same_key(it, key))
    }

    /// Whether the target key of an alias is known.
    fn knows_other(&self, alias: &str) -> bool {
        self.is.key.as_deref().is_some_and(is_default_key) || self.facts.aliases.contains_key(alias)
    }

    fn tags(&self, notes: &mut Vec<Problem>) {
        let wanted: BTreeMap<&str, &str> = self
            .tags
            .iter()
            .chain(&self.secret.options.tags)
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        if let Some(tags) = self.is.tags.as_ref().and_then(|is| tags(is, &wanted)) {
            notes.push(say::tags("secret-tags", &format!("`{}`", self.step.address), &tags));
        }
        let added: Vec<&str> =
            self.is.default_tags.keys().map(String::as_str).filter(|key| !wanted.contains_key(key)).collect();
        if !added.is_empty() && self.step.how != How::Managed {
            notes.push(say::default_tags(&self.step.address, &added));
        }
    }

    fn replicas(&self, notes: &mut Vec<Problem>) {
        let wanted = &self.secret.options.replicas;
        let (at, name) = (&self.step.address, self.name());
        let Some(are) = &self.is.replicas else {
            if !wanted.is_empty() {
                notes.push(say::replicas_unknown(at, name, wanted.iter().map(|it| &it.region)));
            }
            return;
        };
        if wanted.is_empty() {
            if !are.is_empty() {
                notes.push(say::replicas_stay(at, name, are.keys()));
            }
            return;
        }
        self.keys_of_replicas(are, notes);
        let declared = |region: &&String| wanted.iter().any(|it| it.region == **region);
        let off: Vec<&String> = are.keys().filter(|region| !declared(region)).collect();
        let new = wanted.iter().filter(|it| !are.contains_key(&it.region)).map(|it| &it.region).collect::<Vec<_>>();
        let other =
            wanted.iter().filter(|it| are.get(&it.region).is_some_and(|key| !self.may_be(key, it.kms_key.as_ref())));
        let other: Vec<&String> = other.map(|it| &it.region).collect();
        if !off.is_empty() || !new.is_empty() || !other.is_empty() {
            notes.push(say::replicas(at, name, [&off, &new, &other]));
        }
    }

    /// Whether the key of a replica may be the wanted one. The value of a variable is only known during the apply.
    fn may_be(&self, key: &str, wanted: Option<&KmsKey>) -> bool {
        match wanted {
            None => is_default_key(key),
            Some(KmsKey::Alias { alias }) => is_alias(key, alias) || self.is_behind(key, alias),
            Some(KmsKey::Variable { .. }) => !is_default_key(key),
        }
    }

    /// Reports replicas whose keys come from variables, which are not known before the plan.
    fn keys_of_replicas(&self, are: &BTreeMap<String, String>, notes: &mut Vec<Problem>) {
        for it in self.secret.options.replicas.iter().filter(|_| self.step.how != How::Managed) {
            if let (Some(KmsKey::Variable { variable }), Some(key)) = (&it.kms_key, are.get(&it.region)) {
                notes.push(say::replica_by_variable(&self.step.address, &it.region, key, variable));
            }
        }
    }

    fn window(&self, notes: &mut Vec<Problem>) {
        let wanted =
            self.secret.options.recovery_window_days.map_or_else(|| WINDOW.to_owned(), |days| days.to_string());
        if let Some(is) = self.is.window.as_ref().filter(|is| **is != wanted) {
            notes.push(say::window(&self.step.address, self.name(), is, &wanted));
        }
        if self.is.overwrites {
            notes.push(say::overwrites(&self.step.address));
        }
    }
}
