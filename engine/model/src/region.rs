//! AWS region names: one syntax rule for specs, flags and ARNs.

use super::problem::{closest, shown};

/// The length of the longest region name. Policy sizes are estimated with it.
const LONGEST: usize = "us-isof-south-1".len();

/// The known regions, used to suggest a correction for a misspelled name. AWS adds regions, so a valid name need not be
/// listed here.
///
/// Source: [AWS Regions](https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html), [China][china],
/// [GovCloud][gov] and [endpoints](https://docs.aws.amazon.com/general/latest/gr/rande.html).
///
/// [china]: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html
/// [gov]: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html
pub const REGIONS: [&str; 45] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The possible last words of a region's name.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// Whether this can be the name of a region, such as `eu-central-1` or `us-gov-west-1`: lowercase words, of which the
/// last is a direction, then a number.
///
/// ```
/// use driftless_model::is_region;
///
/// assert!(is_region("eu-west-1"));
/// assert!(!is_region("eu-west"));
/// ```
#[must_use]
pub const fn is_region(region: &str) -> bool {
    let bytes = region.as_bytes();
    let (mut at, mut words, mut length, mut digits) = (0, 0, 0, 0);
    // The start and end of the last word.
    let (mut start, mut end) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' if digits == 0 => length += 1,
            b'0'..=b'9' if length == 0 => digits += 1,
            b'-' if length > 0 => {
                (start, end) = (at - length, at);
                words += 1;
                length = 0;
            }
            _ => return false,
        }
        at += 1;
    }
    bytes.len() <= LONGEST && 2 <= words && words <= 4 && 1 <= digits && digits <= 2 && is_direction(bytes, start, end)
}

const fn is_direction(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut number = 0;
    while number < DIRECTIONS.len() {
        let word = DIRECTIONS[number].as_bytes();
        let mut at = 0;
        while at < word.len() && start + at < end && word[at] == bytes[start + at] {
            at += 1;
        }
        if at == word.len() && start + at == end {
            return true;
        }
        number += 1;
    }
    false
}

/// The region that a misspelled name most likely means, if one is close. The name is misspelled if it is not a valid
/// region name, or if it is an anagram of a known one.
///
/// ```
/// use driftless_model::meant_region;
///
/// assert_eq!(meant_region("eu-wset-1"), Some("eu-west-1"));
/// ```
#[must_use]
pub fn meant_region(name: &str) -> Option<&'static str> {
    let sorted = |name: &str| {
        let mut bytes = name.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    if REGIONS.contains(&name) {
        return None;
    }
    let turned = || REGIONS.into_iter().find(|region| region.len() == name.len() && sorted(region) == sorted(name));
    // Of several equally close regions, the first: `eu-west` means `eu-west-1`.
    if is_region(name) { turned() } else { closest(name, REGIONS.into_iter().rev()) }
}

/// The message and the hint for a text that is not the name of a region.
#[doc(hidden)]
#[must_use]
pub fn region_fault(region: &str) -> Option<(String, String)> {
    let meant = meant_region(region);
    (!is_region(region) || meant.is_some()).then(|| {
        let hint = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write it as AWS does: `eu-central-1`".to_owned(),
        };
        (format!("{} is not the name of a region", shown(region)), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::{REGIONS, is_region, meant_region};

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
            "us-est-1",
            "eu-centrl-1",
            "eu-wests-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn a_misspelt_region_is_answered_with_the_one_that_was_meant() {
        for region in REGIONS {
            assert!(is_region(region) && meant_region(region).is_none(), "{region}");
        }
        for (name, meant) in [
            ("us-est-1", Some("us-east-1")),
            ("us-east1", Some("us-east-1")),
            ("ue-west-1", Some("eu-west-1")),
            ("eu_west_1", Some("eu-west-1")),
            ("EU-WEST-1", None),
            ("xx-south-9", None),
            ("eu-south-3", None),
            ("", None),
        ] {
            assert_eq!(meant_region(name), meant, "{name}");
        }
    }
}
