//! Requests: the members of each operation, and the constraints of the API's model. [`store`](super::store) performs
//! the operations, and [`protocol`](super::protocol) writes the responses.
//!
//! Source: the pages of the [API reference](https://docs.aws.amazon.com/secretsmanager/latest/apireference/).

use serde::Deserialize;

use driftless::model::{ApiCall, Text};

use super::access::Asked;
use super::member::{consists_of, length, optional, required, secret_id, text_length, token, value};
use super::password::Password;
use super::refusal::{Refusal, Shown};
use super::secret::{Details, Value};
use super::store::Recovery;
use super::update::Update;

/// A request whose JSON has the form of its operation. Its members are validated when they are accessed, because a
/// caller without permission must not learn what else is wrong.
pub(super) enum Request {
    Create(Create),
    Delete(Delete),
    Describe(ById),
    Get(Get),
    Password(Password),
    Put(Put),
    Relabel(Relabel),
    Restore(ById),
    Update(Update),
}

impl Request {
    pub(super) fn parse(call: ApiCall, body: &[u8]) -> Result<Self, Refusal> {
        let request = match call {
            ApiCall::CreateSecret => serde_json::from_slice(body).map(Self::Create),
            ApiCall::DeleteSecret => serde_json::from_slice(body).map(Self::Delete),
            ApiCall::DescribeSecret => serde_json::from_slice(body).map(Self::Describe),
            ApiCall::GetRandomPassword => serde_json::from_slice(body).map(Self::Password),
            ApiCall::GetSecretValue => serde_json::from_slice(body).map(Self::Get),
            ApiCall::PutSecretValue => serde_json::from_slice(body).map(Self::Put),
            ApiCall::RestoreSecret => serde_json::from_slice(body).map(Self::Restore),
            ApiCall::UpdateSecret => serde_json::from_slice(body).map(Self::Update),
            ApiCall::UpdateSecretVersionStage => serde_json::from_slice(body).map(Self::Relabel),
        };
        // The parser's own message quotes the request, which can contain a value.
        request.map_err(|_| Refusal::serialization())
    }

