//! The names of warnings.

/// The names of all warnings, in the order in which they are reported.
pub const WARNINGS: [&str; 2] = [MISSING_DESCRIPTION, UNUSED_SECRET];

/// A key, a secret or a handler without a description.
pub(crate) const MISSING_DESCRIPTION: &str = "missing-description";

/// A secret that no handler is granted.
pub(crate) const UNUSED_SECRET: &str = "unused-secret";
