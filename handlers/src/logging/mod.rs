//! What is logged, and what never is.
//!
//! Lambda keeps what a function prints; as JSON it knows the fields of `json`. The crate `lambda_runtime` prints each event as it came at TRACE, tokens included;
//! that line is left out here whatever the environment asks for.

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

/// Starts logging, at the level that `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG`, asks for (INFO by default), as JSON where
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
        // Lambda knows the time of each line.
        fmt::layer().without_time().with_ansi(false).with_writer(io::stdout).with_filter(filter).boxed()
    };
    // Only the first call can.
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// Where a panic was, and not what it says: that can quote a value, such as a text that was cut in the middle of a character.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "the function panicked");
}

/// The span that says to which request a line belongs. It is there at every level, also at those that have no other span.
fn is_invocation(of: &Metadata<'_>) -> bool {
    of.is_span() && of.name() == "Lambda runtime invoke"
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
