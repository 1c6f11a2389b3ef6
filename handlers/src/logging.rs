//! What is logged, and what never is.
//!
//! Lambda keeps what a function prints. The crate `lambda_runtime` prints each event as it came at TRACE, tokens included;
//! that line is left out here whatever the environment asks for.

use std::env;
use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging, at the level that `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG`, asks for (INFO by default), as JSON where
/// `AWS_LAMBDA_LOG_FORMAT` is `JSON`. Later calls do nothing.
///
/// Source: [advanced logging controls](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-logs.html).
pub fn init() {
    let wanted = env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| env::var("RUST_LOG")).unwrap_or_default();
    let filter = targets(&wanted).and(filter_fn(is_no_event));
    // Lambda knows the time of each line.
    let lines = fmt::layer().without_time().with_ansi(false).with_writer(io::stdout);
    let is_json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = if is_json { lines.json().with_filter(filter).boxed() } else { lines.with_filter(filter).boxed() };
    // Only the first call can.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// What is not understood counts as not said.
fn targets(wanted: &str) -> Targets {
    let default = || Targets::new().with_default(Level::INFO);
    match wanted {
        "" => default(),
        // Lambda's word for what tracing calls an error.
        fatal if fatal.eq_ignore_ascii_case("fatal") => Targets::new().with_default(Level::ERROR),
        wanted => wanted.parse().unwrap_or_else(|_| default()),
    }
}

fn is_no_event(of: &Metadata<'_>) -> bool {
    *of.level() != Level::TRACE || of.target().split("::").next() != Some("lambda_runtime")
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::targets;

    #[test]
    fn the_level_is_that_of_lambda_or_of_a_list_of_targets() {
        for (wanted, level) in [
            ("", Level::INFO),
            ("DEBUG", Level::DEBUG),
            ("trace", Level::TRACE),
            ("FATAL", Level::ERROR),
            ("warn,hyper=trace", Level::WARN),
            ("a=b=c", Level::INFO),
        ] {
            let targets = targets(wanted);
            assert!(targets.would_enable("any", &level), "{wanted}");
            if level != Level::TRACE {
                assert!(!targets.would_enable("any", &Level::TRACE), "{wanted}");
            }
        }
    }
}
