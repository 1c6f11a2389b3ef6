//! Which value gets which number: pure, but for the file that the numbers are in.
//!
//! A number is the time at which a change was seen. A plain count would be the same on two machines on which two people
//! change a value at the same time; git would merge the two without a word, and Terraform write only one of the values.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::{files, input};

/// A larger number is no time, and could not be raised for ever.
const MAX_VERSION: u64 = 1 << 53;

/// A file of versions that is none.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else's file.
    #[error("`{}` holds something else than a number for each variable of a version, so it is not overwritten", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// One variable, as it is found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item {
    /// Whether a value is given.
    pub has_value: bool,
    /// Its number, if it has one.
    pub version: Option<u64>,
    /// Whether the value is what it was; `None` where nothing on this machine tells.
    pub is_same: Option<bool>,
}

/// What is so about one variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The value is what it was.
    Same,
    /// The value has changed, and its number has not.
    Changed,
    /// There is no number yet.
    New,
    /// There is a number, and nothing on this machine tells whether it is that of the value.
    Unseen,
    /// No value is given on this machine, and there is a number.
    NotGiven,
    /// There is neither a value nor a number.
    Missing,
}

/// What is so about a variable.
#[must_use]
pub const fn decide(item: Item) -> Finding {
    match item {
        Item { has_value: false, version: Some(_), .. } => Finding::NotGiven,
        Item { has_value: false, version: None, .. } => Finding::Missing,
        Item { version: None, .. } => Finding::New,
        Item { is_same: Some(true), .. } => Finding::Same,
        Item { is_same: Some(false), .. } => Finding::Changed,
        Item { is_same: None, .. } => Finding::Unseen,
    }
}

impl Finding {
    /// Whether a plan would miss something without another number.
    #[must_use]
    pub const fn is_stale(self) -> bool {
        matches!(self, Self::Changed | Self::New)
    }

    /// The number to write. To raise one too many writes the same value once more; to raise one too few loses a change.
    #[must_use]
    pub fn version(self, version: Option<u64>, now: u64, keep: bool) -> Option<u64> {
        match self {
            Self::New => Some(now.max(1)),
            Self::Changed | Self::Unseen if !keep => Some(now.max(version.unwrap_or_default() + 1)),
            Self::Same | Self::NotGiven | Self::Missing | Self::Changed | Self::Unseen => version,
        }
    }
}

/// What the name of every variable that holds a version ends with.
const SUFFIX: &str = "_version";

/// The numbers in a file, by variable. A file that is not there has none.
///
/// # Errors
///
/// If it cannot be read, or is not a file of versions.
pub fn read_versions(path: &Path) -> Result<BTreeMap<String, u64>, VersionsError> {
    let unreadable = |source| VersionsError::Unreadable { path: path.to_owned(), source };
    let Some(bytes) = files::contents(path).map_err(unreadable)? else { return Ok(BTreeMap::new()) };
    let text = input::as_utf8(&bytes).map_err(|fault| unreadable(io::Error::other(fault)))?;
    let versions: Option<BTreeMap<String, u64>> = serde_json::from_str(&text).ok();
    let is_version = |(name, version): (&String, &u64)| name.ends_with(SUFFIX) && *version <= MAX_VERSION;
    let versions = versions.filter(|versions| versions.iter().all(is_version));
    versions.ok_or_else(|| VersionsError::Foreign { path: path.to_owned() })
}

/// The text of such a file.
///
/// # Panics
///
/// Never: a map of numbers is JSON.
#[must_use]
pub fn versions_text(versions: &BTreeMap<String, u64>) -> String {
    let mut text = serde_json::to_string_pretty(versions).expect("a map of numbers is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{Finding, Item, decide};

    #[track_caller]
    fn check(item: Item, finding: Finding, version: Option<u64>, kept: Option<u64>) {
        let found = decide(item);
        assert_eq!(found, finding);
        assert_eq!((found.version(item.version, 100, false), found.version(item.version, 100, true)), (version, kept));
    }

    #[test]
    fn each_state_of_a_variable_has_one_answer() {
        let item = |has_value, version, is_same| Item { has_value, version, is_same };
        check(item(true, Some(7), Some(true)), Finding::Same, Some(7), Some(7));
        check(item(true, Some(7), Some(false)), Finding::Changed, Some(100), Some(7));
        check(item(true, Some(7), None), Finding::Unseen, Some(100), Some(7));
        check(item(false, Some(7), Some(false)), Finding::NotGiven, Some(7), Some(7));
        check(item(false, None, None), Finding::Missing, None, None);
        for is_same in [None, Some(true), Some(false)] {
            check(item(true, None, is_same), Finding::New, Some(100), Some(100));
        }
    }

    #[test]
    fn a_number_only_rises_whatever_the_clock_says() {
        for now in [0, 6, 7] {
            assert_eq!(Finding::Changed.version(Some(7), now, false), Some(8));
        }
        assert_eq!(Finding::New.version(None, 0, false), Some(1));
    }
}
