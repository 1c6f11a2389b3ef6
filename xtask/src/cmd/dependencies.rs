//! A step of `test`: checks the licenses, the sources and the bans of all dependencies with cargo-deny, which it installs.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::child::Said;
use super::python::{self, Missing};
use crate::output::{self, Streams};
use crate::{Context, Exit};

pub const STEP: &str = "dependencies";
/// The pinned version. `.github/workflows/advisories.yml` names it too.
const VERSION: &str = "cargo-deny 0.20.2";
/// The directory in which it is installed, relative to the workspace root.
const TOOLS: &str = "target/cargo-tools";
/// Advisories are left out: their database changes every day, so a workflow checks them.
const CHECK: [&str; 6] = ["deny", "--locked", "check", "bans", "licenses", "sources"];

/// Runs the check.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn step(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    if let Err(Missing { what, how }) = prepare(context, streams)? {
        output::step_skipped(streams.err, STEP, what, how)?;
        return Ok(Exit::Done);
    }
    let mut check = cargo(context.root);
    check.args(CHECK);
    let said = Said::by(&mut check, &context.steps)?;
    let passed = python::run(&mut check)?;
    said.pass_on(streams.err)?;
    if passed {
        output::step_passed(streams.err, STEP, started.elapsed())?;
        return Ok(Exit::Done);
    }
    output::step_failed(streams.err, STEP, &[], &format!("PATH={TOOLS}/bin:$PATH cargo"), &CHECK)?;
    Ok(Exit::Internal)
}

/// Installs cargo-deny if it is missing or has another version.
fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<(), Missing>> {
    if is_installed(context.root)? {
        return Ok(Ok(()));
    }
    output::installs(streams.err, VERSION, TOOLS)?;
    let package = VERSION.replace(' ', "@");
    let mut install = cargo(context.root);
    // Without optimization it is built in half of the time and checks this workspace in two seconds.
    install.args(["install", "--locked", "--debug", "--config", "profile.dev.debug=false", "--root", TOOLS]);
    // It is built in a temporary directory, which is removed.
    install.arg(package).env_remove("CARGO_TARGET_DIR");
    let said = Said::by(&mut install, &context.steps)?;
    let is_done = python::run(&mut install)?;
    said.pass_on(streams.err)?;
    if is_done && is_installed(context.root)? {
        return Ok(Ok(()));
    }
    let how = "see what cargo says above; it needs crates.io within reach";
    Ok(Err(Missing { what: "cargo-deny cannot be installed", how }))
}

fn is_installed(root: &Path) -> io::Result<bool> {
    let output = cargo(root).args(["deny", "--version"]).stdin(Stdio::null()).output()?;
    Ok(output.status.success() && output.stdout.trim_ascii() == VERSION.as_bytes())
}

/// Cargo with the installed tools before all others.
fn cargo(root: &Path) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = [root.join(TOOLS).join("bin")].into_iter().chain(env::split_paths(&path));
    // A directory whose name has a colon cannot be in PATH.
    let path = env::join_paths(dirs).unwrap_or_else(|_| OsString::from(&path));
    let mut command = Command::new("cargo");
    command.current_dir(root).env("PATH", path);
    super::without_package_variables(&mut command);
    command
}
