//! `cargo xtask scale`: its figures against the real client's calls, its rules against the client's, and its command line.

mod client;
mod command_line;
mod rules;

#[path = "../generator/run.rs"]
#[allow(dead_code, reason = "this suite does not need all of it")]
mod run;
