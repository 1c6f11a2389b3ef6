//! A function's answers: JSON and, for each error, a status, a stable code and a message. No answer contains data from
//! the request or stored data.
//!
//! [`contract`](crate::contract) defines the status and code of each error. The mapping from errors of Google and AWS
//! is documented in docs/client.md.

use std::time::Duration;

use paypulse_runtime::client::{self, ErrorKind};
use paypulse_runtime::google::{Advice, GoogleError, Meaning, RefreshError};
use paypulse_runtime::model::Secret;
use paypulse_runtime::oauth::TokenError;
use paypulse_runtime::spec::GmailUserTokens;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use tracing::Level;

use crate::contract::{Code, Route};

/// The default wait before a retry.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// The wait after AWS throttled a request. AWS limits requests per account and second, so the load has passed by then.
const THROTTLED: Duration = Duration::from_secs(5);

/// A successful answer. It serializes to the format of API Gateway, for both payload formats.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: u16,
    headers: Map<String, Value>,
    body: Value,
    is_multi_value: bool,
}

impl Answer {
    /// The successful answer of a route.
    #[must_use]
    pub fn success(route: &Route, message: &str, data: &Value) -> Self {
        Self::new(route.status, json!({ "message": message, "code": route.status, "data": data }))
    }

    fn new(status: u16, body: Value) -> Self {
        let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { status, headers, body, is_multi_value: false }
    }

    fn with_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Adds multi-value headers if `wanted`, for a load balancer whose target group requires them.
    #[must_use]
    pub const fn with_multi_value_headers(mut self, wanted: bool) -> Self {
        self.is_multi_value = wanted;
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }
}

/// Sources: [output of a Lambda function][format], the same for both payload formats, and [of a load balancer][alb].
///
/// [format]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
/// [alb]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("Answer", if self.is_multi_value { 5 } else { 4 })?;
        answer.serialize_field("statusCode", &self.status)?;
        answer.serialize_field("headers", &self.headers)?;
        if self.is_multi_value {
            let lists: Map<_, _> = self.headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
            answer.serialize_field("multiValueHeaders", &lists)?;
        }
        answer.serialize_field("body", &self.body.to_string())?;
        answer.serialize_field("isBase64Encoded", &false)?;
        answer.end()
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    code: Code,
    message: String,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
}

impl Refusal {
    /// A refusal with this code and message.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after: None, allow: None }
    }

    /// A refusal because of an invalid field of the request.
    #[must_use]
    pub fn of_field(code: Code, field: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(code, message) }
    }

    /// A refusal of a method that the route does not accept.
    #[must_use]
    pub fn method(route: &Route) -> Self {
        let message = format!("this takes `{}` only", route.method);
        Self { allow: Some(route.method), ..Self::new(Code::MethodNotAllowed, message) }
    }

    /// A refusal that can be retried.
    #[must_use]
    pub fn try_again(message: impl Into<String>, after: Duration) -> Self {
        Self { retry_after: Some(after), ..Self::new(Code::TryAgain, message) }
    }

    /// The function's time is over.
    #[must_use]
    pub fn out_of_time() -> Self {
        Self::try_again("there was not enough time", TRY_AGAIN)
    }

    /// The user has no tokens.
    #[must_use]
    pub fn not_connected() -> Self {
        Self::new(Code::NotConnected, "the user has not connected Gmail")
    }

    fn reconnect_required() -> Self {
        Self::of_meaning(Meaning::Revoked)
    }

    /// The refusal for an error of Google with this meaning.
    fn of_meaning(meaning: Meaning) -> Self {
        let code = match meaning {
            Meaning::Consent => Code::ConsentMissing,
            Meaning::Revoked | Meaning::SignIn => Code::ReconnectRequired,
            Meaning::Account | Meaning::Precondition => Code::AccountUnusable,
            Meaning::Policy => Code::AdministratorForbids,
            // A client does not influence the request to Google.
            Meaning::Project | Meaning::Request => return Self::internal(),
            Meaning::DailyLimit => Code::QuotaExhausted,
            Meaning::RateLimit | Meaning::Unavailable => Code::TryAgain,
            Meaning::Missing => Code::NotFound,
            _ => Code::GoogleRefuses,
        };
        Self::new(code, meaning.advice().user)
    }

    /// A fault of the deployment or the code. The log contains the details.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "something is wrong on our side")
    }

    /// The code, for logs.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The answer for the client.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let (status, app) = (self.code.status(), self.code.app().as_str());
        let mut error = json!({ "code": app, "message": self.message, "reason": self.code.as_str() });
        if let Some(field) = self.field {
            error["field"] = field.into();
        }
        let mut answer = Answer::new(status, json!({ "error": error }));
        if status == 401 {
            // RFC 9110, 11.6.1, requires it with every 401.
            answer = answer.with_header("www-authenticate", "Bearer");
        }
        if let Some(allow) = self.allow {
            answer = answer.with_header("allow", allow);
        }
        if let Some(after) = self.retry_after {
            // Rounded up, because an earlier retry would fail.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            answer = answer.with_header("retry-after", seconds.max(1).to_string());
        }
        answer
    }
}

