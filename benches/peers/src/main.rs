//! Prints a table: this project's cached client beside AWS's caching crate, moka around the SDK and Powertools for Python,
//! measured in one run.
//!
//! ```sh
//! cd benches && PYTHON_WITH_POWERTOOLS=python3 cargo run --release
//! cd benches && cargo bench -p peers
//! ```
//!
//! Two worker threads; the server is the embedded Secrets Manager on loopback, in this process. A figure of time is the best
//! of several batches, because what disturbs a measurement only ever makes it slower.
//!
//! Most lines are of what a peer does and how often it calls, over seconds and through faults, which no harness for
//! benchmarks can put side by side; so they are run once and printed. The cached read alone is also a benchmark, under divan
//! in `benches/reads.rs`, which counts its allocations too.

mod peer;
mod python;
mod scenario;

use std::io::Write;

use paypulse_runtime::testing::FaultKind;
use peer::{Aws, Moka, Ours, Peer};
use python::{PYTHON, Powertools};

/// One line of the table, for each peer; with `python` the last cell is found in another way.
macro_rules! line {
    ($what:literal, $scenario:ident $(, $argument:expr)?) => {
        line!($what, $scenario $(, $argument)?; scenario::$scenario::<Powertools>($($argument)?).await)
    };
    ($what:literal, $scenario:ident $(, $argument:expr)?; $python:expr) => {{
        let mut cells = vec![
            scenario::$scenario::<Ours>($($argument)?).await,
            scenario::$scenario::<Aws>($($argument)?).await,
            scenario::$scenario::<Moka>($($argument)?).await,
        ];
        if PYTHON.get().is_some() {
            cells.push($python);
        }
        print($what, &cells);
    }};
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut names = vec![Ours::NAME, Aws::NAME, Moka::NAME];
    match std::env::var_os("PYTHON_WITH_POWERTOOLS") {
        Some(python) => {
            PYTHON.set(python).expect("it is set once");
            names.push(Powertools::NAME);
        }
        None => eprintln!("Powertools is skipped: `PYTHON_WITH_POWERTOOLS` does not name a Python that has it"),
    }
    print("", &names);
    print("---", &vec!["---"; names.len()]);
    line!("cached read of a typed bundle, 1 thread", one_thread; scenario::one_thread_of_python().await);
    line!("the same key, 64 tasks on 2 workers", hot_key; String::new());
    line!("API calls when 64 tasks miss one key", misses; scenario::misses_of_python().await);
    line!("reads over 10 ms while a hot key expires 3 times under 64 readers", expiries; String::new());
    line!("two reads after expiry, AWS answers 503", outage, FaultKind::ServiceUnavailable);
    line!("two reads after expiry, AWS throttles", outage, FaultKind::Throttled);
    line!("two reads after expiry, AWS hangs", outage, FaultKind::Hang);
    line!("read after an own write", own_write);
    line!("lifetimes in which a secret deleted elsewhere is handed out", deleted_elsewhere);
    line!("what shows the secret under `{:?}`", shown);
    line!("API calls of a first read and of one after expiry", calls);
}

/// A row of a Markdown table.
fn print(what: &str, cells: &[impl AsRef<str>]) {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    println!("| {what} | {} |", cells.join(" | "));
    // A row takes a while; it shows when it is there.
    std::io::stdout().flush().expect("standard output can be written");
}
