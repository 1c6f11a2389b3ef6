//! Partitions: their Regions, names and DNS suffixes.

/// Partitions other than `aws`: prefix of their Region names, name, and DNS suffix of their services.
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

/// The partition of a Region.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    names(region).0
}

/// The name and the DNS suffix of the partition of a Region.
pub(crate) fn names(region: &str) -> (&'static str, &'static str) {
    let of = PARTITIONS.into_iter().find(|(prefix, ..)| region.starts_with(prefix));
    of.map_or(("aws", "amazonaws.com"), |(_, partition, suffix)| (partition, suffix))
}
