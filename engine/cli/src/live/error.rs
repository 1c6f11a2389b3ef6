//! Errors of reading an account, with hints. They never repeat the body of a response, because it can contain a value.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use driftless_model::shown;
use http_body_util::LengthLimitError;

use crate::Exit;
use crate::audit::Look;
use crate::program;

/// The account could not be read, or not completely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the SDK, in the environment or in a profile, is invalid.
    #[error("{what}")]
    Setting {
        /// The setting, and what is wrong with it.
        what: String,
        /// The valid settings.
        remedy: String,
    },
    /// No Region is set.
    #[error("no AWS region is configured")]
    NoRegion,
    /// No credentials were found, or AWS rejected them.
    #[error("no usable AWS credentials: {cause}")]
    NoCredentials {
        /// The message from the SDK or AWS.
        cause: String,
    },
    /// The credentials lack a permission that the audit needs.
    #[error("{} is denied: {message}", call.name())]
    Denied {
        /// The call.
        call: Look,
        /// The message from AWS.
        message: String,
        /// Whether the policy of the secret itself denies the call: a principal that can write that policy could hide
        /// with it what the policy allows.
        by_the_secret: bool,
    },
    /// AWS still throttles after retries.
    #[error("{} is still throttled after several tries", call.name())]
    Throttled {
        /// The call.
        call: Look,
    },
    /// AWS has an internal error, also after retries.
    #[error("{} failed: AWS reports an internal error (`{code}`)", call.name())]
    Unavailable {
        /// The call.
        call: Look,
        /// The error code, or the HTTP status if there is none.
        code: String,
    },
    /// Any other error response.
    #[error("{} failed: {code}: {message}", call.name())]
    Refused {
        /// The call.
        call: Look,
        /// The error code.
        code: String,
        /// The message from AWS.
        message: String,
    },
    /// No response was received.
    #[error("{} got no answer: {cause}", call.name())]
    Unreachable {
        /// The call.
        call: Look,
        /// The cause.
        cause: String,
    },
    /// The response is not as documented by AWS.
    #[error("{} returned a malformed response: {what}", call.name())]
    Malformed {
        /// The call.
        call: Look,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// AWS error codes for invalid credentials.
///
/// Source: [common errors](https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
const BAD_CREDENTIALS: [&str; 9] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// The phrase with which AWS reports a denial by the secret's policy.
///
/// Source: [troubleshoot access denied error messages][denied].
///
/// [denied]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const BY_THE_SECRET: &str = "with an explicit deny in a resource-based policy";
const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
const THROTTLED: [&str; 6] = [
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "SlowDown",
];

impl Error {
    /// Classifies a failed call.
    pub(super) fn of<E>(call: Look, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            _ if too_large(error) => Self::Malformed { call, what: "it is too large" },
            // The SDK reports a response that it cannot parse as a service error, whatever its status.
            SdkError::ServiceError(refusal) if refusal.raw().status().is_success() => {
                Self::Malformed { call, what: "it cannot be read" }
            }
            SdkError::ServiceError(refusal) => {
                let (code, message) = (refusal.err().code(), refusal.err().message().unwrap_or("no reason is given"));
                let status = refusal.raw().status().as_u16();
                let code = code.map_or_else(|| format!("status {status}"), plain);
                if status >= 500 { Self::Unavailable { call, code } } else { Self::of_refusal(call, code, message) }
            }
            SdkError::ResponseError(_) => Self::Malformed { call, what: "it cannot be read" },
            SdkError::TimeoutError(_) => Self::Unreachable { call, cause: "it took too long".into() },
            other => Self::Unreachable { call, cause: innermost(other) },
        }
    }

    fn of_refusal(call: Look, code: String, said: &str) -> Self {
        let message = plain(said);
        if BAD_CREDENTIALS.contains(&code.as_str()) {
            Self::NoCredentials { cause: format!("{code}: {message}") }
        } else if DENIED.contains(&code.as_str()) {
            Self::Denied { call, message, by_the_secret: said.contains(BY_THE_SECRET) }
        } else if THROTTLED.contains(&code.as_str()) {
            Self::Throttled { call }
        } else {
            Self::Refused { call, code, message }
        }
    }

    /// Whether the secret does not exist, or no longer exists.
    pub(super) fn is_gone(&self) -> bool {
        // A call on a secret whose deletion is scheduled fails as an invalid request.
        matches!(self, Self::Refused { code, .. } if code == "ResourceNotFoundException" || code == "InvalidRequestException")
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Setting { remedy, .. } => remedy.clone(),
            Self::NoRegion => "pass `--region`, or set `AWS_REGION`".into(),
            Self::NoCredentials { .. } => "set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; \
                 `aws sso login` renews those of IAM Identity Center, and `aws configure export-credentials --format env` prints those of any profile"
                .into(),
            Self::Denied { .. } => format!("`{} audit --policy` prints the policy that an audit needs", program::name()),
            Self::Throttled { .. } => "run it again with a lower `--rate`".into(),
            Self::Unreachable { .. } => "see that the endpoint of the Region can be reached from here".into(),
            Self::Unavailable { .. } => "run it again later; health.aws.amazon.com says how AWS's services are".into(),
            Self::Refused { .. } | Self::Malformed { .. } => "run it again; if it stays, ask AWS".into(),
        }
    }

    /// The exit code: a usage error if the credentials or the Region are the cause.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Setting { .. } | Self::NoRegion | Self::NoCredentials { .. } | Self::Denied { .. } => Exit::Usage,
            _ => Exit::Internal,
        }
    }
}

/// Makes external text safe for a line of output.
pub(super) fn plain(text: &str) -> String {
    shown(text).trim_matches('`').to_owned()
}

fn too_large(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(<dyn StdError>::is::<LengthLimitError>)
}

/// The innermost cause, usually an error of the operating system.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    plain(&causes(error).last().map_or_else(String::new, ToString::to_string))
}

pub(super) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
