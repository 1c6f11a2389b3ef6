//! `serve`: the embedded Secrets Manager with the grants of the spec, on a loopback port, for programs in any language.

#[cfg(feature = "live")]
mod live;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::options::SpecOption;
const EXAMPLES: &str = "\
Examples:
  {live} serve                                  on a free port; prints what each handler needs
  {live} serve --port 4566 --seed local.json    with values from a file
  {live} serve --prefix dev/                    for one environment of the spec
  {live} serve --format json > endpoint.json    for programs

The caller is known by its access key id, which is the handler's deployed name: it may do what the spec
grants that handler, and is denied everything else in AWS's words. Signatures are not verified, so only
this machine can connect. A seed is `{ \"NAME\": \"VALUE\", \"OTHER\": { … } }`; its values are never printed.
All values are gone when the server ends.

Exit codes: 0 ended by Ctrl-C, 1 internal, 2 usage (a seed that is none, a port that is taken), 100 the
spec has problems";

/// Serve an embedded Secrets Manager with the spec's grants on this machine
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// The port; by default a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// The loopback address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = loopback)]
    address: IpAddr,
    /// A JSON file with the values of secrets, by their names; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// The environment, if the spec declares prefixes
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    #[command(flatten)]
    spec: SpecOption,
    /// How to print the variables: for a shell, or one JSON document for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Reads the address to listen on, which has to be one of this machine only.
fn loopback(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| "an address is written as `127.0.0.1` or `::1`".to_owned())?;
    if address.is_loopback() {
        Ok(address)
    } else {
        Err("it is not a loopback address, and other machines could read the values".to_owned())
    }
}

#[cfg(feature = "live")]
pub use live::run;
#[cfg(not(feature = "live"))]
pub use without::run;

/// The command in a build without the server.
#[cfg(not(feature = "live"))]
mod without {
    use std::io;

    use super::Serve;
    use crate::output::{Streams, local};
    use crate::{Context, Exit};

    /// Says which program has the command.
    ///
    /// # Errors
    ///
    /// If a stream cannot be written.
    pub fn run(_: &Serve, _: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
        local::not_live(streams.err, "serve")?;
        Ok(Exit::Usage)
    }
}
