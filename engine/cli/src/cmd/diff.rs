//! `diff`: reports which permissions a change of the spec adds and removes.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use driftless_model::{Problem, Spec, closest};

use super::git::{self, GitError};
use super::options::SpecOption;
use super::{failed, named, spec_file};
use crate::access::{Access, Known, Module, Named, Names, NotHcl, Outside, REGION, difference, is_accepted};
use crate::input::Unreadable;
use crate::output::difference::{DifferenceReport, Widening};
use crate::output::{self, Streams};
use crate::{Context, Exit, labels, render};

const EXAMPLES: &str = "\
Examples:
  {program} diff                                   against the commit where this branch left main
  {program} diff --against v1.4                    against a tag, a branch or any other commit
  {program} diff --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  {program} diff --accept reader:Token:store       let this widening pass
  {program} diff --accept reader                   let every widening of this handler pass

What is compared is what the generated policies mean, of the spec now and of the files as they were committed.
Notes say which keys, boundaries and rotation functions are others than before: policies elsewhere decide about these.

Exit codes: 0 nothing widens that is not accepted, 1 internal, 2 usage, 4 undecided, 5 something widens, \
100 the spec has problems";

/// Report which access a change of the spec adds and removes, and fail if it adds any
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    /// The commit to compare with; without one, where this branch left `main`
    #[arg(long, value_name = "REF")]
    against: Option<String>,
    /// Compare with this exported spec, and ask git nothing
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    against_spec: Option<PathBuf>,
    /// Let a widening pass, by its name or what its name begins with; can be given again
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,
    /// The directory of the generated files, instead of `terraform/`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    spec: SpecOption,
    /// How to report: for people, as one JSON document, for a pull request, or for code scanning
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    Text,
    Json,
    Markdown,
    Sarif,
}

#[derive(Debug, thiserror::Error)]
enum DiffFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("the files of {name} cannot be read")]
    NotHcl { name: String, source: NotHcl },
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

impl DiffFault {
    fn hint(&self) -> String {
        match self {
            Self::Unreadable(_) | Self::Spec(_) => return spec_file::hint(),
            Self::Git(GitError::NoCommit { .. }) => "fetch it, or pass another by `--against REF`",
            Self::Git(_) => "pass a commit by `--against REF`, or a spec by `--against-spec FILE`",
            Self::NotHcl { .. } => "compare with a commit whose files were generated, by `--against REF`",
        }
        .to_owned()
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Diff, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match command.compare(context) {
        Ok((report, spec)) => command.report(&report, Names(&spec), streams),
        Err(DiffFault::Spec(problems)) => {
            output::problems(streams.err, &problems)?;
            Ok(Exit::Problems)
        }
        Err(fault) => failed(&fault, &fault.hint(), command.format == DiffFormat::Json, streams),
    }
}

impl Diff {
    /// Whether the command works on files of the workspace.
    pub(crate) const fn needs_root(&self) -> bool {
        self.dir.is_none() && self.against_spec.is_none()
    }

    fn compare(&self, context: &Context<'_>) -> Result<(DifferenceReport, Spec), DiffFault> {
        let (spec, problems) = spec_file::read(self.spec.path(), context)?;
        let new = allowed(&spec, problems, context)?;
        let (against, old) = match &self.against_spec {
            Some(path) => {
                let (old, problems) = spec_file::exported(path, context)?;
                (path.display().to_string(), allowed(&old, problems, context)?)
            }
            None => self.committed(&spec, context)?,
        };
        let names = Names(&spec);
        let mut step = context.steps.begin("comparing");
        let changes = difference(&old.access, &new.access).changes;
        let not_looked_at = new.outside.changed_from(&old.outside);
        step.found(format_args!("{} differ", changes.len()));
        let widenings =
            changes.iter().flat_map(|change| names.widenings(change)).map(|Named { name, is_undecided }| Widening {
                is_accepted: is_accepted(&name, &self.accept),
                name,
                is_undecided,
            });
        let widenings: Vec<Widening> = widenings.collect();
        let unused =
            |accepted: &&String| !widenings.iter().any(|it| is_accepted(&it.name, std::slice::from_ref(accepted)));
        let unused = self.accept.iter().filter(unused);
        let unused = unused.map(|accepted| (accepted.clone(), meant_by(accepted, &widenings))).collect();
        Ok((DifferenceReport { against, changes, widenings, unused, not_looked_at }, spec))
    }

