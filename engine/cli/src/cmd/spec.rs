//! `spec`: prints the spec as JSON or TOML, or the JSON Schema of both.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use driftless_model::Spec;

use super::{failed, spec_file};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} spec > spec.json                         export the spec
  {program} spec --format toml > secrets.toml        export it as TOML
  {program} spec --spec secrets.toml > spec.json     convert a file; its comments are not kept
  {program} spec --schema > secrets.schema.json      the JSON Schema of these files, for editors
  {program} spec | jq '.handlers[].name'             ask it something

Exit codes: 0 printed, 1 internal, 2 usage, 100 the spec has problems";

/// Print the spec as JSON or TOML
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct PrintSpec {
    /// The form to print. Both have the same members; comments are not kept
    #[arg(long, value_enum, default_value_t = SpecForm::Json)]
    format: SpecForm,
    /// Print this spec (JSON, or TOML if its name ends in `.toml`) instead; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Print the JSON Schema of an exported spec instead
    #[arg(long, conflicts_with_all = ["format", "spec"])]
    schema: bool,
}

/// A form of an exported spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SpecForm {
    Json,
    Toml,
}

/// Runs the command.
///
/// # Errors
///
/// If the stream cannot be written.
pub fn run(command: &PrintSpec, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    if command.schema {
        streams.out.write_all(Spec::json_schema().as_bytes())?;
        return Ok(Exit::Done);
    }
    let text = match (context.spec, command.spec.as_deref()) {
        (Some(spec), None) => command.format.of(spec),
        (_, path) => match spec_file::read(path, context) {
            Ok((spec, problems)) if problems.is_empty() => command.format.of(&spec),
            Ok((_, problems)) => {
                output::problems(streams.err, &problems)?;
                return Ok(Exit::Problems);
            }
            Err(error) => return failed(&error, &spec_file::hint(), false, streams),
        },
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

impl SpecForm {
    fn of(self, spec: &Spec) -> String {
        match self {
            Self::Json => spec.to_json(),
            Self::Toml => spec.to_toml(),
        }
    }
}
