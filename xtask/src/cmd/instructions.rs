//! `instructions`, and a step of `test`: counts the instructions of two pieces of work under Callgrind, and compares them with the
//! committed figures. Unlike times, they are the same on a busy machine.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask instructions            count, and compare with xtask/benches/instructions.json
  cargo xtask instructions --accept   count, and write that file

Needs valgrind. It builds the examples of the workspace as `cargo test` does, with CARGO_INCREMENTAL=0. Figures are only
compared with those of the same versions of valgrind, Rust and the C library.

Exit codes: 0 no figure is worse, or skipped, 1 a figure is worse, or a program failed, 2 usage";

/// Count instructions, and compare them with the committed figures
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Instructions {
    /// Write the figures instead of comparing them
    #[arg(long)]
    accept: bool,
}

/// The name of the step of `test`.
pub const STEP: &str = "instructions";
/// The committed figures.
const FIGURES: &str = "xtask/benches/instructions.json";
/// The example of the tests' package that does the work.
const PROGRAM: &str = "counted";
/// The function whose instructions are collected, with all that it calls.
const FUNCTION: &str = "counted::counted";
const INCREMENTAL: &str = "CARGO_INCREMENTAL";
const ACCEPT: &str = "cargo xtask instructions --accept";

/// A piece of work.
struct Work {
    /// The argument of the program.
    name: &'static str,
    what: &'static str,
    /// How much worse it may become, in percent.
    tolerance: f64,
}

const WORKS: [Work; 2] = [
    Work { name: "rendering", what: "`gen-infra` on a spec of 8,000 grants", tolerance: 3.0 },
    Work { name: "plan", what: "`check-plan` on an unchanged plan", tolerance: 3.0 },
];

/// The figures, and what they depend on besides the code.
#[derive(Debug, Deserialize, Serialize)]
struct Figures {
    valgrind: String,
    rust: String,
    c_library: String,
    instructions: BTreeMap<String, u64>,
}

/// Why nothing is compared, and what to do.
#[derive(Debug)]
struct Skipped {
    why: String,
    how: String,
}

/// A failure that is reported: a program that cannot be built or run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

enum Ended {
    Passed,
    Worse,
    Skipped(Skipped),
    Failed(Failed),
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Instructions, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    report(command.accept, context, streams)
}

/// Runs the step of `test`, which compares only what that builds anyway.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn step(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    if env::var_os(INCREMENTAL).is_none_or(|value| value != "0") {
        let why = "incremental builds have other figures";
        output::step_skipped(streams.err, STEP, why, "set CARGO_INCREMENTAL=0, or run `cargo xtask instructions`")?;
        return Ok(Exit::Done);
    }
    report(false, context, streams)
}

fn report(accept: bool, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let started = Instant::now();
    match count(accept, context, streams)? {
        Ended::Passed => {
            output::step_passed(streams.err, STEP, started.elapsed())?;
            Ok(Exit::Done)
        }
        Ended::Skipped(Skipped { why, how }) => {
            output::step_skipped(streams.err, STEP, &why, &how)?;
            Ok(Exit::Done)
        }
        Ended::Worse => {
            output::step_failed(streams.err, STEP, &[], "cargo", &["xtask", "instructions"])?;
            output::note(streams.err, &format!("to accept the new figures, run `{ACCEPT}` and commit `{FIGURES}`"))?;
            Ok(Exit::Internal)
        }
        Ended::Failed(failed) => {
            output::error(streams.err, &failed, "run `cargo xtask instructions` again, and see what the program says")?;
            Ok(Exit::Internal)
        }
    }
}

