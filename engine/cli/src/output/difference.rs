//! Output of `diff`.

mod sarif;

use std::io::{self, Write};

use serde::Serialize;

use super::{ADDED, ERROR, HINT, Mark, REMOVED, count};
use crate::access::{Change, Names, Side, Subject};
use crate::picture::{code, remarks, temporary_grants, word};

/// Differences between two versions of the spec.
pub struct DifferenceReport {
    /// The name of the older version.
    pub against: String,
    /// All differences.
    pub changes: Vec<Change>,
    /// Permissions that are new.
    pub widenings: Vec<Widening>,
    /// Accepted names that match no widening, each with a hint if a similar name exists.
    pub unused: Vec<(String, Option<String>)>,
    /// Changes that are decided by policies which are not compared.
    pub not_looked_at: Vec<String>,
}

/// A new permission.
#[derive(Serialize)]
pub struct Widening {
    /// The name by which it can be accepted.
    pub name: String,
    /// Whether it is accepted.
    pub is_accepted: bool,
    /// Whether it cannot be decided if this permission is new.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_undecided: bool,
}

impl DifferenceReport {
    /// Whether a certain widening is not accepted.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.open(false).next().is_some()
    }

    /// Whether an undecided widening is not accepted.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.open(true).next().is_some()
    }

    /// The widenings that are not accepted, either the undecided or the decided ones.
    fn open(&self, is_undecided: bool) -> impl Iterator<Item = &Widening> {
        self.widenings.iter().filter(move |widening| !widening.is_accepted && widening.is_undecided == is_undecided)
    }

    fn result(&self) -> &'static str {
        let mut widenings = self.widenings.iter();
        if self.changes.is_empty() {
            "same"
        } else if self.widenings.is_empty() {
            "narrowed"
        } else if widenings.any(|widening| !widening.is_undecided) {
            "widened"
        } else {
            "undecided"
        }
    }

    /// Prints the report as text.
    pub fn text(&self, out: &mut dyn Write, names: Names<'_>) -> io::Result<()> {
        for change in &self.changes {
            writeln!(out, "{}", title(change, names))?;
            for (side, sign, style) in [(&change.gained, '+', ADDED), (&change.lost, '-', REMOVED)] {
                lines(out, side, sign, style)?;
            }
        }
        Ok(())
    }

    /// Prints the outcome: which permissions are new, and how to accept them.
    pub fn summary(&self, err: &mut dyn Write) -> io::Result<()> {
        for (accepted, meant) in &self.unused {
            writeln!(err, "{HINT}note:{HINT:#} nothing widens by the name `{accepted}`, which was accepted")?;
            meant.iter().try_for_each(|meant| super::hint(err, meant))?;
        }
        self.not_looked_at.iter().try_for_each(|it| writeln!(err, "{HINT}not looked at:{HINT:#} {it}"))?;
        let against = &self.against;
        if self.changes.is_empty() {
            return writeln!(err, "no handler is allowed more or less than at {against}");
        }
        let [wider, undecided] = [false, true].map(|is_undecided| self.open(is_undecided).collect::<Vec<_>>());
        if wider.is_empty() && undecided.is_empty() {
            return match self.widenings.len() {
                0 => writeln!(err, "nothing is allowed that was not at {against}"),
                accepted => writeln!(err, "{} not allowed at {against}, and accepted", are_and_were(accepted)),
            };
        }
        for (word, open) in [("wider", &wider), ("undecided", &undecided)] {
            open.iter().try_for_each(|it| writeln!(err, "{ERROR}{word}:{ERROR:#} {}", it.name))?;
        }
        writeln!(err)?;
        if !wider.is_empty() {
            writeln!(err, "{} not allowed at {against}", are_and_were(wider.len()))?;
        }
        if !undecided.is_empty() {
            writeln!(err, "{} more than at {against}", may_be_allowed(undecided.len()))?;
        }
        super::hint(err, "have it reviewed, and pass each by `--accept NAME`")
    }

    /// Prints the report as Markdown for a pull request.
    pub fn markdown(&self, out: &mut dyn Write, names: Names<'_>) -> io::Result<()> {
        writeln!(out, "### Access compared with {}\n", code(&self.against))?;
        for it in &self.not_looked_at {
            writeln!(out, "- Not looked at: {it}")?;
        }
        if !self.not_looked_at.is_empty() {
            writeln!(out)?;
        }
        if self.changes.is_empty() {
            writeln!(out, "Nobody is allowed more or less.")?;
            return listed_remarks(out, names);
        }
        writeln!(out, "| who | secret | gains | loses |\n|---|---|---|---|")?;
        for change in &self.changes {
            let secret = change.secret.as_deref().map(|secret| code(names.secret(secret))).unwrap_or_default();
            let [gained, lost] = [&change.gained, &change.lost].map(|side| cells(side).join("<br>"));
            writeln!(out, "| {} | {secret} | {gained} | {lost} |", code(&change.subject.to_string()))?;
        }
        for is_undecided in [false, true] {
            let open: Vec<_> = self.open(is_undecided).collect();
            match (open.len(), is_undecided) {
                (0, _) => {}
                (number, false) => writeln!(out, "\n{} not allowed, to be accepted:\n", are_and_were(number))?,
                (number, true) => writeln!(out, "\n{} more, to be accepted:\n", may_be_allowed(number))?,
            }
            open.iter().try_for_each(|widening| writeln!(out, "- {}", code(&widening.name)))?;
        }
        writeln!(out, "\n<details><summary>In terms of IAM</summary>\n\n```diff")?;
        for change in &self.changes {
            writeln!(out, "  {}", title(change, names))?;
            for (side, sign) in [(&change.gained, '+'), (&change.lost, '-')] {
                for terms in &side.terms {
                    writeln!(out, "{sign}   {terms}")?;
                }
            }
        }
        writeln!(out, "```\n\n</details>")?;
        listed_remarks(out, names)
    }

    /// Prints the report as JSON.
    pub fn json(&self, out: &mut dyn Write, names: Names<'_>) -> io::Result<()> {
        let changes = self.changes.iter().map(|change| JsonChange {
            kind: kind(&change.subject),
            name: subject_name(&change.subject),
            secret: change.secret.as_deref(),
            secret_id: change.secret.as_deref().map(|stored| names.secret(stored)),
            gained: JsonSide::of(&change.gained),
            lost: JsonSide::of(&change.lost),
        });
        let report = JsonDifference {
            result: self.result(),
            against: &self.against,
            changes: changes.collect(),
            widenings: &self.widenings,
            not_looked_at: &self.not_looked_at,
            temporary_grants: temporary_grants(names.0),
            remarks: remarks(names.0),
        };
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }
}

