//! The Secrets Manager operations that verbs use.

use std::fmt;

/// One Secrets Manager operation that a verb uses.
///
/// Operations on many secrets at once (`ListSecrets`, `BatchGetSecretValue`) are left out on purpose: a handler that
/// needs one would need access to every secret.
/// Source: [actions, resources and condition keys for AWS Secrets Manager][actions].
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiCall {
    /// Creates a secret together with its first value.
    CreateSecret,
    /// Deletes a secret.
    DeleteSecret,
    /// Reads the metadata of a secret, without its value.
    DescribeSecret,
    /// Generates a random password. It accesses no secret.
    GetRandomPassword,
    /// Reads a secret's value.
    GetSecretValue,
    /// Writes a new version of a secret's value.
    PutSecretValue,
    /// Cancels a scheduled deletion.
    RestoreSecret,
    /// Writes a new version of a secret's value, or changes its description or key.
    UpdateSecret,
    /// Moves a staging label from one version of a secret's value to another.
    UpdateSecretVersionStage,
}

impl ApiCall {
    /// Every operation that a verb can use.
    pub const ALL: [Self; 9] = [
        Self::CreateSecret,
        Self::DeleteSecret,
        Self::DescribeSecret,
        Self::GetRandomPassword,
        Self::GetSecretValue,
        Self::PutSecretValue,
        Self::RestoreSecret,
        Self::UpdateSecret,
        Self::UpdateSecretVersionStage,
    ];

    /// Whether it operates on one secret. Only such an operation can be restricted to certain secrets.
    ///
    /// ```
    /// use driftless_model::ApiCall;
    ///
    /// assert!(ApiCall::GetSecretValue.is_on_a_secret());
    /// assert!(!ApiCall::GetRandomPassword.is_on_a_secret());
    /// ```
    #[must_use]
    pub const fn is_on_a_secret(self) -> bool {
        !matches!(self, Self::GetRandomPassword)
    }

    /// Whether it changes what is stored.
    ///
    /// ```
    /// use driftless_model::ApiCall;
    ///
    /// assert!(ApiCall::PutSecretValue.writes());
    /// assert!(!ApiCall::DescribeSecret.writes());
    /// ```
    #[must_use]
    pub const fn writes(self) -> bool {
        !matches!(self, Self::DescribeSecret | Self::GetRandomPassword | Self::GetSecretValue)
    }

    /// The operation's name in the Secrets Manager API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateSecret => "CreateSecret",
            Self::DeleteSecret => "DeleteSecret",
            Self::DescribeSecret => "DescribeSecret",
            Self::GetRandomPassword => "GetRandomPassword",
            Self::GetSecretValue => "GetSecretValue",
            Self::PutSecretValue => "PutSecretValue",
            Self::RestoreSecret => "RestoreSecret",
            Self::UpdateSecret => "UpdateSecret",
            Self::UpdateSecretVersionStage => "UpdateSecretVersionStage",
        }
    }

    /// The operation with this name, if a verb uses it.
    ///
    /// ```
    /// use driftless_model::ApiCall;
    ///
    /// assert_eq!(ApiCall::from_name("GetSecretValue"), Some(ApiCall::GetSecretValue));
    /// assert_eq!(ApiCall::from_name("GetSecret"), None);
    /// ```
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
