//! Every sentence that the commands print. Results go to `out`, talk goes to `err`; whether colours arrive is decided
//! by the streams that the caller passes.

// Each of these fails where its stream cannot be written, and for nothing else.
#![allow(clippy::missing_errors_doc)]

pub mod access;
pub mod adoption;
pub mod audit;
pub mod denied;
pub mod difference;
pub mod line;
pub mod planned;
pub mod values;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use paypulse_runtime::model::{Problem, Spec};
use serde::Serialize;
use similar::TextDiff;

use crate::plan::{Action, Obstacle};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Where a command writes.
pub struct Streams<'a> {
    /// Results, for other programs too.
    pub out: &'a mut dyn Write,
    /// Talk, for people.
    pub err: &'a mut dyn Write,
}

/// A stream whose reader may leave before the end, as `head` does: what is written after that is dropped, and the command
/// goes on to its own end and exit code.
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

/// `error: …` with its causes, and the way out.
pub fn error(err: &mut dyn Write, error: &dyn Error, hint: &str) -> io::Result<()> {
    write!(err, "{ERROR}error:{ERROR:#} {error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(err, ": {error}")?;
        cause = error.source();
    }
    writeln!(err)?;
    self::hint(err, hint)
}

fn hint(err: &mut dyn Write, hint: &str) -> io::Result<()> {
    writeln!(err, "  {HINT}hint:{HINT:#} {hint}")
}

/// All problems of a spec, then their number.
pub fn problems(err: &mut dyn Write, problems: &[Problem]) -> io::Result<()> {
    for problem in problems {
        writeln!(err, "{ERROR}error:{ERROR:#} {problem}")?;
        hint(err, &problem.hint)?;
    }
    writeln!(err, "\nthe spec has {}; nothing was written", count(problems.len(), "problem"))
}

/// Everything that stands in the way of a generated file.
pub fn obstacles(err: &mut dyn Write, dir: &Path, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions {
        let Action::Refuse(obstacle) = action else { continue };
        let path = dir.join(name);
        let (what, way_out) = match obstacle {
            Obstacle::HandWritten => ("was not generated, so it is not overwritten", "move it away"),
            Obstacle::Symlink => ("is a symbolic link, which is not followed", "remove the link"),
            Obstacle::NotAFile => ("is not a file", "move it away"),
        };
        writeln!(err, "{ERROR}error:{ERROR:#} `{}` {what}", path.display())?;
        hint(err, &format!("{way_out}, or pass another directory by `--out DIR`"))?;
    }
    writeln!(err, "\nnothing was written")
}

/// A unified diff of every file that is not as it should be.
pub fn diffs(out: &mut dyn Write, dir: &Path, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions {
        for line in diff(dir, name, action).lines() {
            match line.as_bytes().first() {
                Some(b'+') => writeln!(out, "{ADDED}{line}{ADDED:#}")?,
                Some(b'-') => writeln!(out, "{REMOVED}{line}{REMOVED:#}")?,
                _ => writeln!(out, "{line}")?,
            }
        }
    }
    Ok(())
}

fn diff(dir: &Path, name: &str, action: &Action) -> String {
    let path = dir.join(name).display().to_string();
    let absent = "/dev/null";
    let (old, new, from, to) = match action {
        Action::Keep | Action::Refuse(_) => return String::new(),
        Action::Create { text } => ("", text.as_str(), absent, path.as_str()),
        Action::Rewrite { old, text } => (old.as_str(), text.as_str(), path.as_str(), path.as_str()),
        Action::Remove { old } => (old.as_str(), "", path.as_str(), absent),
    };
    TextDiff::from_lines(old, new).unified_diff().header(from, to).to_string()
}

/// What `--check` found, beside what the files come from, and the command that repairs it.
pub fn check_summary(
    err: &mut dyn Write,
    actions: &BTreeMap<String, Action>,
    source: &str,
    repair: &str,
) -> io::Result<()> {
    let stale = actions.values().filter(|action| **action != Action::Keep).count();
    if stale == 0 {
        return writeln!(err, "{} as the {source} says", files(actions.len(), "is", "are"));
    }
    for (name, action) in actions.iter().filter(|(_, action)| **action != Action::Keep) {
        writeln!(err, "{ERROR}stale:{ERROR:#} `{name}` {}", state(action))?;
    }
    writeln!(err, "\n{} of {} not as the {source} says", stale, files(actions.len(), "is", "are"))?;
    hint(err, &format!("run `{repair}` and commit what it writes"))
}

