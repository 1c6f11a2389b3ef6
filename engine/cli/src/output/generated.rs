//! Output about generated files: obstacles, stale files, written files.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

use driftless_model::Problem;
use serde::Serialize;
use similar::TextDiff;

use super::{ADDED, ERROR, HINT, MOST_PROBLEMS, REMOVED, count, hint, one_line};
use crate::plan::{Action, Obstacle};

/// Prints every obstacle to writing a generated file.
pub fn obstacles(err: &mut dyn Write, dir: &Path, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions {
        let Action::Refuse(obstacle) = action else { continue };
        let path = if let Obstacle::OtherCase(other) = obstacle { dir.join(other) } else { dir.join(name) };
        let (what, way_out) = match obstacle {
            Obstacle::HandWritten => ("was not generated, so it is not overwritten".to_owned(), "move it away"),
            Obstacle::OtherCase(_) => {
                (format!("differs from `{name}` only in case, and some systems take both for one file"), "rename it")
            }
            Obstacle::Symlink => ("is a symbolic link, which is not followed".to_owned(), "remove the link"),
            Obstacle::NotAFile => ("is not a file".to_owned(), "move it away"),
        };
        writeln!(err, "{ERROR}error:{ERROR:#} `{}` {what}", one_line(&path.display().to_string()))?;
        hint(err, &format!("{way_out}, or pass another directory by `--out DIR`"))?;
    }
    writeln!(err, "\nnothing was written")
}

/// Reports a hand-written file that is kept instead of a generated one, and the generated lines that it lacks.
pub fn left(err: &mut dyn Write, path: &Path, missing: &[&str]) -> io::Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let path = one_line(&path.display().to_string()).into_owned();
    writeln!(
        err,
        "{HINT}note:{HINT:#} `{path}` was not generated and is not changed; it lacks lines that keep values out of git"
    )?;
    hint(err, "add these lines to it, or delete it and run the command again:")?;
    missing.iter().try_for_each(|line| writeln!(err, "    {line}"))
}

/// Prints the unified diff of a stale file.
pub fn print_diff(out: &mut dyn Write, diff: &str) -> io::Result<()> {
    for line in diff.lines() {
        match line.as_bytes().first() {
            Some(b'+') => writeln!(out, "{ADDED}{line}{ADDED:#}")?,
            Some(b'-') => writeln!(out, "{REMOVED}{line}{REMOVED:#}")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// The unified diff of a file. An empty text means that the file does not exist.
#[must_use]
pub fn diff(path: &Path, old: &str, new: &str) -> String {
    let shown = shown(path, old, new);
    let path = one_line(&path.display().to_string()).into_owned();
    let header = |text: &str| if text.is_empty() { "/dev/null".to_owned() } else { path.clone() };
    TextDiff::from_lines(&*shown, new).unified_diff().header(&header(old), &header(new)).to_string()
}

/// The content of a file without private data: values that a user has filled into the example file are left out, also
/// in comments.
fn shown<'a>(path: &Path, old: &'a str, new: &str) -> Cow<'a, str> {
    if !path.to_string_lossy().ends_with(".tfvars.example") {
        return Cow::Borrowed(old);
    }
    let known: HashSet<&str> = new.lines().collect();
    let lines = old.lines().enumerate().map(|(place, line)| {
        if place == 0 || line.trim().is_empty() || known.contains(line) {
            return format!("{line}\n");
        }
        line.split_once('=').map_or("(not shown)\n".to_owned(), |(name, _)| format!("{name}= (not shown)\n"))
    });
    Cow::Owned(lines.collect())
}

/// Prints the result of `--check`: what the files are generated from, and the command that updates them.
pub fn check_summary(
    err: &mut dyn Write,
    actions: &BTreeMap<String, Action>,
    source: &str,
    repair: &str,
) -> io::Result<()> {
    let stale = actions.values().filter(|action| action.changes()).count();
    if stale == 0 {
        return writeln!(err, "{} as the {source} says", files(actions.len(), "is", "are"));
    }
    for (name, action) in actions.iter().filter(|(_, action)| action.changes()) {
        writeln!(err, "{ERROR}stale:{ERROR:#} `{name}` {}", state(action))?;
    }
    writeln!(err, "\n{} of {} not as the {source} says", stale, files(actions.len(), "is", "are"))?;
    hint(err, &format!("run `{repair}` and commit what it writes"))
}

pub(super) const fn state(action: &Action) -> &'static str {
    match action {
        Action::Keep => "is as it should be",
        Action::Create { .. } => "is missing",
        Action::Rewrite { .. } => "has other content",
        Action::Remove { .. } => "is left over",
        Action::Leave(_) | Action::Refuse(_) => "is not a generated file",
    }
}

