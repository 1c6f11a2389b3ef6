//! Regions, by the names that AWS gives them.

/// No region has a longer name, and policies are counted with so long ones.
const LONGEST: usize = "us-isof-south-1".len();

/// Whether this can be the name of a region: `eu-central-1`, `us-gov-west-1`: words of small letters, then a number.
///
/// Source: [AWS Regions](https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html). There will be more,
/// so that only the form is held to.
pub(super) const fn is_region(region: &str) -> bool {
    let bytes = region.as_bytes();
    let (mut at, mut words, mut length, mut digits) = (0, 0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' if digits == 0 => length += 1,
            b'0'..=b'9' if length == 0 => digits += 1,
            b'-' if length > 0 => {
                words += 1;
                length = 0;
            }
            _ => return false,
        }
        at += 1;
    }
    bytes.len() <= LONGEST && 2 <= words && words <= 4 && 1 <= digits && digits <= 2
}

/// The region of a secret, as [`declare!`](crate::declare) takes it. What cannot be one does not compile.
#[doc(hidden)]
#[must_use]
pub const fn region(region: &'static str) -> &'static str {
    assert!(is_region(region), "this is not the name of a region: write it as AWS does, such as `eu-central-1`");
    region
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn a_region_is_words_and_a_number() {
        for good in
            ["eu-west-1", "us-gov-west-1", "cn-northwest-1", "us-isof-south-1", "ap-northeast-99", "eusc-de-east-1"]
        {
            assert!(is_region(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "eu",
            "eu-1",
            "eu-west",
            "eu-west-",
            "eu-west-1a",
            "eu-west-123",
            "eu--west-1",
            "-eu-west-1",
            "EU-west-1",
            "eu-west-1-",
            "eu_west_1",
            "eu-west-1 ",
            "a-b-c-d-e-1",
            "eu-1-west",
            "eu-w3st-1",
            "eu-west-\u{661}",
            "eu-west-1\n",
            "us-northeastern-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