    /// What the generated files of a commit allow, and the name of the commit.
    fn committed(&self, spec: &Spec, context: &Context<'_>) -> Result<(String, AllowedChange), DiffFault> {
        let dir = self.dir.as_deref().unwrap_or(&context.terraform_dir);
        let mut step = context.steps.begin("asking git");
        let commit = git::commit(dir, self.against.as_deref())?;
        let mut files = git::terraform_files(dir, &commit)?;
        files.retain(|name, text| render::OWN.names.contains(&name.as_str()) && render::is_generated(text));
        step.found(format_args!("{} at {}", output::count(files.len(), "generated file"), commit.hash));
        let name = format!("{} ({})", commit.name, commit.hash.get(..12).unwrap_or(&commit.hash));
        let module = Module::read(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let module = module.map_err(|source| DiffFault::NotHcl { name: name.clone(), source })?;
        Ok((name, AllowedChange::by(&module, spec)))
    }

    fn report(&self, report: &DifferenceReport, names: Names<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
        let exit = match (report.widens(), report.is_undecided()) {
            (true, _) => Exit::Widened,
            (false, true) => Exit::Stale,
            (false, false) => Exit::Done,
        };
        match self.format {
            DiffFormat::Text => report.text(streams.out, names)?,
            DiffFormat::Json => report.json(streams.out, names)?,
            DiffFormat::Markdown => report.markdown(streams.out, names)?,
            DiffFormat::Sarif => writeln!(streams.out, "{:#}", report.sarif(&names.0.source, exit as u8))?,
        }
        if self.format == DiffFormat::Text {
            output::remarks(streams.err, names.0)?;
        }
        report.summary(streams.err)?;
        Ok(exit)
    }
}

/// Suggests a value of `--accept` for one that matches no widening.
fn meant_by(accepted: &str, widenings: &[Widening]) -> Option<String> {
    let whole_parts = |name: &'_ Widening| -> Vec<String> {
        let ends = name.name.match_indices(':').map(|(end, _)| end).chain([name.name.len()]);
        ends.map(|end| name.name[..end].to_owned()).collect()
    };
    let names: Vec<String> = widenings.iter().flat_map(whole_parts).collect();
    closest(accepted, names.iter().map(String::as_str)).map(named::did_you_mean)
}

/// What a module allows, and which policies outside it also decide.
struct AllowedChange {
    access: Access,
    outside: Outside,
}

impl AllowedChange {
    fn by(module: &Module, spec: &Spec) -> Self {
        let known = placeholders(spec);
        Self { access: module.access(&known), outside: Outside::of(module, &known) }
    }
}

/// What the policies of a spec allow.
fn allowed(spec: &Spec, mut problems: Vec<Problem>, context: &Context<'_>) -> Result<AllowedChange, DiffFault> {
    if !problems.is_empty() {
        problems.extend(labels::check(spec));
        return Err(DiffFault::Spec(problems));
    }
    let step = context.steps.begin("rendering");
    let module = Module::rendered(spec).map_err(DiffFault::Spec)?;
    drop(step);
    let _step = context.steps.begin("comparing what is allowed");
    Ok(AllowedChange::by(&module, spec))
}

/// Placeholders for the parts of an ARN that no spec contains. They are the same on both sides of the comparison, so
/// their values do not matter. Names are compared without the prefix of an environment.
fn placeholders(spec: &Spec) -> Known {
    let prefix = spec.prefixes.iter().map(|prefixes| (format!("var.{}", prefixes.variable), ""));
    [
        ("data.aws_partition.current.partition", "PARTITION"),
        ("data.aws_partition.current.dns_suffix", "DNS_SUFFIX"),
        (REGION, "REGION"),
        // Files of earlier versions use this reference, and are compared too.
        ("data.aws_region.current.region", "REGION"),
        ("data.aws_caller_identity.current.account_id", "ACCOUNT"),
    ]
    .into_iter()
    .map(|(reference, word)| (reference.to_owned(), word))
    .chain(prefix)
    .map(|(reference, word)| (reference, word.into()))
    .collect()
}
