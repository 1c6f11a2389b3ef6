//! `e2e`: the whole chain on this machine, from the committed Terraform to calls that are allowed and calls that are denied.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::child::Said;
use super::python::{self, Environment, Missing};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask e2e                       everything; the registry's provider if it comes soon
  cargo xtask e2e chain                 only the checks whose names hold `chain`
  cargo xtask e2e --provider stand-in   without asking the registry
  cargo xtask e2e --require-e2e         fail where Python 3 or Terraform is missing

No AWS account is needed: the servers run on 127.0.0.1 and go when the command ends. The first run
installs them in target/e2e, which takes a minute.

Exit codes: 0 all is as it should be, or a program is missing, 1 it is not, 2 usage, 130 stopped by Ctrl-C";

/// Apply the Terraform to a server on this machine and try who may do what
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct EndToEnd {
    /// Where the AWS provider comes from
    #[arg(long, value_enum, default_value_t = Provider::Auto)]
    provider: Provider,

    #[command(flatten)]
    required: Required,

    /// Only the checks whose names hold this
    filter: Option<String>,
}

/// Whether the end-to-end checks may be skipped.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Required {
    /// Fail where a program that the end-to-end checks need is missing, instead of skipping them
    #[arg(long)]
    require_e2e: bool,
}

/// Where the AWS provider comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// The registry where it delivers soon, else the stand-in
    Auto,
    /// hashicorp/aws from the registry
    Registry,
    /// The stand-in in this workspace
    StandIn,
}

const SERVERS: Environment = Environment {
    dir: "target/e2e",
    requirements: "tests/e2e/requirements.txt",
    probe: "import boto3, ministack, moto, tf",
};
const STEP: &str = "end to end";

/// Runs the command.
///
/// # Errors
///
/// If a program that is there cannot be started, or a stream cannot be written.
pub fn run(command: &EndToEnd, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    run_checks(command.provider, command.filter.as_deref(), command.required, context, streams)
}

/// All checks, as a step of `test`.
///
/// # Errors
///
/// As for [`run`].
pub fn step(required: Required, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    run_checks(Provider::Auto, None, required, context, streams)
}

fn run_checks(
    provider: Provider,
    filter: Option<&str>,
    required: Required,
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let terraform = match prepare(context, streams)? {
        Ok(terraform) => terraform,
        Err(Missing { what, how }) => {
            output::step_skipped(streams.err, STEP, what, how)?;
            return Ok(if required.require_e2e { Exit::Internal } else { Exit::Done });
        }
    };
    let mut rig = rig(context.root, terraform, provider);
    let said = Said::by(&mut rig, &context.steps)?;
    let passed = attend(rig.args(filter), context.interrupted)?;
    said.pass_on(streams.err)?;
    if (context.interrupted)() {
        output::interrupted(streams.err, "the servers are stopped")?;
        return Ok(Exit::Interrupted);
    }
    if passed {
        output::step_passed(streams.err, STEP, started.elapsed())?;
        return Ok(Exit::Done);
    }
    output::step_failed(streams.err, STEP, &[], "cargo", &["xtask", "e2e"])?;
    Ok(Exit::Internal)
}

/// Installs the servers, and finds what runs `.tf` files.
fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<&'static str, Missing>> {
    let Some(terraform) = terraform(context.root)? else {
        let (what, how) = ("neither Terraform nor OpenTofu is installed", "install Terraform 1.11 or later");
        return Ok(Err(Missing { what, how }));
    };
    Ok(SERVERS.prepare(context, streams)?.map(|()| terraform))
}

fn terraform(root: &Path) -> io::Result<Option<&'static str>> {
    for program in ["terraform", "tofu"] {
        if python::succeeds(root, Path::new(program), &["version"])? {
            return Ok(Some(program));
        }
    }
    Ok(None)
}

/// The test target that does the work, built as `cargo test --workspace` builds it, so that nothing is built twice.
fn rig(root: &Path, terraform: &str, provider: Provider) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--quiet", "--test", "e2e", "--"]).current_dir(root);
    let provider = provider.to_possible_value().map_or_else(OsString::new, |value| value.get_name().into());
    command.env("E2E_PYTHON", SERVERS.python()).env("E2E_TERRAFORM", terraform).env("E2E_PROVIDER", provider);
    super::without_package_variables(&mut command);
    command
}

/// Runs the rig to its end, or to that of this command: it stops when its standard input closes.
fn attend(rig: &mut Command, interrupted: &dyn Fn() -> bool) -> io::Result<bool> {
    let mut child = rig.env("E2E_STOPS_WITH_STDIN", "true").stdin(Stdio::piped()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if interrupted() {
            drop(child.stdin.take());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
