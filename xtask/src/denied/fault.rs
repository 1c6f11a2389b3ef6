//! What has to be mended: one entry a cause, with its word for other programs and what it means.

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
    /// It is a copy of the secret, and the spec does not let handlers read that, or do with it what they do with the secret.
    Copy,
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

    /// Why a call was denied, where that depends on nothing else; empty where it does.
    #[must_use]
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::CutOff | Self::Caller | Self::Deployment | Self::Missing => "",
            Self::UnknownCaller => "the message does not say who called: the name is masked",
            Self::Encoded => "only AWS can say what was denied: the message is encoded",
            Self::OtherService => "this is not a call on secrets or their keys, so the spec says nothing about it",
            Self::NoVerb => "the code: it makes a call that no verb makes, and so no policy allows",
            Self::NoSecret => "the code: it asks for a secret that the spec does not have",
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
                "the policy that was given when the role was assumed, which Lambda does not do: somebody else \
                 called under this role"
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
