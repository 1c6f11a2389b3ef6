//! Starts the program of `run` and waits for it.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use super::super::local_setup::{Setup, report};
use super::super::{failed, named};
use super::RunAs;
use crate::local::{CLEARED, HERE, Local, explain, variables};
use crate::output::Streams;
use crate::{Context, Exit, pass_on};

/// How long a program can take to end after Ctrl-C, which a terminal also sends to it.
const GRACE: Duration = Duration::from_secs(5);

/// What shells end with if a program cannot be started, and if there is none.
const NOT_STARTED: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &RunAs, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let setup = match Setup::read(command.spec.path(), command.prefix.as_deref(), command.seed.as_deref(), context) {
        Ok(setup) => setup,
        Err(fault) => return report(&fault, false, streams),
    };
    let environment = setup.environment();
    let (whole, prefix) = (environment.whole, environment.prefix);
    let handler = match named::handler(whole, &command.handler) {
        Ok(handler) => handler,
        Err(unknown) => return failed(&unknown, &unknown.hint, false, streams),
    };
    let local = Local::start(whole, &setup.seed, HERE, 0)?;
    // From here on, Ctrl-C is only recorded; the program gets it from the terminal.
    (context.interrupted)();
    let [name, arguments @ ..] = command.command.as_slice() else { return Ok(Exit::Usage) };
    let child = program(name, variables(whole, prefix, handler, &local.url())).args(arguments).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return not_started(&error, name, streams),
    };
    let status = wait(&local, &mut child, context);
    if status.is_err() {
        // Nothing is known of it anymore.
        let _ = child.kill();
    }
    let status = status?;
    explain(&environment, &local.server.calls(), streams)?;
    Ok(pass_on(code(status)))
}

/// The program with the environment of a handler.
fn program(name: &OsStr, variables: Vec<(String, String)>) -> Command {
    let mut command = Command::new(name);
    for name in CLEARED {
        command.env_remove(name);
    }
    // A proxy would be asked for the local server.
    for name in ["NO_PROXY", "no_proxy"] {
        let given = std::env::var(name).unwrap_or_default();
        let comma = if given.is_empty() { "" } else { "," };
        command.env(name, format!("127.0.0.1,localhost{comma}{given}"));
    }
    command.envs(variables);
    command
}

fn not_started(error: &io::Error, name: &OsStr, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let name = driftless_model::shown(&name.to_string_lossy());
    let what = if is_missing { format!("there is no program {name}") } else { format!("{name} cannot be started") };
    let hint = "pass a program and its arguments behind `--`; a shell's own commands need `sh -c`";
    crate::output::error(streams.err, &NotStarted(what, io::Error::from(error.kind())), hint)?;
    Ok(pass_on(if is_missing { NOT_FOUND } else { NOT_STARTED }))
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotStarted(String, #[source] io::Error);

/// Waits for the program. After Ctrl-C it is given some time to end.
fn wait(local: &Local, child: &mut Child, context: &Context<'_>) -> io::Result<ExitStatus> {
    let mut since: Option<Instant> = None;
    local.until(|| {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if (context.interrupted)() && since.get_or_insert_with(Instant::now).elapsed() > GRACE {
            child.kill()?;
        }
        Ok(None)
    })
}

/// The exit code, as a shell has it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
