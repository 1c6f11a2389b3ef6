//! What an answer of Google says besides its body: how long to wait, and that it cannot be used.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::error::GoogleError;

pub(super) const fn unusable(problem: &'static str) -> GoogleError {
    GoogleError::Answer { problem }
}

/// The wait in seconds, or until a date: [RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - Utc::now()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use chrono::{DateTime, Utc};
    use http::HeaderMap;

    fn check(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::RETRY_AFTER, text.parse().expect("a header's value"));
        super::retry_after(&headers)
    }

    #[test]
    fn a_wait_is_given_in_seconds_or_as_a_date() {
        assert_eq!(check("120"), Some(Duration::from_mins(2)));
        assert_eq!(check("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        let in_a_minute = DateTime::<Utc>::from(SystemTime::now() + Duration::from_mins(1));
        let wait = check(&in_a_minute.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        assert!(wait.is_some_and(|wait| (55..=60).contains(&wait.as_secs())), "{wait:?}");
        for nonsense in ["", "soon", "-5", "1.5", "99999999999999999999999"] {
            assert_eq!(check(nonsense), None, "{nonsense}");
        }
    }
}
