//! `cargo xtask-live` for this workspace's spec: `cargo xtask` including the AWS SDK.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
