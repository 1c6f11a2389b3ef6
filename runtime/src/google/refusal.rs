//! Parses refusals of Google and looks them up in the [table of reasons](super::reason).
//!
//! Sources: [Gmail's errors][gmail], [the form of errors][form], [`google.rpc.RetryInfo`][details], [RFC 6750, 3][bearer].
//!
//! [gmail]: https://developers.google.com/workspace/gmail/api/guides/handle-errors
//! [form]: https://cloud.google.com/apis/design/errors#http_mapping
//! [details]: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
//! [bearer]: https://www.rfc-editor.org/rfc/rfc6750#section-3

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{retry_after, unusable};
use super::error::GoogleError;
use super::meaning::Meaning;
use super::reason::{Place, meaning, plain};

/// The name of the request for user info.
pub(super) const USER_INFO: &str = "user_info";
/// The reasons that only repeat the status 403. The cause is in a more exact reason next to them, if there is one.
const GENERAL: [&str; 2] = ["forbidden", "PERMISSION_DENIED"];

/// A refusal of an API. The user info endpoint uses the format of the token endpoint, in which `error` is a string.
struct Refusal<'a> {
    asked: &'a str,
    status: StatusCode,
    headers: &'a HeaderMap,
    /// The member `error`.
    error: &'a Value,
    message: &'a str,
}

