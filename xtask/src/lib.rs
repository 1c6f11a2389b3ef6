//! The command line around a spec: `gen-infra` renders and checks the Terraform, `import` takes over what exists, `explain`
//! says what a denied call means, `spec` exports, `test` runs all checks.
//!
//! A library with a small `main`, so that tests call what users call and another team's workspace can run the same
//! commands on a spec of its own:
//!
//! ```no_run
//! # use paypulse_runtime::spec::spec;
//! fn main() -> std::process::ExitCode {
//!     xtask::main(&spec(), concat!(env!("CARGO_MANIFEST_DIR"), "/..").as_ref())
//! }
//! ```

pub mod access;
pub mod adopt;
pub mod audit;
pub mod cmd;
pub mod denied;
pub mod files;
pub mod hcl;
pub mod iam;
pub mod input;
pub mod labels;
#[cfg(feature = "live")]
pub mod live;
pub mod output;
pub mod plan;
pub mod planned;
pub mod render;
pub mod scale;
pub mod shape;
pub mod values;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Parser, Subcommand};
use paypulse_runtime::model::Spec;

use crate::cmd::audit::{self as audit_command, Audit};
use crate::cmd::check_plan::{self, CheckPlan};
use crate::cmd::diff::{self, Diff};
use crate::cmd::e2e::{self, EndToEnd};
use crate::cmd::explain::{self, Explain};
use crate::cmd::gen_infra::{self, GenInfra};
use crate::cmd::import::{self, Import};
use crate::cmd::scale::{self as scale_command, Scale};
use crate::cmd::spec::{self, PrintSpec};
use crate::cmd::test::{self, Test};
use crate::cmd::value_versions::{self, ValueVersions};
use crate::output::{Streams, UntilClosed};

/// How a command ended. The numbers are part of the command line's promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or fresh.
    Done = 0,
    /// Something failed that is not the user's doing, or a step of `test` did.
    Internal = 1,
    /// The command line asks for something that cannot be.
    Usage = 2,
    /// Something is not as the spec says: a file, or an account.
    Stale = 4,
    /// Something allows more than it did, or than the spec does.
    Widened = 5,
    /// The spec has problems, or something stands where a generated file should go.
    Problems = 100,
    /// Stopped by Ctrl-C before anything was changed; the shell's number for it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a command knows of the world.
pub struct Context<'a> {
    /// The compiled spec.
    pub spec: &'a Spec,
    /// The workspace's root.
    pub root: &'a Path,
    /// Where the generated files go when nothing else is asked for.
    pub terraform_dir: PathBuf,
    /// Whether the user has asked to stop. Until this is first called Ctrl-C ends the process at once; from then on it
    /// is only noted, because something could be left behind.
    pub interrupted: &'a dyn Fn() -> bool,
}

#[derive(Parser, Debug)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    about = "One spec of secrets: its Terraform, its IAM policies, its checks"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand, Debug)]
enum Subcommands {
    GenInfra(GenInfra),
    Audit(Audit),
    Import(Import),
    Diff(Diff),
    CheckPlan(CheckPlan),
    Explain(Explain),
    Spec(PrintSpec),
    ValueVersions(ValueVersions),
    Scale(Scale),
    Test(Test),
    #[command(name = "e2e")]
    EndToEnd(EndToEnd),
}

/// Runs the command line of this process on a spec, for the workspace at `root`.
#[must_use]
pub fn main(spec: &Spec, root: &Path) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = || {
        let seen = Arc::clone(&stop);
        // Only the first call can install the handler. Should that fail, Ctrl-C still ends the process.
        let _ = ctrlc::try_set_handler(move || seen.store(true, Ordering::SeqCst));
        stop.load(Ordering::SeqCst)
    };
    let root = &root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let terraform_dir = from_here(&root.join("terraform"));
    let context = Context { spec, root, terraform_dir, interrupted: &interrupted };
    let (mut out, mut err) = (UntilClosed(anstream::stdout()), UntilClosed(anstream::stderr()));
    let mut streams = Streams { out: &mut out, err: &mut err };
    run(&context, std::env::args_os(), &mut streams).into()
}

/// The shorter name of a directory below the working directory.
fn from_here(dir: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    dir.strip_prefix(&here).unwrap_or(dir).to_owned()
}

/// Runs one command line, the program's name first.
pub fn run(context: &Context<'_>, arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> Exit {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => return usage(&error, streams),
    };
    let done = match &line.command {
        Subcommands::GenInfra(command) => gen_infra::run(command, context, streams),
        Subcommands::Audit(command) => audit_command::run(command, context, streams),
        Subcommands::Import(command) => import::run(command, context, streams),
        Subcommands::CheckPlan(command) => check_plan::run(command, context, streams),
        Subcommands::Diff(command) => diff::run(command, context, streams),
        Subcommands::Explain(command) => explain::run(command, context, streams),
        Subcommands::Spec(command) => spec::run(command, context, streams),
        Subcommands::ValueVersions(command) => value_versions::run(command, context, streams),
        Subcommands::Scale(command) => scale_command::run(command, context, streams),
        Subcommands::Test(command) => test::run(command, context, streams),
        Subcommands::EndToEnd(command) => e2e::run(command, context, streams),
    };
    done.unwrap_or_else(|error| failed(&error, streams))
}

/// Help goes to `out` and is no failure; anything else goes to `err`.
fn usage(error: &clap::Error, streams: &mut Streams<'_>) -> Exit {
    let text = error.render().ansi().to_string();
    let (stream, exit) =
        if error.use_stderr() { (&mut *streams.err, Exit::Usage) } else { (&mut *streams.out, Exit::Done) };
    match stream.write_all(text.as_bytes()) {
        Ok(()) => exit,
        Err(error) => failed(&error, streams),
    }
}

fn failed(error: &io::Error, streams: &mut Streams<'_>) -> Exit {
    // Nothing is left to be done where even this cannot be written.
    let _ = output::error(streams.err, error, "see the cause above; the command can be run again");
    Exit::Internal
}
