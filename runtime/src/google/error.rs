//! What can go wrong at Google. No error holds a token, an answer's body, or an address.

use std::time::{Duration, SystemTime};

use super::meaning::Meaning;
use super::reason::remedy_of;
use super::refusal::until_quotas_reset;
use crate::client::{Error, ErrorKind};
use crate::oauth::TokenError;

/// Google cannot be set up.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoogleConfigError {
    /// The system has no root certificates, so no server can be trusted. The images of AWS Lambda have them.
    #[error("no root certificates are installed; install the system's `ca-certificates`")]
    NoRootCertificates,
    /// A variable of the environment names a proxy that cannot be used. What it holds is not repeated: it can be a password.
    #[error("`{variable}` is not the address of an HTTP proxy: it has to be as in `http://proxy.example.com:3128`")]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// An endpoint is not an address, or tokens would travel to it unencrypted.
    #[error("an endpoint of Google must be an `https` address")]
    Endpoint,
}

/// Why Google did not give what it was asked for.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoogleError {
    /// Google refuses the request as it is, and will refuse the next one: the client id is wrong, deleted or not that of
    /// an iOS app, or the API is not enabled. For the operator of the app. The stored tokens are kept.
    #[error("google refuses the request with `{code}`; {}", remedy_of(code))]
    Configuration {
        /// Google's word for it, such as `invalid_client`.
        code: String,
    },
    /// A policy of the administrator of the user's organisation forbids it. The stored tokens are kept.
    #[error("an administrator's policy forbids it (`{reason}`); {}", remedy_of(reason))]
    Policy {
        /// Google's word for it, such as `domainPolicy`.
        reason: String,
    },
    /// The Google account cannot do this: it has no mailbox, or it is disabled. The stored tokens are kept.
    #[error("the google account cannot do this (`{reason}`); {}", remedy_of(reason))]
    Account {
        /// Google's word for it, such as `failedPrecondition`.
        reason: String,
    },
    /// Google wants the user to sign in or to consent again, and has not taken the consent back: ask the user to connect
    /// their account. The stored tokens are kept.
    #[error("the user has to sign in at google again (`{reason}`); {}", remedy_of(reason))]
    SignIn {
        /// Google's word for it, such as `invalid_rapt`.
        reason: String,
    },
    /// A limit that lasts until Google's day ends, at midnight Pacific time. Nothing is asked again before.
    #[error("the limit of google's day is used up (`{reason}`); {}", remedy_of(reason))]
    DailyLimit {
        /// Google's word for it, such as `dailyLimitExceeded`.
        reason: String,
    },
    /// A part of the request is not what Google takes: a page token that is too old, a malformed id.
    #[error("google does not take the request (`{reason}`)")]
    Request {
        /// Google's word for it, such as `invalidArgument`.
        reason: String,
    },
    /// The client id in Secrets Manager is empty or not one word. Nothing was asked.
    #[error("the stored google client id is empty or not one word")]
    ClientId,
    /// The access token is expired, revoked or none of Google's: get a fresh one, or ask for consent again.
    #[error("google does not accept the access token")]
    Unauthorized,
    /// The access token was given without the user's consent to what was asked: ask for consent with that scope.
    #[error("the access token does not cover what was asked")]
    Forbidden,
    /// The API has nothing there (any longer): a message that was deleted since it was listed.
    #[error("google has no such resource")]
    NotFound,
    /// What was to be read is neither at an `https` address nor on this machine's own loopback address, so no token was sent
    /// to it.
    #[error("access tokens are sent only to `https` addresses")]
    Endpoint,
    /// Too many requests, also after pauses. Try later.
    #[error("google is limiting the rate of requests")]
    Throttled {
        /// How long Google asks to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// A fault on Google's side, also after pauses. Try later.
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
    /// Google was not reached, its certificate was not accepted, or the connection broke off.
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
    /// Its kind, which does not change from release to release.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration { .. } | Self::ClientId | Self::Endpoint | Self::Request { .. } => {
                ErrorKind::InvalidInput
            }
            Self::NotFound => ErrorKind::NotFound,
            Self::Unauthorized | Self::Forbidden | Self::Policy { .. } | Self::Account { .. } => {
                ErrorKind::Unauthorized
            }
            Self::SignIn { .. } => ErrorKind::ReconnectRequired,
            Self::Throttled { .. } | Self::DailyLimit { .. } => ErrorKind::Throttled,
            Self::Unavailable { .. } | Self::Timeout | Self::Connection | Self::Answer { .. } => ErrorKind::Transport,
        }
    }

    /// What it means: whose fault it is, and what to tell the user.
    #[must_use]
    pub const fn meaning(&self) -> Meaning {
        match self {
            Self::Configuration { .. } | Self::ClientId | Self::Endpoint => Meaning::Project,
            Self::Policy { .. } => Meaning::Policy,
            Self::Account { .. } => Meaning::Account,
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

    /// Whether the same request may succeed in a moment.
    pub(super) const fn passes(&self) -> bool {
        self.meaning().advice().repeat
    }

    /// How long to wait: what Google asks for, or until its day ends.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            Self::DailyLimit { .. } => Some(until_quotas_reset(SystemTime::now())),
            _ => None,
        }
    }
}

/// Why there is no fresh access token.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The stored tokens could not be used. Of kind [`ErrorKind::ReconnectRequired`] where there is no refresh token, and
    /// [`ErrorKind::NotFound`] where the user is not connected.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// Google no longer accepts the refresh token: the user took the consent back, changed the password, or has not used it
    /// for six months. The stored tokens are deleted; ask the user to connect their account.
    /// Source: [refresh token expiration](https://developers.google.com/identity/protocols/oauth2#expiration).
    #[error("the user's consent has to be given again: google no longer accepts the refresh token")]
    ReconnectRequired,
    /// Google did not give a token. The stored tokens are kept.
    #[error(transparent)]
    Google(#[from] GoogleError),
    /// The time was up, waiting for Secrets Manager or for a refresh by another task.
    #[error("there was no fresh access token in time")]
    Timeout,
    /// The stored tokens were replaced each time they were refreshed. They are kept.
    #[error("the stored tokens were replaced {rounds} times in a row while they were refreshed")]
    Unsettled {
        /// How often.
        rounds: u32,
    },
}

impl RefreshError {
    /// Its kind, which does not change from release to release.
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
