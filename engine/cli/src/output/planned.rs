//! Output of `check-plan`.

use std::io::{self, Write};

use serde::Serialize;

use super::{ERROR, HINT, count};
use crate::Exit;
use crate::planned::{Accepted, Finding, Kind, PlanShape};

/// Findings of a plan.
pub struct PlanReport<'a> {
    shape: &'a PlanShape,
    /// All findings, each with whether it passes.
    findings: Vec<(Finding, bool)>,
}

impl<'a> PlanReport<'a> {
    /// A report in which findings of the `allowed` kinds and the `accepted` findings pass. An entry of `accepted` that
    /// matches no finding is reported.
    #[must_use]
    pub fn new(shape: &'a PlanShape, findings: Vec<Finding>, allowed: &[Kind], accepted: &[Accepted]) -> Self {
        let passes = |finding: &Finding| {
            finding.kind.is_note() || allowed.contains(&finding.kind) || accepted.iter().any(|it| it.takes(finding))
        };
        let unused = accepted.iter().filter(|accepted| !findings.iter().any(|finding| accepted.takes(finding)));
        let unused: Vec<Finding> = unused
            .map(|accepted| Finding {
                kind: Kind::AcceptUnused,
                place: accepted.to_string(),
                what: "nothing in this plan is accepted by it".to_owned(),
            })
            .collect();
        let all = findings.into_iter().chain(unused);
        Self {
            shape,
            findings: all.map(|finding| (passes(&finding), finding)).map(|(passes, it)| (it, passes)).collect(),
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.failing().any(|finding| finding.kind.widens()) {
            return Exit::Widened;
        }
        if self.failing().next().is_some() { Exit::Stale } else { Exit::Done }
    }

    fn failing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|(_, passes)| !passes).map(|(finding, _)| finding)
    }

    /// Prints the report as text: the kind of plan, then the findings.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for remark in self.shape.remarks() {
            writeln!(out, "{remark}")?;
        }
        for (index, (finding, passes)) in self.findings.iter().enumerate() {
            let Finding { kind, place, what } = finding;
            let style = if *passes { HINT } else { ERROR };
            let accepted = if *passes && !kind.is_note() { " (accepted)" } else { "" };
            writeln!(out, "{style}{}{accepted}:{style:#} `{place}`: {what}", kind.word())?;
            // Findings are sorted by kind, and all findings of a kind have the same hint.
            if self.findings.get(index + 1).is_none_or(|(next, _)| next.kind != *kind) {
                super::hint(out, &kind.hint())?;
            }
        }
        Ok(())
    }

    /// Prints the outcome.
    pub fn summary(&self, err: &mut dyn Write) -> io::Result<()> {
        let undecided = self.failing().filter(|finding| finding.kind == Kind::Undecided).count();
        let number = self.failing().count() - undecided;
        let than = if self.shape.is_partial { "this part of a plan" } else { "the plan" };
        let notes = self.findings.iter().any(|(finding, _)| finding.kind == Kind::AfterApply);
        match (number, undecided) {
            (0, 0) if notes => writeln!(err, "\n{than} is as the spec says, as far as it is known before the apply"),
            (0, 0) if !self.shape.is_whole() => writeln!(err, "\nwhat is in this plan is as the spec says"),
            (0, 0) => writeln!(err, "{than} is as the spec says"),
            (0, undecided) => writeln!(err, "\n{than} has {} that cannot be decided", count(undecided, "thing")),
            (number, 0) => writeln!(err, "\n{than} has {} that the spec does not want", count(number, "thing")),
            (number, undecided) => writeln!(
                err,
                "\n{than} has {} that the spec does not want, and {undecided} that cannot be decided",
                count(number, "thing")
            ),
        }
    }

    /// Prints the report as JSON.
    pub fn json(&self, out: &mut dyn Write, of_spec: &[String]) -> io::Result<()> {
        let findings = self.findings.iter().map(|(finding, passes)| JsonFinding {
            kind: finding.kind.word(),
            fails: !passes,
            place: &finding.place,
            what: &finding.what,
            hint: finding.kind.hint(),
        });
        let is_undecided = |finding: &Finding| finding.kind == Kind::Undecided;
        let result = match self.exit() {
            Exit::Done => "as_the_spec_says",
            Exit::Widened => "wider",
            _ if self.failing().all(is_undecided) => "undecided",
            _ => "different",
        };
        let report = JsonPlan {
            result,
            plan: self.shape.word(),
            remarks: [self.shape.remarks(), of_spec.to_vec()].concat(),
            findings: findings.collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }
}

#[derive(Serialize)]
struct JsonPlan<'a> {
    /// `as_the_spec_says`, `undecided`, `different` or `wider`.
    result: &'static str,
    /// One of the words of [`PlanShape::word`].
    plan: &'static str,
    remarks: Vec<String>,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    /// One of the words of [`Kind::word`].
    kind: &'static str,
    /// Whether the command fails because of it.
    fails: bool,
    place: &'a str,
    what: &'a str,
    hint: String,
}
