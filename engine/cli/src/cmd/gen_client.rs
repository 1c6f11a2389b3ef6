//! `gen-client`: writes the typed client of a spec in another language, or checks that it is up to date.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::generated::{Ended, Generated};
use super::{failed, spec_file};
use crate::output::{self, Streams};
use crate::program;
use crate::{Context, Exit, python};

const EXAMPLES: &str = "\
Examples:
  {program} gen-client --language python --out layer/python/secrets_client
  {program} gen-client --language python --out layer/python/secrets_client --check
  {program} gen-client --language python --spec spec.json --out build/secrets_client

The directory is a Python package: its name is the name that handlers import. It needs Python 3.9 or later
and boto3.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 100 the spec has problems or something is in the way";

/// Write the typed client of the spec in another language
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct GenClient {
    /// The language of the client
    #[arg(long, value_enum)]
    language: ClientLanguage,
    /// The directory of the package
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Change nothing: show what is stale as a diff, and exit with 4
    #[arg(long)]
    check: bool,
    /// Use this exported spec, as `{program} spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

/// A language that a client can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClientLanguage {
    /// Python 3.9 or later, with boto3
    Python,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &GenClient, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (spec, problems) = match spec_file::read(command.spec.as_deref(), context) {
        Ok(read) => read,
        Err(error) => return failed(&error, &spec_file::hint(), false, streams),
    };
    if !problems.is_empty() {
        output::problems(streams.err, &problems)?;
        return Ok(Exit::Problems);
    }
    let Some(name) = command.package() else {
        let what = format!("{} cannot be the name of a Python package", output::quoted(&command.out));
        let hint = "end `--out` with letters, digits and underscores, such as `layer/python/secrets_client`";
        return failed(&io::Error::other(what), hint, false, streams);
    };
    let package = match command.language {
        ClientLanguage::Python => python::package(&spec, name),
    };
    for note in &package.notes {
        output::note(streams.err, note)?;
    }
    let files = Generated { dir: &command.out, set: python::OWN, check: command.check, is_json: false };
    let (actions, ended) = match files.settle(&package.files, context, streams)? {
        Ok(settled) => settled,
        Err(exit) => return Ok(exit),
    };
    match ended {
        Ended::Fresh | Ended::Stale => output::check_summary(streams.err, &actions, "spec", &command.without_check())?,
        Ended::Written => output::write_summary(streams.err, &command.out, &actions)?,
        Ended::Refused | Ended::Interrupted => {}
    }
    Ok(ended.exit())
}

impl GenClient {
    /// The name of the package, which is the name of its directory.
    fn package(&self) -> Option<&str> {
        let name = self.out.file_name()?.to_str()?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (name.bytes().all(is_name) && !name.starts_with(|first: char| first.is_ascii_digit())).then_some(name)
    }

    /// The command line that writes what `--check` found stale.
    fn without_check(&self) -> String {
        let spec = self.spec.as_ref().map_or_else(String::new, |spec| format!(" --spec {}", output::quoted(spec)));
        format!("{} gen-client --language python --out {}{spec}", program::name(), output::quoted(&self.out))
    }
}
