//! Output of `serve` and `run`.

use std::io::{self, Write};

use driftless_model::shown;
#[cfg(feature = "live")]
use serde_json::{Map, Value, json};

use super::{ERROR, HINT, count, hint};

/// Reports that this build has no server.
pub fn not_live(err: &mut dyn Write, command: &str) -> io::Result<()> {
    writeln!(err, "{ERROR}error:{ERROR:#} this build has no AWS SDK, on which the embedded server is built")?;
    hint(err, &format!("run `{} {command}`, which is built with the feature `live`", crate::program::live()))
}

/// A handler's id, and its variables.
#[cfg(feature = "live")]
pub type OfHandler<'a> = (&'a str, Vec<(String, String)>);

/// Prints the variables of each handler in a form that a shell reads.
#[cfg(feature = "live")]
pub fn variables(out: &mut dyn Write, handlers: &[OfHandler<'_>]) -> io::Result<()> {
    for (place, (handler, variables)) in handlers.iter().enumerate() {
        let gap = if place > 0 { "\n" } else { "" };
        writeln!(out, "{gap}# {handler}")?;
        for (name, value) in variables {
            writeln!(out, "export {name}={}", super::quoted(std::path::Path::new(value)))?;
        }
    }
    out.flush()
}

/// Prints the endpoint and the variables of each handler as one JSON document.
#[cfg(feature = "live")]
pub fn variables_as_json(out: &mut dyn Write, url: &str, handlers: &[OfHandler<'_>]) -> io::Result<()> {
    let of = |variables: &[(String, String)]| -> Map<String, Value> {
        variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
    };
    let handlers: Map<String, Value> =
        handlers.iter().map(|(handler, variables)| ((*handler).to_owned(), of(variables).into())).collect();
    let report = json!({ "result": "serving", "endpoint": url, "handlers": handlers });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)?;
    out.flush()
}

/// Reports that the server runs.
pub fn serving(err: &mut dyn Write, url: &str, values: usize) -> io::Result<()> {
    writeln!(err, "serving {url} with {}; Ctrl-C ends it", count(values, "value"))?;
    err.flush()
}

/// Reports how many different calls were denied.
pub fn denied_calls(err: &mut dyn Write, number: usize) -> io::Result<()> {
    writeln!(err, "\n{} that the spec does not grant:", count(number, "call"))
}

/// Explains a denied call: its cause, and the next steps.
pub fn denied_call(
    err: &mut dyn Write,
    handler: &str,
    action: &str,
    secret: &str,
    (why, next): &(String, Vec<String>),
) -> io::Result<()> {
    writeln!(err, "{ERROR}denied{ERROR:#} {} of {} on {}: {why}", shown(action), shown(handler), shown(secret))?;
    next.iter().try_for_each(|step| writeln!(err, "  {HINT}next:{HINT:#} {step}"))
}

/// Reports a denied call of a caller that is no handler.
pub fn unknown_caller(err: &mut dyn Write, caller: &str, call: &str, secret: &str) -> io::Result<()> {
    let what = format!("{} on {}", shown(call), shown(secret));
    writeln!(
        err,
        "{ERROR}denied{ERROR:#} {what}: no handler of the environment has the access key id {}",
        shown(caller)
    )
}
