//! The AWS API calls of an audit, all of them read-only.

/// A read-only API call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Look {
    /// Lists all secrets of the account and Region, without values.
    ListSecrets,
    /// Describes one secret, without its value.
    DescribeSecret,
    /// Lists the versions of one secret, without values.
    ListSecretVersionIds,
    /// Reads the policy of one secret.
    GetResourcePolicy,
    /// Reads the value of one secret, only with `--read-values`.
    GetSecretValue,
    /// Reads all roles, users, groups and customer-managed policies of the account.
    GetAccountAuthorizationDetails,
    /// Returns the default version of an AWS managed policy.
    GetPolicy,
    /// Reads that version.
    GetPolicyVersion,
    /// Returns the identity of the credentials. Needs no permission.
    ///
    /// Source: [`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
    GetCallerIdentity,
}

impl Look {
    /// Every call, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::ListSecrets,
        Self::DescribeSecret,
        Self::ListSecretVersionIds,
        Self::GetResourcePolicy,
        Self::GetSecretValue,
        Self::GetAccountAuthorizationDetails,
        Self::GetPolicy,
        Self::GetPolicyVersion,
        Self::GetCallerIdentity,
    ];

    /// The name of the operation in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListSecrets => "ListSecrets",
            Self::DescribeSecret => "DescribeSecret",
            Self::ListSecretVersionIds => "ListSecretVersionIds",
            Self::GetResourcePolicy => "GetResourcePolicy",
            Self::GetSecretValue => "GetSecretValue",
            Self::GetAccountAuthorizationDetails => "GetAccountAuthorizationDetails",
            Self::GetPolicy => "GetPolicy",
            Self::GetPolicyVersion => "GetPolicyVersion",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}
