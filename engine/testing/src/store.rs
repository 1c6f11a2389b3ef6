//! The secrets of one account and region as a pure state machine: creation, look-up, deletion and recovery. It receives
//! the time as a parameter, and does not depend on HTTP, JSON or callers. [`secret`](super::secret) manages the
//! versions of a single secret.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::refusal::Refusal;
use super::secret::{Details, Secret, Value, Version};

/// The Region of secrets that are not replicas.
pub(super) const REGION: &str = "eu-west-1";

const DAY: Duration = Duration::from_hours(24);

/// How a deletion can be cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Recovery {
    /// It cannot be cancelled.
    None,
    /// It can be cancelled for this number of days.
    Days(u32),
}

impl Recovery {
    /// The recovery window of a request that names none.
    pub(super) const DEFAULT: Self = Self::Days(30);
}

/// The response data of a secret that was deleted or scheduled for deletion.
#[derive(Debug)]
pub(super) struct Deleted {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) date: SystemTime,
}

/// All secrets, by name.
#[derive(Debug)]
pub(super) struct Store {
    /// What an ARN has before a name.
    pub(super) arn_prefix: String,
    secrets: BTreeMap<String, Secret>,
}

impl Default for Store {
    fn default() -> Self {
        Self::within(REGION)
    }
}

impl Store {
    /// A store without secrets in a Region.
    pub(super) fn within(region: &str) -> Self {
        let arn_prefix = format!("arn:aws:secretsmanager:{region}:123456789012:secret:");
        Self { arn_prefix, secrets: BTreeMap::new() }
    }

    /// Takes over the secrets of another Region as they are: a copy's ARN differs in the Region alone.
    pub(super) fn copy_from(&mut self, other: &Self) {
        let copy = |secret: &Secret| {
            let arn = secret.arn.replacen(&other.arn_prefix, &self.arn_prefix, 1);
            (secret.name.clone(), Secret { arn, ..secret.clone() })
        };
        self.secrets = other.secrets.values().map(copy).collect();
    }

    /// Removes the secrets whose recovery window has ended. AWS does so some time later; here it is done before any
    /// access, so callers cannot observe a delay.
    pub(super) fn sweep(&mut self, now: SystemTime) {
        self.secrets.retain(|_, secret| secret.deleted.is_none_or(|due| now < due));
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.values()
    }

