//! `cargo bookshop`: the commands of the engine on this workspace's spec.

use std::process::ExitCode;

use driftless_cli::Program;

fn main() -> ExitCode {
    driftless_cli::main(
        Some(&bookshop::spec::spec()),
        Program::new("cargo bookshop", "cargo bookshop-live", "bookshop"),
    )
}
