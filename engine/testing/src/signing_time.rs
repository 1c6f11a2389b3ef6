//! Checks the signing time of a request against the server's clock, as AWS does.
//!
//! AWS's responses also contain the server's time, from which the SDK determines the clock skew of the caller.
//!
//! Sources: [the tolerance of five minutes][sigv4], and reports of the message [at Secrets Manager][expired] and
//! [elsewhere][early].
//!
//! [sigv4]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
//! [expired]: https://github.com/boto/botocore/issues/3587
//! [early]: https://github.com/aws/aws-sdk-go/issues/2194

use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue};

use super::refusal::Refusal;

const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// Refuses a request whose signing time is too far before or after `now`. A request without a signing time is not
/// signed, and is left to [`access`](super::access).
pub(super) fn check(headers: &HeaderMap, now: SystemTime) -> Result<(), Refusal> {
    let text = headers.get("x-amz-date").and_then(|time| time.to_str().ok());
    let Some(Ok(signed)) = text.map(|text| NaiveDateTime::parse_from_str(text, FORMAT)) else { return Ok(()) };
    let now = DateTime::<Utc>::from(now).naive_utc();
    let (earliest, latest) = (now - TOLERANCE, now + TOLERANCE);
    let [signed_at, now, from, to] = [signed, now, earliest, latest].map(|time| time.format(FORMAT).to_string());
    if signed < earliest {
        let message = format!("Signature expired: {signed_at} is now earlier than {from} ({now} - 5 min.)");
        return Err(Refusal::new("InvalidSignatureException", message));
    }
    if signed > latest {
        let message = format!("Signature not yet current: {signed_at} is still later than {to} ({now} + 5 min.)");
        return Err(Refusal::new("InvalidSignatureException", message));
    }
    Ok(())
}

/// The `Date` header of a response.
pub(super) fn date(now: SystemTime) -> HeaderValue {
    let text = DateTime::<Utc>::from(now).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(text).expect("a date is letters, digits and punctuation")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderMap;

    /// The result of a check on 2 January 2026 at noon.
    fn check(signed: &'static str) -> Result<(), String> {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_hours(490_932);
        let headers = HeaderMap::from_iter([("x-amz-date".parse().expect("a name"), signed.parse().expect("a value"))]);
        super::check(&headers, noon).map_err(|refusal| refusal.message)
    }

    #[test]
    fn five_minutes_are_tolerated() {
        for signed in ["20260102T115500Z", "20260102T120000Z", "20260102T120500Z", "no time at all", ""] {
            assert_eq!(check(signed), Ok(()), "{signed}");
        }
        let expired =
            "Signature expired: 20260102T115459Z is now earlier than 20260102T115500Z (20260102T120000Z - 5 min.)";
        assert_eq!(check("20260102T115459Z"), Err(expired.to_owned()));
        let early = "Signature not yet current: 20260102T120501Z is still later than 20260102T120500Z (20260102T120000Z + 5 min.)";
        assert_eq!(check("20260102T120501Z"), Err(early.to_owned()));
    }

    #[test]
    fn an_answer_says_what_time_it_is() {
        assert_eq!(super::date(SystemTime::UNIX_EPOCH), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
