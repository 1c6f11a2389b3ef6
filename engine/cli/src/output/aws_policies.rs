//! Output of `aws-policies`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::{ADDED, ERROR, HINT, count, hint, quoted};
use crate::iam::aws::Derived;

/// Prints the figures of the documents, and which policies cannot be read.
pub fn derived(err: &mut dyn Write, found: &Derived) -> io::Result<()> {
    for name in &found.unread {
        let name = driftless_model::shown(name);
        writeln!(
            err,
            "{HINT}note:{HINT:#} {name} cannot be read and is not in the table: what it allows is undecided"
        )?;
    }
    let table = &found.table;
    let policies = if table.number == 1 { "policy" } else { "policies" };
    let with = table.effects.len();
    writeln!(
        err,
        "{} {policies} of {}: {with} with an effect on secrets, keys or roles, {} without",
        table.number,
        table.date,
        table.number - with
    )
}

/// Reports whether the table is up to date, and which policies differ.
pub fn checked(err: &mut dyn Write, is_fresh: bool, differing: &BTreeSet<String>) -> io::Result<()> {
    const SHOWN: usize = 20;
    if is_fresh {
        return writeln!(err, "{ADDED}the table is fresh{ADDED:#}");
    }
    differing
        .iter()
        .take(SHOWN)
        .try_for_each(|name| writeln!(err, "{ERROR}stale:{ERROR:#} {}", driftless_model::shown(name)))?;
    if let Some(more) = differing.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(err, "and {more} more")?;
    }
    writeln!(
        err,
        "{ERROR}the table is stale{ERROR:#}: {} differ",
        count(differing.len(), "entry").replace("entrys", "entries")
    )?;
    hint(err, "write it with the same `--from`, and the day of the documents by `--date YYYY-MM-DD`")
}

/// Reports what was written.
pub fn written(err: &mut dyn Write, path: &Path, is_changed: bool) -> io::Result<()> {
    let path = quoted(path);
    if is_changed { writeln!(err, "{ADDED}wrote{ADDED:#} {path}") } else { writeln!(err, "{path} is up to date") }
}
