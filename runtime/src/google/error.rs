//! Errors of Google. No error contains a token, an answer's body, or an address.

use std::time::{Duration, SystemTime};

use super::meaning::Meaning;
use super::quota::until_reset;
use super::reason::{ACCOUNT, remedy_of, remedy_of_operator};
use crate::client::{Error, ErrorKind};
use crate::oauth::TokenError;

/// The client for Google cannot be set up.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoogleConfigError {
    /// The system has no root certificates, so no server can be trusted. The images of AWS Lambda have them.
    #[error("no root certificates are installed; install the system's `ca-certificates`")]
    NoRootCertificates,
    /// An environment variable contains an invalid proxy address. The error does not contain its value, which can
    /// include a password.
    #[error(
        "`{variable}` is not the address of an HTTP proxy: it must be an address such as `http://proxy.example.com:3128`"
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// An endpoint is not a valid address, or tokens would be sent to it unencrypted.
    #[error("an endpoint of Google must be an `https` address")]
    Endpoint,
}

/// Why a request to Google failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoogleError {
    /// Google refuses the request and will refuse the next one: the client id is wrong, deleted or not that of an iOS
    /// app, or the API is not enabled. The operator of the app has to fix it. The stored tokens are kept.
    #[error("google refuses the request with `{code}`; {}", remedy_of_operator(code))]
    Configuration {
        /// Google's code, such as `invalid_client`.
        code: String,
    },
    /// A policy of the administrator of the user's organisation forbids the request. The stored tokens are kept.
    #[error("an administrator's policy forbids it (`{reason}`); {}", remedy_of(reason))]
    Policy {
        /// Google's reason, such as `domainPolicy`.
        reason: String,
    },
    /// The Google account cannot be used for this: it has no mailbox, or it is disabled. The stored tokens are kept.
    #[error("the google account cannot do this (`{reason}`); {ACCOUNT}")]
    Account {
        /// Google's reason, such as `accountDisabled`.
        reason: String,
    },
    /// A precondition of Google failed, in every attempt: the account may have no mailbox, or Google has a fault. The
    /// stored tokens are kept.
    #[error("google cannot do this for the account now (`{reason}`); {}", remedy_of(reason))]
    Precondition {
        /// Google's reason, such as `failedPrecondition`.
        reason: String,
    },
    /// Google requires the user to sign in or to consent again, but has not revoked the consent: ask the user to
    /// connect their account. The stored tokens are kept.
    #[error("the user has to sign in at google again (`{reason}`); {}", remedy_of(reason))]
    SignIn {
        /// Google's reason, such as `invalid_rapt`.
        reason: String,
    },
    /// A daily limit is used up. It is reset at midnight Pacific time; no request is retried before.
    #[error("google's daily quota is used up (`{reason}`); {}", remedy_of(reason))]
    DailyLimit {
        /// Google's reason, such as `dailyLimitExceeded`.
        reason: String,
    },
    /// Google does not accept a part of the request, such as an expired page token or a malformed id.
    #[error("google rejects the request (`{reason}`)")]
    Request {
        /// Google's reason, such as `invalidArgument`.
        reason: String,
    },
    /// The client id in Secrets Manager is empty or not one word. No request was made.
    #[error("the stored google client id is empty or not one word")]
    ClientId,
    /// The access token is expired, revoked or not issued by Google: get a fresh one, or ask for consent again.
    #[error("google does not accept the access token")]
    Unauthorized,
    /// The user has not consented to this request: ask for consent with the scope that it needs.
    #[error("the access token does not cover what was asked")]
    Forbidden,
    /// The resource does not exist, or no longer exists, such as a message that was deleted after it was listed.
    #[error("google has no such resource")]
    NotFound,
    /// The URL is neither an `https` address nor a loopback address, so no token was sent to it.
    #[error("access tokens are sent only to `https` addresses")]
    Endpoint,
    /// Too many requests, even after retries. Try again later.
    #[error("google is limiting the rate of requests")]
    Throttled {
        /// How long Google asks to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// A server error of Google, even after retries. Try again later.
    #[error("google is not available (HTTP {status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// How long Google asks to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// No answer came in time.
    #[error("google did not answer in time")]
    Timeout,
    /// Google could not be reached, its certificate was not accepted, or the connection broke.
    #[error("the connection to google failed")]
    Connection,
    /// The answer is not one that Google documents.
    #[error("google's answer cannot be used: {problem}")]
    Answer {
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl GoogleError {
    /// The error's kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration { .. } | Self::ClientId | Self::Endpoint | Self::Request { .. } => {
                ErrorKind::InvalidInput
            }
            Self::NotFound => ErrorKind::NotFound,
            Self::Unauthorized
            | Self::Forbidden
            | Self::Policy { .. }
            | Self::Account { .. }
            | Self::Precondition { .. } => ErrorKind::Unauthorized,
            Self::SignIn { .. } => ErrorKind::ReconnectRequired,
            Self::Throttled { .. } | Self::DailyLimit { .. } => ErrorKind::Throttled,
            Self::Unavailable { .. } | Self::Timeout | Self::Connection | Self::Answer { .. } => ErrorKind::Transport,
        }
    }

    /// The meaning of the error: who can fix the cause, and what to tell the user.
    #[must_use]
    pub const fn meaning(&self) -> Meaning {
        match self {
            Self::Configuration { .. } | Self::ClientId | Self::Endpoint => Meaning::Project,
            Self::Policy { .. } => Meaning::Policy,
            Self::Account { .. } => Meaning::Account,
            Self::Precondition { .. } => Meaning::Precondition,
            Self::SignIn { .. } => Meaning::SignIn,
            Self::DailyLimit { .. } => Meaning::DailyLimit,
            Self::Request { .. } => Meaning::Request,
            Self::Unauthorized => Meaning::Token,
            Self::Forbidden => Meaning::Consent,
            Self::NotFound => Meaning::Missing,
            Self::Throttled { .. } => Meaning::RateLimit,
            Self::Unavailable { .. } | Self::Timeout | Self::Connection => Meaning::Unavailable,
            Self::Answer { .. } => Meaning::Undocumented,
        }
    }

    /// Whether a retry of the same request may succeed.
    pub(super) const fn passes(&self) -> bool {
        self.meaning().advice().repeat
    }

    /// How long to wait before a retry: the time that Google asks for, or until the daily quotas are reset.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            Self::DailyLimit { .. } => Some(until_reset(SystemTime::now())),
            _ => None,
        }
    }
}

