//! The parts of an account that the audit rules need. Never contains the value of a secret.

use std::time::SystemTime;

/// A secret as `ListSecrets` returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSecret {
    /// The name.
    pub name: String,
    /// The ARN, which ends in a hyphen and six random characters.
    pub arn: String,
    /// The time of its creation.
    pub created: Option<SystemTime>,
    /// The time of its last change of any kind.
    pub changed: Option<SystemTime>,
    /// The day of the last read of its value.
    pub accessed: Option<SystemTime>,
    /// The time at which its deletion was requested, if it is scheduled for deletion.
    pub deleted: Option<SystemTime>,
    /// Whether a version has the label `AWSCURRENT`.
    pub has_value: bool,
    /// The key that encrypts it, if it is not the account's default key.
    pub kms_key: Option<String>,
}

impl FoundSecret {
    /// A secret with a value; all other fields are empty.
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

    /// The name as policies match it: with its random suffix.
    #[must_use]
    pub fn stored_name(&self) -> &str {
        // arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf
        self.arn.splitn(7, ':').nth(6).unwrap_or(&self.arn)
    }

    /// The random suffix of its ARN.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.arn.rsplit('-').next().unwrap_or_default()
    }
}

/// The kind of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A role, which other principals assume.
    Role,
    /// A user.
    User,
    /// A group, whose policies apply to its users.
    Group,
}

/// A policy document with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDocument {
    /// The policy's name or ARN.
    pub name: String,
    /// The JSON text.
    pub text: String,
}

/// A role, a user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The kind.
    pub kind: IdentityKind,
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The trust policy, if it is a role.
    pub trust: Option<String>,
    /// The inline policies.
    pub inline: Vec<FoundDocument>,
    /// The ARNs of the attached managed policies.
    pub attached: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
}

impl Identity {
    /// The last part of its ARN: `role/night/watch`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }
}
