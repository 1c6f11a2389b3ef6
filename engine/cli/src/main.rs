//! `driftless`: the commands on an exported spec, which `--spec` names.

use std::process::ExitCode;

use driftless_cli::Program;

fn main() -> ExitCode {
    driftless_cli::main(None, Program::new("driftless", "driftless", "driftless"))
}
