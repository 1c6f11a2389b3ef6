//! The Secrets Manager operations that verbs are made of.

use std::fmt;

/// One Secrets Manager operation that a verb makes.
///
/// Operations that accept no single secret as their resource (`ListSecrets`, `BatchGetSecretValue`,
/// `GetRandomPassword`) are left out on purpose: a handler that needs one would need access to every secret.
/// Source: [actions, resources and condition keys for AWS Secrets Manager][actions].
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiCall {
    /// Creates a secret together with its first value.
    CreateSecret,
    /// Deletes a secret.
    DeleteSecret,
    /// Reads what is known of a secret, without its value.
    DescribeSecret,
    /// Reads a secret's value.
    GetSecretValue,
    /// Writes a new version of a secret's value.
    PutSecretValue,
    /// Takes back a scheduled deletion.
    RestoreSecret,
}

impl ApiCall {
    /// Every operation that some verb may make.
    pub const ALL: [Self; 6] = [
        Self::CreateSecret,
        Self::DeleteSecret,
        Self::DescribeSecret,
        Self::GetSecretValue,
        Self::PutSecretValue,
        Self::RestoreSecret,
    ];

    /// The operation's name in the Secrets Manager API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateSecret => "CreateSecret",
            Self::DeleteSecret => "DeleteSecret",
            Self::DescribeSecret => "DescribeSecret",
            Self::GetSecretValue => "GetSecretValue",
            Self::PutSecretValue => "PutSecretValue",
            Self::RestoreSecret => "RestoreSecret",
        }
    }

    /// The operation of that name, if a verb can make it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.name() == name)
    }
}

impl fmt::Display for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