/// Prints the remarks on the current spec.
fn listed_remarks(out: &mut dyn Write, names: Names<'_>) -> io::Result<()> {
    let remarks = remarks(names.0);
    if !remarks.is_empty() {
        writeln!(out)?;
    }
    remarks.iter().try_for_each(|remark| writeln!(out, "- {remark}"))
}

fn lines(out: &mut dyn Write, side: &Side, sign: char, style: Mark) -> io::Result<()> {
    for verb in &side.verbs {
        writeln!(out, "  {style}{sign} {}{style:#}", word(*verb))?;
    }
    for terms in &side.terms {
        writeln!(out, "    {style}{sign} {terms}{style:#}")?;
    }
    Ok(())
}

fn title(change: &Change, names: Names<'_>) -> String {
    let who = change.subject.to_string();
    match change.secret.as_deref() {
        Some(stored) if !matches!(change.subject, Subject::Secret(_)) => {
            let id = names.secret(stored);
            if id == stored { format!("{who}: `{stored}`") } else { format!("{who}: {id} (`{stored}`)") }
        }
        _ => who,
    }
}

const fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Role(_) => "role",
        Subject::Trust(_) => "trust",
        Subject::Secret(_) => "secret",
        Subject::Function(_) => "function",
    }
}

fn subject_name(subject: &Subject) -> &str {
    match subject {
        Subject::Role(name) | Subject::Trust(name) | Subject::Secret(name) | Subject::Function(name) => name,
    }
}

/// Returns `1 thing is allowed that was` or `2 things are allowed that were`.
fn are_and_were(number: usize) -> String {
    let (are, were) = if number == 1 { ("is", "was") } else { ("are", "were") };
    format!("{} {are} allowed that {were}", count(number, "thing"))
}

/// Returns `of 1 thing it cannot be decided whether it allows`.
fn may_be_allowed(number: usize) -> String {
    let it_allows = if number == 1 { "it allows" } else { "they allow" };
    format!("of {} it cannot be decided whether {it_allows}", count(number, "thing"))
}

/// The verbs of a side, followed by the IAM terms that belong to no verb.
fn cells(side: &Side) -> Vec<String> {
    let verbs = side.verbs.iter().map(|verb| word(*verb));
    verbs.chain(side.beside_verbs().map(|terms| code(&terms.to_string()))).collect()
}

#[derive(Serialize)]
struct JsonDifference<'a> {
    /// `same`, `narrowed`, `undecided` or `widened`, whether accepted or not.
    result: &'static str,
    against: &'a str,
    changes: Vec<JsonChange<'a>>,
    widenings: &'a [Widening],
    /// Changes that are decided by policies which are not compared.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_looked_at: &'a [String],
    /// Number of temporary grants, which exist only for the time of a migration.
    temporary_grants: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct JsonChange<'a> {
    /// `role`, `trust`, `secret` or `function`.
    kind: &'static str,
    name: &'a str,
    /// The stored name, with `*` for the key of a family.
    secret: Option<&'a str>,
    secret_id: Option<&'a str>,
    gained: JsonSide<'a>,
    lost: JsonSide<'a>,
}

#[derive(Serialize)]
struct JsonSide<'a> {
    verbs: Vec<&'static str>,
    iam: Vec<JsonTerms<'a>>,
}

#[derive(Serialize)]
struct JsonTerms<'a> {
    action: &'a str,
    resource: &'a str,
    principal: Option<&'a str>,
    remark: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_undecided: bool,
}

impl<'a> JsonSide<'a> {
    fn of(side: &'a Side) -> Self {
        let iam = side.terms.iter().map(|terms| JsonTerms {
            action: &terms.action,
            resource: &terms.resource,
            principal: terms.principal.as_deref(),
            remark: terms.remark.as_deref(),
            is_undecided: terms.is_undecided,
        });
        Self { verbs: side.verbs.iter().map(|verb| verb.name()).collect(), iam: iam.collect() }
    }
}
