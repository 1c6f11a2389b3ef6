//! The access table of `access` for a terminal.

use std::io::{self, Write};

use driftless_model::{Effect, Verb};

use super::{ADDED, HINT, Mark, REMOVED};
use crate::picture::{Picture, Subject, word};

const STRONG: Mark = Mark::Strong;
const WRITES: Mark = Mark::Yellow;

/// Prints one line per subject and secret, in columns.
pub fn table(out: &mut dyn Write, picture: &Picture<'_>) -> io::Result<()> {
    let names: Vec<String> = picture.subjects.iter().map(who).collect();
    let who_width = widest("who", names.iter().map(String::as_str));
    let secret_width = widest("secret", picture.grants.iter().map(|grant| grant.of.id.as_str()));
    writeln!(out, "{STRONG}{:<who_width$}  {:<secret_width$}  may{STRONG:#}", "who", "secret")?;
    for (place, name) in names.iter().enumerate() {
        let mut grants = picture.of_subject(place).peekable();
        if grants.peek().is_none() {
            writeln!(out, "{name:<who_width$}  {:<secret_width$}  nothing", "-")?;
        }
        for grant in grants {
            write!(out, "{name:<who_width$}  {:<secret_width$}  ", grant.of.id)?;
            verbs(out, &grant.verbs)?;
        }
    }
    Ok(())
}

fn who(subject: &Subject<'_>) -> String {
    match subject {
        Subject::Handler(handler) => handler.name.clone(),
        Subject::Principal(_) => format!("{} {subject}", subject.kind()),
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
    writeln!(out)
}
