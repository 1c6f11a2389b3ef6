//! The command line for a spec: `gen-infra` renders and checks the Terraform, `import` takes over existing resources,
//! `explain` explains access-denied messages, `spec` exports the spec.
//!
//! A library with a small `main`, so that tests call the same functions as users, and a workspace can run the commands on its
//! own spec, under a name of its own and with commands of its own:
//!
//! ```no_run
//! # mod my_spec { pub fn spec() -> driftless_model::Spec { driftless_model::Spec::empty("src/spec.rs".into()) } }
//! use driftless_cli::Program;
//!
//! fn main() -> std::process::ExitCode {
//!     driftless_cli::main(Some(&my_spec::spec()), Program::new("cargo xtask", "cargo xtask-live", "xtask"))
//! }
//! ```

pub mod access;
pub mod adopt;
pub mod audit;
mod aws;
pub mod cmd;
mod commands;
pub mod denied;
pub mod deployer;
mod file_error;
pub mod files;
pub mod hcl;
pub mod iam;
pub mod init;
pub mod input;
pub mod labels;
#[cfg(feature = "live")]
pub mod live;
#[cfg(feature = "live")]
pub mod local;
pub mod lock;
mod neutral;
pub mod output;
pub mod picture;
pub mod plan;
pub mod planned;
pub mod program;
pub mod python;
pub mod render;
pub mod root;
pub mod sarif;
pub mod shape;
#[cfg(test)]
mod shop;
pub mod staged;
pub mod steps;
mod text;
mod tf;
pub mod values;
pub mod why;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use driftless_model::Spec;

use crate::cmd::access::{self as access_command, ShowAccess};
use crate::cmd::audit::{self as audit_command, AuditAccount};
use crate::cmd::aws_policies::{self, AwsPolicies};
use crate::cmd::check_plan::{self, CheckPlan};
use crate::cmd::completions::{self, Completions};
use crate::cmd::deployer::{self as deployer_command, Deployer};
use crate::cmd::diff::{self, Diff};
use crate::cmd::explain::{self, Explain};
use crate::cmd::gen_client::{self, GenClient};
use crate::cmd::gen_infra::{self, GenInfra};
use crate::cmd::import::{self, Import};
use crate::cmd::init::{self as init_command, Init};
use crate::cmd::run::{self as run_command, RunAs};
use crate::cmd::serve::{self, Serve};
use crate::cmd::spec::{self, PrintSpec};
use crate::cmd::spec_file;
use crate::cmd::value_versions::{self, ValueVersions};
use crate::cmd::why::{self as why_command, AskWhy};
use crate::output::{Neutral, UntilClosed, one_line};
use crate::root::RootError;
use crate::steps::Verbosity;
use crate::steps::line::{Beside, Line};

pub use crate::commands::{Command, Program};
pub use crate::output::Streams;
pub use crate::steps::Steps;

/// Exit codes. The numbers are part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Success, or everything is up to date.
    Done = 0,
    /// A failure that is not caused by the user, or a failed step of `test`.
    Internal = 1,
    /// Invalid usage.
    Usage = 2,
    /// A file or an account differs from the spec.
    Stale = 4,
    /// Access is wider than before, or wider than the spec.
    Widened = 5,
    /// The spec has problems, or something is in the place of a generated file.
    Problems = 100,
    /// Interrupted by Ctrl-C before anything was changed; the shell's number for it.
    Interrupted = 130,
    /// The exit code of the program that `run` started, which the process ends with instead of this number.
    PassedOn = 255,
}

/// The exit code of the program that `run` started.
static OF_PROGRAM: AtomicU8 = AtomicU8::new(0);

/// Makes the exit code of a program that of this process.
#[cfg(feature = "live")]
pub(crate) fn pass_on(code: u8) -> Exit {
    OF_PROGRAM.store(code, Ordering::SeqCst);
    if code == 0 { Exit::Done } else { Exit::PassedOn }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(if exit == Exit::PassedOn { OF_PROGRAM.load(Ordering::SeqCst) } else { exit as u8 })
    }
}

/// Environment of a command.
pub struct Context<'a> {
    /// The compiled spec, if the program has one. Otherwise a command reads the file that `--spec` names.
    pub spec: Option<&'a Spec>,
    /// Root of the workspace; empty if none was found.
    pub root: &'a Path,
    /// The program that runs the command.
    pub program: Program,
    /// Default directory of the generated files.
    pub terraform_dir: PathBuf,
    /// Whether the user has interrupted. Until the first call, Ctrl-C ends the process at once; from then on it is
    /// only recorded, so that no partial result is left behind.
    pub interrupted: &'a dyn Fn() -> bool,
    /// Reports and shows the steps of the command.
    pub steps: Steps,
}