/// Why no fresh access token could be obtained.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The stored tokens could not be used. The kind is [`ErrorKind::ReconnectRequired`] if no refresh token is stored,
    /// and [`ErrorKind::NotFound`] if the user is not connected.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// Google no longer accepts the refresh token: the user revoked the consent, changed the password, or has not used
    /// it for six months. The stored tokens are deleted; ask the user to connect their account.
    /// Source: [refresh token expiration](https://developers.google.com/identity/protocols/oauth2#expiration).
    #[error("the user's consent has to be given again: google no longer accepts the refresh token")]
    ReconnectRequired,
    /// Google did not return a token. The stored tokens are kept.
    #[error(transparent)]
    Google(#[from] GoogleError),
    /// The time limit was reached while waiting for Secrets Manager or for a refresh by another task.
    #[error("no fresh access token was available in time")]
    Timeout,
    /// The stored tokens were replaced during every attempt to refresh them. They are kept.
    #[error("the stored tokens were replaced {rounds} times in a row while they were refreshed")]
    Unsettled {
        /// The number of attempts.
        rounds: u32,
    },
}

impl RefreshError {
    /// The error's kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Tokens(error) => error.kind(),
            Self::ReconnectRequired => ErrorKind::ReconnectRequired,
            Self::Google(error) => error.kind(),
            Self::Timeout => ErrorKind::Transport,
            Self::Unsettled { .. } => ErrorKind::Conflict,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Tokens(TokenError::Secrets(Error::NotFound { .. })))
    }
}

impl From<Error> for RefreshError {
    fn from(error: Error) -> Self {
        TokenError::from(error).into()
    }
}
