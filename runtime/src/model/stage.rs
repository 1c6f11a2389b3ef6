//! The staging labels by which Secrets Manager tells the versions of a secret apart.
//!
//! Source: [secret versions](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version).

/// The version that is read where a request names none.
pub const CURRENT: &str = "AWSCURRENT";
/// The version that a rotation is making.
pub const PENDING: &str = "AWSPENDING";
/// The version that was the current one before.
pub const PREVIOUS: &str = "AWSPREVIOUS";