impl<'a> Context<'a> {
    /// The same context for another workspace.
    fn at<'b>(&self, root: &'b Path) -> Context<'b>
    where
        'a: 'b,
    {
        let terraform_dir = root::terraform_dir(root);
        Context {
            spec: self.spec,
            root,
            program: self.program,
            terraform_dir,
            interrupted: self.interrupted,
            steps: self.steps.clone(),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  {program} gen-infra            write terraform/ as the compiled spec says
  {program} gen-infra --help     what a command does, with examples
  {program} --quiet diff         say nothing unless something differs

NO_COLOR=1 turns colours off, CLICOLOR_FORCE=1 turns them on where the output is no terminal.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 5 something widens, 100 the spec has
problems or something is in the way, 130 interrupted";

#[derive(Parser, Debug)]
#[command(version, about = "One spec of secrets: its Terraform, its IAM policies, its checks", after_help = EXAMPLES)]
struct CommandLine<C: Subcommand> {
    #[command(flatten)]
    talk: Talk,
    #[command(subcommand)]
    command: C,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
struct Talk {
    /// On success, print only output for programs
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Also print what is read, decided and written, and how long each step takes
    #[arg(long, short, global = true)]
    verbose: bool,
    /// Work in this workspace, not in the one around the current directory
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
}

impl Talk {
    const fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

/// The root given by `--root`, or the one found for a command that needs one.
fn root_of(talk: &Talk, command: &dyn Command, context: &Context<'_>) -> Result<Option<PathBuf>, RootError> {
    if let Some(named) = &talk.root {
        return root::named(named).map(Some);
    }
    if command.needs_root() && context.root.as_os_str().is_empty() {
        return root_here(context.spec).map(Some);
    }
    Ok(None)
}

/// The root that is found from the current directory. Without a compiled spec, it is that directory if a spec is in it.
fn root_here(spec: Option<&Spec>) -> Result<PathBuf, RootError> {
    match spec {
        Some(spec) => root::here(&spec.source),
        None => root::of_spec([spec_file::DEFAULT_TOML, spec_file::DEFAULT]),
    }
}

/// The commands of this crate.
#[derive(Subcommand, Debug)]
#[expect(missing_docs, reason = "a comment would replace the description that a command has at its own type")]
pub enum Commands {
    Init(Init),
    GenInfra(GenInfra),
    GenClient(GenClient),
    Audit(AuditAccount),
    Import(Import),
    Diff(Diff),
    CheckPlan(CheckPlan),
    Explain(Explain),
    Why(AskWhy),
    #[command(name = "access")]
    ShowAccess(ShowAccess),
    Serve(Serve),
    #[command(name = "run")]
    RunAs(RunAs),
    Spec(PrintSpec),
    Deployer(Deployer),
    ValueVersions(ValueVersions),
    AwsPolicies(AwsPolicies),
    Completions(Completions),
}

impl Command for Commands {
    fn needs_root(&self) -> bool {
        match self {
            Self::GenInfra(command) => command.needs_root(),
            Self::Import(command) => command.needs_root(),
            Self::Diff(command) => command.needs_root(),
            Self::ValueVersions(command) => command.needs_root(),
            Self::AwsPolicies(command) => command.needs_root(),
            Self::Audit(_)
            | Self::CheckPlan(_)
            | Self::Explain(_)
            | Self::Why(_)
            | Self::GenClient(_)
            | Self::Init(_)
            | Self::ShowAccess(_)
            | Self::Deployer(_)
            | Self::Serve(_)
            | Self::RunAs(_)
            | Self::Spec(_)
            | Self::Completions(_) => false,
        }
    }

    fn shares_terminal(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::RunAs(_))
    }

    fn run(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
        match self {
            Self::Init(command) => init_command::run(command, context, streams),
            Self::GenInfra(command) => gen_infra::run(command, context, streams),
            Self::GenClient(command) => gen_client::run(command, context, streams),
            Self::Audit(command) => audit_command::run(command, context, streams),
            Self::Import(command) => import::run(command, context, streams),
            Self::CheckPlan(command) => check_plan::run(command, context, streams),
            Self::Diff(command) => diff::run(command, context, streams),
            Self::Explain(command) => explain::run(command, context, streams),
            Self::Why(command) => why_command::run(command, context, streams),
            Self::ShowAccess(command) => access_command::run(command, context, streams),
            Self::Serve(command) => serve::run(command, context, streams),
            Self::RunAs(command) => run_command::run(command, context, streams),
            Self::Spec(command) => spec::run(command, context, streams),
            Self::Deployer(command) => deployer_command::run(command, context, streams),
            Self::ValueVersions(command) => value_versions::run(command, context, streams),
            Self::AwsPolicies(command) => aws_policies::run(command, context, streams),
            Self::Completions(command) => completions::run(command, context, streams),
        }
    }
}

/// Runs the command line of this process in the workspace of the current directory, on a compiled spec if there is one.
#[must_use]
pub fn main(spec: Option<&Spec>, program: Program) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = || {
        let seen = Arc::clone(&stop);
        // Only the first call can install the handler. If that fails, Ctrl-C still ends the process.
        let _ = ctrlc::try_set_handler(move || seen.store(true, Ordering::SeqCst));
        stop.load(Ordering::SeqCst)
    };
    // Most commands need no root, and the others report that it is missing.
    let root = &root_here(spec).unwrap_or_default();
    let terraform_dir = root::terraform_dir(root);
    let line = Line::on_terminal();
    let of_stdout = line.clone().filter(|_| io::stdout().is_terminal());
    let stderr = || UntilClosed(Beside::new(anstream::stderr(), line.clone()));
    let (mut out, mut err) = (UntilClosed(Beside::new(anstream::stdout(), of_stdout)), stderr());
    let steps = Steps::new(Box::new(stderr()), line.clone());
    let context = Context { spec, root, program, terraform_dir, interrupted: &interrupted, steps };
    let mut streams = Streams { out: &mut out, err: &mut err };
    run(&context, std::env::args_os(), &mut streams).into()
}

/// Runs one command line; the first argument is the name of the program. All output passes through [`Neutral`], so
/// that external text never reaches the streams unchanged.
pub fn run(context: &Context<'_>, arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> Exit {
    context.program.runs();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let line = context.program.command_line();
    let parsed = line.clone().try_get_matches_from(&arguments).and_then(|matches| {
        let (talk, command) = context.program.parsed(&matches)?;
        // clap does not detect the conflict if one of the options is given before the name of the command and the
        // other after it.
        if talk.quiet && talk.verbose {
            let what = "the argument '--quiet' cannot be used with '--verbose'";
            return Err(line.clone().error(ErrorKind::ArgumentConflict, what));
        }
        Ok((talk, command, matches.subcommand_name().unwrap_or_default().to_owned()))
    });
    let (talk, command, name) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error, &arguments, streams),
    };
    let (mut out, mut err) = (Neutral::new(&mut *streams.out), Neutral::new(&mut *streams.err));
    let streams = &mut Streams { out: &mut out, err: &mut err };
    let named = match root_of(&talk, &*command, context) {
        Ok(named) => named,
        Err(error) => return cmd::failed(&error, error.hint(), false, streams).unwrap_or(Exit::Internal),
    };
    let own = named.as_ref().map(|root| context.at(root));
    perform(&*command, talk.verbosity(), &name, own.as_ref().unwrap_or(context), streams)
}

