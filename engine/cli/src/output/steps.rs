//! Output about the steps of a command, and those of `test`.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::{ADDED, ERROR, HINT, hint, quoted};

/// Announces a step of `test`.
pub fn step_starts(err: &mut dyn Write, step: &str) -> io::Result<()> {
    writeln!(err, "{HINT}==> {step}{HINT:#}")?;
    err.flush()
}

/// Reports that a step of `test` has passed.
pub fn step_passed(err: &mut dyn Write, step: &str, time: Duration) -> io::Result<()> {
    writeln!(err, "{ADDED}    {step} passed{ADDED:#} in {:.1} s", time.as_secs_f64())
}

/// Reports that a step of `test` is skipped, because something is missing.
pub fn step_skipped(err: &mut dyn Write, step: &str, why: &str, how: &str) -> io::Result<()> {
    writeln!(err, "    {step} SKIPPED: {why}")?;
    hint(err, how)
}

/// Reports that a step of `test` installs something, which takes a while once.
pub fn installs(err: &mut dyn Write, what: &str, place: &str) -> io::Result<()> {
    writeln!(err, "    installing `{what}` in `{place}`, once; this takes a minute or two")?;
    err.flush()
}

/// Reports which provider Terraform uses, and where it was found.
pub fn provider_used(err: &mut dyn Write, version: &str, package: &Path, place: &str) -> io::Result<()> {
    writeln!(err, "    provider: hashicorp/aws {version} of {place}, `{}`", package.display())
}

/// Reports that a step of `test` has failed.
pub fn step_failed(
    err: &mut dyn Write,
    step: &str,
    environment: &[(&str, &str)],
    program: &str,
    arguments: &[&str],
) -> io::Result<()> {
    writeln!(err, "{ERROR}    {step} failed{ERROR:#}")?;
    let variables = environment.iter().map(|(name, value)| format!("{name}={}", quoted(Path::new(value))));
    let words: Vec<String> =
        variables.chain([program.to_owned()]).chain(arguments.iter().map(ToString::to_string)).collect();
    hint(err, &format!("run it alone: `{}`", words.join(" ")))
}

/// Prints the outcome of `test`.
pub fn steps_summary(err: &mut dyn Write, failed: &[&str]) -> io::Result<()> {
    match failed {
        [] => writeln!(err, "\n{ADDED}all steps passed{ADDED:#}"),
        _ => writeln!(err, "\n{ERROR}failed:{ERROR:#} {}", failed.join(", ")),
    }
}
