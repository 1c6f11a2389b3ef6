//! Meanings of Google's refusals: who can fix the cause, and the consequences for a function and its user.

/// Who can fix the cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The person who uses the app.
    User,
    /// The administrator of the user's organisation in Google Workspace.
    Administrator,
    /// The team that runs the app and its project in Google Cloud.
    Operator,
    /// Google. The cause is temporary.
    Google,
}

impl Fault {
    /// The name for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Google => "google",
        }
    }
}

/// The meaning of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// The access token is expired or revoked.
    Token,
    /// The user has not consented to this.
    Consent,
    /// Google no longer accepts the refresh token. The stored tokens are deleted.
    Revoked,
    /// Google wants the user to sign in or to consent again. The stored tokens are kept.
    SignIn,
    /// The Google account cannot do this: it has no mailbox, or it is disabled.
    Account,
    /// A precondition failed that Google does not name. It often passes; if it stays, the account has no mailbox.
    Precondition,
    /// A policy of the administrator forbids the request.
    Policy,
    /// The app's project, client id or code is wrong.
    Project,
    /// A daily limit, which Google resets at midnight Pacific time.
    DailyLimit,
    /// Too many requests at once.
    RateLimit,
    /// A server error of Google.
    Unavailable,
    /// Google does not accept a part of the request, such as an expired page token.
    Request,
    /// The resource does not exist.
    Missing,
    /// An answer that Google does not document, or that cannot be read.
    Undocumented,
}

/// The consequences of a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// Who can fix the cause.
    pub fault: Fault,
    /// The HTTP status with which a function answers its client.
    pub status: u16,
    /// The level of the log line.
    pub level: tracing::Level,
    /// Whether a retry may succeed within seconds.
    pub repeat: bool,
    /// What the user should be told.
    pub user: &'static str,
}

impl Meaning {
    /// Every meaning, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Token,
        Self::Consent,
        Self::Revoked,
        Self::SignIn,
        Self::Account,
        Self::Precondition,
        Self::Policy,
        Self::Project,
        Self::DailyLimit,
        Self::RateLimit,
        Self::Unavailable,
        Self::Request,
        Self::Missing,
        Self::Undocumented,
    ];

    /// The consequences of this meaning.
    #[must_use]
    pub const fn advice(self) -> Advice {
        use Fault::{Administrator, Google, Operator, User};
        use tracing::Level;
        match self {
            Self::Token => {
                Advice::of(Google, 502, Level::ERROR, "Google does not accept the access token; try again later")
            }
            Self::Consent => {
                Advice::of(User, 403, Level::INFO, "connect Google again, and allow everything that the app asks for")
            }
            Self::Revoked => {
                Advice::of(User, 409, Level::INFO, "connect Google again: the consent was taken back or is too old")
            }
            Self::SignIn => {
                Advice::of(User, 409, Level::INFO, "connect Google again: Google wants you to sign in again")
            }
            Self::Account => Advice::of(
                User,
                403,
                Level::INFO,
                "this Google account has no mailbox or is disabled; use another account, or ask its administrator",
            ),
            Self::Precondition => Advice {
                repeat: true,
                ..Advice::of(
                    User,
                    403,
                    Level::WARN,
                    "Google cannot do this for the account now; try again later, or use another account",
                )
            },
            Self::Policy => Advice::of(
                Administrator,
                403,
                Level::WARN,
                "your organisation does not allow this app; ask its Google Workspace administrator to allow it",
            ),
            Self::Project => Advice::of(Operator, 500, Level::ERROR, "something is wrong on our side"),
            Self::DailyLimit => {
                Advice::of(Operator, 503, Level::ERROR, "no more requests are possible today; try again tomorrow")
            }
            Self::RateLimit => Advice::passing("Google takes no more requests for now; try again in a moment"),
            Self::Unavailable => Advice::passing("Google is not available; try again in a moment"),
            Self::Request => Advice::of(User, 400, Level::INFO, "begin again at the first page"),
            Self::Missing => Advice::of(User, 404, Level::INFO, "it is no longer there"),
            Self::Undocumented => {
                Advice::of(Google, 502, Level::ERROR, "Google does not do what it is asked; try again later")
            }
        }
    }
}

impl Advice {
    const fn of(fault: Fault, status: u16, level: tracing::Level, user: &'static str) -> Self {
        Self { fault, status, level, repeat: false, user }
    }

    /// Advice for temporary causes.
    const fn passing(user: &'static str) -> Self {
        Self { repeat: true, ..Self::of(Fault::Google, 503, tracing::Level::WARN, user) }
    }
}
