//! Staging labels: the names that Secrets Manager gives to the versions of a secret.
//!
//! Source: [secret versions](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version).

/// The version that is read if a request names none.
pub const CURRENT: &str = "AWSCURRENT";
/// The new version during a rotation.
pub const PENDING: &str = "AWSPENDING";
/// The version before the current one.
pub const PREVIOUS: &str = "AWSPREVIOUS";
