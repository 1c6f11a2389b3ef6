//! `spec`: prints the spec as JSON, or the JSON Schema of that form.

use std::io;

use clap::Args;
use driftless_model::Spec;

use super::{failed, spec_file};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} spec > spec.json              export the spec
  {program} spec --schema                 the JSON Schema of that file
  {program} spec | jq '.handlers[].name'  ask it something

Exit codes: 0 printed, 1 internal, 2 usage";

/// Print the spec as JSON
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct PrintSpec {
    /// Print the JSON Schema of an exported spec instead
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
///
/// If the stream cannot be written.
pub fn run(command: &PrintSpec, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let json = match (command.schema, context.spec) {
        (true, _) => Spec::json_schema(),
        (false, Some(spec)) => spec.to_json(),
        (false, None) => match spec_file::read(None, context) {
            Ok((spec, problems)) if problems.is_empty() => spec.to_json(),
            Ok((_, problems)) => {
                output::problems(streams.err, &problems)?;
                return Ok(Exit::Problems);
            }
            Err(error) => return failed(&error, &spec_file::hint(), false, streams),
        },
    };
    streams.out.write_all(json.as_bytes())?;
    Ok(Exit::Done)
}
