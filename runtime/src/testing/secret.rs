//! One secret: its versions and the staging labels that move between them. Which secrets there are, and when one goes
//! away, is left to [`store`](super::store).

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::model::Text;

use super::refusal::Refusal;

pub(super) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Versions without a staging label go once there are more versions than this, and never before they have
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
#[derive(Debug)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) value: Value,
    pub(super) stages: Vec<String>,
    pub(super) created: SystemTime,
}

/// What a secret has besides its versions.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: Vec<(String, String)>,
}

/// A secret with its versions, the oldest first.
#[derive(Debug)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) details: Details,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    /// Midnight of the day of the last read: the API shows no time.
    pub(super) accessed: Option<SystemTime>,
    /// When the recovery window ends, for a secret that is scheduled for deletion.
    pub(super) deleted: Option<SystemTime>,
    pub(super) versions: Vec<Version>,
}

impl Secret {
    pub(super) fn new(name: String, arn: String, details: Details, now: SystemTime) -> Self {
        let (accessed, deleted, versions) = (None, None, Vec::new());
        Self { name, arn, details, created: now, changed: now, accessed, deleted, versions }
    }

    /// Refuses what a secret that is scheduled for deletion does not allow.
    pub(super) fn check_live(&self) -> Result<(), Refusal> {
        if self.deleted.is_some() { Err(Refusal::marked_for_deletion()) } else { Ok(()) }
    }

    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(super) fn labelled(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.has(stage))
    }

    /// The version that a read asks for: by id, by label, or by both when they belong together.
    ///
    /// Source: [`GetSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
    pub(super) fn select(&self, id: Option<&str>, stage: Option<&str>) -> Result<&Version, Refusal> {
        let Some(id) = id else {
            let stage = stage.unwrap_or(CURRENT);
            return self.labelled(stage).ok_or_else(|| Refusal::no_value(format_args!("staging label: {stage}")));
        };
        let version = self.version(id).ok_or_else(|| Refusal::no_value(format_args!("VersionId: {id}")))?;
        match stage {
            Some(stage) if !version.has(stage) => Err(Refusal::stage_mismatch()),
            _ => Ok(version),
        }
    }

    /// Adds a version under `token`, or does nothing where that version holds the same value already.
    ///
    /// Source: [`PutSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
    pub(super) fn write(
        &mut self,
        token: &str,
        value: Value,
        stages: &[String],
        now: SystemTime,
    ) -> Result<(), Refusal> {
        if let Some(version) = self.version(token) {
            return if version.value == value { Ok(()) } else { Err(Refusal::token_taken(token, &self.arn)) };
        }
        let is_first = self.versions.is_empty();
        self.versions.push(Version { id: token.to_owned(), value, stages: Vec::new(), created: now });
        if is_first || stages.is_empty() || stages.iter().any(|stage| stage == CURRENT) {
            if let Some(current) = self.labelled(CURRENT).map(|version| version.id.clone()) {
                self.move_label(PREVIOUS, &current);
            }
            self.move_label(CURRENT, token);
        }
        for stage in stages.iter().filter(|stage| *stage != CURRENT) {
            self.move_label(stage, token);
        }
        self.changed = now;
        self.prune(now);
        Ok(())
    }

    /// A staging label is on one version at a time.
    fn move_label(&mut self, stage: &str, to: &str) {
        for version in &mut self.versions {
            version.stages.retain(|label| label != stage);
            if version.id == to {
                version.stages.push(stage.to_owned());
            }
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
    fn has(&self, stage: &str) -> bool {
        self.stages.iter().any(|label| label == stage)
    }
}