/// The error for an answer with a status other than 200, to the request with this name.
pub(super) fn of(asked: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> GoogleError {
    let mut body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    // Some of Google's servers write a list with one error.
    if let Some(first) = body.as_array_mut().and_then(Vec::pop) {
        body = first;
    }
    let error = &body["error"];
    let message = error["message"].as_str().or_else(|| body["error_description"].as_str()).unwrap_or_default();
    Refusal { asked, status, headers, error, message }.judged()
}

impl Refusal<'_> {
    fn judged(&self) -> GoogleError {
        let reasons = self.reasons();
        let known = reasons.iter().find_map(|word| Some((meaning(Place::Api, word)?, *word)));
        let by_message = meaning(Place::Message, self.message).map(|meaning| (meaning, reasons.first().copied()));
        let (meaning, word) = match (by_message, known.or_else(|| self.limit())) {
            (Some(found), _) => found,
            (None, Some((meaning, word))) => (meaning, Some(word)),
            (None, None) => (self.of_status(&reasons), reasons.first().copied()),
        };
        if meaning == Meaning::Consent && reasons.iter().all(|word| GENERAL.contains(word)) {
            tracing::warn!(request = self.asked, "Google names no reason for a 403; it is taken for a missing consent");
        }
        self.error(self.corrected(meaning), word.unwrap_or_else(|| self.status_word()))
    }

    /// The limit that the token endpoint names, which writes `error` as a text.
    fn limit(&self) -> Option<(Meaning, &str)> {
        let word = self.error.as_str().filter(|_| self.status == StatusCode::TOO_MANY_REQUESTS)?;
        let meaning = meaning(Place::Token, word)?;
        matches!(meaning, Meaning::DailyLimit | Meaning::RateLimit).then_some((meaning, word))
    }

    /// Google's reasons, the most specific one first. The general ones are only used if there is no other reason.
    fn reasons(&self) -> Vec<&str> {
        let of = |list: &'static str| {
            self.error[list].as_array().into_iter().flatten().filter_map(|entry| entry["reason"].as_str())
        };
        let mut reasons: Vec<&str> = of("details").chain(of("errors")).filter(|word| !word.is_empty()).collect();
        let challenge = self.headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if challenge.contains("insufficient_scope") || self.error.as_str() == Some("insufficient_scope") {
            reasons.insert(0, "insufficient_scope");
        }
        if reasons.iter().any(|word| !GENERAL.contains(word)) {
            reasons.retain(|word| !GENERAL.contains(word));
        }
        if reasons.is_empty() {
            reasons.extend(self.error["status"].as_str());
        }
        reasons
    }

    fn status_word(&self) -> &str {
        self.error["status"].as_str().unwrap_or("without a reason")
    }

    /// The meaning of a refusal without a known reason. A missing consent is only assumed if Google names no reason at
    /// all.
    fn of_status(&self, reasons: &[&str]) -> Meaning {
        match self.status {
            StatusCode::UNAUTHORIZED => Meaning::Token,
            StatusCode::FORBIDDEN if reasons.is_empty() => Meaning::Consent,
            StatusCode::FORBIDDEN | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_IMPLEMENTED => Meaning::Project,
            StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::LENGTH_REQUIRED
            | StatusCode::PRECONDITION_FAILED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::URI_TOO_LONG
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::RANGE_NOT_SATISFIABLE
            | StatusCode::EXPECTATION_FAILED
            | StatusCode::PRECONDITION_REQUIRED
            | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Meaning::Request,
            StatusCode::NOT_FOUND => Meaning::Missing,
            StatusCode::TOO_MANY_REQUESTS => Meaning::RateLimit,
            status if status.is_server_error() => Meaning::Unavailable,
            _ => Meaning::Undocumented,
        }
    }

    /// Some reasons have another meaning with certain statuses, and a limit can be daily or short-term.
    fn corrected(&self, meaning: Meaning) -> Meaning {
        match (meaning, self.status) {
            // A server error passes, whatever else the answer says.
            (_, status) if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => Meaning::Unavailable,
            (Meaning::DailyLimit | Meaning::RateLimit, _) => match self.is_daily() {
                Some(true) => Meaning::DailyLimit,
                Some(false) => Meaning::RateLimit,
                None => meaning,
            },
            // With 400, reasons such as `required` are about the request, not about the token.
            (Meaning::Token, StatusCode::BAD_REQUEST) => Meaning::Request,
            (_, StatusCode::NOT_FOUND) => Meaning::Missing,
            (_, StatusCode::TOO_MANY_REQUESTS) => Meaning::RateLimit,
            (Meaning::Token, StatusCode::UNAUTHORIZED) if self.covers_no_user_info() => Meaning::Consent,
            // With 401, these general reasons are about the token.
            (Meaning::Unavailable | Meaning::Request | Meaning::Missing, StatusCode::UNAUTHORIZED) => Meaning::Token,
            _ => meaning,
        }
    }

    /// Whether this is a token without any scope for user info: for such a token, Google answers that no token was
    /// sent.
    /// Source: [an issue of Google's client](https://github.com/googleapis/google-api-nodejs-client/issues/3900).
    fn covers_no_user_info(&self) -> bool {
        let is_missing = self.message.starts_with("Request is missing required authentication credential")
            || self.details().any(|detail| detail["reason"] == "CREDENTIALS_MISSING");
        self.asked == USER_INFO && is_missing
    }

    fn details(&self) -> impl Iterator<Item = &Value> {
        self.error["details"].as_array().into_iter().flatten()
    }

    /// Whether a limit is daily, if Google tells: `1/d/{project}` in the metadata, or `… per day` in the message.
    fn is_daily(&self) -> Option<bool> {
        let unit = self.details().find_map(|detail| detail["metadata"]["quota_unit"].as_str());
        if let Some(unit) = unit {
            return Some(unit.contains("/d/") || unit.ends_with("/d"));
        }
        let message = self.message.to_ascii_lowercase();
        if message.contains("per day") || message.contains("daily limit") {
            return Some(true);
        }
        ["per minute", "per second", "per 100 seconds"].iter().any(|words| message.contains(words)).then_some(false)
    }

    fn error(&self, meaning: Meaning, word: &str) -> GoogleError {
        let reason = plain(word);
        match meaning {
            Meaning::Token | Meaning::Revoked => GoogleError::Unauthorized,
            Meaning::Consent => GoogleError::Forbidden,
            Meaning::SignIn => GoogleError::SignIn { reason },
            Meaning::Account => GoogleError::Account { reason },
            Meaning::Precondition => GoogleError::Precondition { reason },
            Meaning::Policy => GoogleError::Policy { reason },
            Meaning::Project => GoogleError::Configuration { code: reason },
            Meaning::DailyLimit => GoogleError::DailyLimit { reason },
            Meaning::RateLimit => GoogleError::Throttled { retry_after: self.wait() },
            Meaning::Unavailable => GoogleError::Unavailable { status: self.status.as_u16(), retry_after: self.wait() },
            Meaning::Request => GoogleError::Request { reason },
            Meaning::Missing => GoogleError::NotFound,
            Meaning::Undocumented if word == "responseTooLarge" => unusable("it would be too large"),
            Meaning::Undocumented => unusable("its status is not one that was expected"),
        }
    }

    /// The time that Google asks to wait: in a header, in `RetryInfo`, or in the message, as Gmail does.
    fn wait(&self) -> Option<Duration> {
        retry_after(self.headers).or_else(|| self.retry_delay()).or_else(|| {
            let (_, time) = self.message.split_once("Retry after ")?;
            let time = DateTime::parse_from_rfc3339(time.split_whitespace().next()?).ok()?;
            Some((time.to_utc() - Utc::now()).to_std().unwrap_or_default())
        })
    }

    fn retry_delay(&self) -> Option<Duration> {
        let delay = self.details().find_map(|detail| detail["retryDelay"].as_str())?;
        Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
    }
}

