//! Timestamps in the format of Python's naive `datetime`.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Datelike, NaiveDateTime, SubsecRound, TimeDelta, Timelike};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, to the microsecond, in the years 1 to 9999.
///
/// Written as naive ISO 8601 with six digits of microseconds and no offset (`2024-11-01T11:00:00.000000`), because
/// Python functions parse it with `datetime.fromisoformat` and compare it with the naive `datetime.utcnow()`. The
/// parser accepts a `T` or a space, optional seconds and fractions, and `Z` or an offset such as `+01:00` or `+0100`,
/// which is converted to UTC.
///
/// Source: [`datetime.isoformat`](https://docs.python.org/3/library/datetime.html#datetime.datetime.isoformat).
///
/// ```
/// use paypulse_runtime::oauth::Timestamp;
///
/// let read: Timestamp = "2024-11-01T12:00:00+01:00".parse()?;
/// assert_eq!(read.to_string(), "2024-11-01T11:00:00.000000");
/// # Ok::<(), paypulse_runtime::oauth::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NaiveDateTime);

/// The text is not a point in time, or not one that Python can represent. The error does not contain the text.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 date and time between the years 1 and 9999")]
pub struct TimestampError;

impl Timestamp {
    /// The point in time this many seconds later, or `None` if it is after the year 9999.
    #[must_use]
    pub fn checked_add_seconds(self, seconds: u64) -> Option<Self> {
        let delta = TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?;
        Self::in_range(self.0.checked_add_signed(delta)?)
    }

    /// The point in time this number of seconds after 1970. Numbers that are too large for seconds are milliseconds.
    pub(super) fn of_epoch(number: f64) -> Option<Self> {
        /// In seconds this is the year 5138, in milliseconds the year 1973.
        const FEWEST_MILLISECONDS: f64 = 1e11;
        let seconds = if number >= FEWEST_MILLISECONDS { number / 1000.0 } else { number };
        let since_1970 = Duration::try_from_secs_f64(seconds).ok()?;
        let time = NaiveDateTime::default().checked_add_signed(TimeDelta::from_std(since_1970).ok()?)?;
        Self::in_range(time.trunc_subsecs(6))
    }

    /// Refuses other years and leap seconds, which Python cannot represent. In chrono, a leap second has 10⁹
    /// nanoseconds or more.
    fn in_range(time: NaiveDateTime) -> Option<Self> {
        ((1..=9999).contains(&time.year()) && time.nanosecond() < 1_000_000_000).then_some(Self(time))
    }
}

impl From<SystemTime> for Timestamp {
    /// A clock outside the years 1 to 9999 counts as not set, and gives 1970.
    fn from(time: SystemTime) -> Self {
        let since_1970 = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => TimeDelta::from_std(after).ok(),
            Err(before) => TimeDelta::from_std(before.duration()).ok().map(|before| -before),
        };
        let time = since_1970.and_then(|delta| NaiveDateTime::default().checked_add_signed(delta));
        time.and_then(|time| Self::in_range(time.trunc_subsecs(6))).unwrap_or(Self(NaiveDateTime::default()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6f"))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
        let time = time.or_else(|| variant(text)).ok_or(TimestampError)?;
        Self::in_range(time.trunc_subsecs(6)).ok_or(TimestampError)
    }
}

/// Parses the formats of other programs: `2024-11-01 11:00:00`, `2024-11-01T11:00`, `2024-11-01T11:00:00+0000`.
fn variant(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    // The date has 10 characters.
    let (date, time) = (text.get(..10)?, text.get(10..)?.strip_prefix(['T', 't', ' '])?.trim_start());
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(place) => (time[..place].trim_end(), &time[place..]),
        None => (time, ""),
    };
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let zone = if zone.is_empty() || zone.eq_ignore_ascii_case("z") { "+00:00" } else { zone };
    let time = DateTime::parse_from_str(&format!("{date}T{clock}{zone}"), "%Y-%m-%dT%H:%M:%S%.f%#z").ok()?;
    Some(time.naive_utc())
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "UTC without an offset, with six digits of microseconds: 2024-11-01T11:00:00.000000",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[track_caller]
    fn check(text: &str, written: Option<&str>) {
        let read = text.parse::<Timestamp>().ok().map(|time| time.to_string());
        assert_eq!(read.as_deref(), written, "{text:?}");
    }