    /// Finds a secret by its name, its full ARN, or its ARN without the random suffix.
    pub(super) fn find(&self, id: &str) -> Result<&Secret, Refusal> {
        self.name_of(id).and_then(|name| self.secrets.get(&name)).ok_or_else(Refusal::not_found)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Result<&mut Secret, Refusal> {
        self.name_of(id).and_then(|name| self.secrets.get_mut(&name)).ok_or_else(Refusal::not_found)
    }

    /// An ARN that ends like a complete one is treated as complete, so a secret whose name itself ends in a hyphen and
    /// six characters is not found by its partial ARN.
    ///
    /// Source: [finding a secret from a partial ARN][partial].
    ///
    /// [partial]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
    fn name_of(&self, id: &str) -> Option<String> {
        if !id.starts_with("arn:") {
            return Some(id.to_owned());
        }
        let stored = id.strip_prefix(&self.arn_prefix)?;
        let name = without_suffix(stored).unwrap_or(stored);
        let is_meant = |secret: &&Secret| name == stored || secret.arn == id;
        self.secrets.get(name).filter(is_meant).map(|secret| secret.name.clone())
    }

    /// Creates a secret, with its first version if there is a value.
    ///
    /// Sources: [`CreateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html),
    /// and for the message about a taken token [tests that another project runs against AWS][verified].
    ///
    /// [verified]: https://github.com/getmoto/moto/pull/9741
    pub(super) fn create(
        &mut self,
        name: &str,
        details: Details,
        first: Option<(&str, Value)>,
        now: SystemTime,
    ) -> Result<&Secret, Refusal> {
        if let Some(existing) = self.secrets.get(name) {
            if existing.deleted.is_some() {
                return Err(Refusal::name_scheduled());
            }
            let earlier =
                first.and_then(|(token, value)| Some((token, existing.version(token)?.value.as_ref() == Some(&value))));
            return match earlier {
                // The response to a first attempt was lost: the same request succeeds again.
                Some((_, true)) => self.find(name),
                Some((token, false)) => Err(Refusal::token_taken(token, &existing.arn)),
                None => Err(Refusal::exists(name)),
            };
        }
        let mut secret = Secret::new(name.to_owned(), self.new_arn(name), details, now);
        if let Some((token, value)) = first {
            secret.write(token, value, &[], now)?;
        }
        Ok(self.secrets.entry(name.to_owned()).or_insert(secret))
    }

    /// Reads a version, and records the day of the access.
    pub(super) fn read(
        &mut self,
        id: &str,
        version: Option<&str>,
        stage: Option<&str>,
        now: SystemTime,
    ) -> Result<(&Secret, &Version, &Value), Refusal> {
        let secret = self.find_mut(id)?;
        secret.check_live()?;
        secret.select(version, stage)?;
        secret.accessed = Some(midnight(now));
        let secret = &*secret;
        let (version, value) = secret.select(version, stage)?;
        Ok((secret, version, value))
    }

    /// Writes a version with the labels `stages`, or `AWSCURRENT` if `stages` is empty.
    pub(super) fn write(
        &mut self,
        id: &str,
        token: &str,
        value: Value,
        stages: &[String],
        now: SystemTime,
    ) -> Result<(&Secret, &Version), Refusal> {
        let secret = self.find_mut(id)?;
        secret.check_live()?;
        secret.write(token, value, stages, now)?;
        let secret = &*secret;
        Ok((secret, secret.select(Some(token), None)?.0))
    }

    /// Moves a staging label.
    pub(super) fn relabel(
        &mut self,
        id: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
        now: SystemTime,
    ) -> Result<&Secret, Refusal> {
        let secret = self.find_mut(id)?;
        secret.check_live()?;
        secret.relabel(stage, from, to, now)?;
        Ok(secret)
    }

    /// Deletes a secret immediately, or schedules its deletion.
    ///
    /// Without recovery, a missing secret is not an error: "If you forcibly delete an already deleted or nonexistent
    /// secret, the operation does not return `ResourceNotFoundException`." Source:
    /// [`DeleteSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
    pub(super) fn delete(&mut self, id: &str, recovery: Recovery, now: SystemTime) -> Result<Deleted, Refusal> {
        let days = match recovery {
            Recovery::Days(days) => days,
            Recovery::None => return Ok(self.remove(id, now)),
        };
        let secret = self.find_mut(id)?;
        if secret.deleted.is_some() {
            return Err(Refusal::already_scheduled());
        }
        let date = now + DAY * days;
        secret.deleted = Some(date);
        secret.changed = now;
        Ok(Deleted { arn: secret.arn.clone(), name: secret.name.clone(), date })
    }

    fn remove(&mut self, id: &str, date: SystemTime) -> Deleted {
        match self.name_of(id).and_then(|name| self.secrets.remove(&name)) {
            Some(secret) => Deleted { arn: secret.arn, name: secret.name, date },
            None => match id.strip_prefix(&self.arn_prefix) {
                Some(stored) => {
                    Deleted { arn: id.to_owned(), name: without_suffix(stored).unwrap_or(stored).to_owned(), date }
                }
                None => Deleted { arn: self.new_arn(id), name: id.to_owned(), date },
            },
        }
    }

    /// Cancels a scheduled deletion; does nothing to any other secret.
    pub(super) fn restore(&mut self, id: &str, now: SystemTime) -> Result<&Secret, Refusal> {
        let secret = self.find_mut(id)?;
        if secret.deleted.take().is_some() {
            secret.changed = now;
        }
        Ok(secret)
    }

    /// An ARN with a random suffix, so that a secret that is deleted and created again is distinguished from the old one.
    fn new_arn(&self, name: &str) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let random = Uuid::new_v4().into_bytes();
        let suffix = random[..6].iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        format!("{}{name}-{}", self.arn_prefix, suffix.collect::<String>())
    }
}

/// The name in a stored name, `name-XXXXXX`; `None` if that suffix is missing.
pub(super) fn without_suffix(stored: &str) -> Option<&str> {
    let (name, suffix) = stored.rsplit_once('-')?;
    (suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(name)
}

fn midnight(now: SystemTime) -> SystemTime {
    let today = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / DAY.as_secs();
    UNIX_EPOCH + Duration::from_secs(today * DAY.as_secs())
}
