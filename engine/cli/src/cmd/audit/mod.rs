//! `audit`: reports where a live AWS account differs from the spec. The account is read by `live`, which exists only
//! in builds with the feature of that name; every build can print the IAM policy that the audit needs.

#[cfg(feature = "live")]
mod live;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use driftless_model::{KmsKey, Prefixes, Role, Spec, closest, is_region, meant_region, shown};

use super::options::SpecOption;
use super::{failed, named, spec_file};
use crate::audit::{self, AcceptedFindings, Site};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {live} audit                                    look at the account of the environment's credentials
  {live} audit --accept 'outside-reach:role/Admin*'
                                                            these may reach the secrets, and that is known
  {live} audit --format sarif > audit.sarif       for code scanning
  {program} audit --policy --account 123456789012 --region eu-west-1
                                                            the policy that the audit's own role needs

It makes calls that only look, each at most `--rate` times a second, and never prints a value. With `--read-values` it
reads values too, and AWS then takes each of them for read today: no member is stale for a while.

Exit codes: 0 nothing found, 1 internal, 2 usage (no Region, no credentials, or not allowed to look), 4 something is
not as the spec says, 5 a principal can do more than the spec says, 100 the spec has problems, 130 interrupted";

/// Report where a live account differs from the spec
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct AuditAccount {
    /// Print the read-only policy that it needs, and look at nothing
    #[arg(long, requires = "account")]
    policy: bool,
    /// The account that the policy is for
    #[arg(long, value_name = "ID", requires = "policy", value_parser = account)]
    account: Option<String>,
    /// The Region, instead of the one in the environment
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// Also read values, to see whether they are the payloads that the spec says
    #[arg(long)]
    read_values: bool,
    /// Do not read the policy on each member of a family, which takes a call a member
    #[arg(long)]
    no_member_policies: bool,
    /// Report family members that were not read for this long: days `d`, weeks `w` or hours `h`
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = period)]
    stale_after: Duration,
    /// The maximum number of calls per second
    #[arg(long, value_name = "CALLS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    #[command(flatten)]
    spec: SpecOption,
    /// The value of a variable of the Terraform, such as the name of a role that exists already; else `TF_VAR_NAME` is taken
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Accepted findings, which do not count; `*` stands for any text
    #[arg(long = "accept", value_name = "RULE:PLACE", value_parser = AcceptedFindings::from_str)]
    accepted: Vec<AcceptedFindings>,
    /// How to report: for people, one JSON document for programs, or SARIF for code scanning
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    format: AuditFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AuditFormat {
    Text,
    Json,
    Sarif,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &AuditAccount, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (spec, problems) = match spec_file::read(command.spec.path(), context) {
        Ok(read) => read,
        Err(error) => return failed(&error, &spec_file::hint(), false, streams),
    };
    if !problems.is_empty() {
        output::problems(streams.err, &problems)?;
        return Ok(Exit::Problems);
    }
    let spec = match command.environment(&spec) {
        Ok(spec) => spec,
        Err(fault) => return failed(&fault, &fault.hint(), false, streams),
    };
    if command.policy { command.print_policy(&spec, streams) } else { look(command, &spec, context, streams) }
}

#[cfg(feature = "live")]
use live::look;

/// Tells the user how to run a build that can read an account.
#[cfg(not(feature = "live"))]
fn look(_: &AuditAccount, _: &Spec, _: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::audit::not_live(streams.err)?;
    Ok(Exit::Usage)
}

/// The environment to audit is missing or not one of the spec's.
#[derive(Debug, thiserror::Error)]
enum AuditFault {
    #[error("the spec has an environment for each prefix, and the variable `{variable}` that chooses one has no value")]
    NoPrefix { variable: String, values: Vec<String> },
    #[error("{} is not a prefix that the spec declares", shown(given))]
    BadPrefix { given: String, variable: String, values: Vec<String> },
}

impl AuditFault {
    fn hint(&self) -> String {
        if let Self::BadPrefix { given, variable, values } = self
            && let Some(close) = closest(given, values.iter().map(String::as_str))
        {
            return named::did_you_mean(&format!("--var {variable}={close}"));
        }
        let (Self::NoPrefix { variable, values } | Self::BadPrefix { variable, values, .. }) = self;
        let values: Vec<_> = values.iter().map(|value| format!("`--var {variable}={value}`")).collect();
        format!("pass {}", values.join(" or "))
    }
}

