//! What an error of the SDK means: by its class, by AWS's code and by the operation, and by words of AWS's message only as AWS
//! writes them. Each of those has a space, which no name of a secret, a role or a key can have: a message repeats names.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use hyper_util::client::legacy;

use super::error::{Error, NOT_BUILT, NOT_CONNECTED, Operation};
use super::http::find;
use super::observe::{said, was_sent};

/// A secret that waits for its deletion, or a name that AWS has not let go of.
///
/// Source: the messages as the [Terraform provider][provider] tells them apart.
///
/// [provider]: https://github.com/hashicorp/terraform-provider-aws/pull/8219
const DELETED: [&str; 4] = [
    "was marked for deletion",
    "was already scheduled for deletion",
    "is already scheduled for deletion",
    "currently marked deleted",
];
/// The role may call Secrets Manager, but not use the key.
///
/// Sources: [a denial of Secrets Manager's own][own], and [one in IAM's words][denied], which names the action that is denied.
///
/// [own]: https://repost.aws/knowledge-center/secrets-manager-cross-account-key
/// [denied]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const KEY_DENIED: [&str; 2] = ["Access to KMS is not allowed", "is not authorized to perform: kms:"];
/// The secret is there, and the version that is asked for is not.
const NO_VALUE: &str = "find the specified secret value";
/// How the SDK says that it was given no credentials at all. It has no type for it that others can see.
const NO_IDENTITY: &str = "there was no identity resolver for it";

impl Error {
    /// From the SDK's error: its class and code alone, because it also carries the answer. What AWS says goes to the log.
    pub(super) fn from_sdk<E>(at: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        Self::from_write(at, error, "")
    }

    /// The same of a call that carried this value, which a message that repeats it takes out of the log.
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
            // It was not signed, or it has no address to go to.
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
        // Without a code it was no answer of Secrets Manager, or one that is cut off.
        let Some(code) = error.code() else { return Self::Transport { at, reason: "answer" } };
        match code {
            "ResourceNotFoundException" => Self::NotFound { at },
            // AWS reports a key that the role may not use as a denial too.
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

/// Whether AWS says that the secret is there, and has no value. The code is the same as for a secret that is not there.
pub(super) fn says_no_value(error: &impl ProvideErrorMetadata) -> bool {
    error.message().is_some_and(|text| text.contains(NO_VALUE))
}

/// Whether a request cannot have been sent, because no connection was opened for it.
pub(super) fn is_not_connected(cause: &ConnectorError) -> bool {
    find::<legacy::Error>(cause).is_some_and(legacy::Error::is_connect)
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// A code comes from the network: what is not a short word is not repeated.
pub(super) fn plain_code(code: &str) -> String {
    let plain = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { code.to_owned() } else { "an unknown error".to_owned() }
}
