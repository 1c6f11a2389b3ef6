//! `cargo xtask-live` for this workspace's spec: `cargo xtask` with the AWS SDK in it.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main(&paypulse_runtime::spec::spec())
}