const fn state(action: &Action) -> &'static str {
    match action {
        Action::Keep => "is as it should be",
        Action::Create { .. } => "is missing",
        Action::Rewrite { .. } => "holds something else",
        Action::Remove { .. } => "is left over",
        Action::Refuse(_) => "is not a generated file",
    }
}

/// A path as a shell takes it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=:@,".contains(&byte));
    if plain && !path.is_empty() { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// What was written.
pub fn write_summary(err: &mut dyn Write, dir: &Path, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions {
        let path = dir.join(name);
        match action {
            Action::Create { .. } => writeln!(err, "{ADDED}created{ADDED:#} {}", path.display())?,
            Action::Rewrite { .. } => writeln!(err, "{ADDED}updated{ADDED:#} {}", path.display())?,
            Action::Remove { .. } => writeln!(err, "{REMOVED}deleted{REMOVED:#} {}", path.display())?,
            Action::Keep | Action::Refuse(_) => {}
        }
    }
    let changed = actions.values().filter(|action| **action != Action::Keep).count();
    let kept = actions.len() - changed;
    writeln!(err, "{changed} changed, {kept} as before")
}

/// The files that were rendered.
#[must_use]
pub fn names(files: &BTreeMap<String, String>) -> String {
    files.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What a comparison came to.
#[must_use]
pub fn decided(actions: &BTreeMap<String, Action>) -> String {
    let number = |is: fn(&Action) -> bool| actions.values().filter(|action| is(action)).count();
    format!(
        "{} to create, {} to rewrite, {} to delete, {} to keep, {} in the way",
        number(|action| matches!(action, Action::Create { .. })),
        number(|action| matches!(action, Action::Rewrite { .. })),
        number(|action| matches!(action, Action::Remove { .. })),
        number(|action| *action == Action::Keep),
        number(|action| matches!(action, Action::Refuse(_))),
    )
}

/// What a spec has.
#[must_use]
pub fn size(spec: &Spec) -> String {
    let (secrets, handlers) = (count(spec.secrets.len(), "secret"), count(spec.handlers.len(), "handler"));
    let grants = spec.handlers.iter().map(|handler| handler.grants.len()).sum();
    format!("{secrets}, {handlers}, {}", count(grants, "grant"))
}

/// A step that has ended, for `--verbose`.
pub fn step(err: &mut dyn Write, what: &str, found: &str, time: Duration) -> io::Result<()> {
    let found = if found.is_empty() { String::new() } else { format!(": {found}") };
    writeln!(err, "{HINT}step:{HINT:#} {what}{found}; {:.1} ms", time.as_secs_f64() * 1000.0)?;
    err.flush()
}

/// The present step, for a terminal: how far it is, if that is known, and since when the command runs.
#[must_use]
pub fn present(steps: &str, done: u64, of: u64, time: Duration) -> String {
    let far = match (done, of) {
        (0, _) => String::new(),
        (done, 0) => format!(", {} MB", done / 1_000_000),
        (done, of) => format!(", {done} of {of}"),
    };
    format!("{steps}{far} ({} s)", time.as_secs())
}

/// The user stopped the command in time.
pub fn interrupted(err: &mut dyn Write, what: &str) -> io::Result<()> {
    writeln!(err, "interrupted; {what}")
}

fn files(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number, "file"), if number == 1 { one } else { many })
}

/// `1 file`, `2 files`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("{number} {what}") } else { format!("{number} {what}s") }
}

/// The result of `gen-infra` for other programs.
#[derive(Serialize)]
pub struct Report<'a> {
    /// `fresh`, `stale`, `written`, `interrupted`, `refused` or `problems`.
    pub result: &'static str,
    /// Every file that is wanted or left over.
    pub files: Vec<FileReport<'a>>,
    /// What is wrong with the spec.
    pub problems: &'a [Problem],
    /// The secrets whose values enter the state.
    pub in_state: &'a [&'a str],
}