fn perform(
    command: &dyn Command,
    verbosity: Verbosity,
    name: &str,
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> Exit {
    let (step, ticker) = context.steps.command(name, verbosity, !command.shares_terminal());
    // With `--quiet`, messages are held back until it is known whether the command fails.
    let mut held = Vec::new();
    let done = match verbosity {
        Verbosity::Quiet => command.run(context, &mut Streams { out: streams.out, err: &mut held }),
        Verbosity::Normal | Verbosity::Verbose => command.run(context, streams),
    };
    drop((ticker, step));
    let done = match done {
        Ok(Exit::Done) => Ok(Exit::Done),
        Ok(exit) => streams.err.write_all(&held).map(|()| exit),
        Err(error) => streams.err.write_all(&held).and(Err(error)),
    };
    done.unwrap_or_else(|error| failed(&error, streams))
}

/// Prints help to `out` as success. Prints anything else to `err`, with the given arguments repeated.
fn usage(error: &clap::Error, given: &[OsString], streams: &mut Streams<'_>) -> Exit {
    let (written, exit) = if error.use_stderr() {
        let mut err = Neutral::new(&mut *streams.err);
        (output::usage(&mut err, &refused(error, given)).and_then(|()| err.flush()), Exit::Usage)
    } else {
        (streams.out.write_all(error.render().ansi().to_string().as_bytes()), Exit::Done)
    };
    match written {
        Ok(()) => exit,
        Err(error) => failed(&error, streams),
    }
}

/// clap repeats an argument, or its part after the `=`, unchanged; here line breaks in it are escaped.
fn refused(error: &clap::Error, given: &[OsString]) -> String {
    let mut text = error.render().to_string();
    for argument in given.iter().map(|argument| argument.to_string_lossy()) {
        for part in [Some(&*argument), argument.split_once('=').map(|(_, value)| value)].into_iter().flatten() {
            if let Cow::Owned(plain) = one_line(part) {
                text = text.replace(part, &plain);
            }
        }
    }
    text
}

fn failed(error: &io::Error, streams: &mut Streams<'_>) -> Exit {
    // If even this cannot be written, nothing else can be done.
    let _ = output::error(streams.err, error, "see the cause above; the command can be run again");
    Exit::Internal
}
