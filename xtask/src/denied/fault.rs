//! What has to be mended: one entry a cause, with its word for other programs.

/// What has to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message is cut off before it says what was denied, or in the middle of a name.
    CutOff,
    /// Somebody has written over the name of who called.
    UnknownCaller,
    /// Only STS can say what was denied.
    Encoded,
    /// The call is not one of Secrets Manager, nor of its use of a key.
    OtherService,
    /// The spec does not know who called.
    Caller,
    /// The function runs under another role than its own.
    Deployment,
    /// The call is one that no verb makes.
    NoVerb,
    /// The spec does not have the secret.
    NoSecret,
    /// The spec does not grant it: the code wants what it was not given.
    Code,
    /// The secret does not exist, so that its name is all that AWS can decide on.
    Missing,
    /// The spec grants it, and the role does not have that (yet).
    Apply,
    /// A policy on the role denies it.
    IdentityPolicy,
    /// A policy denies it, and the message does not say which.
    ExplicitDeny,
    /// The policy on the secret.
    SecretPolicy,
    /// The spec knows no key for the secret, and it has one.
    UnknownKey,
    /// The policy on the key.
    KeyPolicy,
    /// The key may not be used, and the message says no more.
    KeyDenied,
    /// The key is not in the Region, or its policy does not allow its use.
    KeyElsewhere,
    /// The secret of another account is encrypted with AWS's own key of that account.
    KeyAwsManaged,
    /// The key is disabled.
    KeyDisabled,
    /// The key is scheduled for deletion.
    KeyPendingDeletion,
    /// There is no such key.
    KeyMissing,
    /// The key is in a state in which it cannot be used.
    KeyUnusable,
    /// The permissions boundary.
    Boundary,
    /// The policy that was given along when the role was assumed.
    SessionPolicy,
    /// The organization.
    Organization,
    /// The network's way to AWS.
    Endpoint,
    /// The spec grants it, and the message does not say which policy denies it.
    Unsaid,
}

impl Fault {
    /// The word for other programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CutOff => "cut-off",
            Self::UnknownCaller => "unknown-caller",
            Self::Encoded => "encoded",
            Self::OtherService => "other-service",
            Self::Caller => "caller",
            Self::Deployment => "deployment",
            Self::NoVerb => "no-verb",
            Self::NoSecret => "no-secret",
            Self::Code => "code",
            Self::Missing => "missing-secret",
            Self::Apply => "apply",
            Self::IdentityPolicy => "identity-policy",
            Self::ExplicitDeny => "explicit-deny",
            Self::SecretPolicy => "secret-policy",
            Self::UnknownKey => "unknown-key",
            Self::KeyPolicy => "key-policy",
            Self::KeyElsewhere => "key-elsewhere",
            Self::KeyAwsManaged => "key-aws-managed",
            Self::KeyDisabled => "key-disabled",
            Self::KeyPendingDeletion => "key-pending-deletion",
            Self::KeyMissing => "key-missing",
            Self::KeyUnusable => "key-unusable",
            Self::Boundary => "permissions-boundary",
            Self::SessionPolicy => "session-policy",
            Self::Organization => "organization",
            Self::Endpoint => "endpoint",
            Self::KeyDenied | Self::Unsaid => "unsaid",
        }
    }
}
