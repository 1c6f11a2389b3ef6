//! `cargo xtask-live` for this workspace's spec: `cargo xtask` with the AWS SDK in it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    xtask::main(&paypulse_runtime::spec::spec(), root)
}