/// Prints what was written.
pub fn write_summary(err: &mut dyn Write, dir: &Path, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions {
        let path = dir.join(name);
        match action {
            Action::Create { .. } => {
                writeln!(err, "{ADDED}created{ADDED:#} {}", one_line(&path.display().to_string()))?;
            }
            Action::Rewrite { .. } => {
                writeln!(err, "{ADDED}updated{ADDED:#} {}", one_line(&path.display().to_string()))?;
            }
            Action::Remove { .. } => {
                writeln!(err, "{REMOVED}deleted{REMOVED:#} {}", one_line(&path.display().to_string()))?;
            }
            Action::Keep | Action::Leave(_) | Action::Refuse(_) => {}
        }
    }
    let changed = actions.values().filter(|action| action.changes()).count();
    let kept = actions.len() - changed;
    writeln!(err, "{changed} changed, {kept} as before")
}

/// Summary of a comparison.
#[must_use]
pub fn decided(actions: &BTreeMap<String, Action>) -> String {
    let number = |is: fn(&Action) -> bool| actions.values().filter(|action| is(action)).count();
    format!(
        "{} to create, {} to rewrite, {} to delete, {} to keep, {} in the way",
        number(|action| matches!(action, Action::Create { .. })),
        number(|action| matches!(action, Action::Rewrite { .. })),
        number(|action| matches!(action, Action::Remove { .. })),
        number(|action| matches!(action, Action::Keep | Action::Leave(_))),
        number(|action| matches!(action, Action::Refuse(_))),
    )
}

fn files(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number, "file"), if number == 1 { one } else { many })
}

/// The result of `gen-infra` as JSON.
#[derive(Serialize)]
pub struct FilesReport<'a> {
    /// `fresh`, `stale`, `written`, `interrupted`, `refused` or `problems`.
    pub result: &'static str,
    /// Every file that is wanted or left over.
    pub files: Vec<FileReport<'a>>,
    /// Problems of the spec, at most [`MOST_PROBLEMS`].
    pub problems: &'a [Problem],
    /// Number of further problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_problems: Option<usize>,
    /// Warnings, with which the files are written.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    pub warnings: &'a [Problem],
    /// Secrets whose values are stored in the state.
    pub in_state: &'a [&'a str],
}

/// A file in a [`FilesReport`].
#[derive(Serialize)]
pub struct FileReport<'a> {
    name: &'a str,
    /// `keep`, `create`, `rewrite`, `remove`, `leave` (a hand-written file is kept) or `refuse`.
    action: &'static str,
    /// What is in its place: `hand-written`, `symlink`, `not-a-file` or `other-case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<&'static str>,
    /// A unified diff; empty if nothing changes.
    diff: &'a str,
}

impl<'a> FileReport<'a> {
    pub(super) fn new(name: &'a str, action: &'a Action) -> Self {
        let (word, obstacle) = match action {
            Action::Keep => ("keep", None),
            Action::Create { .. } => ("create", None),
            Action::Rewrite { .. } => ("rewrite", None),
            Action::Remove { .. } => ("remove", None),
            Action::Leave(obstacle) => ("leave", Some(word(obstacle))),
            Action::Refuse(obstacle) => ("refuse", Some(word(obstacle))),
        };
        Self { name, action: word, obstacle, diff: action.diff() }
    }
}

const fn word(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::HandWritten => "hand-written",
        Obstacle::OtherCase(_) => "other-case",
        Obstacle::Symlink => "symlink",
        Obstacle::NotAFile => "not-a-file",
    }
}

/// Writes a [`FilesReport`] as JSON.
pub fn report(
    out: &mut dyn Write,
    result: &'static str,
    in_state: &[&str],
    actions: &BTreeMap<String, Action>,
    (problems, warnings): (&[Problem], &[Problem]),
) -> io::Result<()> {
    let files = actions.iter().map(|(name, action)| FileReport::new(name, action)).collect();
    let (problems, more) = problems.split_at(problems.len().min(MOST_PROBLEMS));
    let more_problems = Some(more.len()).filter(|more| *more > 0);
    serde_json::to_writer_pretty(
        &mut *out,
        &FilesReport { result, files, problems, more_problems, warnings, in_state },
    )?;
    writeln!(out)
}
