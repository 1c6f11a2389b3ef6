//! Rotation schedules: the two kinds of schedule expressions, and the longest window that each allows.
//!
//! Only the documented syntax is accepted. Syntax of other AWS schedulers, such as a list of hours, is refused.
//!
//! Source: [rotation schedules](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html).

use std::ops::RangeInclusive;

/// The minimum interval between rotations, in hours.
const SHORTEST: u32 = 4;
/// The maximum interval between rotations, in days.
const LONGEST: u32 = 999;
/// The longest expression, in characters.
///
/// Source: [`RotationRulesType`][rules].
///
/// [rules]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
const LONGEST_EXPRESSION: usize = 256;
/// The hours of a day.
const DAY: u32 = 24;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A valid schedule expression. All times are UTC.
///
/// ```
/// use driftless_model::Schedule;
///
/// let schedule: Schedule = "cron(0 18 ? * SAT *)".parse()?;
/// assert_eq!(schedule.longest_window(), 6);
/// assert!("rate(1 hour)".parse::<Schedule>().is_err());
/// # Ok::<(), driftless_model::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    longest_window: u32,
}

/// Why a text is not a valid rotation schedule.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Not one of the two forms.
    #[error("it is neither `rate(…)` nor `cron(…)` of at most {LONGEST_EXPRESSION} characters")]
    Form,
    /// The rate is not a number and its unit.
    #[error("its rate is not a number of hours or days, such as `4 hours` or `1 day`")]
    Rate,
    /// The interval between two rotations is too short.
    #[error("it rotates more often than every {SHORTEST} hours")]
    TooOften,
    /// The interval between two rotations is too long.
    #[error("it rotates less often than every {LONGEST} days")]
    TooRarely,
    /// The cron expression does not have six fields.
    #[error("its cron expression has {0} fields instead of six")]
    Fields(usize),
    /// A field has an invalid value.
    #[error("its {} is not {}", .0.name(), .0.values())]
    Field(CronField),
    /// Both the day of the month and the day of the week are given, or neither.
    #[error("not exactly one of its day of the month and its day of the week is `?`")]
    Days,
}

/// A field of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum CronField {
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

impl CronField {
    const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::DayOfWeek => "day of the week",
            Self::Year => "year",
        }
    }

    const fn values(self) -> &'static str {
        match self {
            Self::Minute => "`0`",
            Self::Hour => "0 to 23, or a first hour and a step such as `2/10`",
            Self::DayOfMonth => "1 to 31, a list or a range of those, a step such as `1/10`, `L`, `SUNL`, `*` or `?`",
            Self::Month => "1 to 12 or `JAN` to `DEC`, a list or a range of those, a step such as `1/3`, or `*`",
            Self::DayOfWeek => {
                "1 to 7 or `SUN` to `SAT`, a list or a range of those, a step such as `1/2`, `TUE#3`, `L`, `*` or `?`"
            }
            Self::Year => "`*`",
        }
    }
}

impl Schedule {
    /// The longest rotation window, in hours: it ends before the next rotation starts and before the day ends.
    #[must_use]
    pub const fn longest_window(self) -> u32 {
        self.longest_window
    }
}

impl std::str::FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(expression: &str) -> Result<Self, ScheduleError> {
        let inner = |kind: &str| expression.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        let longest_window = match (inner("rate"), inner("cron")) {
            _ if expression.len() > LONGEST_EXPRESSION => return Err(ScheduleError::Form),
            (Some(rate), _) => of_rate(rate)?,
            (_, Some(cron)) => of_cron(cron)?,
            _ => return Err(ScheduleError::Form),
        };
        Ok(Self { longest_window })
    }
}

fn of_rate(rate: &str) -> Result<u32, ScheduleError> {
    let (number, unit) = rate.split_once(' ').ok_or(ScheduleError::Rate)?;
    let number = whole(number).filter(|number| *number > 0).ok_or(ScheduleError::Rate)?;
    let hours = match unit {
        "hour" if number == 1 => 1,
        "day" if number == 1 => DAY,
        "hours" if number > 1 => number,
        "days" if number > 1 => number.saturating_mul(DAY),
        _ => return Err(ScheduleError::Rate),
    };
    if hours < SHORTEST {
        return Err(ScheduleError::TooOften);
    }
    if hours > LONGEST * DAY {
        return Err(ScheduleError::TooRarely);
    }
    Ok(hours.min(DAY))
}

fn of_cron(cron: &str) -> Result<u32, ScheduleError> {
    let fields: Vec<&str> = cron.split(' ').collect();
    let [minutes, hours, day, month, weekday, year] = fields[..] else {
        return Err(ScheduleError::Fields(fields.len()));
    };
    let held = |field, is_good: bool| if is_good { Ok(()) } else { Err(ScheduleError::Field(field)) };
    held(CronField::Minute, minutes == "0")?;
    held(CronField::DayOfMonth, is_day(day))?;
    held(CronField::Month, month == "*" || Values::MONTH.has(month))?;
    held(CronField::DayOfWeek, is_weekday(weekday))?;
    held(CronField::Year, year == "*")?;
    if (day == "?") == (weekday == "?") {
        return Err(ScheduleError::Days);
    }
    window_of(hours)
}

