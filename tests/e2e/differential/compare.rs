//! Two servers' answers to one script, against the differences that are known. Pure: it asks nobody and prints nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::answer::{Answer, Difference};
use super::known::Known;
use super::script::Step;

/// Why a comparison fails.
pub enum Problem {
    /// The two answers are not the same, and nothing says that they need not be.
    Unknown { step: &'static str, field: &'static str, embedded: Answer, emulator: Answer },
    /// The two answers are not the same, and not as it is written down.
    Other { step: &'static str, found: Difference, written: Difference, known: &'static Known },
    /// What is written down is not so.
    Gone { step: &'static str, field: &'static str, known: &'static Known },
    /// It is written down twice.
    Twice { step: &'static str, field: &'static str, known: &'static Known },
}

/// What is wrong with these answers, given to the steps of the script in its order.
pub fn compare(script: &[Step], embedded: &[Answer], emulator: &[Answer], known: &[&'static Known]) -> Vec<Problem> {
    let (mut written, mut problems) = read(known);
    for (step, (embedded, emulator)) in script.iter().zip(embedded.iter().zip(emulator)) {
        for found in embedded.differences(emulator) {
            let (step, field) = (step.name, found.field);
            match written.remove(&(step, field)) {
                Some((written, _)) if written == found => {}
                Some((written, known)) => problems.push(Problem::Other { step, found, written, known }),
                None => {
                    let (embedded, emulator) = (embedded.clone(), emulator.clone());
                    problems.push(Problem::Unknown { step, field, embedded, emulator });
                }
            }
        }
    }
    problems.extend(written.into_iter().map(|((step, field), (_, known))| Problem::Gone { step, field, known }));
    problems
}

/// What is written down, by step and field.
type Written = BTreeMap<(&'static str, &'static str), (Difference, &'static Known)>;

fn read(known: &[&'static Known]) -> (Written, Vec<Problem>) {
    let (mut written, mut problems) = (BTreeMap::new(), Vec::new());
    for (&known, row) in known.iter().flat_map(|known| known.rows.iter().map(move |row| (known, row))) {
        let (field, embedded, emulator) = (row.field, row.embedded.to_owned(), row.emulator.to_owned());
        let difference = Difference { field, embedded, emulator };
        for &step in row.steps {
            if written.insert((step, field), (difference.clone(), known)).is_some() {
                problems.push(Problem::Twice { step, field, known });
            }
        }
    }
    (written, problems)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { step, field, embedded, emulator } => {
                writeln!(f, "`{step}`: `{field}` differs, and that is not known")?;
                write!(f, "  embedded: {embedded}\n  emulator: {emulator}")
            }
            Self::Other { step, found, written, known } => {
                writeln!(f, "`{step}`: `{}` differs in another way than it is known to: {known}", found.field)?;
                writeln!(f, "  embedded: {}\n     known: {}", found.embedded, written.embedded)?;
                write!(f, "  emulator: {}\n     known: {}", found.emulator, written.emulator)
            }
            Self::Gone { step, field, known } => {
                write!(f, "`{step}`: `{field}` no longer differs: remove it from: {known}")
            }
            Self::Twice { step, field, known } => {
                write!(f, "`{step}`: `{field}` is known twice, the second time here: {known}")
            }
        }
    }
}
