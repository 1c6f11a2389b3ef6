//! `driftless`: the commands on an exported spec, which `--spec` names.

use std::process::ExitCode;

use driftless_cli::Program;
use mimalloc::MiMalloc;

/// Rendering a large spec takes a third less time than with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    driftless_cli::main(None, Program::new("driftless", "driftless", "driftless"))
}
