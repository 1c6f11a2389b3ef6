//! `value-versions`: increases the version of each write-only value that has changed.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use driftless_model::{Delivery, Spec};
use zeroize::Zeroizing;

use super::{locked, spec_file};
use crate::labels::version_variable;
use crate::lock::Use;
use crate::output::{self, Streams};
use crate::program;
use crate::shape::{PayloadShape, shapes};
use crate::values::{
    Digests, GivenError, GivenValues, Item, VersionFinding, VersionsError, decide, digests_path, read_versions,
    versions_text,
};
use crate::{Context, Exit, files, staged};

const VERSIONS_FILE: &str = "value-versions.auto.tfvars.json";

const DIRECTORY_HINT: &str = "pass a directory that you may write to by `--dir DIR`";

const SOURCES_HINT: &str = "correct it; values are read as Terraform reads them, from the files of the directory, from those that \
    `--var-file` names, and from `TF_VAR_…`";

const EXAMPLES: &str = "\
Examples:
  {program} value-versions                          after a value has changed: before the apply, and into the commit
  {program} value-versions --check                  change nothing; exit with 4 if a value changed and its version did not
  {program} value-versions --var-file prod.tfvars --versions prod-versions.tfvars.json
                                                      for values that `terraform apply -var-file` takes

A version says when its value was last seen to change. What tells is a digest of each value, salted and slow, in
`.terraform/` on this machine alone. A value that this machine has not seen before gets another version, which at worst
writes the same value once more; with --keep it keeps its own.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 100 the spec has problems or something is in the way";

/// Increase the version of each write-only value that has changed
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ValueVersions {
    /// Change nothing: say what has changed, and exit with 4
    #[arg(long)]
    check: bool,
    /// Keep the versions: the values on this machine are those that were applied
    #[arg(long, conflicts_with = "check")]
    keep: bool,
    /// The directory of the Terraform files, instead of `terraform/`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Take this exported spec, as `{program} spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "dir")]
    spec: Option<PathBuf>,
    /// A file of values that Terraform is given by `-var-file`; several in their order
    #[arg(long, value_name = "FILE")]
    var_file: Vec<PathBuf>,
    /// The name of the file of versions in that directory
    #[arg(long, value_name = "NAME", default_value = VERSIONS_FILE, value_parser = file_name)]
    versions: String,
}

/// Terraform reads a variables file as JSON only if its name ends in `.tfvars.json`.
fn file_name(name: &str) -> Result<String, &'static str> {
    let is_plain = !name.contains(['/', '\\']);
    let good = is_plain && name.strip_suffix(".tfvars.json").is_some_and(|start| !start.is_empty());
    if good && name.eq_ignore_ascii_case("terraform.tfvars.json") {
        return Err("that is a file of values, which this command never writes");
    }
    good.then(|| name.to_owned()).ok_or("a name without a directory that ends in `.tfvars.json` is needed")
}

/// A variable whose changes are counted.
struct CountedVersions {
    /// The variable that holds the version.
    version_variable: String,
    variable: String,
    value: Option<Zeroizing<String>>,
    version: Option<u64>,
    finding: VersionFinding,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &ValueVersions, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (spec, mut problems) = match spec_file::read(command.spec.as_deref(), context) {
        Ok(read) => read,
        Err(error) => return fails(&error, &spec_file::hint(), Exit::Usage, streams),
    };
    let shapes = shapes(&spec).unwrap_or_else(|found| {
        problems.extend(found);
        HashMap::new()
    });
    if !problems.is_empty() {
        output::problems(streams.err, &problems)?;
        return Ok(Exit::Problems);
    }
    let dir = command.dir.clone().unwrap_or_else(|| context.terraform_dir.clone());
    // Before the directory is locked, because a value may come from a slow program.
    let given = match GivenValues::read(&dir, &command.var_file, |name| name == command.versions, &context.steps) {
        Ok(given) => given,
        Err(error) => return fails(&error, SOURCES_HINT, Exit::Usage, streams),
    };
    let purpose = if command.check { Use::Read } else { Use::Write };
    let _lock = match locked(&dir, purpose, context, streams) {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            output::interrupted(streams.err, "nothing was written")?;
            return Ok(Exit::Interrupted);
        }
        Err(error) => return fails(&error, DIRECTORY_HINT, Exit::Usage, streams),
    };
    command.settle((&spec, &shapes), (&dir, &given), context, streams)
}

fn exit_for(error: &VersionsError) -> Exit {
    if matches!(error, VersionsError::Foreign { .. }) { Exit::Problems } else { Exit::Usage }
}

fn fails(error: &dyn Error, hint: &str, exit: Exit, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::error(streams.err, error, hint)?;
    Ok(exit)
}

fn check(
    command: &ValueVersions,
    counted: &[CountedVersions],
    leftover: &[&str],
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    for it in counted {
        output::values::checked(streams.err, &it.variable, it.finding)?;
    }
    for variable in leftover {
        output::values::leftover(streams.err, variable)?;
    }
    let stale = counted.iter().filter(|it| it.finding.is_stale()).count() + leftover.len();
    output::values::check_summary(streams.err, counted.len(), stale, &command.without_check())?;
    Ok(if stale == 0 { Exit::Done } else { Exit::Stale })
}

