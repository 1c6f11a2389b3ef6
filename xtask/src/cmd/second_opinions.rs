//! Installs the linters that the tests ask for a second opinion, where Python 3 is there to run them.

use std::io;
use std::time::Instant;

use super::python::{Environment, Missing};
use crate::Context;
use crate::output::{self, Streams};

/// The tests find the linters by this variable.
pub const VARIABLE: &str = "SECOND_OPINIONS";
/// Its value: where the linters are, seen from the root of the workspace.
pub const TOOLS: &str = "target/second-opinions/bin";

const LINTERS: Environment = Environment {
    dir: "target/second-opinions",
    requirements: "tests/second_opinions/requirements.txt",
    probe: "import checkov, parliament",
};
const STEP: &str = "second opinions";

/// Installs what is not installed yet. Whether the tests can ask for second opinions then.
pub fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<bool> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let outcome = LINTERS.prepare(context, streams)?;
    match &outcome {
        Ok(()) => output::step_passed(streams.err, STEP, started.elapsed())?,
        Err(Missing { what, how }) => output::step_skipped(streams.err, STEP, what, how)?,
    }
    Ok(outcome.is_ok())
}
