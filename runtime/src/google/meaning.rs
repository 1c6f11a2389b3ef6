//! What a refusal of Google means: who can end its cause, and what follows from it for a function and its user.

/// Who can end the cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The person who uses the app.
    User,
    /// The administrator of the user's organisation in Google Workspace.
    Administrator,
    /// The team that runs the app and its project in Google Cloud.
    Operator,
    /// Google; it passes by itself.
    Google,
}

impl Fault {
    /// The word for logs.
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

/// What a refusal means.
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
    /// An administrator's policy forbids it.
    Policy,
    /// The app's project, client id or code is at fault.
    Project,
    /// A limit that lasts until Google's day ends.
    DailyLimit,
    /// Too many requests at once.
    RateLimit,
    /// A fault on Google's side.
    Unavailable,
    /// A part of the request is not what Google takes, such as a page token that is too old.
    Request,
    /// There is nothing there.
    Missing,
    /// An answer that Google does not document.
    Undocumented,
}

/// What follows from a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// Who can end it.
    pub fault: Fault,
    /// The HTTP status with which a function answers its own client.
    pub status: u16,
    /// The level of the log line.
    pub level: tracing::Level,
    /// Whether the same request may succeed in seconds.
    pub repeat: bool,
    /// What the user should be told.
    pub user: &'static str,
}

impl Meaning {
    /// Every meaning, in the order of the documents.
    pub const ALL: [Self; 13] = [
        Self::Token,
        Self::Consent,
        Self::Revoked,
        Self::SignIn,
        Self::Account,
        Self::Policy,
        Self::Project,
        Self::DailyLimit,
        Self::RateLimit,
        Self::Unavailable,
        Self::Request,
        Self::Missing,
        Self::Undocumented,
    ];

    /// What follows.
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

    /// What passes by itself.
    const fn passing(user: &'static str) -> Self {
        Self { repeat: true, ..Self::of(Fault::Google, 503, tracing::Level::WARN, user) }
    }
}
