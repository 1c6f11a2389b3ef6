//! The printed text of steps.

use std::io::{self, Write};
use std::time::Duration;

use crate::neutral::Mark;

const HINT: Mark = Mark::Cyan;

/// Prints a finished step, for `--verbose`.
pub fn step(err: &mut dyn Write, what: &str, found: &str, time: Duration) -> io::Result<()> {
    let found = if found.is_empty() { String::new() } else { format!(": {found}") };
    writeln!(err, "{HINT}step:{HINT:#} {what}{found}; {:.1} ms", time.as_secs_f64() * 1000.0)?;
    err.flush()
}

/// Text of the status line: the current step, its progress if known, and the time since the command started.
#[must_use]
pub fn present(steps: &str, far: &str, time: Duration) -> String {
    let far = if far.is_empty() { String::new() } else { format!(", {far}") };
    format!("{steps}{far} ({} s)", time.as_secs())
}

/// Formats a size: `2 kB`, `14 MB`.
#[must_use]
pub fn size_of(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
