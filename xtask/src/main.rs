//! `cargo xtask` for this workspace's spec.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
