//! The commands that only this workspace has, one per file: a clap struct parses the arguments, and a function runs the
//! command.

pub mod browser;
mod child;
mod dependencies;
pub mod e2e;
pub mod instructions;
mod mirror;
mod node;
mod python;
mod python_tools;
pub mod scale;
pub mod test;
mod workflows;

use std::env;
use std::process::Command;

/// Cargo sets variables that name the package of the program it runs; a nested cargo must not inherit them.
fn without_package_variables(command: &mut Command) {
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
}