    #[test]
    fn reads_what_python_writes_and_always_writes_six_digits() {
        check("2024-11-01T11:00:00.000000", Some("2024-11-01T11:00:00.000000"));
        check("2024-11-01T11:00:00", Some("2024-11-01T11:00:00.000000"));
        check("2024-11-01T11:00:00.120000", Some("2024-11-01T11:00:00.120000"));
        check("2024-11-01T11:00:00.123", Some("2024-11-01T11:00:00.123000"));
        check("0001-01-01T00:00:00", Some("0001-01-01T00:00:00.000000"));
        check("9999-12-31T23:59:59.999999", Some("9999-12-31T23:59:59.999999"));
    }

    #[test]
    fn applies_offsets() {
        check("2024-11-01T11:00:00Z", Some("2024-11-01T11:00:00.000000"));
        check("2024-11-01T11:00:00.5+00:00", Some("2024-11-01T11:00:00.500000"));
        check("2024-11-01T11:00:00-05:30", Some("2024-11-01T16:30:00.000000"));
    }

    #[test]
    fn reads_what_other_programs_write() {
        let eleven = Some("2024-11-01T11:00:00.000000");
        for text in [
            "2024-11-01 11:00:00",
            "2024-11-01 11:00:00.000",
            "2024-11-01T11:00",
            "2024-11-01 11:00",
            "2024-11-01T11:00Z",
            "2024-11-01t11:00:00z",
            "2024-11-01T11:00:00+0000",
            "2024-11-01T11:00:00 +0000",
            "2024-11-01 11:00:00+00:00",
            "2024-11-01T13:00:00.0+0200",
            "2024-11-01T13:00:00+02",
            "2024-11-01T05:30:00-0530",
            " 2024-11-01T11:00:00 ",
        ] {
            check(text, eleven);
        }
    }

    #[test]
    fn err_no_time_at_all() {
        for text in [
            "2024-11-01X11:00:00",
            "2024-11-01T11",
            "2024-11-01T11:00:00+",
            "2024-11-01T11:00:00+25:00",
            "ü".repeat(9).as_str(),
        ] {
            check(text, None);
        }
    }

    #[test]
    fn an_epoch_is_in_seconds_or_in_milliseconds() {
        for (number, written) in [
            (1_730_458_800.0, Some("2024-11-01T11:00:00.000000")),
            (1_730_458_800.5, Some("2024-11-01T11:00:00.500000")),
            (1_730_458_800_000.0, Some("2024-11-01T11:00:00.000000")),
            (0.0, Some("1970-01-01T00:00:00.000000")),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
            (1e300, None),
        ] {
            assert_eq!(Timestamp::of_epoch(number).map(|time| time.to_string()).as_deref(), written, "{number}");
        }
    }

    #[test]
    fn drops_what_is_finer_than_a_microsecond() {
        check("2024-11-01T11:00:00.123456789", Some("2024-11-01T11:00:00.123456"));
    }

    #[test]
    fn refuses_what_python_could_not_read() {
        for text in [
            "",
            "now",
            "2024-11-01",
            "2024-13-01T00:00:00",
            "2024-11-01T25:00:00",
            "10000-01-01T00:00:00",
            "1730458800",
        ] {
            check(text, None);
        }
        check("9999-12-31T23:59:59-01:00", None);
        check("0000-12-31T23:59:59", None);
        check("2024-11-01T23:59:60", None);
    }

    #[test]
    fn a_clock_that_nobody_set_is_no_panic() {
        let far = std::time::Duration::from_secs(10_000_000_000_000);
        for clock in [std::time::SystemTime::UNIX_EPOCH + far, std::time::SystemTime::UNIX_EPOCH - far] {
            assert_eq!(Timestamp::from(clock).to_string(), "1970-01-01T00:00:00.000000");
        }
    }

    #[test]
    fn a_lifetime_past_the_last_year_is_no_time() {
        let start: Timestamp = "2024-11-01T11:00:00".parse().expect("a valid time");
        assert_eq!(
            start.checked_add_seconds(3600).map(|t| t.to_string()).as_deref(),
            Some("2024-11-01T12:00:00.000000")
        );
        assert_eq!(start.checked_add_seconds(u64::MAX), None);
        assert_eq!(start.checked_add_seconds(i64::MAX.unsigned_abs()), None);
        assert_eq!(start.checked_add_seconds(400_000_000_000), None);
    }
}
