//! The Secrets Manager API calls, one function per call. No other module of the client calls the SDK.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageError;
use aws_sdk_secretsmanager::primitives::DateTime;

use super::current::Current;
use super::error::{Error, Operation};
use super::meaning::says_no_value;
use super::rotation::{Labels, RotationEvent, VersionRef};
use super::{Description, PasswordRules, Secrets, Versioned, token};
use crate::model::stage::{CURRENT, PENDING};
use crate::model::{Handler, Payload, Secret, Text};

/// The result of a write.
pub(super) enum WriteResult {
    /// The written version is now the current version.
    Wrote { version: String },
    /// The same value was already written with this token; that version is not the current one.
    WroteBefore { version: String },
    /// The token or the name is already taken.
    Taken,
    /// The secret does not exist.
    Absent,
    /// Deletion is scheduled for the secret, or for an earlier secret of the same name.
    PendingDeletion,
}

impl<H: Handler> Secrets<H> {
    pub(super) async fn current<S: Secret>(&self, at: Operation, secret: &S) -> Result<Current<S::Payload>, Error> {
        self.labelled(at, secret, CURRENT).await
    }

    /// Reads the version that has `label`. The request always names the label, even where AWS would use it by default:
    /// a policy condition only sees a label that the request names.
    ///
    /// Source: [a maintainer of AWS's CLI](https://github.com/aws/aws-cli/issues/5031).
    pub(super) async fn labelled<S: Secret>(
        &self,
        at: Operation,
        secret: &S,
        label: &'static str,
    ) -> Result<Current<S::Payload>, Error> {
        if !S::READ_FROM.is_empty() && at.verb.reads_copies() {
            // In a box, so that the future of other secrets does not grow.
            return Box::pin(self.ask_each_place(at, secret, label)).await;
        }
        self.ask_at(at, &self.client(at), &self.name_of(at, secret)?, label).await
    }

    /// The version with a label, from one Region.
    pub(super) async fn ask_at<P: Payload>(
        &self,
        at: Operation,
        client: &Client,
        name: &str,
        label: &str,
    ) -> Result<Current<P>, Error> {
        let get = client.get_secret_value().secret_id(name).version_stage(label);
        match get.send().await {
            Ok(answer) => Current::from_answer(at, answer),
            Err(error) => match Error::from_sdk(at, &error) {
                // AWS returns the same code for a missing secret and for a secret without a value.
                Error::NotFound { .. } if says_no_value(&error) => Ok(Current::NoValue),
                Error::NotFound { .. } => Ok(Current::Absent),
                Error::PendingDeletion { .. } => Ok(Current::PendingDeletion),
                error => Err(error),
            },
        }
    }

    /// Writes a new version. `secret_id` is a name or an ARN.
    pub(super) async fn call_put(
        &self,
        at: Operation,
        secret_id: &str,
        token: String,
        value: &str,
    ) -> Result<WriteResult, Error> {
        let put =
            self.client(at).put_secret_value().secret_id(secret_id).client_request_token(token).secret_string(value);
        match put.send().await {
            Ok(answer) => {
                // AWS accepts a token that was already used for the same value, and changes nothing.
                let is_current = answer.version_stages().iter().any(|stage| stage == CURRENT);
                wrote(at, answer.version_id, is_current)
            }
            Err(error) => {
                let exists = matches!(error.as_service_error(), Some(PutSecretValueError::ResourceExistsException(_)));
                refused(exists, Error::from_write(at, &error, value))
            }
        }
    }

    pub(super) async fn call_create(
        &self,
        at: Operation,
        name: &str,
        kms_key: Option<String>,
        value: &str,
    ) -> Result<WriteResult, Error> {
        let create = self.client(at).create_secret().name(name).set_kms_key_id(kms_key);
        let create = create.client_request_token(token::of_creation());
        match create.secret_string(value).send().await {
            Ok(answer) => wrote(at, answer.version_id, true),
            Err(error) => {
                let exists = matches!(error.as_service_error(), Some(CreateSecretError::ResourceExistsException(_)));
                refused(exists, Error::from_write(at, &error, value))
            }
        }
    }

    /// Cancels a scheduled deletion. Returns `Ok` also if AWS reports that the secret is missing or still being deleted:
    /// the next read finds the actual state.
    pub(super) async fn call_restore(&self, at: Operation, name: &str) -> Result<(), Error> {
        match self.client(at).restore_secret().secret_id(name).send().await {
            Ok(_) => Ok(()),
            Err(error) => match Error::from_sdk(at, &error) {
                Error::NotFound { .. } | Error::PendingDeletion { .. } => Ok(()),
                error => Err(error),
            },
        }
    }