/// A refusal of the token endpoint.
pub(super) struct Refused {
    status: StatusCode,
    answer: Answer,
}

#[derive(Deserialize)]
struct Answer {
    error: String,
    error_subtype: Option<String>,
    error_description: Option<String>,
}

impl Refused {
    /// `None` if the answer is not a refusal.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Option<Self> {
        let answer = serde_json::from_slice(body).ok().filter(|_| status.is_client_error())?;
        Some(Self { status, answer })
    }

    /// The error for `invalid_grant`; `None` if the refresh token is worthless. Google can give the reason only in the
    /// description. An unknown subtype or description does not mean that the consent was revoked.
    fn of_grant(&self) -> Option<GoogleError> {
        let named = self.answer.error_subtype.as_deref().filter(|subtype| !subtype.is_empty());
        let description = self.answer.error_description.as_deref().map(str::trim).unwrap_or_default();
        let subtype =
            named.or_else(|| ["invalid_rapt", "rapt_required"].into_iter().find(|word| description.contains(word)));
        let reason = plain(subtype.unwrap_or(&self.answer.error));
        match meaning(Place::Description, description) {
            _ if subtype.is_some() => Some(GoogleError::SignIn { reason }),
            Some(Meaning::Account) => Some(GoogleError::Account { reason }),
            Some(_) => None,
            None if description.is_empty() => None,
            None => Some(GoogleError::SignIn { reason }),
        }
    }
}

/// The error for a refused refresh; `None` if the refresh token is worthless.
pub(super) fn of_refresh(refused: &Refused) -> Option<GoogleError> {
    let code = refused.answer.error.as_str();
    let reason = plain(code);
    Some(match meaning(Place::Token, code) {
        Some(Meaning::Revoked) if refused.status != StatusCode::BAD_REQUEST => {
            unusable("its status does not match `invalid_grant`")
        }
        Some(Meaning::Revoked) => return refused.of_grant(),
        Some(Meaning::SignIn) => GoogleError::SignIn { reason },
        Some(Meaning::Policy) => GoogleError::Policy { reason },
        Some(Meaning::DailyLimit) => GoogleError::DailyLimit { reason },
        Some(Meaning::RateLimit) => GoogleError::Throttled { retry_after: None },
        // Google's own library retries these reasons with any status.
        Some(Meaning::Unavailable) => GoogleError::Unavailable { status: refused.status.as_u16(), retry_after: None },
        _ => GoogleError::Configuration { code: reason },
    })
}
