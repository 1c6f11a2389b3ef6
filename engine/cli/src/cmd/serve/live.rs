//! Runs the server of `serve`.

use std::io;

use super::super::local_setup::{Setup, report};
use super::{Format, Serve};
use crate::local::{Local, explain, variables};
use crate::output::{self, Streams};
use crate::{Context, Exit};

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Serve, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let is_json = command.format == Format::Json;
    let setup = match Setup::read(command.spec.path(), command.prefix.as_deref(), command.seed.as_deref(), context) {
        Ok(setup) => setup,
        Err(fault) => return report(&fault, is_json, streams),
    };
    let environment = setup.environment();
    let (whole, prefix) = (environment.whole, environment.prefix);
    let local = match Local::start(whole, &setup.seed, command.address, command.port) {
        Ok(local) => local,
        Err(error) => {
            let hint = "pass another `--port`, or none for a free one";
            return super::super::failed(&error, hint, is_json, streams);
        }
    };
    // From here on, Ctrl-C is only recorded.
    (context.interrupted)();
    let url = local.url();
    let handlers = whole.handlers.iter();
    let handlers: Vec<_> =
        handlers.map(|handler| (handler.id.as_str(), variables(whole, prefix, handler, &url))).collect();
    if is_json {
        output::local::variables_as_json(streams.out, &url, &handlers)?;
    } else {
        output::local::variables(streams.out, &handlers)?;
    }
    output::local::serving(streams.err, &url, setup.seed.len())?;
    local.until(|| Ok((context.interrupted)().then_some(())))?;
    explain(&environment, &local.server.calls(), streams)?;
    Ok(Exit::Done)
}
