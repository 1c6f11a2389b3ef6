//! `run`: starts a program as a handler of the spec, on an embedded Secrets Manager.

#[cfg(feature = "live")]
mod live;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::options::SpecOption;

const EXAMPLES: &str = "\
Examples:
  {live} run --as reader -- python3 app.py             as the handler `reader`
  {live} run --as reader --seed local.json -- pytest   with values from a file
  {live} run --as reader -- aws secretsmanager get-secret-value --secret-id shop/key

The program gets the endpoint, the credentials of the handler and what the generated Terraform sets on
its function. A call that the spec does not grant is denied in AWS's words; at the end, each such call is
explained on standard error with the line of the spec to add. All values are gone when the program ends.

Exit codes: 0 the program ended with 0, otherwise its own, or 128 and the number of the signal that ended
it; 1 internal, 2 usage, 100 the spec has problems, 126 the program cannot be started, 127 there is none";

/// Run a program as a handler, with an embedded Secrets Manager and the spec's grants
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RunAs {
    /// The handler, by its deployed name or its id
    #[arg(long = "as", value_name = "HANDLER")]
    handler: String,
    /// A JSON file with the values of secrets, by their names
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// The environment, if the spec declares prefixes
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    #[command(flatten)]
    spec: SpecOption,
    /// The program and its arguments, behind `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[cfg(feature = "live")]
pub use live::run;
#[cfg(not(feature = "live"))]
pub use without::run;

/// The command in a build without the server.
#[cfg(not(feature = "live"))]
mod without {
    use std::io;

    use super::RunAs;
    use crate::output::{Streams, local};
    use crate::{Context, Exit};

    /// Says which program has the command.
    ///
    /// # Errors
    ///
    /// If a stream cannot be written.
    pub fn run(_: &RunAs, _: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
        local::not_live(streams.err, "run")?;
        Ok(Exit::Usage)
    }
}
