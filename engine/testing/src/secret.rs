//! One secret: its versions, and the staging labels that move between them. [`store`](super::store) creates and removes
//! secrets.

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use driftless::model::Text;
use driftless::model::stage::{CURRENT, PENDING, PREVIOUS};

use super::refusal::Refusal;

/// Versions without a staging label are removed when there are more versions than this, but not before they have
/// [this age](KEPT_FOR).
///
/// Source: [`PutSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
const KEPT_VERSIONS: usize = 100;
const KEPT_FOR: Duration = Duration::from_hours(24);

/// A secret's value, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Text),
    Binary(Zeroizing<Vec<u8>>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(redacted)")
    }
}

/// One version of a value. Its id is the `ClientRequestToken` of the request that wrote it.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: String,
    /// `None` until the rotation function writes the value of a version that a rotation has created.
    pub(super) value: Option<Value>,
    pub(super) stages: Vec<String>,
    pub(super) created: SystemTime,
}

/// The metadata of a secret.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: Vec<(String, String)>,
}

/// A secret with its versions, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) details: Details,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    /// Midnight of the day of the last read: the API does not return the time of day.
    pub(super) accessed: Option<SystemTime>,
    /// When the recovery window ends, if the secret is scheduled for deletion.
    pub(super) deleted: Option<SystemTime>,
    /// Whether rotation is turned on; `None` if it never was.
    pub(super) rotates: Option<bool>,
    pub(super) rotated: Option<SystemTime>,
    pub(super) versions: Vec<Version>,
}

impl Secret {
    pub(super) fn new(name: String, arn: String, details: Details, now: SystemTime) -> Self {
        Self {
            name,
            arn,
            details,
            created: now,
            changed: now,
            accessed: None,
            deleted: None,
            rotates: None,
            rotated: None,
            versions: Vec::new(),
        }
    }

    /// Refuses the operation if the secret is scheduled for deletion.
    pub(super) fn check_live(&self) -> Result<(), Refusal> {
        if self.deleted.is_some() { Err(Refusal::marked_for_deletion()) } else { Ok(()) }
    }

    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(super) fn labelled(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.has(stage))
    }

    /// The version that a read asks for: by id, by label, or by both if they match the same version. A version that a
    /// rotation has created and that has no value yet is not found.
    ///
    /// Sources:
    /// [`GetSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html), and
    /// [a report of AWS's response][empty] for the version without a value.
    ///
    /// [empty]: https://github.com/getmoto/moto/issues/8403
    pub(super) fn select(&self, id: Option<&str>, stage: Option<&str>) -> Result<(&Version, &Value), Refusal> {
        let Some(id) = id else {
            let stage = stage.unwrap_or(CURRENT);
            let found = self.labelled(stage).and_then(Version::with_value);
            return found.ok_or_else(|| Refusal::no_value(format_args!("staging label: {stage}")));
        };
        let found = self.version(id).and_then(Version::with_value);
        let (version, value) = found.ok_or_else(|| Refusal::no_value(format_args!("VersionId: {id}")))?;
        match stage {
            Some(stage) if !version.has(stage) => Err(Refusal::stage_mismatch()),
            _ => Ok((version, value)),
        }
    }

    /// Adds a version with the id `token`, or sets the value of the version that a rotation has created with this id.
    /// Does nothing if that version already has the same value.
    ///
    /// Source: [`PutSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
    pub(super) fn write(
        &mut self,
        token: &str,
        value: Value,
        stages: &[String],
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let is_first = self.versions.is_empty();
        match self.versions.iter_mut().find(|version| version.id == token) {
            Some(Version { value: Some(held), .. }) => {
                return if *held == value { Ok(()) } else { Err(Refusal::token_taken(token, &self.arn)) };
            }
            Some(version) => version.value = Some(value),
            None => self.add(token, Some(value), now),
        }
        if is_first || stages.is_empty() || stages.iter().any(|stage| stage == CURRENT) {
            self.promote(token);
        }
        for stage in stages.iter().filter(|stage| *stage != CURRENT) {
            self.move_label(stage, token);
        }
        self.changed = now;
        self.prune(now);
        Ok(())
    }

    /// Adds a version without labels.
    pub(super) fn add(&mut self, id: &str, value: Option<Value>, created: SystemTime) {
        self.versions.push(Version { id: id.to_owned(), value, stages: Vec::new(), created });
    }

    /// Moves a label `to` a version, or removes it `from` one.
    ///
    /// Sources: [`UpdateSecretVersionStage`][update], and reports of the messages for [moving][move] and
    /// [removing][remove] a label.
    ///
    /// [update]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
    /// [move]: https://github.com/getmoto/moto/blob/master/moto/secretsmanager/models.py
    /// [remove]: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go
    pub(super) fn relabel(
        &mut self,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        if let Some(unknown) = [from, to].into_iter().flatten().find(|id| self.version(id).is_none()) {
            return Err(Refusal::no_value(format_args!("VersionId: {unknown}")));
        }
        let holder = self.labelled(stage).map(|version| version.id.as_str());
        match (from, to, holder) {
            (None, None, _) => return Err(Refusal::no_version_to_relabel()),
            (_, None, _) if stage == CURRENT => return Err(Refusal::current_removed()),
            (Some(from), _, holder) if holder != Some(from) => return Err(Refusal::label_elsewhere(stage)),
            (None, Some(to), Some(holder)) if holder != to => return Err(Refusal::label_taken(stage, holder)),
            _ => {}
        }
        match to {
            Some(to) if stage == CURRENT => self.promote(to),
            Some(to) => self.move_label(stage, to),
            None => self.remove_label(stage),
        }
        self.changed = now;
        Ok(())
    }

    /// Makes a version the current one. The previous one also loses the label `AWSPENDING`.
    ///
    /// Source: [responses of the service][recorded] that another project has recorded
    /// (`test_update_secret_version_stages_current_pending`).
    ///
    /// [recorded]: https://github.com/localstack/localstack/blob/main/tests/aws/services/secretsmanager/test_secretsmanager.snapshot.json
    fn promote(&mut self, to: &str) {
        let before = self.versions.iter_mut().find(|version| version.has(CURRENT) && version.id != to);
        if let Some(before) = before {
            before.stages.retain(|label| label != PENDING);
            let before = before.id.clone();
            self.move_label(PREVIOUS, &before);
        }
        self.move_label(CURRENT, to);
    }

    pub(super) fn remove_label(&mut self, stage: &str) {
        self.versions.iter_mut().for_each(|version| version.stages.retain(|label| label != stage));
    }

    /// Moves a label: at most one version has it at a time.
    pub(super) fn move_label(&mut self, stage: &str, to: &str) {
        self.remove_label(stage);
        if let Some(version) = self.versions.iter_mut().find(|version| version.id == to) {
            version.stages.push(stage.to_owned());
        }
    }

    fn prune(&mut self, now: SystemTime) {
        let mut surplus = self.versions.len().saturating_sub(KEPT_VERSIONS);
        self.versions.retain(|version| {
            let is_old = now.duration_since(version.created).is_ok_and(|age| age >= KEPT_FOR);
            let goes = surplus > 0 && is_old && version.stages.is_empty();
            surplus -= usize::from(goes);
            !goes
        });
    }
}

impl Version {
    fn with_value(&self) -> Option<(&Self, &Value)> {
        Some((self, self.value.as_ref()?))
    }

    pub(super) fn has(&self, stage: &str) -> bool {
        self.stages.iter().any(|label| label == stage)
    }
}