    pub(super) async fn call_describe(&self, at: Operation, name: &str) -> Result<Description, Error> {
        let answer = self.client(at).describe_secret().secret_id(name).send().await;
        let answer = answer.map_err(|error| Error::from_sdk(at, &error))?;
        let time = |time: Option<DateTime>| time.and_then(|time| time.try_into().ok());
        Ok(Description {
            arn: answer.arn.unwrap_or_default(),
            created: time(answer.created_date),
            last_changed: time(answer.last_changed_date),
            last_accessed: time(answer.last_accessed_date),
            deleted: time(answer.deleted_date),
        })
    }

    pub(super) async fn call_delete(&self, at: Operation, name: &str) -> Result<(), Error> {
        let delete = self.client(at).delete_secret().secret_id(name).force_delete_without_recovery(true);
        delete.send().await.map(drop).map_err(|error| Error::from_sdk(at, &error))
    }

    /// Reads the labels of all versions that have at least one.
    pub(super) async fn call_labels(&self, at: Operation, arn: &str) -> Result<Labels, Error> {
        let answer = self.client(at).describe_secret().secret_id(arn).send().await;
        let answer = answer.map_err(|error| Error::from_sdk(at, &error))?;
        let rotates = answer.rotation_enabled.unwrap_or(false);
        Ok(Labels { rotates, versions: answer.version_ids_to_stages.unwrap_or_default() })
    }

    /// Reads the value of a version; `None` if it has none. A rotation creates the pending version before it has a
    /// value.
    ///
    /// Source: [`DescribeSecret`, `VersionIdsToStages`][describe].
    ///
    /// [describe]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
    pub(super) async fn call_version<P: Payload>(
        &self,
        at: Operation,
        arn: &str,
        version: VersionRef<'_>,
    ) -> Result<Option<Versioned<P>>, Error> {
        let get = self.client(at).get_secret_value().secret_id(arn);
        let get = match version {
            VersionRef::Id(id) => get.version_id(id),
            VersionRef::Labelled(label) => get.version_stage(label),
        };
        match get.send().await {
            Ok(answer) if answer.secret_string.is_none() && answer.secret_binary.is_none() => Ok(None),
            Ok(answer) => Current::from_answer(at, answer)?.into_value(at).map(Some),
            Err(error) => match Error::from_sdk(at, &error) {
                Error::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Writes the value of a rotation's pending version. Returns `false` if that version already has a different value.
    pub(super) async fn call_put_pending(
        &self,
        at: Operation,
        event: &RotationEvent,
        value: &str,
    ) -> Result<bool, Error> {
        let put = self.client(at).put_secret_value().secret_id(event.arn()).client_request_token(event.version());
        let put = put.set_rotation_token(event.rotation_token().map(str::to_owned)).version_stages(PENDING);
        match put.secret_string(value).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutSecretValueError::ResourceExistsException(_)) => Ok(false),
                _ => Err(Error::from_write(at, &error, value)),
            },
        }
    }

    /// Moves or removes a label. Returns `false` if the label was not on the version `from`.
    pub(super) async fn call_relabel(
        &self,
        at: Operation,
        arn: &str,
        label: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, Error> {
        let update = self.client(at).update_secret_version_stage().secret_id(arn).version_stage(label);
        let update = update.set_remove_from_version_id(from.map(str::to_owned));
        match update.set_move_to_version_id(to.map(str::to_owned)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateSecretVersionStageError::InvalidParameterException(_)) => Ok(false),
                _ => Err(Error::from_sdk(at, &error)),
            },
        }
    }

    pub(super) async fn call_random_password(&self, at: Operation, rules: &PasswordRules) -> Result<Text, Error> {
        let get = self.client(at).get_random_password().set_password_length(rules.length.map(i64::from));
        let get = get.set_exclude_characters((!rules.excluded.is_empty()).then(|| rules.excluded.clone()));
        let answer = get
            .exclude_punctuation(rules.without_punctuation)
            .send()
            .await
            .map_err(|error| Error::from_sdk(at, &error))?;
        answer.random_password.map(Text::from).ok_or_else(|| Error::transport(at, "answer"))
    }
}

fn wrote(at: Operation, version: Option<String>, is_current: bool) -> Result<WriteResult, Error> {
    match version {
        Some(version) if is_current => Ok(WriteResult::Wrote { version }),
        Some(version) => Ok(WriteResult::WroteBefore { version }),
        None => Err(Error::transport(at, "answer")),
    }
}

fn refused(exists: bool, error: Error) -> Result<WriteResult, Error> {
    match error {
        _ if exists => Ok(WriteResult::Taken),
        Error::NotFound { .. } => Ok(WriteResult::Absent),
        Error::PendingDeletion { .. } => Ok(WriteResult::PendingDeletion),
        error => Err(error),
    }
}
