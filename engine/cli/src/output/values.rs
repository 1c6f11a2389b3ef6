//! Output about the values of secrets: which are stored in the state, and which have changed.

use std::io::{self, Write};
use std::path::Path;

use driftless_model::shown;

use super::{ADDED, ERROR, HINT, count, hint};
use crate::values::VersionFinding;

/// Maximum number of secrets named in a line.
const SHOWN: usize = 10;

/// Notes which secrets' values are stored in the state.
pub fn in_state(err: &mut dyn Write, secrets: &[&str]) -> io::Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = secrets.iter().take(SHOWN).map(|secret| shown(secret)).collect();
    let more = secrets.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let values = if secrets.len() == 1 { "value" } else { "values" };
    let enter = if secrets.len() == 1 { "enters" } else { "enter" };
    writeln!(err, "{HINT}note:{HINT:#} the {values} of {}{more} {enter} the Terraform state", names.join(", "))?;
    hint(err, "protect the state, or let the owner be `terraform(write_only(…))`")
}

/// Reports variables without a value, which cannot get their first version.
pub fn missing(err: &mut dyn Write, variables: &[&str]) -> io::Result<()> {
    for variable in variables {
        writeln!(err, "{ERROR}error:{ERROR:#} `{variable}` has neither a value here nor a version")?;
        hint(
            err,
            &format!("put it into `terraform.tfvars`, name its file by `--var-file FILE`, or set `TF_VAR_{variable}`"),
        )?;
    }
    writeln!(err, "\nnothing was written")
}

/// Reports what was done for one variable.
pub fn written(err: &mut dyn Write, variable: &str, finding: VersionFinding, keep: bool) -> io::Result<()> {
    let raised = |err: &mut dyn Write, why: &str| writeln!(err, "{ADDED}raised{ADDED:#} `{variable}`: {why}");
    match finding {
        VersionFinding::Same | VersionFinding::Missing => Ok(()),
        VersionFinding::Changed if keep => writeln!(err, "{HINT}kept{HINT:#} `{variable}`: its value has changed"),
        VersionFinding::Changed => raised(err, "its value has changed"),
        VersionFinding::New => writeln!(err, "{ADDED}counted{ADDED:#} `{variable}`: it had no version"),
        VersionFinding::Unseen if keep => {
            writeln!(err, "{HINT}kept{HINT:#} `{variable}`: this machine had not seen its value before")
        }
        VersionFinding::Unseen => raised(err, "this machine had not seen its value before, so it may have changed"),
        VersionFinding::NotGiven => writeln!(err, "{HINT}kept{HINT:#} `{variable}`: no value is given here"),
    }
}

/// Prints how many versions have changed.
pub fn write_summary(
    err: &mut dyn Write,
    path: &Path,
    findings: impl Iterator<Item = VersionFinding>,
    removed: usize,
    keep: bool,
) -> io::Result<()> {
    let (mut changed, mut kept) = (0, 0);
    for finding in findings {
        let is_changed = finding == VersionFinding::New
            || (!keep && matches!(finding, VersionFinding::Changed | VersionFinding::Unseen));
        *(if is_changed { &mut changed } else { &mut kept }) += 1;
    }
    let removed = if removed == 0 { String::new() } else { format!(", {removed} removed") };
    writeln!(err, "{changed} changed, {kept} as before{removed}")?;
    if changed > 0 || !removed.is_empty() {
        // What the generated `.gitignore` does not keep out of git.
        let is_let_through = [".auto.tfvars.json", "-versions.tfvars.json"].iter().any(|end| name_ends_in(path, end));
        let forced = if is_let_through { "" } else { ", with `git add -f`: the `.gitignore` has its name" };
        hint(err, &format!("commit `{}` before the apply{forced}", path.display()))?;
    }
    Ok(())
}

fn name_ends_in(path: &Path, end: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end))
}

/// Reports the result of `--check` for one variable.
pub fn checked(err: &mut dyn Write, variable: &str, finding: VersionFinding) -> io::Result<()> {
    let what = match finding {
        VersionFinding::Same => return Ok(()),
        VersionFinding::Changed => "has another value than its version says",
        VersionFinding::New => "has no version",
        VersionFinding::Unseen => "may have changed: this machine has not seen its value before",
        VersionFinding::NotGiven | VersionFinding::Missing => "may have changed: no value is given here",
    };
    if finding.is_stale() {
        writeln!(err, "{ERROR}stale:{ERROR:#} `{variable}` {what}")
    } else {
        writeln!(err, "{HINT}unknown:{HINT:#} `{variable}` {what}")
    }
}

/// Reports a version whose variable the spec no longer has.
pub fn leftover(err: &mut dyn Write, variable: &str) -> io::Result<()> {
    writeln!(err, "{ERROR}stale:{ERROR:#} `{variable}` is no longer a variable of the spec")
}

/// Prints the outcome of `--check`, and the command that updates the versions.
pub fn check_summary(err: &mut dyn Write, counted: usize, stale: usize, repair: &str) -> io::Result<()> {
    if stale == 0 {
        return writeln!(err, "no version of {} has to change", count(counted, "value"));
    }
    writeln!(
        err,
        "\n{} to change",
        if stale == 1 { "1 version has".to_owned() } else { format!("{stale} versions have") }
    )?;
    hint(err, &format!("run `{repair}` and commit what it writes"))
}
