//! The errors of the client. An error never holds a value, a filled-in name or the SDK's own error, because that one
//! holds the raw response, which can contain a secret. [`meaning`](super::meaning) maps SDK errors to these errors.

use std::fmt;

use crate::model::{Handler, MAX_VALUE_BYTES, PayloadError, Secret, Verb, environment_variable};

/// An operation in the words of the spec: which handler used which verb on which secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The handler's deployed name.
    pub handler: &'static str,
    /// The verb.
    pub verb: Verb,
    /// The type name of the secret or family.
    pub secret: &'static str,
    /// The region that was asked, where that is not the handler's own: the one that the spec says the secret is in, or that of a
    /// copy.
    pub region: Option<&'static str>,
}

impl Operation {
    pub(super) const fn of<H: Handler, S: Secret>(verb: Verb) -> Self {
        Self { handler: H::NAME, verb, secret: S::ID, region: S::REGION }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot {} `{}`", self.handler, self.verb, self.secret)
    }
}

/// The cause of a failed verb.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The secret does not exist, or it has no value. For a user's secret: the user has no value yet, or no longer.
    #[error("{at}: it does not exist or has no value")]
    NotFound {
        /// The operation that failed.
        at: Operation,
    },
    /// AWS denies the call although the spec grants it: the role does not have the spec's policy (yet).
    #[error(
        "{at}: AWS denies access, although the spec grants it; run `gen-infra` and apply the Terraform, \
         then see that `{}` runs under its role; `explain` says more from AWS's own message",
        at.handler
    )]
    AccessDenied {
        /// The operation that failed.
        at: Operation,
    },
    /// AWS cannot use the encryption key of the value: it is disabled, deleted, or not granted to the role.
    #[error("{at}: its encryption key cannot be used; check that the key is enabled and that the role may use it")]
    Decryption {
        /// The operation that failed.
        at: Operation,
    },
    /// The spec names the key of new secrets by a variable, and this client does not know its ARN. No call was made.
    #[error(
        "{at}: the ARN of its KMS key is not set; set `{}` in the function's environment",
        environment_variable(variable)
    )]
    UnknownKey {
        /// The operation that failed.
        at: Operation,
        /// The variable that the spec declares.
        variable: String,
    },
    /// The spec declares several environments, and this client does not know which one is its own. No call was made.
    #[error(
        "{at}: the environment's prefix is not set; set `{}` in the function's environment",
        environment_variable(variable)
    )]
    UnknownPrefix {
        /// The operation that failed.
        at: Operation,
        /// The variable that the spec declares.
        variable: String,
    },
    /// The credentials are missing, expired or invalid. In a Lambda function, AWS renews them. If their source does not
    /// answer or has a fault of its own, the error is [`Transport`](Self::Transport) with the reason `credentials`.
    #[error("{at}: the AWS credentials are missing, expired or invalid{LOG_IN}")]
    Credentials {
        /// The operation that failed.
        at: Operation,
    },
    /// AWS is throttling the calls of this account and region, even after the SDK's retries. Try again later.
    #[error("{at}: AWS is throttling the calls of this account")]
    Throttled {
        /// The operation that failed.
        at: Operation,
    },
    /// The secret's deletion is scheduled, or AWS has not finished an earlier deletion. A `store` cancels a scheduled
    /// deletion; it fails with this error if an earlier deletion still occupies the name after ten seconds.
    #[error(
        "{at}: its deletion is scheduled, and until it is deleted no secret can be created with its name; `aws secretsmanager \
         restore-secret` takes the deletion back"
    )]
    PendingDeletion {
        /// The operation that failed.
        at: Operation,
    },
    /// Other writers kept changing the value. Nothing was written.
    #[error("{at}: it was changed by others {rounds} times in a row; nothing was written")]
    Conflict {
        /// The operation that failed.
        at: Operation,
        /// How many writes were rejected.
        rounds: u32,
    },
    /// AWS kept returning a version that is known to have a successor, because the version was made current again by
    /// hand. Nothing was written. Its kind is [`ErrorKind::Conflict`].
    #[error(
        "{at}: AWS gave an old version {reads} times in a row; nothing was written; if that version was restored by \
         hand, write its value again as a new version"
    )]
    Stale {
        /// The operation that failed.
        at: Operation,
        /// How many times the old version was read.
        reads: u32,
    },
    /// The stored value is not a valid payload according to the spec, or the new value cannot be stored.
    #[error("{at}: its value is not a valid payload")]
    InvalidPayload {
        /// The operation that failed.
        at: Operation,
        /// The cause, and its position in the value.
        source: PayloadError,
    },
    /// The value has more bytes than Secrets Manager stores. No call was made.
    #[error("{at}: its value would have {bytes} bytes, and AWS stores {MAX_VALUE_BYTES}")]
    TooLarge {
        /// The operation that failed.
        at: Operation,
        /// The size of the value in bytes.
        bytes: usize,
    },
    /// AWS was not reached, or did not send a complete response in time. A later call can succeed.
    #[error("{at}: no usable answer came from AWS ({reason}){}", carried_out(*may_have_written))]
    Transport {
        /// The operation that failed.
        at: Operation,
        /// `time-out`, `deadline`, `connection` (the connection broke) or `answer` (the response was malformed). If the
        /// request was not sent: `connect` (no connection could be opened), `credentials` (their source did not answer,
        /// or has a fault of its own) or `request` (the request could not be built).
        reason: &'static str,
        /// Whether AWS may have carried out a write of this operation: a call that writes was sent, and was not refused.
        may_have_written: bool,
    },
    /// AWS had an internal error, or gave the request up: an HTTP status of 408 or of 500 or more, or a code that means
    /// the same. A later call can succeed.
    #[error("{at}: AWS reports an internal error (`{code}`){}", carried_out(*may_have_written))]
    Unavailable {
        /// The operation that failed.
        at: Operation,
        /// AWS's error code, such as `InternalServiceError`.
        code: String,
        /// Whether AWS may have carried out a write of this operation: a call that writes was sent, and was not refused.
        may_have_written: bool,
    },
    /// Any other error response, with its AWS error code.
    #[error("{at}: AWS answered `{code}`")]
    Service {
        /// The operation that failed.
        at: Operation,
        /// AWS's error code, such as `LimitExceededException`.
        code: String,
    },
}

