//! The AWS JSON 1.1 protocol: finds the operation of a request, performs the request on the store, and writes its
//! result. [`request`](super::request) validates the content of requests.
//!
//! Source: [AWS JSON 1.1 protocol](https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use http::HeaderMap;
use serde::Serialize;

use super::refusal::Refusal;
use super::request::Request;
use super::secret::{Secret, Value, Version};
use super::store::{Deleted, Store};

const TARGET_PREFIX: &str = "secretsmanager.";

/// The name of the operation that a request names, if it is addressed to Secrets Manager.
pub(super) fn operation(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()?.strip_prefix(TARGET_PREFIX)
}

/// Performs an allowed request, and writes the body of the response.
pub(super) fn perform(request: &Request, store: &mut Store, now: SystemTime) -> Result<Vec<u8>, Refusal> {
    match request {
        Request::Create(request) => {
            let (name, first, details) = (request.name()?, request.first_version()?, request.details()?);
            let version = first.as_ref().map(|(token, _)| *token);
            let secret = store.create(name, details, first, now)?;
            Ok(json(&Written { version_id: version, ..Written::of(secret) }))
        }
        Request::Delete(request) => Ok(json(&Removed::of(&store.delete(request.id()?, request.recovery()?, now)?))),
        Request::Describe(request) => Ok(json(&Described::of(store.find(request.id()?)?))),
        Request::Get(request) => {
            let (secret, version, value) = store.read(request.id()?, request.version()?, request.stage()?, now)?;
            Ok(json(&Read::of(secret, version, value)))
        }
        Request::Password(request) => Ok(json(&MadeUp { random_password: &request.make_up()? })),
        Request::Put(request) => {
            let (id, token, stages) = (request.id()?, request.token()?, request.stages()?);
            let (secret, version) = store.write(id, token, request.value()?, stages, now)?;
            let (version_id, version_stages) = (Some(version.id.as_str()), Some(version.stages.as_slice()));
            Ok(json(&Written { version_id, version_stages, ..Written::of(secret) }))
        }
        Request::Relabel(request) => {
            let (id, stage, from, to) = (request.id()?, request.stage()?, request.from()?, request.to()?);
            Ok(json(&Written::of(store.relabel(id, stage, from, to, now)?)))
        }
        Request::Restore(request) => Ok(json(&Written::of(store.restore(request.id()?, now)?))),
        Request::Update(request) => {
            let (secret, version_id) = request.perform(store, now)?;
            Ok(json(&Written { version_id, ..Written::of(secret) }))
        }
    }
}

/// The body of an error response.
pub(super) fn error(refusal: &Refusal) -> Vec<u8> {
    json(&Failed { kind: &refusal.code, message: &refusal.message })
}

fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).expect("an answer is made of strings, numbers, lists and maps with text keys")
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(rename = "__type")]
    kind: &'a str,
    #[serde(rename = "Message")]
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    #[serde(rename = "ARN")]
    arn: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_stages: Option<&'a [String]>,
}

impl<'a> Written<'a> {
    fn of(secret: &'a Secret) -> Self {
        Self { arn: &secret.arn, name: &secret.name, version_id: None, version_stages: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Removed<'a> {
    #[serde(rename = "ARN")]
    arn: &'a str,
    name: &'a str,
    deletion_date: f64,
}

impl<'a> Removed<'a> {
    fn of(deleted: &'a Deleted) -> Self {
        Self { arn: &deleted.arn, name: &deleted.name, deletion_date: epoch_seconds(deleted.date) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Read<'a> {
    #[serde(rename = "ARN")]
    arn: &'a str,
    name: &'a str,
    version_id: &'a str,
    version_stages: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_string: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_binary: Option<String>,
    created_date: f64,
}

impl<'a> Read<'a> {
    fn of(secret: &'a Secret, version: &'a Version, value: &'a Value) -> Self {
        let (secret_string, secret_binary) = match value {
            Value::Text(text) => (Some(text.expose()), None),
            Value::Binary(bytes) => (None, Some(base64::encode(bytes.as_slice()))),
        };
        Self {
            arn: &secret.arn,
            name: &secret.name,
            version_id: &version.id,
            version_stages: &version.stages,
            secret_string,
            secret_binary,
            created_date: epoch_seconds(version.created),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MadeUp<'a> {
    random_password: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

/// Fields without a value are omitted, as the service does.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    #[serde(rename = "ARN")]
    arn: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_enabled: Option<bool>,
    created_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotated_date: Option<f64>,
    last_changed_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accessed_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_date: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    version_ids_to_stages: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> Described<'a> {
    fn of(secret: &'a Secret) -> Self {
        let labelled = secret.versions.iter().filter(|version| !version.stages.is_empty());
        Self {
            arn: &secret.arn,
            name: &secret.name,
            description: secret.details.description.as_deref(),
            kms_key_id: secret.details.kms_key_id.as_deref(),
            rotation_enabled: secret.rotates,
            created_date: epoch_seconds(secret.created),
            last_rotated_date: secret.rotated.map(epoch_seconds),
            last_changed_date: epoch_seconds(secret.changed),
            last_accessed_date: secret.accessed.map(epoch_seconds),
            deleted_date: secret.deleted.map(epoch_seconds),
            tags: secret.details.tags.iter().map(|(key, value)| Tag { key, value }).collect(),
            version_ids_to_stages: labelled.map(|version| (version.id.as_str(), version.stages.as_slice())).collect(),
        }
    }
}

fn epoch_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
