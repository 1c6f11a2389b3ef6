//! Output of `import`: what happens to each resource, notes, and next steps.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::Path;

use driftless_model::Problem;
use serde::Serialize;

use super::generated::state;
use super::{ERROR, FileReport, HINT, count, hint, quoted};
use crate::adopt::{Address, Adoption, AdoptionStep, How};
use crate::plan::Action;

/// Prints the problems that must be solved first.
pub fn problems(err: &mut dyn Write, problems: &[Problem]) -> io::Result<()> {
    for problem in problems {
        writeln!(err, "{ERROR}error:{ERROR:#} {problem}")?;
        hint(err, &problem.hint)?;
    }
    let (number, verb) = (problems.len(), if problems.len() == 1 { "stands" } else { "stand" });
    writeln!(err, "\n{} {verb} in the way; nothing was written", count(number, "problem"))
}

/// Prints notes and numbers. The generated file lists the resources.
pub fn summary(err: &mut dyn Write, adoption: &Adoption) -> io::Result<()> {
    for note in &adoption.notes {
        writeln!(err, "{HINT}note:{HINT:#} {note}")?;
        hint(err, &note.hint)?;
    }
    for open in &adoption.undecided {
        writeln!(err, "{ERROR}undecided:{ERROR:#} {open}")?;
        hint(err, &open.hint)?;
    }
    let number = |is: fn(&How) -> bool| adoption.steps.iter().filter(|step| is(&step.how)).count();
    writeln!(
        err,
        "{} imported, {} moved, {} forgotten; {} in place, {} for the first apply to create",
        number(|how| matches!(how, How::Import { .. })),
        number(|how| matches!(how, How::Move { .. })),
        adoption.forgotten.len(),
        number(|how| *how == How::Managed),
        number(|how| *how == How::Create),
    )
}

/// Reports whether the file is up to date.
pub fn check_summary(err: &mut dyn Write, actions: &BTreeMap<String, Action>) -> io::Result<()> {
    for (name, action) in actions.iter().filter(|(_, action)| action.changes()) {
        writeln!(err, "{ERROR}stale:{ERROR:#} `{name}` {}", state(action))?;
        hint(err, "run the same command without `--check`")?;
    }
    Ok(())
}

/// Prints what to do with the written file.
pub fn next(err: &mut dyn Write, adoption: &Adoption, dir: &Path) -> io::Result<()> {
    let moved = adoption.steps.iter().filter_map(|step| match &step.how {
        How::Move { from } => Some(from.without_keys()),
        How::Managed | How::Import { .. } | How::Create => None,
    });
    let declared: HashSet<&Address> = adoption.steps.iter().map(|step| &step.address).collect();
    let elsewhere = moved.chain(adoption.forgotten.iter().map(|forgotten| forgotten.from.clone()));
    let mut elsewhere: BTreeSet<Address> = elsewhere.filter(|address| !declared.contains(address)).collect();
    let is_import = |step: &AdoptionStep| matches!(step.how, How::Import { .. });
    let has_imports = adoption.steps.iter().any(is_import);
    let is_in_place = elsewhere.is_empty() && !has_imports && adoption.handed_over.is_empty();
    if is_in_place && adoption.is_settled() {
        return writeln!(err, "nothing is left to take over");
    }
    // Of blocks with instances that stay, a note says what to do.
    let is_whole = |address: &Address| !adoption.shared_blocks.contains(address);
    elsewhere.retain(is_whole);
    let handed_over: BTreeSet<Address> = adoption.handed_over.iter().filter(|it| is_whole(it)).cloned().collect();
    if !elsewhere.is_empty() {
        addresses(err, "delete these from the configuration that has them:", &elsewhere)?;
    }
    if !handed_over.is_empty() {
        let what = "put `removed` blocks with `destroy = false` in the place of these in the other configuration:";
        addresses(err, what, &handed_over)?;
    }
    let dir = quoted(dir);
    let of_secrets = if adoption.keeps_secrets() {
        "of the secrets that exist it must change nothing"
    } else {
        "of the secrets that exist it must change no more than the notes say"
    };
    let destroys = adoption.notes.iter().any(|note| note.lint == "destroyed");
    let then = if destroys { "apply it only if what it destroys is meant to go" } else { "then apply it" };
    hint(err, &format!("read `terraform -chdir={dir} plan`: {of_secrets}; {then}"))
}

fn addresses(err: &mut dyn Write, what: &str, addresses: &BTreeSet<Address>) -> io::Result<()> {
    hint(err, what)?;
    addresses.iter().try_for_each(|address| writeln!(err, "        {address}"))
}

/// The result as JSON.
#[derive(Serialize)]
struct AdoptionReport<'a> {
    /// `fresh`, `stale`, `written`, `interrupted`, `refused` or `problems`.
    result: &'static str,
    /// The file, if it exists or existed.
    files: Vec<FileReport<'a>>,
    /// Every resource of the rendered Terraform.
    resources: Vec<ResourceReport<'a>>,
    /// Addresses that are removed from the state.
    forgotten: Vec<String>,
    /// Addresses to be removed from the state of the other configuration.
    handed_over: Vec<String>,
    notes: &'a [Problem],
    /// Questions that cannot be decided.
    undecided: &'a [Problem],
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct ResourceReport<'a> {
    address: String,
    /// `managed`, `move`, `import` or `create`.
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

/// Writes the result as JSON.
pub fn report(
    out: &mut dyn Write,
    result: &'static str,
    actions: &BTreeMap<String, Action>,
    adoption: &Adoption,
) -> io::Result<()> {
    let resources = adoption.steps.iter().map(|step| {
        let (how, from, id) = match &step.how {
            How::Managed => ("managed", None, None),
            How::Move { from } => ("move", Some(from.to_string()), None),
            How::Import { id } => ("import", None, Some(id.as_str())),
            How::Create => ("create", None, None),
        };
        ResourceReport { address: step.address.to_string(), how, from, id }
    });
    let report = AdoptionReport {
        result,
        files: actions.iter().map(|(name, action)| FileReport::new(name, action)).collect(),
        resources: resources.collect(),
        forgotten: adoption.forgotten.iter().map(|it| it.from.to_string()).collect(),
        handed_over: adoption.handed_over.iter().map(ToString::to_string).collect(),
        notes: &adoption.notes,
        undecided: &adoption.undecided,
        problems: &adoption.problems,
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