impl AuditAccount {
    /// The spec of the chosen environment; the whole spec if it declares no prefixes.
    fn environment<'s>(&self, spec: &'s Spec) -> Result<Cow<'s, Spec>, AuditFault> {
        let Some(Prefixes { variable, values }) = &spec.prefixes else { return Ok(Cow::Borrowed(spec)) };
        let (variable, values) = (variable.clone(), values.clone());
        match self.value(&variable) {
            None => Err(AuditFault::NoPrefix { variable, values }),
            Some(given) if values.contains(&given) => Ok(Cow::Owned(spec.under(&given))),
            Some(given) => Err(AuditFault::BadPrefix { given, variable, values }),
        }
    }

    fn print_policy(&self, spec: &Spec, streams: &mut Streams<'_>) -> io::Result<Exit> {
        let region = self.region.clone().or_else(|| std::env::var("AWS_REGION").ok().filter(|it| region(it).is_ok()));
        let (Some(region), Some(account)) = (region, self.account.clone()) else {
            output::audit::no_region(streams.err)?;
            return Ok(Exit::Usage);
        };
        let policy = audit::policy(spec, &Site { region, account }, self.read_values, &self.given(spec));
        serde_json::to_writer_pretty(&mut *streams.out, &policy)?;
        writeln!(streams.out)?;
        output::audit::policy_size(streams.err, &policy)?;
        Ok(Exit::Done)
    }

    /// The values that are given for the variables on which the policies depend.
    fn given(&self, spec: &Spec) -> BTreeMap<String, String> {
        variables(spec).into_iter().filter_map(|name| Some((name.to_owned(), self.value(name)?))).collect()
    }

    /// The value of a Terraform variable: from the command line, otherwise from the environment (`TF_VAR_…`).
    fn value(&self, name: &str) -> Option<String> {
        let given = self.variables.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone());
        given.or_else(|| std::env::var(format!("TF_VAR_{name}")).ok())
    }
}

/// The variables on which the policies depend: names of existing roles, and ARNs of KMS keys and clusters.
fn variables(spec: &Spec) -> BTreeSet<&str> {
    let roles = spec.handlers.iter().filter_map(|handler| match &handler.role {
        Role::Existing { variable } => Some(variable.as_str()),
        Role::Created => None,
    });
    let keys = spec.secrets.iter().filter_map(|secret| match secret.kms_key.as_ref()? {
        KmsKey::Variable { variable } => Some(variable.as_ref()),
        KmsKey::Alias { .. } => None,
    });
    let created = spec.handlers.iter().filter(|handler| handler.role == Role::Created);
    let clusters = created.filter_map(|handler| handler.options.principal.cluster());
    roles.chain(keys).chain(clusters).collect()
}

pub(super) fn account(text: &str) -> Result<String, &'static str> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("an account has twelve digits") }
}

pub(super) fn region(text: &str) -> Result<String, String> {
    match meant_region(text) {
        Some(meant) => Err(format!("did you mean `{meant}`?")),
        None if is_region(text) => Ok(text.to_owned()),
        None => Err("a Region is words and a number, such as `eu-west-1`".to_owned()),
    }
}

/// Parses `90d`, `12w`, `36h`.
fn period(text: &str) -> Result<Duration, &'static str> {
    let bad = "it is a number with `d`, `w` or `h` behind it, such as `90d`";
    let (number, hours) = match text.char_indices().last() {
        Some((end, 'h')) => (&text[..end], 1),
        Some((end, 'd')) => (&text[..end], 24),
        Some((end, 'w')) => (&text[..end], 24 * 7),
        _ => return Err(bad),
    };
    let is_number = !number.is_empty() && number.len() <= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = if is_number { number.parse().map_err(|_| bad)? } else { return Err(bad) };
    Ok(Duration::from_hours(number * hours))
}

pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{} is not `NAME=VALUE`", shown(text)))?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_number_with_its_unit() {
        for (text, hours) in [("90d", 2160), ("1w", 168), ("36h", 36), ("0d", 0), ("99999w", 16_799_832)] {
            assert_eq!(period(text), Ok(Duration::from_hours(hours)), "{text}");
        }
        for text in ["", "d", "90", "90m", "-1d", "1.5d", "+1d", "123456d", "9²d", "90D", "1dd"] {
            assert!(period(text).is_err(), "{text}");
        }
    }
}
