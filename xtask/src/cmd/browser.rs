//! `browser`: tests the HTML page of `access` in headless Chromium.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

use super::child::Said;
use super::node::Packages;
use super::python::Missing;
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask browser                     drive the page as people use it, and hold it to axe-core
  cargo xtask browser keyboard            only the checks whose names hold `keyboard`
  cargo xtask browser --pictures shots    keep pictures of what it looks like, too
  cargo xtask browser --require-browser   fail where Node.js or Chromium is missing

The browser asks no network for anything. The first run installs playwright-core and axe-core in
target/browser by npm. BROWSER_PROGRAM names another Chromium than the one on the PATH.

Exit codes: 0 all is as it should be, or a program is missing, 1 it is not, 2 usage, 130 stopped by Ctrl-C";

/// Drive the page of `access` in a browser
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Browser {
    #[command(flatten)]
    required: BrowserRequired,

    /// Write pictures of the page to this directory
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,

    /// Only the checks whose names contain this
    filter: Option<String>,
}

/// Whether the checks in a browser may be skipped.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(skip)]
pub struct BrowserRequired {
    /// Fail where a program that the checks in a browser need is missing, instead of skipping them
    #[arg(long)]
    require_browser: bool,
}

const STEP: &str = "browser";
/// The packages that drive the page.
const PACKAGES: Packages = Packages { from: "tests/browser", to: "target/browser" };
/// Program names of Chromium.
const PROGRAMS: [&str; 2] = ["chromium", "chromium-browser"];
/// Environment variable that names another Chromium.
const PROGRAM: &str = "BROWSER_PROGRAM";

/// Runs the command.
///
/// # Errors
///
/// If an installed program cannot be started, or a stream cannot be written.
pub fn run(command: &Browser, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    run_checks(command.required, (command.filter.as_deref(), command.pictures.as_deref()), context, streams)
}

/// Runs all checks, as a step of `test`.
///
/// # Errors
///
/// As for [`run`].
pub fn step(required: BrowserRequired, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    run_checks(required, (None, None), context, streams)
}

fn run_checks(
    required: BrowserRequired,
    (filter, pictures): (Option<&str>, Option<&Path>),
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let program = match prepare(context, streams)? {
        Ok(program) => program,
        Err(Missing { what, how }) => {
            output::step_skipped(streams.err, STEP, what, how)?;
            return Ok(if required.require_browser { Exit::Internal } else { Exit::Done });
        }
    };
    let mut checks = checks(context.root, &program);
    if let Some(pictures) = pictures {
        fs::create_dir_all(pictures)?;
        checks.env("BROWSER_SHOTS", pictures.canonicalize()?);
    }
    if let Some(filter) = filter {
        checks.env("BROWSER_FILTER", filter);
    }
    let said = Said::by(&mut checks, &context.steps)?;
    // From here on Ctrl-C is recorded. The terminal also sends it to the browser, which then terminates.
    let _ = (context.interrupted)();
    let passed = checks.stdin(Stdio::null()).status()?.success();
    said.pass_on(streams.err)?;
    if (context.interrupted)() {
        output::interrupted(streams.err, "the browser is closed")?;
        return Ok(Exit::Interrupted);
    }
    if passed {
        output::step_passed(streams.err, STEP, started.elapsed())?;
        return Ok(Exit::Done);
    }
    output::step_failed(streams.err, STEP, &[], "cargo", &["xtask", "browser"])?;
    Ok(Exit::Internal)
}

/// Finds Chromium, and installs the npm packages.
fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<PathBuf, Missing>> {
    let Some(program) = chromium() else {
        let how = "install it, such as by the package `chromium`, or name it by BROWSER_PROGRAM";
        return Ok(Err(Missing { what: "Chromium is not installed", how }));
    };
    Ok(PACKAGES.prepare(context, streams)?.map(|()| program))
}

fn chromium() -> Option<PathBuf> {
    let named = env::var_os(PROGRAM).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|dir| PROGRAMS.map(|name| dir.join(name)));
    named.into_iter().chain(on_path).find(|program| program.is_file())
}

/// The test target that runs the checks, built as `cargo test --workspace` builds it, so that nothing is compiled
/// twice.
fn checks(root: &Path, program: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--quiet", "--test", "browser", "--", "--nocapture"]);
    command.env("BROWSER_TOOLS", PACKAGES.to).env(PROGRAM, program).current_dir(root);
    super::without_package_variables(&mut command);
    command
}
