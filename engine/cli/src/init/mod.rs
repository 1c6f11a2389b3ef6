//! New projects: their files, the dependency on the engine, and writing them all or not at all.

mod dependency;
mod project;
mod write;

pub use dependency::{Dependency, DependencyError};
pub use project::{NewFile, python, rust, toml};
pub use write::{NewProjectError, in_the_way, write};