    /// The version that the request names.
    pub(super) fn asked(&self) -> Asked<'_> {
        match self {
            Self::Get(Get { version_id, version_stage, .. }) => {
                Asked { id: version_id.as_deref(), stage: version_stage.as_deref() }
            }
            _ => Asked::default(),
        }
    }

    /// The secret that the request names, as it was given. Empty if the operation concerns no secret.
    pub(super) fn secret_id(&self) -> &str {
        let id = match self {
            Self::Create(request) => &request.name,
            Self::Delete(request) => &request.secret_id,
            Self::Describe(request) | Self::Restore(request) => &request.secret_id,
            Self::Get(request) => &request.secret_id,
            Self::Put(request) => &request.secret_id,
            Self::Relabel(request) => &request.secret_id,
            Self::Update(request) => &request.secret_id,
            Self::Password(_) => &None,
        };
        id.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ById {
    secret_id: Option<String>,
}

impl ById {
    pub(super) fn id(&self) -> Result<&str, Refusal> {
        secret_id(self.secret_id.as_deref())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    name: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    tags: Option<Vec<RequestTag>>,
    secret_string: Option<Text>,
    secret_binary: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RequestTag {
    key: Option<String>,
    value: Option<String>,
}

impl Create {
    pub(super) fn name(&self) -> Result<&str, Refusal> {
        let name = required("name", self.name.as_deref())?;
        text_length("name", name, 1..=512)?;
        if consists_of(name, b"/_+=.@-") { Ok(name) } else { Err(Refusal::invalid_name()) }
    }

    /// The id and value of the first version, if the request has a value.
    pub(super) fn first_version(&self) -> Result<Option<(&str, Value)>, Refusal> {
        let token = token(self.client_request_token.as_deref())?;
        Ok(value(self.secret_string.as_ref(), self.secret_binary.as_ref())?.map(|value| (token, value)))
    }

    pub(super) fn details(&self) -> Result<Details, Refusal> {
        text_length("description", self.description.as_deref().unwrap_or_default(), 0..=2048)?;
        text_length("kmsKeyId", self.kms_key_id.as_deref().unwrap_or_default(), 0..=2048)?;
        let tags = self.tags.iter().flatten().zip(1..).map(|(tag, place)| {
            let member = format!("tags.{place}.member.key");
            let key = required(&member, tag.key.as_deref())?;
            text_length(&member, key, 1..=128)?;
            let value = tag.value.clone().unwrap_or_default();
            text_length(&format!("tags.{place}.member.value"), &value, 0..=256)?;
            Ok((key.to_owned(), value))
        });
        Ok(Details {
            description: self.description.clone().filter(|text| !text.is_empty()),
            kms_key_id: self.kms_key_id.clone().filter(|id| !id.is_empty()),
            tags: tags.collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    secret_id: Option<String>,
    recovery_window_in_days: Option<i64>,
    force_delete_without_recovery: Option<bool>,
}

impl Delete {
    pub(super) fn id(&self) -> Result<&str, Refusal> {
        secret_id(self.secret_id.as_deref())
    }

    pub(super) fn recovery(&self) -> Result<Recovery, Refusal> {
        match (self.recovery_window_in_days, self.force_delete_without_recovery.unwrap_or(false)) {
            (Some(_), true) => Err(Refusal::invalid_parameter(
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            )),
            (None, true) => Ok(Recovery::None),
            (None, false) => Ok(Recovery::DEFAULT),
            (Some(days), false) => match u32::try_from(days) {
                Ok(days @ 7..=30) => Ok(Recovery::Days(days)),
                _ => Err(Refusal::invalid_parameter(
                    "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
                )),
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Get {
    secret_id: Option<String>,
    version_id: Option<String>,
    version_stage: Option<String>,
}

impl Get {
    pub(super) fn id(&self) -> Result<&str, Refusal> {
        secret_id(self.secret_id.as_deref())
    }

    pub(super) fn version(&self) -> Result<Option<&str>, Refusal> {
        optional("versionId", self.version_id.as_deref(), 32..=64)
    }

    pub(super) fn stage(&self) -> Result<Option<&str>, Refusal> {
        optional("versionStage", self.version_stage.as_deref(), 1..=256)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Put {
    secret_id: Option<String>,
    client_request_token: Option<String>,
    version_stages: Option<Vec<String>>,
    secret_string: Option<Text>,
    secret_binary: Option<Text>,
}

impl Put {
    pub(super) fn id(&self) -> Result<&str, Refusal> {
        secret_id(self.secret_id.as_deref())
    }

    pub(super) fn token(&self) -> Result<&str, Refusal> {
        token(self.client_request_token.as_deref())
    }

    /// The staging labels of the new version; empty if the request does not name any.
    pub(super) fn stages(&self) -> Result<&[String], Refusal> {
        let Some(stages) = &self.version_stages else { return Ok(&[]) };
        length("versionStages", Shown::List(stages), stages.len(), 1..=20)?;
        stages.iter().try_for_each(|stage| text_length("versionStages.member", stage, 1..=256))?;
        Ok(stages)
    }

    pub(super) fn value(&self) -> Result<Value, Refusal> {
        let value = value(self.secret_string.as_ref(), self.secret_binary.as_ref())?;
        value.ok_or_else(|| Refusal::invalid_request("You must provide either SecretString or SecretBinary."))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Relabel {
    secret_id: Option<String>,
    version_stage: Option<String>,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

impl Relabel {
    pub(super) fn id(&self) -> Result<&str, Refusal> {
        secret_id(self.secret_id.as_deref())
    }

    pub(super) fn stage(&self) -> Result<&str, Refusal> {
        let stage = required("versionStage", self.version_stage.as_deref())?;
        text_length("versionStage", stage, 1..=256)?;
        Ok(stage)
    }

    pub(super) fn from(&self) -> Result<Option<&str>, Refusal> {
        optional("removeFromVersionId", self.remove_from_version_id.as_deref(), 32..=64)
    }

    pub(super) fn to(&self) -> Result<Option<&str>, Refusal> {
        optional("moveToVersionId", self.move_to_version_id.as_deref(), 32..=64)
    }
}
