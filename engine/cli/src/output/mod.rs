//! Text output of the commands. Results go to `out`, and messages go to `err`. The streams that the caller passes
//! decide whether colours are shown.

// Each of these functions fails only if its stream cannot be written.
#![allow(clippy::missing_errors_doc)]

pub mod access;
pub mod adoption;
pub mod audit;
pub mod aws_policies;
pub mod denied;
pub mod deployer;
pub mod difference;
mod generated;
pub mod local;
pub mod planned;
pub mod role;
mod steps;
pub mod values;
pub mod why;

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use driftless_model::{Problem, Spec};

use crate::picture;

pub use crate::neutral::{Mark, Neutral, one_line};
pub use crate::text::{count, grouped, quoted};

pub use generated::{
    FileReport, FilesReport, check_summary, decided, diff, left, obstacles, print_diff, report, write_summary,
};
pub use steps::{installs, provider_used, step_failed, step_passed, step_skipped, step_starts, steps_summary};

const ADDED: Mark = Mark::Green;
const REMOVED: Mark = Mark::Red;
const ERROR: Mark = Mark::RedStrong;
const HINT: Mark = Mark::Cyan;
const WARNING: Mark = Mark::YellowStrong;

/// Output streams of a command.
pub struct Streams<'a> {
    /// Results, also for other programs.
    pub out: &'a mut dyn Write,
    /// Messages for the user.
    pub err: &'a mut dyn Write,
}

/// A stream whose reader may close it early, as `head` does. Further output is then dropped, and the command continues
/// to its normal end and exit code.
pub struct UntilClosed<W>(pub W);

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

fn unless_closed<T>(result: io::Result<T>, dropped: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(dropped),
        result => result,
    }
}

/// Prints `error: …` with its causes, and a hint.
pub fn error(err: &mut dyn Write, error: &dyn Error, hint: &str) -> io::Result<()> {
    write!(err, "{ERROR}error:{ERROR:#} {}", one_line(&error.to_string()))?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(err, ": {}", one_line(&error.to_string()))?;
        cause = error.source();
    }
    writeln!(err)?;
    self::hint(err, hint)
}

fn hint(err: &mut dyn Write, hint: &str) -> io::Result<()> {
    writeln!(err, "  {HINT}hint:{HINT:#} {}", one_line(hint))
}

/// Prints a usage error, in the words of the argument parser.
pub fn usage(err: &mut dyn Write, text: &str) -> io::Result<()> {
    match text.strip_prefix("error:") {
        Some(rest) => write!(err, "{ERROR}error:{ERROR:#}{rest}"),
        None => err.write_all(text.as_bytes()),
    }
}

/// Prints a note, which does not affect the exit code.
///
/// # Errors
///
/// If the stream cannot be written.
pub fn note(err: &mut dyn Write, what: &str) -> io::Result<()> {
    writeln!(err, "note: {}", one_line(what))
}

/// Prints which files a command would have to overwrite.
pub fn in_the_way(err: &mut dyn Write, paths: &[PathBuf]) -> io::Result<()> {
    for path in paths {
        writeln!(err, "{ERROR}error:{ERROR:#} `{}` is in the way", one_line(&path.display().to_string()))?;
    }
    hint(err, "move or delete what is in the way, or name another directory")?;
    writeln!(err, "nothing was written")
}

/// Prints the files of a new project, and the command to run next.
pub fn created(err: &mut dyn Write, paths: &[PathBuf], next: &str) -> io::Result<()> {
    for path in paths {
        writeln!(err, "{ADDED}created{ADDED:#} {}", one_line(&path.display().to_string()))?;
    }
    writeln!(err, "next: {}", one_line(next))
}

/// Prints remarks on the access of a spec that its grants do not show.
pub fn remarks(err: &mut dyn Write, spec: &Spec) -> io::Result<()> {
    picture::notes(spec).iter().try_for_each(|remark| note(err, remark))
}

/// Maximum number of problems shown.
pub const MOST_PROBLEMS: usize = 100;

/// Prints the problems of a spec up to [`MOST_PROBLEMS`], then their number.
pub fn problems(err: &mut dyn Write, problems: &[Problem]) -> io::Result<()> {
    for problem in problems.iter().take(MOST_PROBLEMS) {
        writeln!(err, "{ERROR}error:{ERROR:#} {}", one_line(&problem.to_string()))?;
        hint(err, &problem.hint)?;
    }
    if let Some(more @ 1..) = problems.len().checked_sub(MOST_PROBLEMS) {
        writeln!(err, "… and {} more", grouped(more))?;
    }
    writeln!(err, "\nthe spec has {}; nothing was written", count(problems.len(), "problem"))
}

/// Prints the warnings of a spec, which do not affect the exit code.
pub fn warnings(err: &mut dyn Write, warnings: &[Problem]) -> io::Result<()> {
    for warning in warnings {
        writeln!(err, "{WARNING}warning:{WARNING:#} {}", one_line(&warning.to_string()))?;
        hint(err, &warning.hint)?;
    }
    Ok(())
}

/// The size of a spec: its numbers of secrets, handlers and grants.
#[must_use]
pub fn size(spec: &Spec) -> String {
    let (secrets, handlers) = (count(spec.secrets.len(), "secret"), count(spec.handlers.len(), "handler"));
    let grants = spec.handlers.iter().map(|handler| handler.grants.len()).sum();
    format!("{secrets}, {handlers}, {}", count(grants, "grant"))
}

/// Reports that another run holds the lock of the directory.
pub fn waits(err: &mut dyn Write, dir: &Path) -> io::Result<()> {
    writeln!(err, "waiting: another run works in `{}`; Ctrl-C ends this one", dir.display())
}

/// Reports that the user interrupted the command.
pub fn interrupted(err: &mut dyn Write, what: &str) -> io::Result<()> {
    writeln!(err, "interrupted; {what}")
}

/// Writes the failure of a command as JSON.
pub fn failure(out: &mut dyn Write, error: &dyn Error) -> io::Result<()> {
    let causes: Vec<String> =
        std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string).collect();
    let report = serde_json::json!({ "result": "failed", "error": error.to_string(), "causes": causes });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
