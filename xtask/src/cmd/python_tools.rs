//! Installs the programs of Python that the tests use, where Python 3 is there to run them: linters for a second opinion on the
//! policies, and what tests the generated Python client.

use std::io;
use std::time::Instant;

use super::python::{Environment, Missing};
use crate::Context;
use crate::output::{self, Streams};

/// Some programs, and how the tests find them.
struct Tools {
    step: &'static str,
    environment: Environment,
    /// The variable that tells the tests, and its value: a path from the root of the workspace.
    variable: (&'static str, &'static str),
}

const ALL: [Tools; 2] = [
    Tools {
        step: "second opinions",
        environment: Environment {
            dir: "target/second-opinions",
            requirements: "tests/second_opinions/requirements.txt",
            probe: "import checkov, parliament",
        },
        variable: ("SECOND_OPINIONS", "target/second-opinions/bin"),
    },
    Tools {
        step: "tools for the Python client",
        environment: Environment {
            dir: "target/python-client",
            requirements: "tests/python/requirements.txt",
            probe: "import boto3, mypy, pyright, pytest",
        },
        variable: ("PYTHON_CLIENT", "target/python-client/bin/python"),
    },
];

/// Installs what is not installed yet. The variables for the tests, of what is there then.
pub fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Vec<(&'static str, &'static str)>> {
    let mut variables = Vec::new();
    for Tools { step, environment, variable } in &ALL {
        if (context.interrupted)() {
            break;
        }
        output::step_starts(streams.err, step)?;
        let started = Instant::now();
        match environment.prepare(context, streams)? {
            Ok(()) => {
                output::step_passed(streams.err, step, started.elapsed())?;
                variables.push(*variable);
            }
            Err(Missing { what, how }) => output::step_skipped(streams.err, step, what, how)?,
        }
    }
    Ok(variables)
}
