//! A version of the AWS provider.

use std::fmt;
use std::str::FromStr;

/// A version: `5.100.0`.
///
/// ```
/// use driftless_cli::deployer::ProviderVersion;
///
/// assert!("6.26".parse::<ProviderVersion>()? > "6.9.1".parse()?);
/// assert!("latest".parse::<ProviderVersion>().is_err());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderVersion(pub u16, pub u16, pub u16);

impl FromStr for ProviderVersion {
    type Err = &'static str;

    /// Reads `MAJOR`, `MAJOR.MINOR` or `MAJOR.MINOR.PATCH`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = "a version has up to three numbers, such as `5.100.0`";
        let mut numbers = [0; 3];
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() > numbers.len() {
            return Err(bad);
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *number = if is_number { part.parse().map_err(|_| bad)? } else { return Err(bad) };
        }
        Ok(Self(numbers[0], numbers[1], numbers[2]))
    }
}

impl fmt::Display for ProviderVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::ProviderVersion;

    #[test]
    fn a_version_has_up_to_three_numbers() {
        for (text, expected) in [("5.100.0", (5, 100, 0)), ("6", (6, 0, 0)), ("6.26", (6, 26, 0))] {
            assert_eq!(text.parse(), Ok(ProviderVersion(expected.0, expected.1, expected.2)), "{text}");
        }
        for text in ["", ".", "5.", "5.x", "v5", "5.1.2.3", "-1", "+1", "70000", "5 ", "٥"] {
            assert!(text.parse::<ProviderVersion>().is_err(), "{text}");
        }
    }
}
