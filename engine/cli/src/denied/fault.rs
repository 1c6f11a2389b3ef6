//! The causes of a denial: what has to be fixed, the word for JSON, and the explanation.

/// What has to be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message is cut off before it names the denied call, or in the middle of a name.
    CutOff,
    /// The caller's name is masked.
    UnknownCaller,
    /// The message is encoded, and only STS can decode it.
    Encoded,
    /// The action belongs neither to Secrets Manager nor to its use of KMS keys.
    OtherService,
    /// The caller is not in the spec.
    Caller,
    /// The function has a role that is not its own.
    Deployment,
    /// No verb makes the call.
    NoVerb,
    /// The secret is not in the spec.
    NoSecret,
    /// The secret is in another account than the caller, and the policies are on those of its own account.
    OtherAccount,
    /// The secret is in another environment than the caller.
    OtherEnvironment,
    /// The spec does not grant the call: the code uses more than it was granted.
    Code,
    /// It is a copy of the secret, and the spec does not let handlers read that, or do with it what they do with the secret.
    Copy,
    /// The secret does not exist, so AWS can decide only by its name.
    Missing,
    /// The spec grants it, but the role does not have that policy (yet).
    Apply,
    /// An identity policy of the role denies it.
    IdentityPolicy,
    /// A policy denies it explicitly; the message does not say which.
    ExplicitDeny,
    /// The resource policy of the secret.
    SecretPolicy,
    /// The secret is encrypted with a customer-managed key that the spec does not name.
    UnknownKey,
    /// The key policy.
    KeyPolicy,
    /// The caller is not allowed to use the key; the message gives no details.
    KeyDenied,
    /// The key is not in the Region, or the key policy does not allow its use.
    KeyElsewhere,
    /// The secret is in another account and encrypted with that account's AWS managed key.
    KeyAwsManaged,
    /// The key is disabled.
    KeyDisabled,
    /// The key is scheduled for deletion.
    KeyPendingDeletion,
    /// The key does not exist.
    KeyMissing,
    /// The key is in a state in which it cannot be used.
    KeyUnusable,
    /// The permissions boundary of the role.
    Boundary,
    /// The session policy that was passed when the role was assumed.
    SessionPolicy,
    /// A policy of the organization.
    Organization,
    /// The VPC endpoint policy.
    Endpoint,
    /// The spec grants it; the message does not say which policy denies it.
    Unsaid,
}

impl Fault {
    /// The word for JSON.
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
            Self::OtherAccount => "other-account",
            Self::OtherEnvironment => "other-environment",
            Self::Code => "code",
            Self::Copy => "copy",
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

    /// The explanation of a cause that needs no details of the denial; empty for the others.
    #[must_use]
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::CutOff | Self::Caller | Self::Deployment | Self::Missing | Self::OtherEnvironment => "",
            Self::UnknownCaller => "the message does not say who called: the name is masked",
            Self::Encoded => "only AWS can say what was denied: the message is encoded",
            Self::OtherService => "this is not a call on secrets or their keys, so the spec says nothing about it",
            Self::NoVerb => "the code: it makes a call that no verb makes, and so no policy allows",
            Self::NoSecret => "the code: it asks for a secret that the spec does not have",
            Self::OtherAccount => {
                "the code: it asks for a secret of another account, and the spec grants access to those of its own account \
                 alone"
            }
            Self::Copy => {
                "the code: it asks a copy of the secret, and the spec grants this on the secret in its own Region alone"
            }
            Self::Apply => {
                "the apply: the spec grants it, and the role does not have that policy, or has it for an earlier \
                 secret of this name"
            }
            Self::IdentityPolicy => "another policy on the role: the spec grants it, and its policies deny nothing",
            Self::ExplicitDeny => {
                "a policy denies it, and the message does not say which; the spec grants it, and to apply again \
                 does not help: look for a statement with `\"Effect\": \"Deny\"`"
            }
            Self::SecretPolicy => "the policy on the secret: the spec grants it",
            Self::UnknownKey => "the spec: the secret is encrypted with a key that the spec does not name",
            Self::KeyPolicy => "the policy on the key: the spec grants its use",
            Self::KeyDenied => "the key: the role may not use it, or the key's own policy does not let it",
            Self::KeyElsewhere => {
                "the key: it does not exist in this Region, or its policy does not allow the use, or denies it; \
                 KMS does not say which"
            }
            Self::KeyAwsManaged => {
                "the key: the secret is in another account and encrypted with AWS's own key \
                 `aws/secretsmanager`, which no other account can use"
            }
            Self::KeyDisabled => "the key is disabled: no policy has to change",
            Self::KeyPendingDeletion => {
                "the key is scheduled for deletion: no policy has to change, and after the deletion nobody can \
                 read what it encrypts"
            }
            Self::KeyMissing => "the key does not exist in that account and Region",
            Self::KeyUnusable => {
                "the key cannot be used in its present state: disabled, scheduled for deletion, or without key \
                 material"
            }
            Self::Boundary => "the permissions boundary of the role: the spec grants it, and the boundary does not",
            Self::SessionPolicy => {
                "the policy that was given when the role was assumed, which Lambda and ECS do not do, and EKS does only if \
                 the association of the service account has a policy: otherwise another principal called under this role"
            }
            Self::Organization => "a policy of the organization: the spec grants it",
            Self::Endpoint => "the policy of the VPC endpoint: the spec grants it",
            Self::Unsaid => "the spec grants it, and the message does not say which policy denies it",
            Self::Code => {
                "the code: it does what the spec does not grant; the client that is compiled from this spec \
                 cannot, so the code was built from another spec or calls AWS past the client"
            }
        }
    }
}
