//! What `check-plan` says.

use std::io::{self, Write};

use serde::Serialize;

use super::{ERROR, HINT, count};
use crate::Exit;
use crate::planned::{Finding, Kind};

/// What was found in a plan.
pub struct Report<'a> {
    /// All of it.
    pub findings: Vec<Finding>,
    /// The kinds that pass.
    pub allowed: &'a [Kind],
}

impl Report<'_> {
    fn fails(&self, finding: &Finding) -> bool {
        !finding.kind.is_note() && !self.allowed.contains(&finding.kind)
    }

    /// How the command ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let failing: Vec<_> = self.findings.iter().filter(|finding| self.fails(finding)).collect();
        match failing.iter().any(|finding| finding.kind.widens()) {
            true => Exit::Widened,
            false if failing.is_empty() => Exit::Done,
            false => Exit::Stale,
        }
    }

    /// For people.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, finding) in self.findings.iter().enumerate() {
            let Finding { kind, place, what } = finding;
            let style = if self.fails(finding) { ERROR } else { HINT };
            writeln!(out, "{style}{}:{style:#} `{place}`: {what}", kind.word())?;
            // Sorted by kind: the way out is the same for all of one.
            if self.findings.get(index + 1).is_none_or(|next| next.kind != *kind) {
                super::hint(out, kind.hint())?;
            }
        }
        Ok(())
    }

    /// How it ends.
    pub fn summary(&self, err: &mut dyn Write) -> io::Result<()> {
        let number = self.findings.iter().filter(|finding| self.fails(finding)).count();
        let notes = self.findings.iter().filter(|finding| finding.kind.is_note()).count();
        if number > 0 {
            return writeln!(err, "\nthe plan has {} that the spec does not want", count(number, "thing"));
        }
        if notes > 0 {
            return writeln!(err, "\nthe plan is as the spec says, as far as it is known before the apply");
        }
        writeln!(err, "the plan is as the spec says")
    }

    /// For programs.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = self.findings.iter().map(|finding| JsonFinding {
            kind: finding.kind.word(),
            fails: self.fails(finding),
            place: &finding.place,
            what: &finding.what,
            hint: finding.kind.hint(),
        });
        let result = match self.exit() {
            Exit::Done => "as_the_spec_says",
            Exit::Widened => "wider",
            _ => "different",
        };
        serde_json::to_writer_pretty(&mut *out, &JsonReport { result, findings: findings.collect() })?;
        writeln!(out)
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    result: &'static str,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    /// One of the words of [`Kind::word`].
    kind: &'static str,
    /// Whether the command fails for it.
    fails: bool,
    place: &'a str,
    what: &'a str,
    hint: &'static str,
}
