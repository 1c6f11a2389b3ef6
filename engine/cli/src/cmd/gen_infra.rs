//! `gen-infra`: writes the Terraform of a spec, or checks that it is up to date.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use driftless_model::{Delivery, Problem, SecretSpec, Spec, lint};

use super::generated::{Ended, Generated};
use super::{Format, failed, spec_file};
use crate::output::{self, Streams};
use crate::plan::{Action, Obstacle};
use crate::program;
use crate::render::{self, Rendering};
use crate::shape::shapes;
use crate::{Context, Exit, labels};

const EXAMPLES: &str = "\
Examples:
  {program} gen-infra                                 write terraform/ as the compiled spec says
  {program} gen-infra --check                         change nothing; exit with 4 if a file is stale
  {program} gen-infra --spec spec.json --out build    render an exported spec
  {program} gen-infra --spec secrets.toml --out build render a spec that is written as TOML

Only files with a name and a first line that it writes are overwritten or deleted. Files of
values (`*.tfvars`) are never opened, and a `.gitignore` of yours is not changed.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 100 the spec has problems or something is in the way";

/// Write the Terraform that the spec asks for
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct GenInfra {
    /// Change nothing: show what is stale as a diff, and exit with 4
    #[arg(long)]
    check: bool,
    /// Write to this directory instead of `terraform/`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Render this exported spec, as `{program} spec` prints it: JSON, or TOML if its name ends in `.toml`; `-` reads standard
    /// input
    #[arg(long, value_name = "FILE", requires = "out")]
    spec: Option<PathBuf>,
    /// How to report: for people, or one JSON document for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &GenInfra, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let dir = command.out.clone().unwrap_or_else(|| context.terraform_dir.clone());
    let (spec, mut problems) = match spec_file::read(command.spec.as_deref(), context) {
        Ok(read) => read,
        Err(error) => return failed(&error, &spec_file::hint(), command.format == Format::Json, streams),
    };
    let mut step = context.steps.begin("rendering");
    let wanted = if problems.is_empty() {
        Rendering::of(&spec).map_err(|mut problems| {
            spec_file::locate(command.spec.as_deref(), context, &mut problems);
            problems
        })
    } else {
        let mut more = labels::check(&spec);
        more.extend(shapes(&spec).err().unwrap_or_default());
        spec_file::locate(command.spec.as_deref(), context, &mut more);
        problems.extend(more);
        Err(problems)
    };
    step.found(wanted.as_ref().map(|wanted| wanted.names().join(", ")).unwrap_or_default());
    drop(step);
    match wanted {
        Ok(wanted) => command.settle((&dir, &spec), &wanted, context, streams),
        Err(problems) => {
            output::problems(streams.err, &problems)?;
            command.report(streams, "problems", &[], &BTreeMap::new(), (&problems, &[]))?;
            Ok(Exit::Problems)
        }
    }
}

/// If the directory has a hand-written `.gitignore`, which is kept: names the generated lines that it lacks.
fn hint_at_ignored(
    ignored: &str,
    dir: &Path,
    actions: &BTreeMap<String, Action>,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let path = dir.join(render::GITIGNORE);
    let own = match actions.get(render::GITIGNORE) {
        Some(Action::Leave(Obstacle::HandWritten)) => fs::read(&path).unwrap_or_default(),
        // Git reads nothing from a `.gitignore` that is not a regular file.
        Some(Action::Leave(_)) => Vec::new(),
        _ => return Ok(()),
    };
    let missing = render::missing_from(ignored, &String::from_utf8_lossy(&own));
    output::left(streams.err, &path, &missing)
}

/// If this program is newer than the spec requires, stale files can have another reason than a change of the spec.
fn hint_at_version(spec: &Spec, streams: &mut Streams<'_>) -> io::Result<()> {
    let Some((least, own)) = spec.required_older_version() else { return Ok(()) };
    let what = format!(
        "this program is version {own}, and the spec requires version {least} or later: if the spec has not changed since these \
         files were written, version {own} writes them differently. Write them with it, and set `required_version = \">= {own}\"` in the \
         spec, so that an older program does not write them back"
    );
    output::note(streams.err, &what)
}

/// Secrets whose values are stored in the Terraform state.
fn in_state(spec: &Spec) -> Vec<&str> {
    let in_state = |secret: &&SecretSpec| matches!(secret.owner.delivery(), Some(Delivery::InState { .. }));
    spec.secrets.iter().filter(in_state).map(|secret| secret.id.as_str()).collect()
}

impl GenInfra {
    /// Whether the command works on files of the workspace.
    pub(crate) const fn needs_root(&self) -> bool {
        self.out.is_none()
    }

    fn settle(
        &self,
        (dir, spec): (&Path, &Spec),
        wanted: &Rendering<'_>,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Exit> {
        let is_json = self.format == Format::Json;
        let files = Generated { dir, set: render::OWN, check: self.check, is_json };
        let (actions, ended) = match files.settle(wanted, context, streams)? {
            Ok(settled) => settled,
            Err(exit) => return Ok(exit),
        };
        let in_state = in_state(spec);
        match ended {
            Ended::Fresh | Ended::Stale => {
                output::check_summary(streams.err, &actions, "spec", &self.without_check())?;
                if ended == Ended::Stale {
                    hint_at_version(spec, streams)?;
                }
                output::values::in_state(streams.err, &in_state)?;
            }
            Ended::Written => {
                output::write_summary(streams.err, dir, &actions)?;
                output::values::in_state(streams.err, &in_state)?;
            }
            Ended::Refused | Ended::Interrupted => {}
        }
        if matches!(ended, Ended::Fresh | Ended::Stale | Ended::Written) {
            hint_at_ignored(&wanted.text(render::GITIGNORE), dir, &actions, streams)?;
            output::remarks(streams.err, spec)?;
        }
        let mut warnings = lint::warnings(spec);
        spec_file::locate(self.spec.as_deref(), context, &mut warnings);
        output::warnings(streams.err, &warnings)?;
        self.report(streams, ended.word(), &in_state, &actions, (&[], &warnings))?;
        Ok(ended.exit())
    }

    fn report(
        &self,
        streams: &mut Streams<'_>,
        result: &'static str,
        in_state: &[&str],
        actions: &BTreeMap<String, Action>,
        problems: (&[Problem], &[Problem]),
    ) -> io::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => output::report(streams.out, result, in_state, actions, problems),
        }
    }

    /// The command line that writes what `--check` found stale.
    fn without_check(&self) -> String {
        let flags = [("--spec", &self.spec), ("--out", &self.out)];
        let given =
            flags.iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", output::quoted(value.as_ref()?))));
        format!("{} gen-infra{}", program::name(), given.collect::<String>())
    }
}
