//! `gen-infra`: writes the Terraform that a spec asks for, or checks that it is written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use paypulse_runtime::model::{Delivery, Problem, SecretSpec, Spec};

use super::{DIRECTORY_HINT, Format, failed, spec_file};
use crate::files::{self, Written};
use crate::output::{self, Streams};
use crate::plan::{self, Action};
use crate::shape::shapes;
use crate::{Context, Exit, labels, render};

const EXAMPLES: &str = "\
Examples:
  cargo xtask gen-infra                                 write terraform/ as the compiled spec says
  cargo xtask gen-infra --check                         change nothing; exit with 4 if a file is stale
  cargo xtask gen-infra --spec spec.json --out build    render an exported spec

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 100 the spec has problems or something is in the way";

/// Write the Terraform that the spec asks for
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct GenInfra {
    /// Change nothing: show what is stale as a diff, and exit with 4
    #[arg(long)]
    check: bool,
    /// Write to this directory in place of `terraform/`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Render this exported spec, as `cargo xtask spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "out")]
    spec: Option<PathBuf>,
    /// How to report: for people, or one JSON document for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Where the files go, and the secrets whose values enter the state.
type Target<'a> = (&'a Path, &'a [&'a str]);

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &GenInfra, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let dir = command.out.clone().unwrap_or_else(|| context.terraform_dir.clone());
    let (spec, mut problems) = match spec_file::read(command.spec.as_deref(), context) {
        Ok(read) => read,
        Err(error) => return failed(&error, spec_file::HINT, command.format == Format::Json, streams),
    };
    let wanted = if problems.is_empty() {
        render::files(&spec)
    } else {
        problems.extend(labels::check(&spec));
        problems.extend(shapes(&spec).err().unwrap_or_default());
        Err(problems)
    };
    match wanted {
        Ok(wanted) => {
            let in_state = in_state(&spec);
            compare(command, context, (&dir, &in_state), wanted, streams)
        }
        Err(problems) => {
            output::problems(streams.err, &problems)?;
            command.report(streams, "problems", (&dir, &[]), &BTreeMap::new(), &problems)?;
            Ok(Exit::Problems)
        }
    }
}

/// The secrets whose values enter the state.
fn in_state(spec: &Spec) -> Vec<&str> {
    let in_state = |secret: &&SecretSpec| matches!(secret.owner.delivery(), Some(Delivery::InState { .. }));
    spec.secrets.iter().filter(in_state).map(|secret| secret.id.as_str()).collect()
}

fn compare(
    command: &GenInfra,
    context: &Context<'_>,
    (dir, in_state): Target<'_>,
    wanted: BTreeMap<String, String>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let found = match files::read(dir, &render::HEADERS, |name| wanted.contains_key(name)) {
        Ok(found) => found,
        Err(error) => return failed(&error, DIRECTORY_HINT, command.format == Format::Json, streams),
    };
    let actions = plan::compare(wanted, found);
    if actions.values().any(|action| matches!(action, Action::Refuse(_))) {
        output::obstacles(streams.err, dir, &actions)?;
        command.report(streams, "refused", (dir, in_state), &actions, &[])?;
        return Ok(Exit::Problems);
    }
    let target = (dir, in_state);
    if command.check {
        check(command, target, &actions, streams)
    } else {
        write(command, context, target, &actions, streams)
    }
}

fn check(
    command: &GenInfra,
    (dir, in_state): Target<'_>,
    actions: &BTreeMap<String, Action>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let fresh = actions.values().all(|action| *action == Action::Keep);
    if command.format == Format::Text {
        output::diffs(streams.out, dir, actions)?;
    }
    output::check_summary(streams.err, actions, "spec", &command.without_check())?;
    output::values::in_state(streams.err, in_state)?;
    command.report(streams, if fresh { "fresh" } else { "stale" }, (dir, in_state), actions, &[])?;
    Ok(if fresh { Exit::Done } else { Exit::Stale })
}

fn write(
    command: &GenInfra,
    context: &Context<'_>,
    (dir, in_state): Target<'_>,
    actions: &BTreeMap<String, Action>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    match files::write(dir, &render::HEADERS, actions, context.interrupted) {
        Err(error) => failed(&error, DIRECTORY_HINT, command.format == Format::Json, streams),
        Ok(Written::Interrupted) => {
            output::interrupted(streams.err, "nothing was written")?;
            command.report(streams, "interrupted", (dir, in_state), actions, &[])?;
            Ok(Exit::Interrupted)
        }
        Ok(Written::All) => {
            output::write_summary(streams.err, dir, actions)?;
            output::values::in_state(streams.err, in_state)?;
            command.report(streams, "written", (dir, in_state), actions, &[])?;
            Ok(Exit::Done)
        }
    }
}

impl GenInfra {
    fn report(
        &self,
        streams: &mut Streams<'_>,
        result: &'static str,
        (dir, in_state): Target<'_>,
        actions: &BTreeMap<String, Action>,
        problems: &[Problem],
    ) -> io::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => output::report(streams.out, result, dir, in_state, actions, problems),
        }
    }

    /// The command line that writes what this one checks.
    fn without_check(&self) -> String {
        let flags = [("--spec", &self.spec), ("--out", &self.out)];
        let given =
            flags.iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", output::quoted(value.as_ref()?))));
        format!("cargo xtask gen-infra{}", given.collect::<String>())
    }
}