/// Finds the state of every counted variable of the spec.
fn look(
    (spec, shapes): (&Spec, &HashMap<&str, PayloadShape>),
    given: &GivenValues,
    (versions, digests): (&BTreeMap<String, u64>, &Digests),
    context: &Context<'_>,
) -> Result<Vec<CountedVersions>, GivenError> {
    let environment = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    let secrets = spec.secrets.iter().filter_map(|secret| Some((secret, secret.owner.delivery()?)));
    let counted = secrets.filter(|(_, delivery)| delivery.is_counted());
    let counted = counted.filter_map(|(secret, delivery)| Some((secret, Delivery::variable(delivery)?)));
    let counted: Vec<_> = counted.collect();
    let (step, of) = (context.steps.begin("digesting the values"), counted.len() as u64);
    let counted = (1..).zip(counted).map(|(place, (secret, variable))| {
        step.at(place, of);
        let value = given.value(variable, shapes[secret.id.as_str()].is_primitive(), &environment)?;
        let version_variable = version_variable(variable);
        let version = versions.get(&version_variable).copied();
        let is_same =
            value.as_ref().zip(version).and_then(|(value, version)| digests.matches(variable, value, version));
        let finding = decide(Item { has_value: value.is_some(), version, is_same });
        Ok(CountedVersions { version_variable, variable: variable.to_owned(), value, version, finding })
    });
    counted.collect()
}

impl ValueVersions {
    /// Whether the command works on files of the workspace.
    pub(crate) const fn needs_root(&self) -> bool {
        self.dir.is_none()
    }

    /// Compares, and writes or reports, while the directory is locked.
    fn settle(
        &self,
        of: (&Spec, &HashMap<&str, PayloadShape>),
        (dir, given): (&Path, &GivenValues),
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Exit> {
        let path = dir.join(&self.versions);
        let old = match read_versions(&path) {
            Ok(versions) => versions,
            Err(error) => {
                let hint = "move it away, or name another file by `--versions NAME`";
                return fails(&error, hint, exit_for(&error), streams);
            }
        };
        let digests_path = digests_path(dir, &self.versions);
        let digests = match Digests::read(&digests_path) {
            Ok(digests) => digests,
            Err(error) => {
                return fails(&error, "remove it; it only tells what this machine has seen", Exit::Usage, streams);
            }
        };
        let counted = match look(of, given, (&old, &digests), context) {
            Ok(counted) => counted,
            Err(error) => return fails(&error, SOURCES_HINT, Exit::Usage, streams),
        };
        let is_left = |name: &&str| counted.iter().all(|it| it.version_variable != *name);
        let leftover: Vec<&str> = old.keys().map(String::as_str).filter(is_left).collect();
        if self.check {
            return check(self, &counted, &leftover, streams);
        }
        let missing = counted.iter().filter(|it| it.finding == VersionFinding::Missing);
        let missing: Vec<&str> = missing.map(|it| it.variable.as_str()).collect();
        if !missing.is_empty() {
            output::values::missing(streams.err, &missing)?;
            return Ok(Exit::Usage);
        }
        if let Err(error) = self.write((&path, &old), &counted, (&digests_path, digests), context) {
            return fails(&error, DIRECTORY_HINT, Exit::Usage, streams);
        }
        for it in &counted {
            output::values::written(streams.err, &it.variable, it.finding, self.keep)?;
        }
        let findings = counted.iter().map(|it| it.finding);
        output::values::write_summary(streams.err, &path, findings, leftover.len(), self.keep)?;
        Ok(Exit::Done)
    }

    /// Writes the versions first: if writing the digests then fails, the next run raises a version once too often,
    /// rather than once too rarely.
    fn write(
        &self,
        (path, old): (&Path, &BTreeMap<String, u64>),
        counted: &[CountedVersions],
        (digests_path, mut digests): (&Path, Digests),
        context: &Context<'_>,
    ) -> Result<(), files::FileError> {
        for dir in [path, digests_path].into_iter().filter_map(Path::parent) {
            let _ = staged::remove_leftovers(dir);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut new = BTreeMap::new();
        let before = digests.clone();
        let step = context.steps.begin("digesting what has changed");
        for (place, it) in (1..).zip(counted) {
            step.at(place, counted.len() as u64);
            let Some(version) = it.finding.version(it.version, now, self.keep) else { continue };
            new.insert(it.version_variable.clone(), version);
            if let Some(value) = it.value.as_ref().filter(|_| it.finding != VersionFinding::Same) {
                digests.take(&it.variable, value, version);
            }
        }
        digests.retain(|variable| counted.iter().any(|it| it.variable == variable));
        if new != *old {
            files::replace(path, &staged::VERSIONS, &versions_text(&new), files::GENERATED_MODE)?;
        }
        if digests != before {
            digests.write(digests_path)?;
        }
        Ok(())
    }

    /// The command line that writes what `--check` found stale.
    fn without_check(&self) -> String {
        let spec = self.spec.iter().map(|spec| format!(" --spec {}", output::quoted(spec)));
        let dir = self.dir.iter().map(|dir| format!(" --dir {}", output::quoted(dir)));
        let files = self.var_file.iter().map(|file| format!(" --var-file {}", output::quoted(file)));
        let versions =
            (self.versions != VERSIONS_FILE).then(|| format!(" --versions {}", output::quoted(self.versions.as_ref())));
        format!(
            "{} value-versions{}",
            program::name(),
            spec.chain(dir).chain(files).chain(versions).collect::<String>()
        )
    }
}
