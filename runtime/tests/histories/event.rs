//! What was done with one user's tokens, and the rules that every history of it keeps.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// One operation that has ended, on a clock that all who act share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub start: Duration,
    pub end: Duration,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Consent of this mark is stored, and under this version.
    Stored {
        consent: String,
        version: String,
    },
    /// A new access token is stored under this version.
    Refreshed {
        version: String,
    },
    /// The bundle that was found, by the consent that it goes back to.
    Read {
        consent: Option<String>,
    },
    Deleted,
}

/// Holds a history to the rules.
#[track_caller]
pub fn check(history: &[Event], at: &impl Display) {
    check_versions(history, at);
    for event in history {
        if let What::Read { consent } = &event.what {
            check_read(history, event, consent.as_deref(), at);
        }
    }
}

/// At most one winning write a version: no two writes ended in the same one. As each version follows from the one that its
/// writer had read, that is also that no update is lost.
#[track_caller]
fn check_versions(history: &[Event], at: &impl Display) {
    let mut versions = BTreeSet::new();
    for event in history {
        if let What::Stored { version, .. } | What::Refreshed { version } = &event.what {
            assert!(versions.insert(version), "{at}: two writes won version {version}\n{history:#?}");
        }
    }
}

/// What is read goes back to a consent that nothing has replaced or deleted since: no token of an account after a switch,
/// and nothing that comes back after a delete.
#[track_caller]
fn check_read(history: &[Event], read: &Event, consent: Option<&str>, at: &impl Display) {
    let replaces = |event: &&Event| matches!(event.what, What::Stored { .. } | What::Deleted);
    // Of two at the same instant nobody can tell which was first, so neither is held against the other.
    let Some(consent) = consent else {
        let lost = history.iter().find(|store| {
            matches!(store.what, What::Stored { .. })
                && store.end < read.start
                && !history
                    .iter()
                    .any(|it| matches!(it.what, What::Deleted) && it.end >= store.start && it.start <= read.end)
        });
        assert!(lost.is_none(), "{at}: {lost:?} is lost\n{history:#?}");
        return;
    };
    let origin = history.iter().find(|it| matches!(&it.what, What::Stored { consent: mark, .. } if mark == consent));
    // A store that has not ended yet when the history does: there is none, all are joined.
    let origin = origin.expect("each consent was stored");
    let newer = history.iter().filter(replaces).find(|it| it.start > origin.end && it.end < read.start);
    assert!(newer.is_none(), "{at}: {read:?} is older than {newer:?}\n{history:#?}");
}

/// As a line, which a process can print for another to read.
impl Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ", self.start.as_nanos(), self.end.as_nanos())?;
        match &self.what {
            What::Stored { consent, version } => write!(f, "stored {consent} {version}"),
            What::Refreshed { version } => write!(f, "refreshed {version}"),
            What::Read { consent: Some(consent) } => write!(f, "read {consent}"),
            What::Read { consent: None } => f.write_str("absent"),
            What::Deleted => f.write_str("deleted"),
        }
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split(' ').collect();
        let time = |word: &str| word.parse().map(Duration::from_nanos).map_err(|_| format!("`{word}` is no time"));
        let (what, [start, end]) = match words[..] {
            [start, end, "stored", consent, version] => {
                (What::Stored { consent: consent.to_owned(), version: version.to_owned() }, [start, end])
            }
            [start, end, "refreshed", version] => (What::Refreshed { version: version.to_owned() }, [start, end]),
            [start, end, "read", consent] => (What::Read { consent: Some(consent.to_owned()) }, [start, end]),
            [start, end, "absent"] => (What::Read { consent: None }, [start, end]),
            [start, end, "deleted"] => (What::Deleted, [start, end]),
            _ => return Err(format!("`{line}` is no event")),
        };
        Ok(Self { start: time(start)?, end: time(end)?, what })
    }
}