/// One file in a [`Report`].
#[derive(Serialize)]
pub struct FileReport<'a> {
    name: &'a str,
    /// `keep`, `create`, `rewrite`, `remove` or `refuse`.
    action: &'static str,
    /// What stands in the way: `hand-written`, `symlink` or `not-a-file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<&'static str>,
    /// A unified diff, empty where nothing changes.
    diff: String,
}

impl<'a> FileReport<'a> {
    fn new(dir: &Path, name: &'a str, action: &Action) -> Self {
        let (word, obstacle) = match action {
            Action::Keep => ("keep", None),
            Action::Create { .. } => ("create", None),
            Action::Rewrite { .. } => ("rewrite", None),
            Action::Remove { .. } => ("remove", None),
            Action::Refuse(Obstacle::HandWritten) => ("refuse", Some("hand-written")),
            Action::Refuse(Obstacle::Symlink) => ("refuse", Some("symlink")),
            Action::Refuse(Obstacle::NotAFile) => ("refuse", Some("not-a-file")),
        };
        Self { name, action: word, obstacle, diff: diff(dir, name, action) }
    }
}

/// Writes that the command could not do its work, as JSON.
pub fn failure(out: &mut dyn Write, error: &dyn Error) -> io::Result<()> {
    let causes: Vec<String> =
        std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string).collect();
    let report = serde_json::json!({ "result": "failed", "error": error.to_string(), "causes": causes });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// Writes a [`Report`] as JSON.
pub fn report(
    out: &mut dyn Write,
    result: &'static str,
    dir: &Path,
    in_state: &[&str],
    actions: &BTreeMap<String, Action>,
    problems: &[Problem],
) -> io::Result<()> {
    let files = actions.iter().map(|(name, action)| FileReport::new(dir, name, action)).collect();
    serde_json::to_writer_pretty(&mut *out, &Report { result, files, problems, in_state })?;
    writeln!(out)
}

/// A step of `test` begins.
pub fn step_starts(err: &mut dyn Write, step: &str) -> io::Result<()> {
    writeln!(err, "{HINT}==> {step}{HINT:#}")?;
    err.flush()
}

/// A step of `test` has passed.
pub fn step_passed(err: &mut dyn Write, step: &str, time: Duration) -> io::Result<()> {
    writeln!(err, "{ADDED}    {step} passed{ADDED:#} in {:.1} s", time.as_secs_f64())
}

/// A step of `test` needs something that is not there.
pub fn step_skipped(err: &mut dyn Write, step: &str, why: &str, how: &str) -> io::Result<()> {
    writeln!(err, "    {step} SKIPPED: {why}")?;
    hint(err, how)
}

/// A step of `test` installs something, which takes a while once.
pub fn installs(err: &mut dyn Write, what: &str, place: &str) -> io::Result<()> {
    writeln!(err, "    installing `{what}` in `{place}`, once; this takes a minute or two")?;
    err.flush()
}

/// A step of `test` has failed.
pub fn step_failed(
    err: &mut dyn Write,
    step: &str,
    environment: &[(&str, &str)],
    program: &str,
    arguments: &[&str],
) -> io::Result<()> {
    writeln!(err, "{ERROR}    {step} failed{ERROR:#}")?;
    let variables = environment.iter().map(|(name, value)| format!("{name}={}", quoted(Path::new(value))));
    let words: Vec<String> =
        variables.chain([program.to_owned()]).chain(arguments.iter().map(ToString::to_string)).collect();
    hint(err, &format!("run it alone: `{}`", words.join(" ")))
}

/// How `test` ended.
pub fn steps_summary(err: &mut dyn Write, failed: &[&str]) -> io::Result<()> {
    match failed {
        [] => writeln!(err, "\n{ADDED}all steps passed{ADDED:#}"),
        _ => writeln!(err, "\n{ERROR}failed:{ERROR:#} {}", failed.join(", ")),
    }
}
