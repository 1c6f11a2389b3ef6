//! Decides the version of each value. Pure, except for reading the versions file.
//!
//! A version is the time at which a change was seen. A counter would have the same value on two machines where two
//! people change a value at the same time; git would merge the two silently, and Terraform would write only one of the
//! values.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::{files, input};

/// A larger number is not a time, and could not be increased indefinitely.
const MAX_VERSION: u64 = 1 << 53;

/// A versions file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It was not written by this program.
    #[error("`{}` contains something other than a number for each variable of a version, so it is not overwritten", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// State of a variable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item {
    /// Whether a value is given.
    pub has_value: bool,
    /// Its version, if it has one.
    pub version: Option<u64>,
    /// Whether the value is unchanged; `None` if this machine has no digest of it.
    pub is_same: Option<bool>,
}

/// What was found about a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionFinding {
    /// The value is unchanged.
    Same,
    /// The value has changed, but its version has not.
    Changed,
    /// It has no version yet.
    New,
    /// It has a version, but this machine cannot tell whether the version belongs to the value.
    Unseen,
    /// No value is given on this machine, but it has a version.
    NotGiven,
    /// It has neither a value nor a version.
    Missing,
}

/// Decides the finding for a variable.
#[must_use]
pub const fn decide(item: Item) -> VersionFinding {
    match item {
        Item { has_value: false, version: Some(_), .. } => VersionFinding::NotGiven,
        Item { has_value: false, version: None, .. } => VersionFinding::Missing,
        Item { version: None, .. } => VersionFinding::New,
        Item { is_same: Some(true), .. } => VersionFinding::Same,
        Item { is_same: Some(false), .. } => VersionFinding::Changed,
        Item { is_same: None, .. } => VersionFinding::Unseen,
    }
}

impl VersionFinding {
    /// Whether a plan would miss a change without a new version.
    #[must_use]
    pub const fn is_stale(self) -> bool {
        matches!(self, Self::Changed | Self::New)
    }

    /// The version to write. Increasing it once too often writes the same value again; once too rarely loses a change.
    #[must_use]
    pub fn version(self, version: Option<u64>, now: u64, keep: bool) -> Option<u64> {
        match self {
            Self::New => Some(now.max(1)),
            Self::Changed | Self::Unseen if !keep => Some(now.max(version.unwrap_or_default() + 1)),
            Self::Same | Self::NotGiven | Self::Missing | Self::Changed | Self::Unseen => version,
        }
    }
}

/// Suffix of the names of all version variables.
const SUFFIX: &str = "_version";

/// Reads the versions of a file, by variable. A missing file has none.
///
/// # Errors
///
/// If it cannot be read, or is not a versions file.
pub fn read_versions(path: &Path) -> Result<BTreeMap<String, u64>, VersionsError> {
    let unreadable = |source| VersionsError::Unreadable { path: path.to_owned(), source };
    let Some(bytes) = files::contents(path).map_err(unreadable)? else { return Ok(BTreeMap::new()) };
    let text = input::as_utf8(&bytes).map_err(|fault| unreadable(io::Error::other(fault)))?;
    let versions: Option<BTreeMap<String, u64>> = serde_json::from_str(&text).ok();
    let is_version = |(name, version): (&String, &u64)| name.ends_with(SUFFIX) && *version <= MAX_VERSION;
    let versions = versions.filter(|versions| versions.iter().all(is_version));
    versions.ok_or_else(|| VersionsError::Foreign { path: path.to_owned() })
}

/// The text of a versions file.
///
/// # Panics
///
/// Never: a map of numbers is valid JSON.
#[must_use]
pub fn versions_text(versions: &BTreeMap<String, u64>) -> String {
    let mut text = serde_json::to_string_pretty(versions).expect("a map of numbers is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{Item, VersionFinding, decide};

    #[track_caller]
    fn check(item: Item, finding: VersionFinding, version: Option<u64>, kept: Option<u64>) {
        let found = decide(item);
        assert_eq!(found, finding);
        assert_eq!((found.version(item.version, 100, false), found.version(item.version, 100, true)), (version, kept));
    }

    #[test]
    fn each_state_of_a_variable_has_one_answer() {
        let item = |has_value, version, is_same| Item { has_value, version, is_same };
        check(item(true, Some(7), Some(true)), VersionFinding::Same, Some(7), Some(7));
        check(item(true, Some(7), Some(false)), VersionFinding::Changed, Some(100), Some(7));
        check(item(true, Some(7), None), VersionFinding::Unseen, Some(100), Some(7));
        check(item(false, Some(7), Some(false)), VersionFinding::NotGiven, Some(7), Some(7));
        check(item(false, None, None), VersionFinding::Missing, None, None);
        for is_same in [None, Some(true), Some(false)] {
            check(item(true, None, is_same), VersionFinding::New, Some(100), Some(100));
        }
    }

    #[test]
    fn a_number_only_rises_whatever_the_clock_says() {
        for now in [0, 6, 7] {
            assert_eq!(VersionFinding::Changed.version(Some(7), now, false), Some(8));
        }
        assert_eq!(VersionFinding::New.version(None, 0, false), Some(1));
    }
}