/// The kind of an [`Error`]: stable identifiers for logs and alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`Error::NotFound`]
    NotFound,
    /// [`Error::AccessDenied`]
    AccessDenied,
    /// [`Error::Decryption`]
    Decryption,
    /// [`Error::Credentials`]
    Credentials,
    /// [`Error::Throttled`]
    Throttled,
    /// [`Error::PendingDeletion`]
    PendingDeletion,
    /// [`Error::Conflict`] and [`Error::Stale`]
    Conflict,
    /// [`Error::InvalidPayload`]
    InvalidPayload,
    /// [`Error::TooLarge`]
    TooLarge,
    /// [`Error::Transport`]
    Transport,
    /// [`Error::Unavailable`]
    Unavailable,
    /// [`Error::Service`]
    Service,
    /// The user has to give consent again. No operation of this crate returns it; operations on OAuth tokens do.
    ReconnectRequired,
    /// A service does not accept the access token that was issued for it. No operation of this crate returns it.
    Unauthorized,
    /// The input of the caller or the environment is invalid: [`Error::UnknownKey`], [`Error::UnknownPrefix`], and some
    /// variants of [`RotationError`](super::RotationError).
    InvalidInput,
    /// The [`Rotate`](super::Rotate) implementation failed in one of its steps:
    /// [`RotationError::Step`](super::RotationError::Step).
    StepFailed,
}

impl ErrorKind {
    /// The identifier for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AccessDenied => "access_denied",
            Self::Decryption => "decryption",
            Self::Credentials => "credentials",
            Self::Throttled => "throttled",
            Self::PendingDeletion => "pending_deletion",
            Self::Conflict => "conflict",
            Self::InvalidPayload => "invalid_payload",
            Self::TooLarge => "too_large",
            Self::Transport => "transport",
            Self::Unavailable => "unavailable",
            Self::Service => "service",
            Self::ReconnectRequired => "reconnect_required",
            Self::Unauthorized => "unauthorized",
            Self::InvalidInput => "invalid_input",
            Self::StepFailed => "step_failed",
        }
    }

    /// Whether the same call can succeed shortly afterwards without any other change.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::Transport | Self::Unavailable | Self::Conflict)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// The kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::AccessDenied { .. } => ErrorKind::AccessDenied,
            Self::Decryption { .. } => ErrorKind::Decryption,
            Self::Credentials { .. } => ErrorKind::Credentials,
            Self::UnknownKey { .. } | Self::UnknownPrefix { .. } => ErrorKind::InvalidInput,
            Self::Throttled { .. } => ErrorKind::Throttled,
            Self::PendingDeletion { .. } => ErrorKind::PendingDeletion,
            Self::Conflict { .. } | Self::Stale { .. } => ErrorKind::Conflict,
            Self::InvalidPayload { .. } => ErrorKind::InvalidPayload,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Transport { .. } => ErrorKind::Transport,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Service { .. } => ErrorKind::Service,
        }
    }

    /// Whether the secret does not exist or has no value.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// The suffix of a message if a write may have been carried out although no response arrived.
const fn carried_out(may_have_written: bool) -> &'static str {
    if may_have_written { "; the write may have been carried out" } else { "" }
}

/// Advice for a developer's machine.
const LOG_IN: &str = if cfg!(feature = "profiles") { "; for IAM Identity Center, run `aws sso login`" } else { "" };
/// The reason if no connection could be opened.
pub(super) const NOT_CONNECTED: &str = "connect";
/// The reason if the request could not be built.
pub(super) const NOT_BUILT: &str = "request";
/// The reason if the source of the credentials did not give any for now.
pub(super) const NOT_SIGNED: &str = "credentials";
