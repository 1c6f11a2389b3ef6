//! Prints a table: this project's cached client beside AWS's caching crate and moka around the SDK, measured in one run.
//!
//! ```sh
//! cd benches && cargo run --release
//! ```
//!
//! Two worker threads; the server is the embedded Secrets Manager on loopback, in this process. A figure of time is the best
//! of several batches, because what disturbs a measurement only ever makes it slower.

mod peer;
mod scenario;

use std::io::Write;

use paypulse_runtime::testing::FaultKind;
use peer::{Aws, Moka, Ours, Peer};

/// One line of the table, for each peer.
macro_rules! line {
    ($what:literal, $scenario:ident $(, $argument:expr)?) => {
        print(
            $what,
            &[
                scenario::$scenario::<Ours>($($argument)?).await,
                scenario::$scenario::<Aws>($($argument)?).await,
                scenario::$scenario::<Moka>($($argument)?).await,
            ],
        )
    };
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    print("", &[Ours::NAME, Aws::NAME, Moka::NAME].map(str::to_owned));
    print("---", &["---", "---", "---"].map(str::to_owned));
    line!("cached read of a typed bundle, 1 thread", one_thread);
    line!("the same key, 64 tasks on 2 workers", hot_key);
    line!("API calls when 64 tasks miss one key", misses);
    line!("reads over 10 ms while a hot key expires 3 times under 64 readers", expiries);
    line!("read after expiry, AWS answers 503", outage, FaultKind::ServiceUnavailable);
    line!("read after expiry, AWS throttles", outage, FaultKind::Throttled);
    line!("read after expiry, AWS hangs", outage, FaultKind::Hang);
    line!("read after an own write", own_write);
    line!("lifetimes in which a secret deleted elsewhere is handed out", deleted_elsewhere);
    line!("API calls of a first read and of one after expiry", calls);
}

/// A row of a Markdown table.
fn print(what: &str, cells: &[String]) {
    println!("| {what} | {} |", cells.join(" | "));
    // A row takes a while; it shows when it is there.
    std::io::stdout().flush().expect("standard output can be written");
}
