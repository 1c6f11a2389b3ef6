//! The subcommands, one per file: a clap struct parses the arguments, and a function runs the command.

pub mod access;
pub mod audit;
pub mod aws_policies;
pub mod check_plan;
pub mod completions;
pub mod deployer;
pub mod diff;
pub mod explain;
pub mod gen_client;
pub mod gen_infra;
pub mod generated;
mod git;
pub mod import;
pub mod init;
#[cfg(feature = "live")]
mod local_setup;
pub mod named;
mod options;
pub mod run;
pub mod serve;
pub mod spec;
pub(crate) mod spec_file;
pub mod value_versions;
pub mod why;

use std::error::Error;
use std::path::Path;
use std::{fs, io};

use clap::ValueEnum;

use crate::files::FileError;
use crate::lock::{self, Lock, Use};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const DIRECTORY_HINT: &str = "pass a directory that you may write to by `--out DIR`";

/// How a command reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Reports a usage error: as text on standard error, and as a JSON report if a program reads it.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn failed(error: &dyn Error, hint: &str, is_json: bool, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::error(streams.err, error, hint)?;
    if is_json {
        output::failure(streams.out, error)?;
    }
    Ok(Exit::Usage)
}

/// Locks a directory, which is created if something is to be written to it. Returns `None` if the user interrupted the
/// wait for another run.
fn locked(
    dir: &Path,
    purpose: Use,
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> Result<Option<Lock>, FileError> {
    if purpose == Use::Write && !dir.exists() {
        fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    }
    let mut waits = || output::waits(streams.err, dir);
    lock::lock(dir, purpose, context.interrupted, &mut waits).map_err(FileError::at("open the directory", dir))
}
