//! `cargo xtask`: the commands of the engine on PayPulse's spec, and the commands that only this workspace has, such as `test`.
//!
//! Exports the engine's library again, so that tests find both in one place.

pub mod cmd;
pub mod scale;

use std::io;
use std::process::ExitCode;

use clap::Subcommand;

pub use driftless_cli::*;

use crate::cmd::browser::{self, Browser};
use crate::cmd::e2e::{self, EndToEnd};
use crate::cmd::instructions::{self, Instructions};
use crate::cmd::scale::{self as scale_command, Scale};
use crate::cmd::test::{self, Test};

/// The program.
pub const PROGRAM: Program = Program::with::<Subcommands>("cargo xtask", "cargo xtask-live", "xtask");

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    driftless_cli::main(Some(&paypulse_runtime::spec::spec()), PROGRAM)
}

/// The clap command, for tests that check the form of every command.
#[must_use]
pub fn command_line() -> clap::Command {
    PROGRAM.command_line()
}

#[derive(Subcommand, Debug)]
enum Subcommands {
    #[command(flatten)]
    Engine(driftless_cli::Commands),
    Scale(Scale),
    Test(Test),
    Browser(Browser),
    #[command(name = "e2e")]
    EndToEnd(EndToEnd),
    Instructions(Instructions),
}

impl Command for Subcommands {
    fn needs_root(&self) -> bool {
        match self {
            Self::Engine(command) => command.needs_root(),
            Self::Scale(command) => command.needs_root(),
            Self::Test(_) | Self::Browser(_) | Self::EndToEnd(_) | Self::Instructions(_) => true,
        }
    }

    fn shares_terminal(&self) -> bool {
        match self {
            Self::Engine(command) => command.shares_terminal(),
            Self::Scale(_) => false,
            Self::Test(_) | Self::Browser(_) | Self::EndToEnd(_) | Self::Instructions(_) => true,
        }
    }

    fn run(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
        match self {
            Self::Engine(command) => command.run(context, streams),
            Self::Scale(command) => scale_command::run(command, context, streams),
            Self::Test(command) => test::run(command, context, streams),
            Self::Browser(command) => browser::run(command, context, streams),
            Self::EndToEnd(command) => e2e::run(command, context, streams),
            Self::Instructions(command) => instructions::run(command, context, streams),
        }
    }
}
