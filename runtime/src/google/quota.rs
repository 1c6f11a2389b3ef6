//! Computes when Google's daily quotas are reset: at midnight Pacific time.
//!
//! Sources: [when quotas reset][reset], and [15 U.S.C. 260a][law] for daylight saving time, which lasts from the second
//! Sunday of March to the first Sunday of November.
//!
//! [reset]: https://developers.google.com/workspace/gmail/api/reference/quota
//! [law]: https://www.law.cornell.edu/uscode/text/15/260a

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};

/// Midnight Pacific time in UTC, in standard time and in daylight saving time.
const STANDARD: TimeDelta = TimeDelta::hours(8);
const DAYLIGHT: TimeDelta = TimeDelta::hours(7);

/// The time until Google's daily quotas are reset.
pub(super) fn until_reset(now: SystemTime) -> Duration {
    let now = DateTime::<Utc>::from(now);
    let today = now.date_naive();
    let days = (0..=1).filter_map(|days| today.checked_add_days(Days::new(days)));
    let next = days.map(reset_on).find(|reset| *reset > now);
    next.and_then(|reset| (reset - now).to_std().ok()).unwrap_or(Duration::from_hours(24))
}

/// Midnight Pacific time on this day. The clocks change two hours later, so a day of a change has the midnight of the
/// day before.
fn reset_on(day: NaiveDate) -> DateTime<Utc> {
    let sunday = |month, number| NaiveDate::from_weekday_of_month_opt(day.year(), month, Weekday::Sun, number);
    let is_daylight = sunday(3, 2).is_some_and(|first| first < day) && sunday(11, 1).is_some_and(|last| day <= last);
    day.and_time(chrono::NaiveTime::MIN).and_utc() + if is_daylight { DAYLIGHT } else { STANDARD }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, Utc};

    use super::until_reset;

    #[test]
    fn quotas_are_reset_at_midnight_pacific_time() {
        for (now, hours) in [
            ("2024-01-15T00:00:00Z", 8),
            ("2024-01-15T07:00:00Z", 1),
            ("2024-01-15T08:00:00Z", 24),
            ("2024-07-15T06:00:00Z", 1),
            // In summer the quota was reset half an hour ago.
            ("2024-07-15T07:30:00Z", 23),
            ("2024-07-15T12:00:00Z", 19),
            // The clocks change on March 10 and November 3.
            ("2024-03-10T07:00:00Z", 1),
            ("2024-03-10T08:00:00Z", 23),
            ("2024-03-11T06:00:00Z", 1),
            ("2024-11-03T06:00:00Z", 1),
            ("2024-11-03T07:00:00Z", 25),
            ("2024-11-04T07:00:00Z", 1),
        ] {
            let wait = until_reset(now.parse::<DateTime<Utc>>().expect("a time").into());
            let expected = Duration::from_hours(hours) + Duration::from_mins(if now.contains(":30:") { 30 } else { 0 });
            assert_eq!(wait, expected, "{now}");
        }
    }
}
