//! The interface with PayPulse's iOS app: the routes, the JSON of each answer, and for each code of these functions the
//! HTTP status and the code of the app. docs/handlers.md shows both tables, and a test compares them.
//!
//! A success is `{"message", "code", "data"}` with the HTTP status as `code`. A refusal is
//! `{"error": {"code", "message", "reason"}}`: `code` is the app's, and `reason` is the more precise
//! [`Code`], which the app does not read.

use std::fmt;

/// A route of PayPulse's HTTP API, with its success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The function behind it.
    pub function: &'static str,
    /// The only accepted method.
    pub method: &'static str,
    /// The path, with placeholders of API Gateway.
    pub path: &'static str,
    /// The status of a success.
    pub status: u16,
    /// The members of `data`.
    pub data: &'static [&'static str],
}

/// Stores the tokens of a user who connected Gmail.
pub const STORE_TOKENS: Route = Route {
    function: "gmail_store_tokens",
    method: "POST",
    path: "/v1/auth/gmail/store-tokens",
    status: 201,
    data: &["google_email", "scope", "account_switch", "message"],
};

/// Stores the invoices in a user's mailbox.
pub const INGEST: Route = Route {
    function: "fetch_invoices",
    method: "POST",
    path: "/v1/invoices/{type}/ingest",
    status: 200,
    data: &["invoiceCount"],
};

/// Every route of these functions.
pub const ROUTES: [Route; 2] = [STORE_TOKENS, INGEST];

/// The codes that these functions send and for which the app has a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppCode {
    /// The session has ended: the app asks the user to log in.
    TokenExpired,
    /// The session is not valid: the app asks the user to log in.
    InvalidToken,
    /// The request has no valid credentials.
    InvalidCredentials,
    /// A field of the request is missing or wrong.
    MissingFields,
    /// The body cannot be read.
    InvalidJson,
    /// The app asks the user to connect Gmail.
    GmailTokenExpired,
    /// A service that the function depends on fails.
    DependencyFailure,
}

impl AppCode {
    /// All codes of the app.
    pub const ALL: [Self; 7] = [
        Self::TokenExpired,
        Self::InvalidToken,
        Self::InvalidCredentials,
        Self::MissingFields,
        Self::InvalidJson,
        Self::GmailTokenExpired,
        Self::DependencyFailure,
    ];

    /// The text that the app reads.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::MissingFields => "MISSING_FIELDS",
            Self::InvalidJson => "INVALID_JSON",
            Self::GmailTokenExpired => "GMAIL_TOKEN_EXPIRED",
            Self::DependencyFailure => "DEPENDENCY_FAILURE",
        }
    }
}

/// Declares [`Code`] and its table from one list of rows.
macro_rules! codes {
    ($($code:ident: $name:literal, $status:literal, $app:ident, $when:literal;)*) => {
        /// Why a request is refused, more finely than the app tells it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $when] $code,)*
        }

        impl Code {
            /// Every code, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }

            /// The code of the app.
            #[must_use]
            pub const fn app(self) -> AppCode {
                match self { $(Self::$code => AppCode::$app,)* }
            }

            /// The stable word for clients and logs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            /// When a request is refused so.
            #[must_use]
            pub const fn when(self) -> &'static str {
                match self { $(Self::$code => $when,)* }
            }
        }
    };
}

codes! {
    SessionMissing: "session_missing", 401, InvalidCredentials, "there is no session token";
    SessionInvalid: "session_invalid", 401, InvalidToken, "the session token is not one that PayPulse signed, or there are two";
    SessionExpired: "session_expired", 401, TokenExpired, "the session has ended";
    InvalidBody: "invalid_body", 400, InvalidJson, "the body is empty, cut off or not text";
    BodyTooLarge: "body_too_large", 413, InvalidJson, "the body has more than 64 KiB";
    UnsupportedMediaType: "unsupported_media_type", 415, InvalidJson, "the body is neither JSON nor a form";
    InvalidField: "invalid_field", 400, MissingFields, "a field is missing, or has a value that cannot be stored";
    TokenNotAccepted: "token_not_accepted", 400, InvalidCredentials, "Google does not accept the access token that was sent";
    MethodNotAllowed: "method_not_allowed", 405, DependencyFailure, "the method is not that of the route";
    NotConnected: "not_connected", 502, GmailTokenExpired, "the user has not connected Gmail";
    ReconnectRequired: "reconnect_required", 502, GmailTokenExpired, "Google no longer accepts the refresh token, or there is none";
    ConsentMissing: "consent_missing", 502, GmailTokenExpired, "the user has not allowed that Gmail is read";
    AccountUnusable: "account_unusable", 403, DependencyFailure, "the Google account has no mailbox or is disabled";
    AdministratorForbids: "administrator_forbids", 403, DependencyFailure, "the administrator of the Google account does not allow the app";
    NotFound: "not_found", 404, DependencyFailure, "Google says that it does not exist";
    GoogleRefuses: "google_refuses", 502, DependencyFailure, "Google answers in a way that is not documented";
    TryAgain: "try_again", 503, DependencyFailure, "AWS or Google cannot be reached or has too many requests; with `Retry-After`";
    QuotaExhausted: "quota_exhausted", 503, DependencyFailure, "Google takes no more requests today; with `Retry-After`";
    Internal: "internal", 500, DependencyFailure, "the deployment or the code is at fault; the log says why";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
