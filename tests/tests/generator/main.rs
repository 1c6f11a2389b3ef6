//! The generator, called as its users call it: files, exit codes, messages, and the rendered Terraform held against the
//! AWS provider's own schema.

mod bad_specs;
mod command_line;
mod descriptions;
mod directory;
mod explained;
mod hcl;
mod hostile;
mod importing;
mod init;
mod misspelt;
mod others_files;
mod pictures;
mod plans;
mod principals;
mod rendered;
mod roles;
mod run;
mod sizes;
mod spec_json;
mod spec_toml;
mod value_versions;
mod why;
mod widening;
