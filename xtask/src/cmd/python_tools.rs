//! Installs the Python tools that the tests use, if Python 3 is available: linters for a second opinion on the
//! policies, and test tools for the generated Python client.

use std::io;
use std::time::Instant;

use super::python::{Environment, Missing};
use crate::Context;
use crate::output::{self, Streams};

/// A set of tools, and how the tests find it.
struct Tools {
    step: &'static str,
    environment: Environment,
    /// Name and value of the environment variable for the tests; the value is a path relative to the workspace root.
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

/// Installs the missing tools. Returns the variables of the tools that are available.
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
