//! One file a subcommand: the clap struct parses, a function does.

pub mod gen_infra;
pub mod spec;
pub mod test;
