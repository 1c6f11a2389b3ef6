//! The names of the program that runs: what a user types before the name of a command.

use std::sync::OnceLock;

/// The name in messages until a program runs: what a workspace calls the commands on its own spec by convention.
const CONVENTION: (&str, &str) = ("cargo xtask", "cargo xtask-live");

/// The names of the program that runs in this process.
static RUNS: OnceLock<(&str, &str)> = OnceLock::new();

/// What a user types before the name of a command, for messages and generated files.
pub fn name() -> &'static str {
    RUNS.get().unwrap_or(&CONVENTION).0
}

/// The same for the program that includes the AWS SDK.
pub fn live() -> &'static str {
    RUNS.get().unwrap_or(&CONVENTION).1
}

/// Sets the names. A process has one program: the first call counts.
pub(crate) fn set(name: &'static str, live: &'static str) {
    RUNS.get_or_init(|| (name, live));
}
