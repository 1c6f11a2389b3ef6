//! The audit report as JSON and as SARIF 2.1.0.

use driftless_model::Spec;
use serde_json::{Value, json};

use super::finding::{AuditFinding, Place, Rule};
use super::keys::Keys;
use super::report::{NOT_LOOKED_AT, Report};
use crate::sarif::{document, rule, suppressions};

/// Outcome of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was read.
    Whole,
    /// The user interrupted it.
    Interrupted,
    /// It failed before everything was read.
    Failed {
        /// The error.
        error: String,
        /// What to do about it.
        hint: String,
    },
}

/// The report as one JSON document.
#[must_use]
pub fn json(report: &Report, ending: &Ending) -> Value {
    let result = match ending {
        Ending::Whole if report.open() == 0 => "clean",
        Ending::Whole => "found",
        Ending::Interrupted => "interrupted",
        Ending::Failed { .. } => "failed",
    };
    let mut document = json!({
        "result": result,
        "account": report.site.as_ref().map(|site| &site.account),
        "region": report.site.as_ref().map(|site| &site.region),
        "caller": report.caller,
        "findings": report.findings().into_iter().map(|(it, accepted)| entry(it, accepted)).collect::<Vec<_>>(),
        "unlisted": unlisted(report),
        "coverage": coverage(report),
    });
    if let Ending::Failed { error, hint } = ending {
        document["error"] = json!(error);
        document["hint"] = json!(hint);
    }
    document
}

fn entry(finding: &AuditFinding, accepted: bool) -> Value {
    json!({
        "rule": finding.rule.name(),
        "level": finding.rule.level().word(),
        "place": finding.place.id(),
        "message": finding.message,
        "hint": finding.hint,
        "accepted": accepted,
    })
}

/// The number of findings that are not listed, by rule name.
fn unlisted(report: &Report) -> Value {
    let mut unlisted = serde_json::Map::new();
    for count in report.counts().filter(|count| count.all > count.listed) {
        let before = unlisted.get(count.rule.name()).and_then(Value::as_u64).unwrap_or_default();
        unlisted.insert(count.rule.name().to_owned(), json!(before + (count.all - count.listed) as u64));
    }
    unlisted.into()
}

fn coverage(report: &Report) -> Value {
    let coverage = &report.coverage;
    json!({
        "whole": coverage.is_whole(),
        "identities_read": coverage.identities_read.word(),
        "secrets_read": coverage.secrets_read.word(),
        "identities": coverage.identities,
        "secrets": coverage.secrets,
        "own_secrets": coverage.own,
        "secret_policies": coverage.secret_policies,
        "skipped_policies": coverage.skipped_policies,
        "versions_counted": coverage.versions,
        "values_read": coverage.values,
        "not_looked_at": NOT_LOOKED_AT,
    })
}

/// The report as SARIF. SARIF files are often passed on to other services, so the names of family members are left
/// out.
#[must_use]
pub fn sarif(report: &Report, ending: &Ending, spec: &Spec, exit_code: u8) -> Value {
    let site = report.site.as_ref().map_or_else(String::new, |site| format!("{}/{}/", site.account, site.region));
    let rules: Vec<Value> = Rule::ALL.iter().map(|it| rule(it.name(), it.about(), it.level().word())).collect();
    let keys = Keys::of(spec);
    let results = report.findings().into_iter().map(|(it, accepted)| result(it, accepted, &keys, spec));
    let results = results.collect::<Vec<_>>();
    let run = json!({
        "automationDetails": { "id": format!("audit/{site}") },
        "invocations": [{
            "executionSuccessful": *ending == Ending::Whole,
            "exitCode": exit_code,
            "toolExecutionNotifications": notifications(report, ending, &keys),
        }],
        "results": results,
        "properties": { "coverage": coverage(report) },
    });
    document("audit", &rules, run)
}

fn result(finding: &AuditFinding, accepted: bool, keys: &Keys<'_>, spec: &Spec) -> Value {
    let place = finding.place.without_keys();
    let text = format!("{}; {}", keys.cut_from(&finding.message), keys.cut_from(&finding.hint));
    json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": finding.rule.level().word(),
        "message": { "text": format!("{place}: {text}") },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": spec.source }, "region": { "startLine": 1 } },
            "logicalLocations": [{ "fullyQualifiedName": place.id(), "kind": kind(&place) }],
        }],
        "partialFingerprints": { "ruleAndPlace/v1": format!("{}:{}", finding.rule.name(), place.id()) },
        "suppressions": suppressions(accepted),
    })
}

const fn kind(place: &Place) -> &'static str {
    match place {
        Place::Account => "namespace",
        Place::Identity { .. } | Place::Handler { .. } => "member",
        Place::Secret { .. } | Place::Member { .. } => "resource",
    }
}

fn notifications(report: &Report, ending: &Ending, keys: &Keys<'_>) -> Vec<Value> {
    let note = |level: &str, text: String| json!({ "level": level, "message": { "text": text } });
    let mut notes = match ending {
        Ending::Whole => Vec::new(),
        Ending::Interrupted => vec![note("warning", "interrupted before everything was looked at".into())],
        Ending::Failed { error, hint } => vec![note("error", format!("{}; {hint}", keys.cut_from(error)))],
    };
    notes.extend(report.counts().filter(|count| count.all > count.listed).map(|count| {
        let more = count.all - count.listed;
        note("note", format!("{more} more findings of {} are not listed", count.rule.name()))
    }));
    notes
}
