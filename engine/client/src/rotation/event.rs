//! The event that Secrets Manager sends to a rotation function: step, secret and version.
//!
//! Source: [rotation by Lambda function](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html).

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer};

use crate::model::Text;

/// The maximum size of an event in bytes. A complete event with every field at its maximum length has a quarter of it.
const MAX_EVENT: usize = 16 * 1024;

/// Sources: [`SecretId`, `ClientRequestToken` and `RotationToken`][put].
///
/// [put]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
const SECRET_ID: RangeInclusive<usize> = 1..=2048;
const VERSION: RangeInclusive<usize> = 32..=64;
const ROTATION_TOKEN: RangeInclusive<usize> = 36..=256;

/// One of the four steps of a rotation.
///
/// Source: [Lambda rotation functions][steps].
///
/// [steps]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RotationStep {
    /// Create the new value, and store it as the pending version.
    Create,
    /// Make the service that uses the value accept it.
    Set,
    /// Check that the service accepts it.
    Test,
    /// Make it the current version.
    Finish,
}

impl RotationStep {
    /// Every step, in the order in which Secrets Manager calls them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Set, Self::Test, Self::Finish];

    /// The step's name in an event.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A well-formed rotation event. [`Secrets::rotate`](crate::Secrets::rotate) checks whether it concerns the
/// expected secret and version.
///
/// It can be deserialized from the event of a Lambda function.
///
/// ```
/// use driftless::{RotationEvent, RotationStep};
///
/// let event = RotationEvent::parse(
///     br#"{
///         "Step": "createSecret",
///         "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database-AbCdEf",
///         "ClientRequestToken": "51f72378-6a5d-5dc7-8fd8-29e4319f482a"
///     }"#,
/// )?;
/// assert_eq!((event.step(), event.secret_name()), (RotationStep::Create, "shop/database"));
/// # Ok::<(), driftless::RotationEventError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RotationEvent {
    step: RotationStep,
    arn: Box<str>,
    version: Box<str>,
    rotation_token: Option<Text>,
}

/// Why an event is not a rotation event. The error repeats nothing of the event.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationEventError {
    /// It is larger than any rotation event.
    #[error("the event has {bytes} bytes, and that of a rotation at most {MAX_EVENT}")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// It is not a JSON object whose fields are strings.
    #[error("the event is not the JSON of a rotation event, from line {line} column {column} on")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// A field is missing.
    #[error("the event lacks `{field}`, so it is not a rotation event")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// The step is not one of the four.
    #[error("the event's `Step` is not one of the four steps of a rotation")]
    UnknownStep,
    /// `SecretId` is not a complete ARN.
    #[error("the event's `SecretId` is not the whole ARN of a secret")]
    NoArn,
    /// The field is too short, too long, or contains an invalid character.
    #[error("the event's `{field}` is malformed")]
    Impossible {
        /// The field's name.
        field: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    step: Option<String>,
    secret_id: Option<String>,
    client_request_token: Option<String>,
    rotation_token: Option<Text>,
}

impl RotationEvent {
    /// Parses an event.
    ///
    /// # Errors
    ///
    /// Every reason for which it is not a rotation event.
    pub fn parse(json: &[u8]) -> Result<Self, RotationEventError> {
        if json.len() > MAX_EVENT {
            return Err(RotationEventError::TooLarge { bytes: json.len() });
        }
        let malformed = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            RotationEventError::Malformed { line, column }
        };
        serde_json::from_slice::<Raw>(json).map_err(malformed)?.try_into()
    }

    /// The requested step.
    #[must_use]
    pub const fn step(&self) -> RotationStep {
        self.step
    }

    /// The name of the secret.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        name_in(&self.arn).unwrap_or_default()
    }

    /// The ARN of the secret.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The id of the version that the rotation creates.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The token that marks a write as part of this rotation, for a function that writes under a role that is not its
    /// own.
    pub(crate) fn rotation_token(&self) -> Option<&str> {
        self.rotation_token.as_ref().map(Text::expose)
    }
}

impl TryFrom<Raw> for RotationEvent {
    type Error = RotationEventError;

    fn try_from(raw: Raw) -> Result<Self, RotationEventError> {
        let step = present("Step", raw.step)?;
        let known = RotationStep::ALL.into_iter().find(|known| known.word() == step);
        let step = known.ok_or(RotationEventError::UnknownStep)?;
        let arn = held("SecretId", present("SecretId", raw.secret_id)?, SECRET_ID)?;
        name_in(&arn).ok_or(RotationEventError::NoArn)?;
        let token = present("ClientRequestToken", raw.client_request_token)?;
        let version = held("ClientRequestToken", token, VERSION)?;
        let is_good = raw.rotation_token.as_ref().is_none_or(|token| {
            let is_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            ROTATION_TOKEN.contains(&token.expose().len()) && token.expose().bytes().all(is_char)
        });
        if !is_good {
            return Err(RotationEventError::Impossible { field: "RotationToken" });
        }
        Ok(Self { step, arn: arn.into(), version: version.into(), rotation_token: raw.rotation_token })
    }
}

fn present(field: &'static str, value: Option<String>) -> Result<String, RotationEventError> {
    value.ok_or(RotationEventError::Missing { field })
}

fn held(field: &'static str, value: String, lengths: RangeInclusive<usize>) -> Result<String, RotationEventError> {
    let is_good = lengths.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
    if is_good { Ok(value) } else { Err(RotationEventError::Impossible { field }) }
}

/// The name in `arn:partition:secretsmanager:region:account:secret:name-XXXXXX`.
///
/// Source: [what's in a secret](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html).
fn name_in(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", partition, "secretsmanager", region, account, "secret", stored] = parts[..] else { return None };
    let (name, suffix) = stored.rsplit_once('-')?;
    let is_whole = [partition, region, account, name].iter().all(|part| !part.is_empty())
        && suffix.len() == 6
        && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_whole.then_some(name)
}

impl fmt::Debug for RotationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotationEvent")
            .field("step", &self.step)
            .field("arn", &self.arn)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for RotationEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Raw::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}
