//! What a server answered, without what is different in every run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_secretsmanager::primitives::DateTime;

const DAY: i64 = 24 * 60 * 60;

/// How long a step may take until its `now` is another.
const MOMENT: i64 = 5 * 60;

/// An answer's fields, or the way in which it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By name; a field that the server left out is not in it.
    Done(BTreeMap<&'static str, String>),
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

/// One thing in which two answers are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// A field of what was done; `status` or `message` of a refusal; `answer` where the two are of another kind.
    pub field: &'static str,
    pub embedded: String,
    pub emulator: String,
}

impl Answer {
    /// In what another answer differs from this one, which is the embedded server's.
    pub fn differences(&self, emulator: &Self) -> Vec<Difference> {
        let pairs = match (self, emulator) {
            (Self::Done(ours), Self::Done(theirs)) => {
                let fields: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
                let value = |fields: &BTreeMap<_, String>, field| fields.get(field).map_or("absent", |v| v).to_owned();
                fields.into_iter().map(|field| (field, value(ours, field), value(theirs, field))).collect()
            }
            (
                Self::Refused { status, code, message },
                Self::Refused { status: their_status, code: their_code, message: their_message },
            ) if code == their_code => vec![
                ("status", status.to_string(), their_status.to_string()),
                ("message", message.clone(), their_message.clone()),
            ],
            (ours, theirs) => vec![("answer", ours.in_short(), theirs.in_short())],
        };
        let differ = pairs.into_iter().filter(|(_, embedded, emulator)| embedded != emulator);
        differ.map(|(field, embedded, emulator)| Difference { field, embedded, emulator }).collect()
    }

    fn in_short(&self) -> String {
        if matches!(self, Self::Done(_)) { "done".to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(fields) => {
                f.write_str("done")?;
                fields.iter().try_for_each(|(field, value)| write!(f, "; {field}: {value}"))
            }
            Self::Refused { status, code, message } => write!(f, "{status} {code}: {message}"),
        }
    }
}

/// Stands names in for what a server makes up: each says in which step it was first seen, so that the same thing has
/// the same name on every server, and two things never do.
#[derive(Debug, Default)]
pub struct StandIns {
    /// What was made up, with the name for it.
    seen: Vec<(String, String)>,
    step: &'static str,
}

impl StandIns {
    /// From here on what is new is new in this step.
    pub fn begin(&mut self, step: &'static str) {
        self.step = step;
    }

    /// An ARN: the account and the random suffix are replaced.
    pub fn arn(&mut self, arn: &str, name: &str) -> String {
        if let Some((_, stand_in)) = self.seen.iter().find(|(seen, _)| seen == arn) {
            return stand_in.clone();
        }
        let stand_in = self.arn_parts(arn, name).unwrap_or_else(|| squeezed(arn));
        self.remember(arn, stand_in)
    }

    fn arn_parts(&self, arn: &str, name: &str) -> Option<String> {
        let (head, stored) = arn.split_once(":secret:")?;
        let (service, account) = head.rsplit_once(':')?;
        let suffix = stored.strip_prefix(name)?.strip_prefix('-')?;
        let is_as_documented = account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && suffix.len() == 6
            && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let arn = format!("{service}:<account>:secret:{}-<suffix of `{}`>", squeezed(name), self.step);
        is_as_documented.then_some(arn)
    }

    /// A version id: one that the script chose is left as it is.
    pub fn version(&mut self, id: &str) -> String {
        let is_made_up = id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4;
        if is_made_up && !self.seen.iter().any(|(seen, _)| seen == id) {
            self.remember(id, format!("<version of `{}`>", self.step));
        }
        self.text(id)
    }

    fn remember(&mut self, made_up: &str, mut stand_in: String) -> String {
        while self.seen.iter().any(|(_, taken)| *taken == stand_in) {
            stand_in.push_str(" (another)");
        }
        self.seen.push((made_up.to_owned(), stand_in.clone()));
        stand_in
    }

    /// A text that may speak of what was made up.
    pub fn text(&self, text: &str) -> String {
        let replaced = self.seen.iter().fold(text.to_owned(), |text, (seen, stand_in)| text.replace(seen, stand_in));
        squeezed(&replaced.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// A text with each long run of one character counted instead of spelt out: `nnnnnnnnnn` is `n{10}`.
pub fn squeezed(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let runs = characters.chunk_by(|a, b| a == b).map(|run| match run {
        [first, ..] if run.len() >= 10 => format!("{first}{{{}}}", run.len()),
        _ => run.iter().collect(),
    });
    runs.collect()
}

/// A moment, as far from now as AWS documents it to be, or in full.
pub fn when(moment: &DateTime, now: i64) -> String {
    let away = moment.secs() - now;
    let days = (away + MOMENT).div_euclid(DAY);
    match (away - days * DAY).abs() <= MOMENT {
        true if days == 0 => "now".to_owned(),
        true => format!("in {days} days"),
        false => format!("{away} s from now"),
    }
}

/// A date whose time is midnight.
pub fn day(moment: &DateTime, now: i64) -> String {
    let is_today = (now - DAY..=now).contains(&moment.secs()) && moment.secs() % DAY == 0;
    if is_today && moment.subsec_nanos() == 0 { "today, at midnight".to_owned() } else { when(moment, now) }
}
