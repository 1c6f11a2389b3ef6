//! What `explain` says.

use std::io::{self, Write};

use paypulse_runtime::model::Spec;
use serde::Serialize;

use super::{ERROR, HINT};
use crate::denied::{Caller, Denial, Explanation};

/// A denial, explained on a spec.
pub type Explained<'a> = (&'a Spec, &'a Denial, Explanation<'a>);

/// For people.
pub fn text(out: &mut dyn Write, explained: &[Explained<'_>]) -> io::Result<()> {
    for (index, (spec, denial, explanation)) in explained.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        for (label, fact) in explanation.facts(denial) {
            writeln!(out, "{label:<8} {fact}")?;
        }
        writeln!(out, "{ERROR}fault{ERROR:#}    {}", explanation.why(denial))?;
        for step in explanation.next(spec, denial) {
            writeln!(out, "  {HINT}next:{HINT:#} {step}")?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Report<'a> {
    result: &'static str,
    denials: Vec<DenialReport<'a>>,
}

/// What is not known is left out.
#[derive(Serialize)]
struct DenialReport<'a> {
    /// The handler's deployed name.
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    /// The secret's id in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    /// Those that make the call.
    verbs: Vec<&'static str>,
    /// Those that the handler has on the secret.
    granted: Vec<&'static str>,
    is_granted: bool,
    /// One of the words of [`Fault::word`](crate::denied::Fault::word).
    fault: &'static str,
    why: String,
    next: Vec<String>,
}

/// For programs.
pub fn json(out: &mut dyn Write, explained: &[Explained<'_>]) -> io::Result<()> {
    let denials = explained.iter().map(|(spec, denial, explanation)| DenialReport {
        handler: explanation.caller.handler().map(|handler| handler.name.as_str()),
        role: match &explanation.caller {
            Caller::Handler { role, .. } | Caller::Misplaced { role, .. } | Caller::OtherRole { role, .. } => {
                Some(role)
            }
            Caller::Other(_) | Caller::Unsaid => None,
        },
        action: denial.action.as_deref(),
        resource: denial.resource.as_deref(),
        secret: explanation.secret.map(|secret| secret.id.as_str()),
        verbs: explanation.verbs.iter().map(|verb| verb.name()).collect(),
        granted: explanation.granted.iter().map(|verb| verb.name()).collect(),
        is_granted: explanation.is_granted(),
        fault: explanation.fault.word(),
        why: explanation.why(denial),
        next: explanation.next(spec, denial),
    });
    serde_json::to_writer_pretty(&mut *out, &Report { result: "explained", denials: denials.collect() })?;
    writeln!(out)
}
