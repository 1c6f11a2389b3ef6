//! Prints a table of what a start costs: programs that read one secret over https and end.
//!
//! ```sh
//! cd benches && PYTHON_WITH_BOTO3=python3 cargo run --release -p cold_start
//! ```
//!
//! The server is the embedded Secrets Manager behind TLS, on loopback, in this process. Every program is built under both
//! profiles and started [`STARTS`] times, one after the other and in turns, so that what disturbs the machine disturbs all
//! of them. The order of a turn is random: who always starts after Python, which empties the processor's caches, looks slower.
//! A program has nothing of this one's environment, only what a Lambda function finds there: region, credentials, and here
//! the endpoint and the root certificates, which are the system's and the server's own.

mod build;
mod certificate;
mod front;
mod start;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use paypulse_runtime::testing::EmbeddedSecretsManager;

use build::{PROFILES, PROGRAMS, Program};
use start::{Environment, Start};

/// How often each program is started, after one start that is not counted.
const STARTS: usize = 100;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut programs = Vec::new();
    for profile in PROFILES {
        for (package, what) in PROGRAMS {
            programs.push(build::program(package, profile, what, directory.path())?);
        }
    }
    match std::env::var_os("PYTHON_WITH_BOTO3") {
        Some(python) => programs.push(build::boto3(python)),
        None => eprintln!("boto3 is skipped: `PYTHON_WITH_BOTO3` does not name a Python that has it"),
    }

    let server = EmbeddedSecretsManager::new();
    server.put("PayPulseAppJWTSecret", "hunter2");
    let served = server.serve().await?;
    let file = directory.path().join("roots.pem");
    let (acceptor, roots) = certificate::acceptor(&file)?;
    let front = front::open(acceptor, served.url()).await?;
    let environment = Environment::new(&front, &file);
    tokio::task::spawn_blocking(move || measure(&programs, &environment, roots)).await?
}

/// Starts all programs in turns, and prints the table.
fn measure(programs: &[Program], environment: &Environment, roots: usize) -> Result<()> {
    let before = load();
    let mut starts: BTreeMap<usize, Vec<Start>> = BTreeMap::new();
    let mut order: Vec<usize> = (0..programs.len()).collect();
    for turn in 0..=STARTS {
        fastrand::shuffle(&mut order);
        for &index in &order {
            let program = &programs[index];
            let start = start::run(&program.path, &program.arguments, environment)?;
            if turn > 0 {
                starts.entry(index).or_default().push(start);
            }
        }
    }
    println!("| program | profile | to the first secret, median (least) | whole process | size | crates | TLS |");
    println!("|---|---|---|---|---|---|---|");
    for (program, starts) in programs.iter().zip(starts.values()) {
        println!("{}", row(program, starts));
    }
    println!("\n{STARTS} starts each, {roots} root certificates, load before {before}, after {}", load());
    Ok(())
}

fn row(program: &Program, starts: &[Start]) -> String {
    let to_secret = median_and_least(starts.iter().map(|start| start.to_secret));
    let whole = median_and_least(starts.iter().map(|start| start.whole));
    let Program { what, profile, size, crates, tls, .. } = program;
    format!("| {what} | {profile} | {to_secret} | {whole} | {size} | {crates} | {tls} |")
}

fn median_and_least(milliseconds: impl Iterator<Item = f64>) -> String {
    let mut sorted: Vec<f64> = milliseconds.collect();
    sorted.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2}) ms", sorted[sorted.len() / 2], sorted[0])
}

/// The machine's load of the last minute; a measurement counts only on a quiet machine.
fn load() -> String {
    let text = std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned()
}
