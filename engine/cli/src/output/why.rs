//! Output of `why`.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Component, Path};

use driftless_model::{Verb, shown};
use serde::Serialize;
use serde_json::Value;

use super::{ADDED, ERROR, HINT, note, one_line};
use crate::why::{Allowing, Answer, Environment, GrantFound, Question, Ruling, line_of_grant};

/// A larger file is not the source of a spec.
const MAX_SOURCE: u64 = 16 * 1024 * 1024;

/// What is printed.
pub struct Shown<'a> {
    /// The environment.
    pub environment: &'a Environment<'a>,
    /// The question.
    pub question: &'a Question<'a>,
    /// The answer.
    pub answer: &'a Answer<'a>,
    /// The workspace with the source of the spec, if it is known.
    pub root: Option<&'a Path>,
}

/// Prints the answer as text.
pub fn text(out: &mut dyn Write, it: &Shown<'_>) -> io::Result<()> {
    let Shown { question, answer, .. } = it;
    let role = shown(&answer.role.role);
    let what = format!("{} on {}", shown(&question.action), shown(&answer.resource));
    match &answer.ruling {
        Ruling::Allowed { by, grants } => {
            writeln!(out, "{ADDED}allowed{ADDED:#}   the role {role} may perform {what}")?;
            for grant in it.grants(grants) {
                writeln!(out, "grant     {}", grant.in_words())?;
            }
            by.iter().try_for_each(|it| allowing(out, it))?;
            it.notes().iter().try_for_each(|text| note(out, text))
        }
        Ruling::Denied(cause) => {
            writeln!(out, "{ERROR}denied{ERROR:#}    the role {role} may not perform {what}")?;
            writeln!(out, "why       {}", cause.why())?;
            cause.next(&it.environment.spec).iter().try_for_each(|step| writeln!(out, "  {HINT}next:{HINT:#} {step}"))
        }
        Ruling::Undecided { on, why } => {
            writeln!(out, "{ERROR}undecided{ERROR:#} whether the role {role} may perform {what}")?;
            let names: Vec<String> = on.iter().map(|it| shown(it.split('#').next().unwrap_or(it))).collect();
            writeln!(out, "why       it depends on {}: {why}", names.join(", "))?;
            writeln!(out, "  {HINT}next:{HINT:#} {}", to_decide(on))
        }
    }
}

/// What shows the answer.
fn to_decide(on: &[String]) -> &'static str {
    if on.iter().any(|policy| policy.starts_with("var.")) {
        "look at the policies that the variable names: nothing else allows it"
    } else {
        "pass the value of the variable by `--var NAME=VALUE`, or the name of the secret that the key encrypts"
    }
}

fn allowing(out: &mut dyn Write, it: &Allowing) -> io::Result<()> {
    if it.statement.is_null() {
        return writeln!(out, "policy    {}, which is outside the spec", shown(&it.policy));
    }
    writeln!(out, "policy    {}, statement {} in `iam.tf`", shown(&it.policy), it.number)?;
    it.conditions.iter().try_for_each(|condition| writeln!(out, "only if   {condition}"))
}

/// A grant, and where the spec has it.
#[derive(Serialize)]
struct Grant<'a> {
    handler: &'a str,
    secret: &'a str,
    verbs: Vec<Verb>,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Why it is granted, if the spec says it.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

impl Grant<'_> {
    fn in_words(&self) -> String {
        let verbs: Vec<&str> = self.verbs.iter().map(|verb| verb.name()).collect();
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let (handler, secret, place) = (shown(self.handler), self.secret, shown(&format!("{}{line}", self.source)));
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", one_line(self.reason)) };
        format!("`{secret}: {}` of {handler} in {place}{reason}", verbs.join(", "))
    }
}

impl<'a> Shown<'a> {
    fn grants(&self, found: &'a [GrantFound<'a>]) -> Vec<Grant<'a>> {
        let spec = &self.environment.whole;
        let text = self.root.and_then(|root| source(root, &spec.source));
        let one = |grant: &'a GrantFound<'a>| Grant {
            line: text.as_deref().and_then(|text| line_of_grant(text, &grant.handler.id, &grant.secret.id)),
            handler: &grant.handler.id,
            secret: &grant.secret.id,
            verbs: grant.verbs.clone(),
            source: &spec.source,
            reason: grant.reason,
        };
        found.iter().map(one).collect()
    }

    fn notes(&self) -> Vec<String> {
        let role = &self.answer.role;
        let boundary = role.boundary.iter().map(|boundary| {
            let boundary = boundary.trim_start_matches("${").trim_end_matches('}');
            format!("the role has the permissions boundary of {}, if one is set: it can deny this", shown(boundary))
        });
        let existing = role.address.is_none().then(|| {
            "the role exists already: its other policies and its permissions boundary are not in these files".to_owned()
        });
        boundary.chain(existing).collect()
    }
}

/// The text of a Rust source below a directory.
fn source(root: &Path, path: &str) -> Option<String> {
    let path = Path::new(path);
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !is_below || path.extension()? != "rs" || root.as_os_str().is_empty() {
        return None;
    }
    let mut text = String::new();
    File::open(root.join(path)).ok()?.take(MAX_SOURCE).read_to_string(&mut text).ok()?;
    Some(text)
}

#[derive(Serialize)]
struct WhyReport<'a> {
    result: &'static str,
    /// The name of the role; `${var.NAME}` if a variable names it.
    role: &'a str,
    /// The id of the handler.
    handler: &'a str,
    action: &'a str,
    resource: &'a str,
    /// The id of the secret in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    prefix: &'a str,
    grants: Vec<Grant<'a>>,
    statements: Vec<Allows<'a>>,
    /// One of the words of [`Cause::word`](crate::why::Cause::word).
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Allows<'a> {
    policy: &'a str,
    number: usize,
    #[serde(skip_serializing_if = "Value::is_null")]
    statement: &'a Value,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    conditions: &'a [String],
}

/// Prints the answer as JSON.
pub fn json(out: &mut dyn Write, it: &Shown<'_>) -> io::Result<()> {
    let Shown { environment, question, answer, .. } = it;
    let mut report = WhyReport {
        result: "allowed",
        role: &answer.role.role,
        handler: &question.handler.id,
        action: &question.action,
        resource: &answer.resource,
        secret: answer.secret.map(|secret| secret.id.as_str()),
        prefix: environment.prefix,
        grants: Vec::new(),
        statements: Vec::new(),
        cause: None,
        why: None,
        next: Vec::new(),
        notes: Vec::new(),
    };
    match &answer.ruling {
        Ruling::Allowed { by, grants } => {
            report.grants = it.grants(grants);
            report.statements = by.iter().map(statement).collect();
            report.notes = it.notes();
        }
        Ruling::Denied(cause) => {
            (report.result, report.cause, report.why) = ("denied", Some(cause.word()), Some(cause.why()));
            report.next = cause.next(&environment.spec);
        }
        Ruling::Undecided { on, why } => {
            (report.result, report.why, report.next) = ("undecided", Some(why.clone()), vec![to_decide(on).to_owned()]);
        }
    }
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn statement(it: &Allowing) -> Allows<'_> {
    Allows { policy: &it.policy, number: it.number, statement: &it.statement, conditions: &it.conditions }
}
