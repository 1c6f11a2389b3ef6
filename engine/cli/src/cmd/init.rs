//! `init`: writes a new project with a spec.

use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use super::failed;
use crate::init::{self, Dependency, NewFile};
use crate::output::{self, Streams};
use crate::{Context, Exit, program};

const EXAMPLES: &str = "\
Examples:
  {program} init --toml shop                     a spec as TOML, for a team without Rust
  {program} init --python shop                   the same with the typed Python client and a test
  {program} init --rust shop --from ../driftless a Rust workspace with a function and a test

No file is overwritten: if one is in the way, nothing is written.

Exit codes: 0 written, 2 usage, 100 a file is in the way, 130 interrupted";

/// Write a new project: a spec, and what belongs to it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("language").required(true).args(["toml", "python", "rust"]))]
pub struct Init {
    /// A spec as TOML, with its JSON Schema for editors
    #[arg(long)]
    toml: bool,
    /// The same with the Python client and a pytest
    #[arg(long)]
    python: bool,
    /// A workspace with the spec in Rust, a Lambda function and a test of it
    #[arg(long)]
    rust: bool,
    /// The directory of the project. It is created if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Where `--rust` takes the crates from: a checkout, a tag, or `URL#TAG`. By default the tag of this program's version
    #[arg(long, value_name = "PATH|GIT-TAG", conflicts_with_all = ["toml", "python"])]
    from: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Init, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let files = match (command.rust, command.python) {
        (true, _) => match Dependency::parse(command.from.as_deref()) {
            Ok(dependency) => init::rust(&dependency),
            Err(error) => return failed(&error, error.hint(), false, streams),
        },
        (_, true) => init::python(),
        _ => init::toml(),
    };
    let taken = init::in_the_way(&command.dir, &files);
    if !taken.is_empty() {
        output::in_the_way(streams.err, &taken)?;
        return Ok(Exit::Problems);
    }
    match init::write(&command.dir, &files, context.interrupted) {
        Ok(true) => {
            let paths: Vec<PathBuf> = files.iter().map(|file| command.dir.join(&file.path)).collect();
            output::created(streams.err, &paths, &command.next(&files))?;
            Ok(Exit::Done)
        }
        Ok(false) => Ok(Exit::Interrupted),
        Err(error) => failed(&error, "name a directory that you may write to", false, streams),
    }
}

impl Init {
    /// The command to run next.
    fn next(&self, files: &[NewFile]) -> String {
        let program = if self.rust { "cargo xtask" } else { program::name() };
        let is_here = self.dir == Path::new(".");
        let change = if is_here { String::new() } else { format!("cd {} && ", output::quoted(&self.dir)) };
        let has_spec = files.iter().any(|file| file.path == super::spec_file::DEFAULT_TOML);
        // A program with a compiled spec renders that one, unless another is named.
        let arguments =
            if has_spec && program::name() != "driftless" { " --spec secrets.toml --out terraform" } else { "" };
        format!("{change}{program} gen-infra{arguments}")
    }
}
