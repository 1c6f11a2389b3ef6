//! AWS managed policies: what they allow on secrets, keys and roles, from a table that is compiled into this program.
//!
//! `policies.json` is derived from the documents of all AWS managed policies. For policies that affect secrets, keys or
//! roles, it has the relevant statements; for all others, only the names. `cargo xtask aws-policies` generates it.

mod derive;
mod read;
mod table;

pub use derive::{Derived, PolicySource, derive};
pub use read::{NoPolicies, Sources};
pub use table::{Table, UnknownPolicy, document, table};
