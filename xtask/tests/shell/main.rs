//! The program as a shell meets it: terminals and pipes, colours, what is said and what is not, completions.
#![cfg(unix)]

mod completions;
mod process;
#[path = "../shared/program.rs"]
mod program;
mod progress;
mod run;
mod terminal;
mod verbosity;
