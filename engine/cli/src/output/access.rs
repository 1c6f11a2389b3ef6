//! The access table of `access` for a terminal.

use std::io::{self, Write};

use driftless_model::{Effect, Verb};

use super::{ADDED, HINT, Mark, REMOVED, one_line};
use crate::picture::{Picture, ReportSubject, word, words};

const STRONG: Mark = Mark::Strong;
const WRITES: Mark = Mark::Yellow;

/// Prints one line per subject and secret, in columns.
pub fn table(out: &mut dyn Write, picture: &Picture<'_>) -> io::Result<()> {
    let names: Vec<String> = picture.subjects.iter().map(who).collect();
    let who_width = widest("who", names.iter().map(String::as_str));
    let secret_width = widest("secret", picture.grants.iter().map(|grant| grant.of.id.as_str()));
    let has_reasons = picture.grants.iter().any(|grant| !grant.reason.is_empty());
    let may = picture.grants.iter().map(|grant| words(&grant.verbs));
    let may_width = if has_reasons { may.map(|it| it.len()).max().unwrap_or_default().max("may".len()) } else { 0 };
    let why = if has_reasons { "  why" } else { "" };
    writeln!(
        out,
        "{STRONG}{:<who_width$}  {:<secret_width$}  value  {:<may_width$}{why}{STRONG:#}",
        "who", "secret", "may"
    )?;
    for (place, name) in names.iter().enumerate() {
        let mut grants = picture.of_subject(place).peekable();
        if grants.peek().is_none() {
            writeln!(out, "{name:<who_width$}  {:<secret_width$}  -      nothing", "-")?;
        }
        for grant in grants {
            let value = if grant.reads_value() { "sees" } else { "-" };
            write!(out, "{name:<who_width$}  {:<secret_width$}  {value:<5}  ", grant.of.id)?;
            verbs(out, &grant.verbs)?;
            if !grant.reason.is_empty() {
                let gap = may_width.saturating_sub(words(&grant.verbs).len());
                write!(out, "{:gap$}  {}", "", one_line(grant.reason))?;
            }
            writeln!(out)?;
        }
    }
    purposes(out, picture, &names, who_width)
}

/// Prints what the handlers are for, if the spec says it.
fn purposes(out: &mut dyn Write, picture: &Picture<'_>, names: &[String], width: usize) -> io::Result<()> {
    let subjects = picture.subjects.iter().zip(names);
    let mut described = subjects.filter(|(subject, _)| !subject.description().is_empty()).peekable();
    if described.peek().is_some() {
        writeln!(out, "\n{STRONG}{:<width$}  purpose{STRONG:#}", "handler")?;
    }
    described.try_for_each(|(subject, name)| writeln!(out, "{name:<width$}  {}", one_line(subject.description())))
}

fn who(subject: &ReportSubject<'_>) -> String {
    match subject {
        ReportSubject::Handler(handler) => handler.name.clone(),
        ReportSubject::Principal(_) => format!("{} {subject}", subject.kind()),
    }
}

fn widest<'a>(head: &'a str, cells: impl Iterator<Item = &'a str>) -> usize {
    cells.chain([head]).map(str::len).max().unwrap_or_default()
}

fn verbs(out: &mut dyn Write, verbs: &[Verb]) -> io::Result<()> {
    for (place, verb) in verbs.iter().enumerate() {
        let style = match verb.effect() {
            Effect::Read => ADDED,
            Effect::Describe => HINT,
            Effect::Write => WRITES,
            Effect::Delete => REMOVED,
        };
        write!(out, "{}{style}{}{style:#}", if place == 0 { "" } else { ", " }, word(*verb))?;
    }
    Ok(())
}
