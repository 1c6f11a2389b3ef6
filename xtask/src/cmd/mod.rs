//! One file a subcommand: the clap struct parses, a function does.

pub mod gen_infra;
mod second_opinions;
pub mod spec;
pub mod test;
