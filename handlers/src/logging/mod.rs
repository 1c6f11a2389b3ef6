//! Logging, and a filter for lines that must never be logged.
//!
//! Lambda stores the output of a function; in JSON, it recognizes the members in `json`. At TRACE, the crate
//! `lambda_runtime` prints each event unchanged, including tokens. That line is always filtered out, at every
//! configured level.

mod json;

use std::env;
use std::io;
use std::panic;

use tracing::{Level, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use json::Json;

/// Starts logging at the level in `AWS_LAMBDA_LOG_LEVEL`, or otherwise `RUST_LOG` (default: INFO), as JSON if
/// `AWS_LAMBDA_LOG_FORMAT` is `JSON`. Later calls do nothing.
///
/// Source: [advanced logging controls](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-logs.html).
pub fn init() {
    let wanted = env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| env::var("RUST_LOG")).unwrap_or_default();
    let filter = filter_fn(is_invocation).or(targets(&wanted)).and(filter_fn(is_no_event));
    let is_json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = if is_json {
        Json(io::stdout).with_filter(filter).boxed()
    } else {
        // Lambda adds the time of each line.
        fmt::layer().without_time().with_ansi(false).with_writer(io::stdout).with_filter(filter).boxed()
    };
    // Only the first call succeeds.
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// Logs the location of a panic and not its message, which can quote a value, such as a string that was sliced inside a
/// character.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "the function panicked");
}

/// Whether this is the span that assigns a line to a request. It is enabled at every level, even if all other spans are
/// disabled.
fn is_invocation(of: &Metadata<'_>) -> bool {
    of.is_span() && of.name() == "Lambda runtime invoke"
}

/// Parses a level or a list of targets. An invalid value counts as not set.
fn targets(wanted: &str) -> Targets {
    let default = || Targets::new().with_default(Level::INFO);
    match wanted {
        "" => default(),
        // Lambda's highest level, for which tracing has only ERROR.
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
