//! Maps SDK errors to [`Error`]: by error class, AWS error code and operation, and in a few cases by phrases of AWS's
//! message. Each phrase contains a space, which names of secrets, roles and keys cannot contain: so a name that AWS
//! repeats in a message is never mistaken for one.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_secretsmanager::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::causes::{chain, find};
use super::credentials::credentials_may_come;
use super::error::{Error, NOT_BUILT, NOT_CONNECTED, NOT_SIGNED, Operation};
use super::observe::{may_have_written, reached, said};
use super::redaction::plain_code;
use super::sent::Reached;
use crate::https::cause_of;

/// The secret's deletion is scheduled, or AWS still reserves the name of a deleted secret.
///
/// Source: the messages that the [Terraform provider][provider] distinguishes.
///
/// [provider]: https://github.com/hashicorp/terraform-provider-aws/pull/8219
const DELETED: [&str; 5] = [
    "was marked for deletion",
    "because it was deleted",
    "was already scheduled for deletion",
    "is already scheduled for deletion",
    "currently marked deleted",
];
/// The role may call Secrets Manager, but not use the key.
///
/// Sources: [a denial of Secrets Manager][own], and [a denial of IAM][denied], which names the denied action.
///
/// [own]: https://repost.aws/knowledge-center/secrets-manager-cross-account-key
/// [denied]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const KEY_DENIED: [&str; 2] = ["Access to KMS is not allowed", "is not authorized to perform: kms:"];
/// AWS's own faults, which have these codes with any status.
///
/// Sources: the [common errors][common], and those of Secrets Manager.
///
/// [common]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
const FAULTS: [&str; 6] = [
    "InternalServiceError",
    "InternalServiceErrorException",
    "InternalServiceFailure",
    "InternalFailure",
    "ServiceUnavailable",
    "RequestAbortedException",
];
/// The secret exists, but the requested version does not.
const NO_VALUE: &str = "find the specified secret value";
/// The SDK's message if it has no credentials at all. The SDK has no public type for this error.
const NO_IDENTITY: &str = "there was no identity resolver for it";
/// The SDK's message if the source of the credentials did not answer within the time that the SDK allows.
const NO_IDENTITY_YET: &str = "timed out";

impl Error {
    /// Converts an SDK error. Only its class and code are kept, because it also holds the response. AWS's message is
    /// logged.
    pub(super) fn from_sdk<E>(at: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        Self::from_write(at, error, "")
    }

    /// Like [`from_sdk`](Self::from_sdk), for a call that sent `value`: parts of the value are removed from the logged message.
    pub(super) fn from_write<E>(at: Operation, error: &SdkError<E, HttpResponse>, value: &str) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let meaning = Self::from_answer(at, service.err(), status);
                said(at, &meaning, service.err(), status, value);
                meaning
            }
            SdkError::TimeoutError(_) => Self::given_up(at),
            SdkError::ResponseError(_) => Self::transport(at, "answer"),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(cause) => Self::from_dispatch(at, cause),
                None => Self::transport(at, "connection"),
            },
            _ => Self::transport(at, NOT_BUILT),
        }
    }

    pub(super) fn transport(at: Operation, reason: &'static str) -> Self {
        Self::Transport { at, reason, may_have_written: may_have_written(false) }
    }

    /// The error for the current call, which did not end in time. Only credentials can be waited for before a call is
    /// signed.
    pub(super) fn given_up(at: Operation) -> Self {
        let reason = match reached() {
            Reached::Unsigned => NOT_SIGNED,
            Reached::Unconnected => NOT_CONNECTED,
            Reached::Received => "time-out",
        };
        Self::transport(at, reason)
    }

    fn unavailable(at: Operation, code: &str) -> Self {
        Self::Unavailable { at, code: plain_code(code), may_have_written: may_have_written(true) }
    }

    fn from_dispatch(at: Operation, cause: &ConnectorError) -> Self {
        let says = |words: &str| chain(cause).any(|error| error.to_string().contains(words));
        match find::<CredentialsError>(cause) {
            Some(error) if credentials_may_come(error) => return Self::transport(at, NOT_SIGNED),
            Some(_) => return Self::Credentials { at },
            None if says(NO_IDENTITY) => return Self::Credentials { at },
            None => {}
        }
        if let Some(what) = cause_of(cause) {
            tracing::warn!(handler = at.handler, verb = at.verb.name(), secret = at.secret, "{what}");
        }
        let reason = match reached() {
            // The request was not signed, or it has no valid address.
            Reached::Unsigned if says(NO_IDENTITY_YET) => NOT_SIGNED,
            Reached::Unsigned => NOT_BUILT,
            _ if cause.is_user() => NOT_BUILT,
            Reached::Unconnected => NOT_CONNECTED,
            Reached::Received if cause.is_timeout() => "time-out",
            Reached::Received => "connection",
        };
        Self::transport(at, reason)
    }

    /// Sources: [errors of `GetSecretValue`][get] and its siblings, and the [common errors][common].
    ///
    /// [get]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    /// [common]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
    fn from_answer(at: Operation, error: &impl ProvideErrorMetadata, status: u16) -> Self {
        let says = |words: &[&str]| error.message().is_some_and(|text| words.iter().any(|words| text.contains(words)));
        // A response without a code did not come from Secrets Manager, or it is truncated.
        let Some(code) = error.code() else { return Self::transport(at, "answer") };
        match code {
            "ResourceNotFoundException" => Self::NotFound { at },
            // AWS also reports a key that the role may not use as a denial.
            "AccessDeniedException" if says(&KEY_DENIED) => Self::Decryption { at },
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => {
                Self::AccessDenied { at }
            }
            "DecryptionFailure" | "EncryptionFailure" => Self::Decryption { at },
            _ if status == 429 || is_throttling(code) => Self::Throttled { at },
            "ExpiredTokenException"
            | "ExpiredToken"
            | "RequestExpired"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Self::Credentials { at },
            "InvalidRequestException" if says(&DELETED) => Self::PendingDeletion { at },
            _ if status >= 500 || status == 408 || is_transient(code) => Self::unavailable(at, code),
            _ => Self::Service { at, code: plain_code(code) },
        }
    }
}

/// The SDK's codes of throttling. It counts the quota of secrets among them, which no retry changes.
fn is_throttling(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code) && code != "LimitExceededException"
}

/// The SDK's codes of transient errors, and those of AWS's own faults.
fn is_transient(code: &str) -> bool {
    TRANSIENT_ERRORS.contains(&code) || FAULTS.contains(&code)
}

/// Whether AWS's message means that the secret exists without a value. The code is the same as for a missing secret.
pub(super) fn says_no_value(error: &impl ProvideErrorMetadata) -> bool {
    error.message().is_some_and(|text| text.contains(NO_VALUE))
}