/// The longest window for a field of hours: one hour, or a first hour (midnight if absent) and a step, which restarts
/// each day.
fn window_of(hours: &str) -> Result<u32, ScheduleError> {
    let hour = |text| whole(text).filter(|hour| *hour < DAY);
    let (first, step) = match hours.split_once('/') {
        None => (hour(hours), Some(DAY)),
        Some(("", step)) => (Some(0), whole(step)),
        Some((first, step)) => (hour(first), whole(step)),
    };
    let (Some(first), Some(step @ 1..=DAY)) = (first, step) else { return Err(ScheduleError::Field(CronField::Hour)) };
    // The last hour of the day, and the gap between it and the first hour of the next day.
    let last = first + (DAY - 1 - first) / step * step;
    let next_day = DAY - last + first;
    if next_day.min(step) < SHORTEST {
        return Err(ScheduleError::TooOften);
    }
    // The window must end before the next rotation and before midnight.
    Ok(step.min(DAY - last))
}

fn is_day(day: &str) -> bool {
    let is_last_named = || day.strip_suffix('L').is_some_and(|name| WEEKDAYS.contains(&name));
    matches!(day, "?" | "*" | "L") || is_last_named() || Values::DAY.has(day)
}

fn is_weekday(weekday: &str) -> bool {
    let is_numbered = || {
        weekday.split_once('#').is_some_and(|(day, number)| {
            Values::WEEKDAY.place(day).is_some() && whole(number).is_some_and(|number| (1..=5).contains(&number))
        })
    };
    matches!(weekday, "?" | "*" | "L") || is_numbered() || Values::WEEKDAY.has(weekday)
}

/// The values of a field: its numbers, and their names.
struct Values {
    numbers: RangeInclusive<u32>,
    names: &'static [&'static str],
}

impl Values {
    const DAY: Self = Self { numbers: 1..=31, names: &[] };
    const MONTH: Self = Self { numbers: 1..=12, names: &MONTHS };
    const WEEKDAY: Self = Self { numbers: 1..=7, names: &WEEKDAYS };

    /// Whether a field is a first value with a step, or a list of values and ranges.
    fn has(&self, field: &str) -> bool {
        if let Some((first, step)) = field.split_once('/') {
            return self.place(first).is_some() && whole(step).is_some_and(|step| self.numbers.contains(&step));
        }
        field.split(',').all(|item| match item.split_once('-') {
            None => self.place(item).is_some(),
            Some((from, to)) => matches!((self.place(from), self.place(to)), (Some(from), Some(to)) if from <= to),
        })
    }

    /// The number of a value.
    fn place(&self, value: &str) -> Option<u32> {
        let named = self.names.iter().zip(self.numbers.clone()).find(|(name, _)| **name == value);
        named.map(|(_, number)| number).or_else(|| whole(value).filter(|number| self.numbers.contains(number)))
    }
}

