//! Output of `explain`.

use std::io::{self, Write};

use driftless_model::Spec;
use serde::Serialize;

use super::{ERROR, HINT};
use crate::denied::{Denial, DeniedResource, Explanation};

/// A denial with its explanation in terms of a spec.
pub type Explained<'a> = (&'a Spec, &'a Denial, Explanation<'a>);

/// Prints the explanations as text.
pub fn text(out: &mut dyn Write, explained: &[Explained<'_>]) -> io::Result<()> {
    for (index, (spec, denial, explanation)) in explained.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        for (label, fact) in explanation.facts(denial) {
            writeln!(out, "{label:<8} {fact}")?;
        }
        let advice = explanation.advice(spec, denial);
        writeln!(out, "{ERROR}fault{ERROR:#}    {}", advice.why)?;
        for step in advice.next {
            writeln!(out, "  {HINT}next:{HINT:#} {step}")?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct DenialsReport<'a> {
    result: &'static str,
    denials: Vec<DenialReport<'a>>,
}

/// Unknown fields are omitted.
#[derive(Serialize)]
struct DenialReport<'a> {
    /// The deployed name of the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    /// `cut-off`, `masked`, or `last` if the text ends with it. Omitted if the resource is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_is: Option<&'static str>,
    /// The ARN of the policy that denies the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    /// The id of the secret in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    /// The verbs that make the call.
    verbs: Vec<&'static str>,
    /// The verbs that the handler has on the secret.
    granted: Vec<&'static str>,
    is_granted: bool,
    /// What the handler is for, if the spec says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    /// Why the handler has the grant, if the spec says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// One of the words of [`Fault::word`](crate::denied::Fault::word).
    fault: &'static str,
    why: String,
    next: Vec<String>,
}

/// Prints the explanations as JSON.
pub fn json(out: &mut dyn Write, explained: &[Explained<'_>]) -> io::Result<()> {
    let denials = explained.iter().map(|explained| denial_report(explained));
    serde_json::to_writer_pretty(&mut *out, &DenialsReport { result: "explained", denials: denials.collect() })?;
    writeln!(out)
}

fn denial_report<'a>((spec, denial, explanation): &'a Explained<'_>) -> DenialReport<'a> {
    let advice = explanation.advice(spec, denial);
    DenialReport {
        handler: explanation.caller.handler().map(|handler| handler.name.as_str()),
        role: explanation.caller.role(),
        action: denial.action.as_deref(),
        resource: denial.resource.shown(),
        resource_is: match denial.resource {
            DeniedResource::Cut(_) => Some("cut-off"),
            DeniedResource::Masked(_) => Some("masked"),
            DeniedResource::Last(_) => Some("last"),
            DeniedResource::Whole(_) | DeniedResource::Unsaid => None,
        },
        policy: denial.policy.as_deref(),
        secret: explanation.secret.map(|secret| secret.id.as_str()),
        verbs: explanation.verbs.iter().map(|verb| verb.name()).collect(),
        granted: explanation.granted.iter().map(|verb| verb.name()).collect(),
        is_granted: explanation.is_granted(),
        purpose: explanation.purpose(),
        reason: explanation.reason(),
        fault: explanation.fault.word(),
        why: advice.why,
        next: advice.next,
    }
}
