//! Sends the script's requests with the official SDK, and takes down the answers.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::{BoxError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;

use super::answer::{Answer, StandIns, day, squeezed, when};
use super::call::{Call, Id, Operation};

/// A field of an answer, if the server gave it.
type Field = (&'static str, Option<String>);

/// A conversation with one server: what it has made up is known by name from then on.
pub struct Conversation {
    client: Client,
    stand_ins: StandIns,
    /// The ARN that the server gave last, by the secret's name.
    arns: HashMap<String, String>,
}

impl Conversation {
    pub fn new(client: &Client) -> Self {
        let limit = TimeoutConfig::builder().operation_timeout(Duration::from_secs(30)).build();
        // A second attempt would be a second request.
        let config = client.config().to_builder().timeout_config(limit).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), stand_ins: StandIns::default(), arns: HashMap::new() }
    }

    /// Sends one request, and takes down the answer.
    pub async fn send(&mut self, step: &'static str, call: &Call) -> Answer {
        self.stand_ins.begin(step);
        let client = match call.body {
            Some(body) => Client::from_conf(self.client.config().to_builder().interceptor(Replaced(body)).build()),
            None => self.client.clone(),
        };
        match call.operation {
            Operation::Create => self.create(&client, call).await,
            Operation::Delete => self.delete(&client, call).await,
            Operation::Describe => {
                let sent = client.describe_secret().secret_id(self.id(&call.id)).send().await;
                self.answer(sent, Self::described)
            }
            Operation::Get => {
                let get = client.get_secret_value().secret_id(self.id(&call.id)).set_version_id(call.version.clone());
                let sent = get.set_version_stage(call.stage.map(str::to_owned)).send().await;
                self.answer(sent, Self::read)
            }
            Operation::Password => {
                let sent = client.get_random_password().send().await;
                self.answer(sent, |_, made| made.random_password.map(|text| looks(&text)).unwrap_or_default())
            }
            Operation::Put => self.put(&client, call).await,
            Operation::Relabel => {
                let update = client.update_secret_version_stage().secret_id(self.id(&call.id));
                let update = update.set_version_stage(call.stage.map(str::to_owned));
                let update = update.set_remove_from_version_id(call.from.clone());
                let sent = update.set_move_to_version_id(call.to.clone()).send().await;
                self.answer(sent, |conversation, moved| conversation.named(moved.arn, moved.name))
            }
            Operation::Restore => {
                let sent = client.restore_secret().secret_id(self.id(&call.id)).send().await;
                self.answer(sent, |conversation, restored| conversation.named(restored.arn, restored.name))
            }
        }
    }

    async fn create(&mut self, client: &Client, call: &Call) -> Answer {
        let tag = call.tag.map(|(key, value)| vec![Tag::builder().key(key).value(value).build()]);
        let create = client.create_secret().name(self.id(&call.id)).set_client_request_token(call.token.clone());
        let create = create.set_secret_string(call.text.clone()).set_secret_binary(call.binary.clone().map(Blob::new));
        let create = create.set_description(call.description.map(str::to_owned)).set_tags(tag);
        let sent = create.set_kms_key_id(call.kms_key.map(str::to_owned)).send().await;
        self.answer(sent, |conversation, created| {
            let mut fields = conversation.named(created.arn, created.name);
            fields.push(("version", created.version_id.map(|id| conversation.stand_ins.version(&id))));
            fields
        })
    }

    async fn delete(&mut self, client: &Client, call: &Call) -> Answer {
        let delete = client.delete_secret().secret_id(self.id(&call.id)).set_recovery_window_in_days(call.days);
        let sent = delete.set_force_delete_without_recovery(call.force).send().await;
        self.answer(sent, |conversation, deleted| {
            let mut fields = conversation.named(deleted.arn, deleted.name);
            fields.push(("date", deleted.deletion_date.map(|date| when(&date, now()))));
            fields
        })
    }

    async fn put(&mut self, client: &Client, call: &Call) -> Answer {
        let put = client.put_secret_value().secret_id(self.id(&call.id)).set_client_request_token(call.token.clone());
        let put = put.set_secret_string(call.text.clone()).set_secret_binary(call.binary.clone().map(Blob::new));
        let sent = put.set_version_stages(call.stages.clone()).send().await;
        self.answer(sent, |conversation, put| {
            let mut fields = conversation.named(put.arn, put.name);
            fields.push(("version", put.version_id.map(|id| conversation.stand_ins.version(&id))));
            fields.push(("stages", put.version_stages.map(sorted)));
            fields
        })
    }

    fn read(&mut self, read: GetSecretValueOutput) -> Vec<Field> {
        let mut fields = self.named(read.arn, read.name);
        fields.extend([
            ("version", read.version_id.map(|id| self.stand_ins.version(&id))),
            ("stages", read.version_stages.map(sorted)),
            ("text", read.secret_string.map(|text| squeezed(&text))),
            ("binary", read.secret_binary.map(|bytes| squeezed(&bytes.as_ref().escape_ascii().to_string()))),
            ("created", read.created_date.map(|date| when(&date, now()))),
        ]);
        fields
    }

    fn described(&mut self, described: DescribeSecretOutput) -> Vec<Field> {
        let mut fields = self.named(described.arn, described.name);
        let versions = described.version_ids_to_stages.map(|versions| {
            let labels =
                |(id, stages): (String, Vec<String>)| format!("{}: {}", self.stand_ins.version(&id), sorted(stages));
            sorted(versions.into_iter().map(labels).collect())
        });
        let tags = described.tags.map(|tags| {
            let text = |tag: Tag| format!("{}={}", tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
            sorted(tags.into_iter().map(text).collect())
        });
        fields.extend([
            ("description", described.description.map(|text| squeezed(&text))),
            ("key", described.kms_key_id),
            ("tags", tags),
            ("versions", versions),
            ("rotation", described.rotation_enabled.map(|enabled| enabled.to_string())),
            ("created", described.created_date.map(|date| when(&date, now()))),
            ("changed", described.last_changed_date.map(|date| when(&date, now()))),
            ("accessed", described.last_accessed_date.map(|date| day(&date, now()))),
            ("deleted", described.deleted_date.map(|date| when(&date, now()))),
            ("rotated", described.last_rotated_date.map(|date| when(&date, now()))),
            ("next rotation", described.next_rotation_date.map(|date| when(&date, now()))),
            ("owner", described.owning_service),
            ("primary Region", described.primary_region),
            ("replicas", described.replication_status.map(|replicas| replicas.len().to_string())),
        ]);
        fields
    }

    /// What every answer says. From here on the secret's ARN is this one.
    fn named(&mut self, arn: Option<String>, name: Option<String>) -> Vec<Field> {
        if let (Some(arn), Some(name)) = (&arn, &name) {
            self.arns.insert(name.clone(), arn.clone());
        }
        let arn = arn.map(|arn| self.stand_ins.arn(&arn, name.as_deref().unwrap_or_default()));
        vec![("arn", arn), ("name", name.map(|name| squeezed(&name)))]
    }

    fn answer<T, E: ProvideErrorMetadata + std::error::Error + 'static>(
        &mut self,
        sent: Result<T, SdkError<E>>,
        fields: impl FnOnce(&mut Self, T) -> Vec<Field>,
    ) -> Answer {
        let error = match sent {
            Ok(done) => {
                let fields = fields(self, done);
                return Answer::Done(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect());
            }
            Err(error) => error,
        };
        let status = error.raw_response().map_or(0, |answer| answer.status().as_u16());
        let message = match &error {
            // These are the words of an interpreter, and change with its version.
            SdkError::ServiceError(_) if status >= 500 => "not compared".to_owned(),
            SdkError::ServiceError(_) => self.stand_ins.text(error.message().unwrap_or("no message")),
            other => DisplayErrorContext(other).to_string(),
        };
        Answer::Refused { status, code: error.code().unwrap_or("no code").to_owned(), message }
    }

    fn id(&self, id: &Id) -> String {
        let arn = |name: &str| self.arns.get(name).cloned().unwrap_or_else(|| format!("arn of `{name}`, never given"));
        match id {
            Id::Text(text) => text.clone(),
            Id::Arn(name) => arn(name),
            Id::PartialArn(name) => {
                arn(name).rsplit_once('-').map(|(partial, _)| partial.to_owned()).unwrap_or_default()
            }
            Id::ForeignArn(name) => arn(name).replace("eu-west-1", "us-east-2"),
        }
    }
}

/// What can be said of a password: no two are alike.
fn looks(password: &str) -> Vec<Field> {
    let kind = |character: char| match character {
        'a'..='z' => "lower case",
        'A'..='Z' => "upper case",
        '0'..='9' => "numbers",
        ' ' => "space",
        _ if character.is_ascii_punctuation() => "punctuation",
        _ => "other",
    };
    let held: BTreeSet<&str> = password.chars().map(kind).collect();
    let held = held.into_iter().map(str::to_owned).collect();
    vec![("length", Some(password.chars().count().to_string())), ("kinds", Some(sorted(held)))]
}

fn sorted(mut texts: Vec<String>) -> String {
    texts.sort_unstable();
    format!("[{}]", texts.join(", "))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Sends this body in the place of the SDK's own, signed as it is.
#[derive(Debug)]
struct Replaced(&'static str);

impl Intercept for Replaced {
    fn name(&self) -> &'static str {
        "Replaced"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        *request.body_mut() = self.0.into();
        request.headers_mut().insert("content-length", self.0.len().to_string());
        Ok(())
    }
}
