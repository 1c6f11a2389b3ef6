//! What AWS's own managed policies allow on secrets, keys and roles, by a table that is a part of this program.
//!
//! `policies.json` is derived from the documents of all of them: of those that have an effect on secrets, keys or roles the
//! statements that have it, and of the others the names. `cargo xtask aws-policies` makes it again.

mod derive;
mod table;

pub use derive::{Derived, Source, derive};
pub use table::{Table, Unknown, document, table};
