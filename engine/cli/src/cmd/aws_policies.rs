//! `aws-policies`: regenerates the table of AWS managed policies from their documents.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::failed;
use crate::files;
use crate::iam::aws::{Derived, NoPolicies, Sources, Table, derive, table};
use crate::input::{self, Unreadable};
use crate::output::{self, Streams};
use crate::{Context, Exit, staged};

const EXAMPLES: &str = "\
Examples:
  aws iam get-account-authorization-details --filter AWSManagedPolicy > policies.json
  {program} aws-policies --from policies.json --date 2026-03-07
  {program} aws-policies --from documents/ --from policies-list.json --date 2026-03-07
                                              a file for each policy, and what `aws iam list-policies --scope AWS` prints
  {program} aws-policies --from policies.json --check
                                              change nothing; exit with 4 if AWS's policies have changed

A folder has a file for each policy, by its name: its document, or what `aws iam get-policy-version` prints. Where no list
says what stands before the name in its ARN, a policy is known by its name.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 130 interrupted";

/// Path of the table in this repository.
const TABLE: &str = "engine/cli/src/iam/aws/policies.json";

/// A larger file is not a list of policies: all AWS managed policies together take 12 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

const WAY_OUT: &str = "pass what `aws iam get-account-authorization-details --filter AWSManagedPolicy` printed";

/// Make the table of what AWS's managed policies allow on secrets, keys and roles
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct AwsPolicies {
    /// A file of policies or a folder of such files; can be given again
    #[arg(long, value_name = "PATH", required = true)]
    from: Vec<PathBuf>,
    /// The day of the documents
    #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "check", value_parser = date)]
    date: Option<String>,
    /// The file of the table, instead of the one of this repository
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Change nothing: say which policies differ from the table, and exit with 4 if there are any
    #[arg(long)]
    check: bool,
}

#[derive(Debug, thiserror::Error)]
enum AwsPoliciesFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the policies in `{}` cannot be read", path.display())]
    NoPolicies { path: PathBuf, source: NoPolicies },
    #[error("no file has a document of a policy")]
    Empty,
    #[error("there is no `{}` here", path.display())]
    NoTable { path: PathBuf },
}

/// Runs the command.
///
/// # Errors
///
/// If a stream or the table cannot be written.
pub fn run(command: &AwsPolicies, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let path = command.out.clone().unwrap_or_else(|| context.root.join(TABLE));
    let found = if command.out.is_none() && !path.exists() {
        Err(AwsPoliciesFault::NoTable { path: TABLE.into() })
    } else {
        command.derived(context)
    };
    let found = match found {
        Ok(found) => found,
        Err(fault @ AwsPoliciesFault::NoTable { .. }) => {
            let hint = "run it in the repository of this program, or name a file by `--out FILE`";
            return failed(&fault, hint, false, streams);
        }
        Err(fault) => return failed(&fault, WAY_OUT, false, streams),
    };
    output::aws_policies::derived(streams.err, &found)?;
    let text = found.table.to_text();
    let there = fs::read_to_string(&path).unwrap_or_default();
    if command.check {
        let old = serde_json::from_str::<Table>(&there).ok();
        let differing = old.as_ref().map(|old| differing(old, &found.table)).unwrap_or_default();
        output::aws_policies::checked(streams.err, there == text, &differing)?;
        return Ok(if there == text { Exit::Done } else { Exit::Stale });
    }
    if there != text {
        // Interrupts are not checked while reading, because an input may be a pipe that blocks.
        if (context.interrupted)() {
            output::interrupted(streams.err, "nothing was written")?;
            return Ok(Exit::Interrupted);
        }
        let _ = staged::remove_leftovers(path.parent().unwrap_or(Path::new(".")));
        files::replace(&path, &staged::POLICIES, &text, files::GENERATED_MODE).map_err(io::Error::other)?;
    }
    output::aws_policies::written(streams.err, &path, there != text)?;
    Ok(Exit::Done)
}

impl AwsPolicies {
    /// Whether the command works on the workspace's own table.
    pub(crate) const fn needs_root(&self) -> bool {
        self.out.is_none()
    }

    fn derived(&self, context: &Context<'_>) -> Result<Derived, AwsPoliciesFault> {
        let mut sources = Sources::default();
        for path in &self.from {
            if path.is_dir() {
                add_folder(&mut sources, path, context)?;
            } else {
                let (name, text) = (file_name(path), text(path, context)?);
                let added = sources.add(&name, &text);
                added.map_err(|source| AwsPoliciesFault::NoPolicies { path: path.clone(), source })?;
            }
        }
        let _step = context.steps.begin("evaluating the policies");
        let date = self.date.clone().unwrap_or_else(|| table().date.clone());
        let mut found = derive(&date, sources.policies());
        found.unread.extend(sources.unread().map(str::to_owned));
        if found.table.number == 0 { Err(AwsPoliciesFault::Empty) } else { Ok(found) }
    }
}

/// Adds the files of a folder in the order of their names. A file that cannot be read is recorded as an unread policy.
fn add_folder(sources: &mut Sources, folder: &Path, context: &Context<'_>) -> Result<(), AwsPoliciesFault> {
    let unreadable = |source| Unreadable { what: "folder", path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths: Result<BTreeSet<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
    for path in paths.map_err(unreadable)?.into_iter().filter(|path| path.is_file()) {
        let (name, text) = (file_name(&path), text(&path, context)?);
        match sources.add(&name, &text) {
            Ok(()) => {}
            Err(source @ NoPolicies::OtherPartition(_)) => return Err(AwsPoliciesFault::NoPolicies { path, source }),
            Err(_) => sources.add_unread(&name),
        }
    }
    Ok(())
}

fn text(path: &Path, context: &Context<'_>) -> Result<String, AwsPoliciesFault> {
    const WHAT: &str = "list of policies";
    let mut text = String::new();
    let read = input::open(WHAT, path, MAX_BYTES, &context.steps)?.read_to_string(&mut text);
    read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
    Ok(text)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names of the policies that differ between two tables.
fn differing(old: &Table, new: &Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (one, other) in [(old, new), (new, old)] {
        let effects = one.effects.iter().filter(|(name, entry)| other.effects.get(*name) != Some(entry));
        names.extend(effects.map(|(name, _)| name.clone()));
        for (path, harmless) in &one.harmless {
            let there = other.harmless.get(path).map(Vec::as_slice).unwrap_or_default();
            names.extend(harmless.iter().filter(|name| there.binary_search(name).is_err()).cloned());
        }
    }
    names
}

fn date(text: &str) -> Result<String, &'static str> {
    let is_date = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if is_date { Ok(text.to_owned()) } else { Err("it is a day such as 2026-03-07") }
}
