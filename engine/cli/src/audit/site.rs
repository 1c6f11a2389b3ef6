//! The account and Region of an audit, and the ARNs of resources there.

use std::fmt;

use driftless_model::{NamePattern, SecretSpec};

use crate::aws::names;
use crate::iam::evaluate::TargetPlace;

/// An account and a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The Region of resources that do not name one: `eu-west-1`.
    pub region: String,
    /// The account id: twelve digits.
    pub account: String,
}

impl Site {
    /// The partition of the Region.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.names().0
    }

    /// The DNS suffix of the partition's services.
    #[must_use]
    pub fn suffix(&self) -> &'static str {
        self.names().1
    }

    /// The same in the form that the policy evaluation takes.
    #[must_use]
    pub fn place(&self) -> TargetPlace<'_> {
        TargetPlace { partition: Some(self.partition()), region: Some(&self.region), account: Some(&self.account) }
    }

    /// The Region of a secret.
    #[must_use]
    pub fn region_of<'a>(&'a self, secret: &'a SecretSpec) -> &'a str {
        secret.region.as_deref().unwrap_or(&self.region)
    }

    /// The ARN pattern of a secret, or of the members of a family.
    #[must_use]
    pub fn arns_of(&self, secret: &SecretSpec) -> String {
        self.arns(self.region_of(secret), &NamePattern::of(&secret.name))
    }

    /// The ARN pattern of the secrets in a Region that match a name pattern.
    #[must_use]
    pub fn arns(&self, region: &str, pattern: &NamePattern) -> String {
        format!("arn:{}:secretsmanager:{region}:{}:secret:{pattern}", self.partition(), self.account)
    }

    /// The ARN of a function in a Region.
    #[must_use]
    pub fn function(&self, region: &str, name: &str) -> String {
        format!("arn:{}:lambda:{region}:{}:function:{name}", self.partition(), self.account)
    }

    /// The ARN pattern of all keys in a Region.
    #[must_use]
    pub fn keys(&self, region: &str) -> String {
        format!("arn:{}:kms:{region}:{}:key/*", self.partition(), self.account)
    }

    /// The values that `kms:ViaService` may have for Secrets Manager in a Region, sorted: the documented one, and the
    /// one with the partition's DNS suffix.
    #[must_use]
    pub fn via_secrets_manager(&self, region: &str) -> Vec<String> {
        let (_, suffix) = self.names();
        let mut names =
            vec![format!("secretsmanager.{region}.amazonaws.com"), format!("secretsmanager.{region}.{suffix}")];
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The name and DNS suffix of the partition.
    fn names(&self) -> (&'static str, &'static str) {
        names(&self.region)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} in {}", self.account, self.region)
    }
}
