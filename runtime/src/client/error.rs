//! What can go wrong with a verb. No error holds a value, a name that was filled in, or the SDK's own error: that one
//! carries the raw answer, which can be a secret. What an SDK's error means is [`meaning`](super::meaning)'s to say.

use std::fmt;

use crate::model::{Handler, MAX_VALUE_BYTES, PayloadError, Secret, Verb, environment_variable};

/// Who wanted to do what: the same words as in the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The handler's deployed name.
    pub handler: &'static str,
    /// The verb.
    pub verb: Verb,
    /// The type's name of the secret or family.
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

/// Why a verb failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such secret, or it has no value. For a user's secret: the user has none yet, or no longer.
    #[error("{at}: it does not exist or has no value")]
    NotFound {
        /// Who wanted what.
        at: Operation,
    },
    /// AWS refuses the call, though the spec grants it: the role does not have the spec's policy (yet).
    #[error(
        "{at}: AWS denies access, though the spec grants it; run `cargo xtask gen-infra` and apply the Terraform, \
         then see that `{}` runs under its role; `cargo xtask explain` says more from AWS's own message",
        at.handler
    )]
    AccessDenied {
        /// Who wanted what.
        at: Operation,
    },
    /// AWS cannot use the key that encrypts the value: it is disabled, deleted, or not granted.
    #[error("{at}: its encryption key cannot be used; see whether the key is enabled and the role may use it")]
    Decryption {
        /// Who wanted what.
        at: Operation,
    },
    /// The spec names the key for new secrets by a variable, and the client has not been told its ARN. Nothing was called.
    #[error(
        "{at}: the ARN of its key is not known; set `{}` in the function's environment",
        environment_variable(variable)
    )]
    UnknownKey {
        /// Who wanted what.
        at: Operation,
        /// The variable that the spec names.
        variable: String,
    },
    /// The spec has many environments, and the client has not been told which one is its own. Nothing was called.
    #[error(
        "{at}: the prefix of its environment is not known; set `{}` in the function's environment",
        environment_variable(variable)
    )]
    UnknownPrefix {
        /// Who wanted what.
        at: Operation,
        /// The variable that the spec names.
        variable: String,
    },
    /// The credentials are missing, expired or not valid. In a Lambda function AWS renews them.
    #[error("{at}: the AWS credentials are missing, expired or not valid{LOG_IN}")]
    Credentials {
        /// Who wanted what.
        at: Operation,
    },
    /// AWS took too many calls in this account and region, also after the SDK's retries. Try later.
    #[error("{at}: AWS throttles the calls of this account")]
    Throttled {
        /// Who wanted what.
        at: Operation,
    },
    /// Somebody scheduled the secret's deletion, or AWS has not finished an earlier one. A `store` takes the one back, and
    /// ends here where the name is still taken after ten seconds of the other.
    #[error("{at}: its deletion is scheduled")]
    PendingDeletion {
        /// Who wanted what.
        at: Operation,
    },
    /// Other writers kept changing the value. Nothing was written.
    #[error("{at}: it was changed by others {rounds} times in a row; nothing was written")]
    Conflict {
        /// Who wanted what.
        at: Operation,
        /// How often a write was refused.
        rounds: u32,
    },
    /// AWS kept giving a version that is known to have a successor: somebody put it back by hand. Nothing was written.
    /// Of kind [`ErrorKind::Conflict`].
    #[error(
        "{at}: AWS gave an old version {reads} times in a row; nothing was written; if somebody put that version back \
         by hand, its value has to be written once more, as a new version"
    )]
    Stale {
        /// Who wanted what.
        at: Operation,
        /// How often the old version was read.
        reads: u32,
    },
    /// The stored value is not what the spec says, or the new one cannot be stored.
    #[error("{at}: its value is not a valid payload")]
    InvalidPayload {
        /// Who wanted what.
        at: Operation,
        /// Where in the value.
        source: PayloadError,
    },
    /// The value has more bytes than Secrets Manager stores. Nothing was called.
    #[error("{at}: its value would have {bytes} bytes, and AWS stores {MAX_VALUE_BYTES}")]
    TooLarge {
        /// Who wanted what.
        at: Operation,
        /// The size of the value.
        bytes: usize,
    },
    /// AWS was not reached, or did not answer in time or in full. A write may have been carried out, unless the reason says that
    /// it was not sent. A later call can succeed.
    #[error("{at}: no usable answer came from AWS ({reason}){}", carried_out(at, reason))]
    Transport {
        /// Who wanted what.
        at: Operation,
        /// `time-out`, `deadline`, `connection` for one that broke, or `answer`; and where nothing was sent, `connect` for a
        /// connection that could not be opened, or `request` for a request that could not be built.
        reason: &'static str,
    },
    /// AWS has a fault of its own: a status of 500 or more. A write may have been carried out. A later call can succeed.
    #[error("{at}: AWS has a fault of its own (`{code}`){}", carried_out(at, ""))]
    Unavailable {
        /// Who wanted what.
        at: Operation,
        /// AWS's error code, such as `InternalServiceError`.
        code: String,
    },
    /// Any other refusal, by AWS's own code for it.
    #[error("{at}: AWS answered `{code}`")]
    Service {
        /// Who wanted what.
        at: Operation,
        /// AWS's error code, such as `LimitExceededException`.
        code: String,
    },
}

/// The kind of an [`Error`]: stable words for logs and alarms.
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
    /// The user has to give consent again; see [`TokenError`](crate::oauth::TokenError).
    ReconnectRequired,
    /// An access token is not accepted by the service that it is for.
    Unauthorized,
    /// What the caller or the environment gave cannot be used: [`Error::UnknownKey`], [`Error::UnknownPrefix`], and some of
    /// [`TokenError`](crate::oauth::TokenError) and of [`RotationError`](super::RotationError).
    InvalidInput,
    /// What a rotation itself does in one of its steps failed: [`RotationError::Step`](super::RotationError::Step).
    StepFailed,
}

impl ErrorKind {
    /// The word for logs.
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

    /// Whether the same call can succeed a short while later, with nothing changed by anybody.
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
    /// Its kind, which does not change from release to release.
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

    /// Whether there is no such secret, or it has no value.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// What a caller of a write has to know where no answer came.
fn carried_out(at: &Operation, reason: &str) -> &'static str {
    let is_write = matches!(at.verb, Verb::Store | Verb::Update | Verb::Delete | Verb::Rotate);
    let was_sent = !matches!(reason, NOT_CONNECTED | NOT_BUILT);
    if is_write && was_sent { "; the write may have been carried out" } else { "" }
}

/// What can be done on a developer's machine.
const LOG_IN: &str =
    if cfg!(feature = "profiles") { "; `aws sso login` renews those of IAM Identity Center" } else { "" };
/// The reason where no connection could be opened.
pub(super) const NOT_CONNECTED: &str = "connect";
/// The reason where there was no request to send.
pub(super) const NOT_BUILT: &str = "request";
