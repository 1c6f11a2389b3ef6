//! Installs the linters that the tests ask for a second opinion, where Python 3 is there to run them.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::output::{self, Streams};

/// The tests find the linters by this variable.
pub const VARIABLE: &str = "SECOND_OPINIONS";
/// Its value: where the linters are, seen from the root of the workspace.
pub const TOOLS: &str = "target/second-opinions/bin";

const ENVIRONMENT: &str = "target/second-opinions";
const PYTHON: &str = "target/second-opinions/bin/python";
const REQUIREMENTS: &str = "tests/second_opinions/requirements.txt";
/// The requirements that are installed. Written last, so that an installation that was broken off is done again.
const INSTALLED: &str = "target/second-opinions/installed.txt";
const STEP: &str = "second opinions";

/// Why there are no second opinions, and how to get them.
struct Missing(&'static str, &'static str);

/// Installs what is not installed yet. Whether the tests can ask for second opinions then.
pub fn prepare(root: &Path, streams: &mut Streams<'_>) -> io::Result<bool> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let outcome = install(root, streams)?;
    match &outcome {
        Ok(()) => output::step_passed(streams.err, STEP, started.elapsed())?,
        Err(Missing(why, how)) => output::step_skipped(streams.err, STEP, why, how)?,
    }
    Ok(outcome.is_ok())
}

fn install(root: &Path, streams: &mut Streams<'_>) -> io::Result<Result<(), Missing>> {
    let wanted = fs::read_to_string(root.join(REQUIREMENTS))?;
    let is_installed = fs::read_to_string(root.join(INSTALLED)).is_ok_and(|installed| installed == wanted);
    // An environment ends with the Python that it was made from.
    if is_installed && runs(root, PYTHON, &["-W", "ignore", "-c", "import checkov, parliament"], Stdio::null())? {
        return Ok(Ok(()));
    }
    if !runs(root, "python3", &["--version"], Stdio::null())? {
        return Ok(Err(Missing("Python 3 is not installed", "install Python 3.11 or later")));
    }
    output::installs(streams.err, REQUIREMENTS, ENVIRONMENT)?;
    match fs::remove_file(root.join(INSTALLED)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if !runs(root, "python3", &["-m", "venv", "--clear", ENVIRONMENT], Stdio::inherit())? {
        let how = "install Python's `venv` and `ensurepip`, such as by the package `python3-venv`";
        return Ok(Err(Missing("Python cannot make a virtual environment", how)));
    }
    let pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--requirement", REQUIREMENTS];
    if !runs(root, PYTHON, &pip, Stdio::inherit())? {
        let how = "see what pip says above; it needs a package index within reach, and Python 3.11 or later";
        return Ok(Err(Missing("the packages cannot be installed", how)));
    }
    fs::write(root.join(INSTALLED), wanted)?;
    Ok(Ok(()))
}

/// Whether a program is there and succeeds.
fn runs(root: &Path, program: &str, arguments: &[&str], talk: Stdio) -> io::Result<bool> {
    let mut command = Command::new(program);
    let status = command.args(arguments).current_dir(root).stdin(Stdio::null()).stdout(talk).status();
    match status {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
