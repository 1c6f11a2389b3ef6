//! `UpdateSecret`, which the client never calls, but programs that do not use the client do.
//!
//! Source: [`UpdateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).

use std::time::SystemTime;

use serde::Deserialize;

use driftless::model::Text;

use super::member::{secret_id, text_length, token, value};
use super::refusal::Refusal;
use super::secret::{Secret, Value};
use super::store::Store;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    /// The secret that the request names, as it was given.
    pub(super) secret_id: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<Text>,
    secret_binary: Option<Text>,
}

impl Update {
    /// Changes a secret. Returns it, with the id of its new version if the request has a value.
    pub(super) fn perform<'s>(
        &self,
        store: &'s mut Store,
        now: SystemTime,
    ) -> Result<(&'s Secret, Option<&str>), Refusal> {
        let (description, key) = (self.description.as_deref(), self.kms_key_id.as_deref());
        text_length("description", description.unwrap_or_default(), 0..=2048)?;
        text_length("kmsKeyId", key.unwrap_or_default(), 0..=2048)?;
        let version = self.version()?;
        let secret = store.find_mut(secret_id(self.secret_id.as_deref())?)?;
        secret.check_live()?;
        let id = version.as_ref().map(|(id, _)| *id);
        if let Some((id, value)) = version {
            secret.write(id, value, &[], now)?;
        }
        if let Some(text) = description {
            secret.details.description = Some(text.to_owned()).filter(|text| !text.is_empty());
        }
        if let Some(id) = key {
            secret.details.kms_key_id = Some(id.to_owned()).filter(|id| !id.is_empty());
        }
        secret.changed = now;
        Ok((secret, id))
    }

    fn version(&self) -> Result<Option<(&str, Value)>, Refusal> {
        let Some(value) = value(self.secret_string.as_ref(), self.secret_binary.as_ref())? else { return Ok(None) };
        Ok(Some((token(self.client_request_token.as_deref())?, value)))
    }
}
