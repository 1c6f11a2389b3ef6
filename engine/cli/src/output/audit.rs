//! Output of `audit`.

use std::io::{self, Write};

use super::{ADDED, ERROR, HINT, Mark, count, hint};
use crate::audit::{Coverage, Ending, Extent, Level, NOT_LOOKED_AT, Report};
use crate::iam::MAX_MANAGED_POLICY;

const WARNING: Mark = Mark::YellowStrong;

/// Prints all listed findings to standard output.
pub fn findings(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for (finding, accepted) in report.findings() {
        let (style, word) = match (accepted, finding.rule.level()) {
            (true, _) => (HINT, "accepted"),
            (false, Level::Error) => (ERROR, "error"),
            (false, Level::Warning) => (WARNING, "warning"),
        };
        let (place, message, rule) = (&finding.place, &finding.message, finding.rule.name());
        writeln!(out, "{style}{word}:{style:#} {place}: {message} [{rule}]")?;
        hint(out, &finding.hint)?;
    }
    for count in report.counts().filter(|count| count.all > count.listed) {
        writeln!(out, "and {} more of {}", count.all - count.listed, count.rule.name())?;
    }
    Ok(())
}

/// Prints the coverage and the outcome.
pub fn summary(err: &mut dyn Write, report: &Report, ending: &Ending) -> io::Result<()> {
    if let Ending::Failed { error, hint: way_out } = ending {
        writeln!(err, "{ERROR}error:{ERROR:#} {error}")?;
        hint(err, way_out)?;
    }
    if let (Some(site), Some(caller)) = (&report.site, &report.caller) {
        writeln!(err, "{site}, as {caller}")?;
    }
    covered(err, &report.coverage)?;
    let accepted = report.counts().filter(|count| count.accepted).map(|count| count.all).sum();
    let known = if accepted == 0 { String::new() } else { format!(", and {accepted} that {} accepted", are(accepted)) };
    match ending {
        Ending::Whole if report.open() == 0 => {
            writeln!(err, "{ADDED}the account is as the spec says{ADDED:#}{known}")
        }
        Ending::Whole => writeln!(err, "{ERROR}{}{ERROR:#}{known}", count(report.open(), "finding")),
        _ => {
            let so_far = count(report.open(), "finding");
            writeln!(err, "{ERROR}not everything was looked at:{ERROR:#} {so_far} so far{known}")
        }
    }
}

fn covered(err: &mut dyn Write, coverage: &Coverage) -> io::Result<()> {
    writeln!(err, "looked at {}", list(coverage.identities_read, coverage.identities, ("identity", "identities")))?;
    let own = format!("{} of them the spec's", coverage.own);
    writeln!(err, "looked at {}, {own}", list(coverage.secrets_read, coverage.secrets, ("secret", "secrets")))?;
    writeln!(
        err,
        "looked at the policies on {}, the versions of {}, and the values of {}",
        count(coverage.secret_policies, "secret"),
        coverage.versions,
        coverage.values
    )?;
    if coverage.skipped_policies > 0 {
        writeln!(err, "did not look at the policies on {}", count(coverage.skipped_policies, "member"))?;
    }
    writeln!(err, "did not look at {}", NOT_LOOKED_AT.join(", "))
}

/// `one` and `many` are singular and plural of what the list contains.
fn list(extent: Extent, read: usize, (one, many): (&str, &str)) -> String {
    match extent {
        Extent::Nothing => format!("no {one}"),
        Extent::Part => format!("{read} {}, not the whole list", if read == 1 { one } else { many }),
        Extent::Whole => format!("all {read} {many}"),
    }
}

const fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// Reports that this build cannot read an account.
#[cfg(not(feature = "live"))]
pub fn not_live(err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{ERROR}error:{ERROR:#} this build has no AWS SDK, so it cannot look at an account")?;
    hint(err, &format!("run `{} audit`, which is built with the feature `live`", crate::program::live()))
}

/// Reports that the policy needs a Region.
pub fn no_region(err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{ERROR}error:{ERROR:#} the policy names a Region, and none is given")?;
    hint(err, "pass `--region`, or set `AWS_REGION`")
}

/// Reports variables without a value that policies depend on.
#[cfg(feature = "live")]
pub fn no_value(err: &mut dyn Write, variables: &[String]) -> io::Result<()> {
    for variable in variables {
        writeln!(err, "{ERROR}error:{ERROR:#} the variable `{variable}` has no value, and policies depend on it")?;
        hint(err, &format!("pass `--var {variable}=VALUE`, or set `TF_VAR_{variable}`"))?;
    }
    Ok(())
}

/// Warns if the policy is too large for one document.
pub fn policy_size(err: &mut dyn Write, policy: &serde_json::Value) -> io::Result<()> {
    let size = policy.to_string().len();
    if size <= MAX_MANAGED_POLICY {
        return Ok(());
    }
    writeln!(
        err,
        "{WARNING}warning:{WARNING:#} it has {size} characters, and AWS takes {MAX_MANAGED_POLICY} in a policy"
    )?;
    hint(err, "give each of its statements a policy of its own, and split those that are still too long")
}
