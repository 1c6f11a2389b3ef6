//! `spec`: prints the compiled spec as JSON, or the JSON Schema of that form.

use std::io;

use clap::Args;
use paypulse_runtime::model::Spec;

use crate::output::Streams;
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask spec > spec.json              export the spec
  cargo xtask spec --schema                 the JSON Schema of that file
  cargo xtask spec | jq '.handlers[].name'  ask it something

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
    let json = if command.schema { Spec::json_schema() } else { context.spec.to_json() };
    streams.out.write_all(json.as_bytes())?;
    Ok(Exit::Done)
}
