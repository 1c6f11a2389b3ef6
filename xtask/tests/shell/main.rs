//! The program as a shell meets it: terminals and pipes, colours, what is said and what is not, completions.
#![cfg(unix)]

mod completions;
mod inputs;
mod process;
#[path = "../shared/program.rs"]
mod program;
mod progress;
mod readme;
mod run;
mod terminal;
mod together;
mod verbosity;