impl From<client::Error> for Refusal {
    fn from(error: client::Error) -> Self {
        Self::of_secrets(error.kind(), &error)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::of_secrets(error.kind(), &error)
    }
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Google(error) => error.into(),
            // Only for the user's tokens, not for the client id. A secret that is pending deletion is as good as
            // deleted.
            RefreshError::Tokens(TokenError::Secrets(
                client::Error::NotFound { at } | client::Error::PendingDeletion { at },
            )) if at.secret == GmailUserTokens::ID => Self::not_connected(),
            // The value does not even contain a refresh token, such as an old password or a value that was written by
            // hand.
            RefreshError::Tokens(TokenError::Secrets(client::Error::InvalidPayload { at, source }))
                if at.secret == GmailUserTokens::ID =>
            {
                tracing::warn!(cause = %source, "the stored value has no tokens; the user has to connect again");
                Self::reconnect_required()
            }
            error => Self::of_secrets(error.kind(), &error),
        }
    }
}

impl From<GoogleError> for Refusal {
    fn from(error: GoogleError) -> Self {
        let meaning = error.meaning();
        log(&error, meaning.advice());
        let after = match meaning {
            Meaning::RateLimit => error.retry_after().or(Some(THROTTLED)),
            Meaning::Unavailable => error.retry_after().or(Some(TRY_AGAIN)),
            _ => error.retry_after(),
        };
        Self { retry_after: after, ..Self::of_meaning(meaning) }
    }
}

/// Logs the error at the level for the party that has to act.
fn log(error: &GoogleError, advice: Advice) {
    let fault = advice.fault.as_str();
    match advice.level {
        Level::ERROR => tracing::error!(%error, fault, "google refuses"),
        Level::WARN => tracing::warn!(%error, fault, "google refuses"),
        _ => tracing::info!(%error, fault, "google refuses"),
    }
}

impl Refusal {
    fn of_secrets(kind: ErrorKind, error: &dyn std::error::Error) -> Self {
        match kind {
            ErrorKind::ReconnectRequired => Self::reconnect_required(),
            ErrorKind::Throttled => Self::try_again("there are too many requests", THROTTLED),
            ErrorKind::Transport | ErrorKind::Unavailable | ErrorKind::Conflict => {
                Self::try_again("the tokens cannot be reached", TRY_AGAIN)
            }
            _ => Self::logged(error),
        }
    }

    fn logged(error: &dyn std::error::Error) -> Self {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, cause, "the request cannot be done");
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use paypulse_runtime::client::ErrorKind;

    use super::Refusal;

    /// docs/client.md has a row for each kind of AWS error, with the resulting status.
    #[test]
    fn the_table_of_aws_s_answers_is_the_code_s() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md");
        let document = std::fs::read_to_string(path).expect("the document can be read");
        let (_, table) = document.split_once("| what AWS says").expect("there is a table");
        let error = std::io::Error::other("any");
        for kind in [
            ErrorKind::AccessDenied,
            ErrorKind::Decryption,
            ErrorKind::Credentials,
            ErrorKind::Throttled,
            ErrorKind::Conflict,
            ErrorKind::TooLarge,
            ErrorKind::Transport,
            ErrorKind::Unavailable,
            ErrorKind::Service,
            ErrorKind::InvalidInput,
        ] {
            let row = table.lines().find(|line| line.contains(&format!("`{kind}`")));
            let status = Refusal::of_secrets(kind, &error).code().status();
            assert!(row.is_some_and(|row| row.contains(&format!("| {status} |"))), "{kind}: {status}, {row:?}");
        }
    }
}
