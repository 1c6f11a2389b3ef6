//! What crosses crates about `audit`: SARIF as its schema wants it, and the policy that it needs for a spec with keys.

mod access;
mod permissions;
mod roles;
mod sarif;
