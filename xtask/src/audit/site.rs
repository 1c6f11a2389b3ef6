//! Which account and Region an audit is of, and the ARNs that things have there.

use std::fmt;

use paypulse_runtime::model::{NamePattern, SecretSpec};

use crate::iam::evaluate::Place;

/// The partitions but the first, with what the names of their Regions begin with and what those of their services end in.
///
/// Source: [AWS partitions](https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html) and
/// the endpoints of each.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
];

/// An account and a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The Region of what has no other: `eu-west-1`.
    pub region: String,
    /// The twelve digits of the account.
    pub account: String,
}

impl Site {
    /// The partition that the Region belongs to.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.names().0
    }

    /// What the names of the partition's services end in.
    #[must_use]
    pub fn suffix(&self) -> &'static str {
        self.names().1
    }

    /// The same, as policies are evaluated in it.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { partition: Some(self.partition()), region: Some(&self.region), account: Some(&self.account) }
    }

    /// The Region that a secret is in.
    #[must_use]
    pub fn region_of<'a>(&'a self, secret: &'a SecretSpec) -> &'a str {
        secret.region.as_deref().unwrap_or(&self.region)
    }

    /// The ARNs of a secret, or of a family's members.
    #[must_use]
    pub fn arns_of(&self, secret: &SecretSpec) -> String {
        self.arns(self.region_of(secret), &NamePattern::of(&secret.name))
    }

    /// The ARNs of the secrets of a pattern in a Region.
    #[must_use]
    pub fn arns(&self, region: &str, pattern: &NamePattern) -> String {
        format!("arn:{}:secretsmanager:{region}:{}:secret:{pattern}", self.partition(), self.account)
    }

    /// The ARN of a function in a Region.
    #[must_use]
    pub fn function(&self, region: &str, name: &str) -> String {
        format!("arn:{}:lambda:{region}:{}:function:{name}", self.partition(), self.account)
    }

    /// The ARNs of all keys of a Region.
    #[must_use]
    pub fn keys(&self, region: &str) -> String {
        format!("arn:{}:kms:{region}:{}:key/*", self.partition(), self.account)
    }

    /// The names by which a key may know Secrets Manager of a Region, sorted: the documented one, and that of the partition.
    #[must_use]
    pub fn via_secrets_manager(&self, region: &str) -> Vec<String> {
        let (_, suffix) = self.names();
        let mut names =
            vec![format!("secretsmanager.{region}.amazonaws.com"), format!("secretsmanager.{region}.{suffix}")];
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The partition's name, and what the names of its services end in.
    fn names(&self) -> (&'static str, &'static str) {
        let of = PARTITIONS.into_iter().find(|(prefix, ..)| self.region.starts_with(prefix));
        of.map_or(("aws", "amazonaws.com"), |(_, partition, suffix)| (partition, suffix))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} in {}", self.account, self.region)
    }
}
