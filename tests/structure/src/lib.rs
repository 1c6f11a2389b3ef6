//! The structure of the workspace's crates: modules, the paths between them, and the types that they define.
//!
//! Source is parsed with `syn`. Unit tests, and everything else under `#[cfg(test)]`, are left out.

#![allow(clippy::missing_panics_doc, reason = "a file that cannot be read or parsed fails the test that asks for it")]

mod cycles;
mod modules;
mod paths;
mod resolve;

pub use cycles::{Cycle, cycles};
pub use modules::{Module, Source, load};
pub use paths::Reference;

use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose structure has rules, as the roots of their source.
pub const CRATES: [&str; 9] = [
    "engine/cli/src/lib.rs",
    "engine/client/src/lib.rs",
    "engine/macros/src/lib.rs",
    "engine/model/src/lib.rs",
    "engine/testing/src/lib.rs",
    "infra-templates/src/lib.rs",
    "runtime/src/lib.rs",
    "handlers/src/lib.rs",
    "xtask/src/lib.rs",
];

/// The directory of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in tests/");
    tests.parent().expect("tests/ is in the workspace").to_owned()
}

/// Reads the modules of a crate of the workspace, from the root of its source.
#[must_use]
pub fn load_crate(root: &str) -> Vec<Module> {
    load(&workspace().join(root), &|path| fs::read_to_string(path).ok())
}
