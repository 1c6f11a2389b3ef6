//! How long `gen-infra` takes, and how much memory.
//!
//! First as a whole process, from a spec's JSON to files on disk: this program runs itself once a round, and the child
//! reads its own CPU time and peak memory from the kernel (Linux). Then step by step in process.
//!
//! ```sh
//! cargo bench -p xtask
//! ```
//!
//! `compare.py` runs the program beside a plain Jinja script.

mod synthetic;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use paypulse_runtime::model::{Spec, lint};
use synthetic::{SIZES, spec};
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit, render};

const CHILD: &str = "GENERATE_SPEC";
const ROUNDS: usize = 7;

fn main() {
    if let Some(json) = env::var_os(CHILD) {
        return generate(json);
    }
    whole_process();
    divan::main();
}

/// The child: one run of the command, then its own account of it.
fn generate(json: OsString) {
    let root = env::temp_dir();
    let empty = Spec::empty(String::new());
    let context = Context {
        spec: Some(&empty),
        program: xtask::PROGRAM,
        root: &root,
        terraform_dir: root.clone(),
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let out = Path::new(&json).with_extension("out");
    let line = ["xtask".into(), "gen-infra".into(), "--spec".into(), json, "--out".into(), out.into()];
    let exit = xtask::run(&context, line, &mut Streams { out: &mut std::io::sink(), err: &mut std::io::stderr() });
    assert_eq!(exit, Exit::Done);
    println!("{} {}", cpu_milliseconds(), peak_kilobytes());
}

/// Source: [`/proc/pid/schedstat`](https://docs.kernel.org/scheduler/sched-stats.html), time on the processor.
fn cpu_milliseconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e6)
}

fn peak_kilobytes() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn whole_process() {
    println!("whole process, spec JSON to files on disk: median of {ROUNDS} runs");
    println!("{:>24} {:>10} {:>12} {:>12}", "secrets x handlers x grants", "grants", "CPU ms", "peak MB");
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (secrets, handlers, grants) in SIZES {
        let json = dir.path().join(format!("{secrets}.json"));
        fs::write(&json, spec(secrets, handlers, grants).to_json()).expect("it can be written");
        let mut runs: Vec<(f64, u64)> = (0..ROUNDS).map(|_| run_child(&json)).collect();
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu, peak) = runs[ROUNDS / 2];
        let peak = peak.div_ceil(1_000);
        let size = format!("{secrets} x {handlers} x {grants}");
        println!("{size:>27} {:>10} {cpu:>12.1} {peak:>12}", handlers * grants.min(secrets));
    }
    println!();
}

fn run_child(json: &Path) -> (f64, u64) {
    let _ = fs::remove_dir_all(json.with_extension("out"));
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new(program).env(CHILD, json).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    let cpu = words.next().and_then(|word| word.parse().ok()).expect("the child tells its time");
    (cpu, words.next().and_then(|word| word.parse().ok()).expect("the child tells its memory"))
}

#[divan::bench(args = SIZES)]
fn read_and_lint(bencher: divan::Bencher, (secrets, handlers, grants): (usize, usize, usize)) {
    let json = spec(secrets, handlers, grants).to_json();
    bencher.bench(|| Spec::read(divan::black_box(&json)));
}

#[divan::bench(args = SIZES)]
fn lint_alone(bencher: divan::Bencher, (secrets, handlers, grants): (usize, usize, usize)) {
    let spec = spec(secrets, handlers, grants);
    bencher.bench(|| lint::check(divan::black_box(&spec)));
}

#[divan::bench(args = SIZES)]
fn render_all(bencher: divan::Bencher, (secrets, handlers, grants): (usize, usize, usize)) {
    let spec = spec(secrets, handlers, grants);
    bencher.bench(|| render::files(divan::black_box(&spec)));
}
