//! `cargo xtask audit` against a server on loopback: how it ends, what it finds of secrets, what it makes of an account of
//! 100,000 secrets and of answers that make no sense. The same against an emulator is in `tests/e2e`.

mod account;
mod endings;
mod identities;
mod permissions;
#[path = "../shared/program.rs"]
mod program;
mod run;
mod scale;
mod secrets;
mod server;
mod settings;