fn count(accept: bool, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Ended> {
    let path = context.root.join(FIGURES);
    let committed = match committed(&path) {
        Ok(committed) => committed,
        // Accepting replaces what cannot be read.
        Err(_) if accept => None,
        Err(failed) => return Ok(Ended::Failed(failed)),
    };
    let here = match here() {
        Ok(here) => here,
        Err(skipped) => return Ok(Ended::Skipped(skipped)),
    };
    if !accept && let Err(skipped) = is_comparable(&here, committed.as_ref()) {
        return Ok(Ended::Skipped(skipped));
    }
    let counted = build(context.root).and_then(|program| count_all(&program, here));
    let figures = match counted {
        Ok(figures) => figures,
        Err(failed) => return Ok(Ended::Failed(failed)),
    };
    let mut is_worse = false;
    for Work { name, what, tolerance } in &WORKS {
        let now = figures.instructions[*name];
        let before = committed.as_ref().and_then(|it| it.instructions.get(*name).copied());
        let change = before.map(|before| change(before, now));
        let worse = !accept && change.is_none_or(|change| change > *tolerance);
        is_worse |= worse;
        let change = change.map_or("new".to_owned(), |change| format!("{change:+.2} %"));
        let verdict = if worse { format!(", and at most +{tolerance} % is accepted") } else { String::new() };
        writeln!(streams.err, "    {what}: {now} instructions, {change}{verdict}")?;
    }
    if accept {
        let json = serde_json::to_string_pretty(&figures).expect("numbers and texts are JSON") + "\n";
        fs::write(&path, json)?;
    }
    Ok(if is_worse { Ended::Worse } else { Ended::Passed })
}

/// The committed figures; `None` if there is no file.
fn committed(path: &Path) -> Result<Option<Figures>, Failed> {
    match fs::read(path) {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| Failed(format!("`{FIGURES}` cannot be read: {error}; `{ACCEPT}` writes it again"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failed(format!("`{FIGURES}` cannot be read: {error}"))),
    }
}

/// How much more the second figure is, in percent.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more digits")]
fn change(before: u64, now: u64) -> f64 {
    (now as f64 / before as f64 - 1.0) * 100.0
}

/// What figures depend on, without figures.
fn here() -> Result<Figures, Skipped> {
    let of = |program: &str, arguments: &[&str], how: &str| {
        first_line(program, arguments)
            .ok_or_else(|| Skipped { why: format!("`{program}` is not installed"), how: how.to_owned() })
    };
    Ok(Figures {
        valgrind: of("valgrind", &["--version"], "install valgrind")?,
        rust: of("rustc", &["--version"], "install Rust with rustup")?,
        c_library: of("ldd", &["--version"], "compare the figures on Linux with glibc")?,
        instructions: BTreeMap::new(),
    })
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned();
    output.status.success().then_some(text)
}

/// Whether figures of this machine can be compared with the committed ones.
fn is_comparable(here: &Figures, committed: Option<&Figures>) -> Result<(), Skipped> {
    let how = format!("`{ACCEPT}` writes `{FIGURES}`");
    let Some(committed) = committed else {
        return Err(Skipped { why: format!("there are no figures in `{FIGURES}`"), how });
    };
    let versions =
        [(&here.valgrind, &committed.valgrind), (&here.rust, &committed.rust), (&here.c_library, &committed.c_library)];
    match versions.into_iter().find(|(here, committed)| here != committed) {
        None => Ok(()),
        Some((here, there)) => Err(Skipped { why: format!("the figures are of {there}, and here is {here}"), how }),
    }
}

/// Builds the program with the features of the whole workspace, so that it is the one that `cargo test` has built.
fn build(root: &Path) -> Result<PathBuf, Failed> {
    let arguments = ["build", "--workspace", "--examples", "--locked", "--message-format=json-render-diagnostics"];
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(root).env(INCREMENTAL, "0").stdin(Stdio::null()).stderr(Stdio::inherit());
    super::without_package_variables(&mut cargo);
    let output = cargo.output().map_err(|error| Failed(format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failed("the examples of the workspace cannot be built".to_owned()));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let path = messages.lines().find_map(|message| {
        let message: serde_json::Value = serde_json::from_str(message).ok()?;
        (message["target"]["name"] == PROGRAM).then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    path.ok_or_else(|| Failed(format!("cargo names no program `{PROGRAM}`")))
}

fn count_all(program: &Path, mut figures: Figures) -> Result<Figures, Failed> {
    for Work { name, .. } in &WORKS {
        figures.instructions.insert((*name).to_owned(), count_one(program, name)?);
    }
    Ok(figures)
}

/// The instructions of one piece of work.
fn count_one(program: &Path, name: &str) -> Result<u64, Failed> {
    let failed = |what: String| Failed(format!("`{name}` cannot be counted: {what}"));
    let dir = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let out = dir.path().join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--toggle-collect={FUNCTION}"));
    valgrind.arg(format!("--callgrind-out-file={}", out.display())).arg(program).arg(name);
    // Nothing of this machine changes the figures.
    valgrind.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path))).current_dir(dir.path());
    let output = valgrind.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = fs::read_to_string(&out).map_err(|error| failed(error.to_string()))?;
    match total(&text) {
        Some(total) if total > 0 => Ok(total),
        _ => Err(failed(format!("Callgrind has collected nothing in `{FUNCTION}`"))),
    }
}

/// The total of Callgrind's file.
fn total(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("totals:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::{Figures, change, committed, is_comparable, total};

    fn figures(rust: &str) -> Figures {
        Figures {
            valgrind: "valgrind-3.19.0".into(),
            rust: rust.into(),
            c_library: "ldd (GLIBC) 2.36".into(),
            instructions: BTreeMap::new(),
        }
    }

    #[test]
    fn figures_of_another_toolchain_are_not_compared() {
        assert!(is_comparable(&figures("rustc 1.95.0"), Some(&figures("rustc 1.95.0"))).is_ok());
        let skipped =
            is_comparable(&figures("rustc 1.96.0"), Some(&figures("rustc 1.95.0"))).expect_err("it is another");
        assert_eq!(skipped.why, "the figures are of rustc 1.95.0, and here is rustc 1.96.0");
        assert!(is_comparable(&figures("rustc 1.95.0"), None).is_err());
    }

    #[test]
    fn the_total_and_its_change() {
        assert_eq!(total("version: 1\nevents: Ir\ntotals: 4711\n"), Some(4711));
        assert_eq!(total("totals: many"), None);
        assert!((change(200, 206) - 3.0).abs() < 1e-9 && change(200, 100) < 0.0);
    }

    #[test]
    fn damaged_figures_are_not_taken_for_missing_ones() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("instructions.json");
        assert!(committed(&path).expect("a missing file is no fault").is_none());
        fs::write(&path, "{ \"valgrind\": ").expect("it can be written");
        let failed = committed(&path).expect_err("it is cut off").to_string();
        assert!(failed.contains("cannot be read") && failed.contains("--accept"), "{failed}");
    }
}