/// A number in canonical form: without a sign and without leading zeros.
fn whole(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::CronField::{DayOfMonth, DayOfWeek, Hour, Minute, Month, Year};
    use super::{Schedule, ScheduleError};

    #[track_caller]
    fn check(expression: &str, expected: Result<u32, ScheduleError>) {
        assert_eq!(expression.parse().map(Schedule::longest_window), expected, "{expression}");
    }

    #[test]
    fn every_documented_example_is_a_schedule() {
        for (expression, window) in [
            ("rate(4 hours)", 4),
            ("rate(1 day)", 24),
            ("rate(10 days)", 24),
            ("cron(0 4/12 * * ? *)", 8),
            ("cron(0 /8 * * ? *)", 8),
            ("cron(0 8/8 * * ? *)", 8),
            ("cron(0 2/10 * * ? *)", 2),
            ("cron(0 10 * * ? *)", 14),
            ("cron(0 18 ? * SAT *)", 6),
            ("cron(0 8 1 * ? *)", 16),
            ("cron(0 1 ? 1/3 SUN#1 *)", 23),
            ("cron(0 17 L * ? *)", 7),
            ("cron(0 8 ? * MON-FRI *)", 16),
            ("cron(0 16 1,15 * ? *)", 8),
            ("cron(0 0 ? * SUN#1 *)", 24),
            ("cron(0 0 ? 1/11 2#1 *)", 24),
            ("cron(0 21 L * ? *)", 3),
            ("cron(0 0 SUNL JAN,APR,JUL,OCT ? *)", 24),
            ("cron(0 0 1-15 1-3 ? *)", 24),
            ("cron(0 0 1/2 * ? *)", 24),
            ("cron(0 0 ? * 1/2 *)", 24),
            ("cron(0 0 ? * L *)", 24),
        ] {
            check(expression, Ok(window));
        }
    }

    #[test]
    fn a_rate_is_four_hours_to_999_days() {
        check("rate(3 hours)", Err(ScheduleError::TooOften));
        check("rate(1 hour)", Err(ScheduleError::TooOften));
        check("rate(5 hours)", Ok(5));
        check("rate(23976 hours)", Ok(24));
        check("rate(23977 hours)", Err(ScheduleError::TooRarely));
        check("rate(999 days)", Ok(24));
        check("rate(1000 days)", Err(ScheduleError::TooRarely));
        check("rate(4294967295 days)", Err(ScheduleError::TooRarely));
        for rate in [
            "rate()",
            "rate(10)",
            "rate(days)",
            "rate(0 days)",
            "rate(-1 days)",
            "rate(+10 days)",
            "rate(010 days)",
            "rate(1 days)",
            "rate(2 day)",
            "rate(10  days)",
            "rate(10 days )",
            "rate(10 weeks)",
            "rate(60 minutes)",
            "rate(1.5 days)",
            "rate(10 Days)",
            "rate(4294967296 days)",
            "rate(１０ days)",
        ] {
            check(rate, Err(ScheduleError::Rate));
        }
    }

    #[test]
    fn a_window_ends_with_its_day_and_before_the_next_rotation() {
        check("cron(0 23 * * ? *)", Ok(1));
        check("cron(0 0/6 * * ? *)", Ok(6));
        check("cron(0 3/6 * * ? *)", Ok(3));
        check("cron(0 0/23 * * ? *)", Err(ScheduleError::TooOften));
        check("cron(0 0/20 * * ? *)", Ok(4));
        check("cron(0 0/3 * * ? *)", Err(ScheduleError::TooOften));
        check("cron(0 0/7 * * ? *)", Err(ScheduleError::TooOften));
    }

    #[test]
    fn each_field_is_held_to_its_own_values() {
        for (expression, field) in [
            ("cron(5 10 * * ? *)", Minute),
            ("cron(* 10 * * ? *)", Minute),
            ("cron(0 24 * * ? *)", Hour),
            ("cron(0 * * * ? *)", Hour),
            ("cron(0 8,20 * * ? *)", Hour),
            ("cron(0 8-20 * * ? *)", Hour),
            ("cron(0 */8 * * ? *)", Hour),
            ("cron(0 8/0 * * ? *)", Hour),
            ("cron(0 08 * * ? *)", Hour),
            ("cron(0 10 0 * ? *)", DayOfMonth),
            ("cron(0 10 32 * ? *)", DayOfMonth),
            ("cron(0 10 1, * ? *)", DayOfMonth),
            ("cron(0 10 15-1 * ? *)", DayOfMonth),
            ("cron(0 10 LW * ? *)", DayOfMonth),
            ("cron(0 10 XYZL * ? *)", DayOfMonth),
            ("cron(0 10 1 13 ? *)", Month),
            ("cron(0 10 1 jan ? *)", Month),
            ("cron(0 10 1 ? ? *)", Month),
            ("cron(0 10 ? * 0 *)", DayOfWeek),
            ("cron(0 10 ? * 8 *)", DayOfWeek),
            ("cron(0 10 ? * TUE#6 *)", DayOfWeek),
            ("cron(0 10 ? * #1 *)", DayOfWeek),
            ("cron(0 10 ? * FRI-MON *)", DayOfWeek),
            ("cron(0 10 * * ? 2027)", Year),
        ] {
            check(expression, Err(ScheduleError::Field(field)));
        }
        check("cron(0 10 * * * *)", Err(ScheduleError::Days));
        check("cron(0 10 ? * ? *)", Err(ScheduleError::Days));
        check("cron(0 10 * * ?)", Err(ScheduleError::Fields(5)));
        check("cron(0 10 * * ? * *)", Err(ScheduleError::Fields(7)));
        check("cron(0 10  * * ? *)", Err(ScheduleError::Fields(7)));
        check("cron()", Err(ScheduleError::Fields(1)));
    }

    #[test]
    fn nothing_else_is_an_expression() {
        for text in ["", "daily", "rate", "rate(", "rate(1 day", "RATE(1 day)", " rate(1 day)", "rate(1 day) ", "at(1)"]
        {
            check(text, Err(ScheduleError::Form));
        }
        let long = format!("cron(0 10 {} * ? *)", ["1"; 200].join(","));
        check(&long, Err(ScheduleError::Form));
        check("rate(1 day)cron(0 10 * * ? *)", Err(ScheduleError::Rate));
    }
}
