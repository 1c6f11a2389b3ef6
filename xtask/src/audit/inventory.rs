//! What was found in the account, as far as the rules need it. Never a value of a secret.

use std::time::SystemTime;

/// A secret as the account lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSecret {
    /// Its name.
    pub name: String,
    /// Its ARN, which ends in a hyphen and six random characters.
    pub arn: String,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// When anything about it last changed.
    pub changed: Option<SystemTime>,
    /// The day on which its value was last read.
    pub accessed: Option<SystemTime>,
    /// When its deletion was asked for, if it is waiting for it.
    pub deleted: Option<SystemTime>,
    /// Whether some version is the current one.
    pub has_value: bool,
    /// The key that encrypts it, if it is not the account's default key.
    pub kms_key: Option<String>,
}

impl FoundSecret {
    /// A secret with a value, of which nothing else is known.
    #[must_use]
    pub fn new(name: impl Into<String>, arn: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            arn: arn.into(),
            created: None,
            changed: None,
            accessed: None,
            deleted: None,
            has_value: true,
            kms_key: None,
        }
    }

    /// The name under which policies see it: with its random end.
    #[must_use]
    pub fn stored_name(&self) -> &str {
        // arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf
        self.arn.splitn(7, ':').nth(6).unwrap_or(&self.arn)
    }

    /// The random end of its ARN.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.arn.rsplit('-').next().unwrap_or_default()
    }
}

/// Which kind of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A role, which somebody else becomes.
    Role,
    /// A user.
    User,
    /// A group, whose users have its policies.
    Group,
}

/// A policy document with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The policy's name or ARN.
    pub name: String,
    /// Its JSON.
    pub text: String,
}

/// A role, a user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which of them.
    pub kind: IdentityKind,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may become it: a role's.
    pub trust: Option<String>,
    /// The policies on it alone.
    pub inline: Vec<Document>,
    /// The ARNs of the managed policies that are attached to it.
    pub attached: Vec<String>,
    /// The ARN of the policy that bounds it.
    pub boundary: Option<String>,
}

impl Identity {
    /// The last part of its ARN: `role/night/watch`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }
}
