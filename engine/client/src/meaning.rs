//! Maps SDK errors to [`Error`]: by error class, AWS error code and operation, and in a few cases by phrases of AWS's
//! message. Each phrase contains a space, which names of secrets, roles and keys cannot contain: so a name that AWS
//! repeats in a message is never mistaken for one.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use hyper_util::client::legacy;

use super::error::{Error, NOT_BUILT, NOT_CONNECTED, Operation};
use super::http::find;
use super::observe::{said, was_sent};

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
/// The secret exists, but the requested version does not.
const NO_VALUE: &str = "find the specified secret value";
/// The SDK's message if it has no credentials at all. The SDK has no public type for this error.
const NO_IDENTITY: &str = "there was no identity resolver for it";

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
            SdkError::TimeoutError(_) => Self::Transport { at, reason: "time-out" },
            SdkError::ResponseError(_) => Self::Transport { at, reason: "answer" },
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(cause) => Self::from_dispatch(at, cause),
                None => Self::Transport { at, reason: "connection" },
            },
            _ => Self::Transport { at, reason: NOT_BUILT },
        }
    }

    fn from_dispatch(at: Operation, cause: &ConnectorError) -> Self {
        let has_none = || chain(cause).any(|error| error.to_string().contains(NO_IDENTITY));
        if find::<CredentialsError>(cause).is_some() || has_none() {
            return Self::Credentials { at };
        }
        let reason = match was_sent() {
            _ if cause.is_timeout() => "time-out",
            // The request was not signed, or it has no valid address.
            None => NOT_BUILT,
            Some(_) if cause.is_user() => NOT_BUILT,
            Some(false) if is_not_connected(cause) => NOT_CONNECTED,
            Some(_) => "connection",
        };
        Self::Transport { at, reason }
    }

    /// Sources: [errors of `GetSecretValue`][get] and its siblings, and the [common errors][common].
    ///
    /// [get]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    /// [common]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
    fn from_answer(at: Operation, error: &impl ProvideErrorMetadata, status: u16) -> Self {
        let says = |words: &[&str]| error.message().is_some_and(|text| words.iter().any(|words| text.contains(words)));
        // A response without a code did not come from Secrets Manager, or it is truncated.
        let Some(code) = error.code() else { return Self::Transport { at, reason: "answer" } };
        match code {
            "ResourceNotFoundException" => Self::NotFound { at },
            // AWS also reports a key that the role may not use as a denial.
            "AccessDeniedException" if says(&KEY_DENIED) => Self::Decryption { at },
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => {
                Self::AccessDenied { at }
            }
            "DecryptionFailure" | "EncryptionFailure" => Self::Decryption { at },
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "TooManyRequestsException" => Self::Throttled { at },
            _ if status == 429 => Self::Throttled { at },
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
            "InternalServiceError" | "InternalServiceErrorException" | "InternalFailure" | "ServiceUnavailable" => {
                Self::Unavailable { at, code: plain_code(code) }
            }
            _ if status >= 500 => Self::Unavailable { at, code: plain_code(code) },
            _ => Self::Service { at, code: plain_code(code) },
        }
    }
}

/// Whether AWS's message means that the secret exists without a value. The code is the same as for a missing secret.
pub(super) fn says_no_value(error: &impl ProvideErrorMetadata) -> bool {
    error.message().is_some_and(|text| text.contains(NO_VALUE))
}

/// Whether the request cannot have been sent because no connection could be opened.
pub(super) fn is_not_connected(cause: &ConnectorError) -> bool {
    find::<legacy::Error>(cause).is_some_and(legacy::Error::is_connect)
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Returns the code only if it is a short alphanumeric word: it comes from the network.
pub(super) fn plain_code(code: &str) -> String {
    let plain = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { code.to_owned() } else { "an unknown error".to_owned() }
}
