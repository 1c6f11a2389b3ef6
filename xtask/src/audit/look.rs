//! The calls that an audit makes: all of them only look.

/// An API call that only looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Look {
    /// All secrets of the account and Region, without values.
    ListSecrets,
    /// One secret, without its value.
    DescribeSecret,
    /// The versions of one secret, without values.
    ListSecretVersionIds,
    /// The policy on one secret.
    GetResourcePolicy,
    /// The value of one secret, where that is asked for.
    GetSecretValue,
    /// All roles, users, groups and policies of the account's own.
    GetAccountAuthorizationDetails,
    /// Which version of a policy of AWS's is in force.
    GetPolicy,
    /// That version.
    GetPolicyVersion,
    /// Whose credentials they are. Needs no permission.
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

    /// The operation's name in the API.
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
