//! Salted, slow digests of the last known values, stored only on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};

use crate::files::{self, FileError};
use crate::staged;

/// Start of every digest that this program creates. Other parameters could demand all of the machine's memory.
const START: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Readable and writable only by the owner.
const MODE: u32 = 0o600;

/// The digest of each variable's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests(BTreeMap<String, Record>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The version that the value had.
    version: u64,
    digest: String,
}

/// Path of the digests for a versions file: in Terraform's own directory, which git ignores and which stays on this
/// machine.
#[must_use]
pub fn digests_path(dir: &Path, versions: &str) -> PathBuf {
    dir.join(".terraform").join(format!("{versions}.digests"))
}

impl Digests {
    /// Reads the digests of a file. A missing or unusable digest is ignored, so that its value counts as not seen
    /// before.
    ///
    /// # Errors
    ///
    /// If the file exists but cannot be read.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let Some(text) = files::contents(path).map_err(FileError::at("read", path))? else {
            return Ok(Self::default());
        };
        let found: BTreeMap<String, Record> = serde_json::from_slice(&text).unwrap_or_default();
        Ok(Self(found.into_iter().filter(|(_, record)| record.digest.starts_with(START)).collect()))
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    ///
    /// # Panics
    ///
    /// Never: a map of strings and numbers is valid JSON.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let mut text = serde_json::to_string_pretty(&self.0).expect("a map of texts and numbers is JSON");
        text.push('\n');
        files::replace(path, &staged::VERSIONS, &text, MODE)
    }

    /// Whether this version belongs to this value; `None` without a digest. A version lower than the recorded one does
    /// not: the change of the file was reverted, but not that of the value.
    #[must_use]
    pub fn matches(&self, variable: &str, value: &str, version: u64) -> Option<bool> {
        let record = self.0.get(variable)?;
        let digest = PasswordHash::new(&record.digest).ok()?;
        let is_same = Argon2::default().verify_password(value.as_bytes(), &digest).is_ok();
        Some(is_same && version >= record.version)
    }

    /// Records the digest of a value and its version.
    ///
    /// # Panics
    ///
    /// If the machine provides no random numbers.
    pub fn take(&mut self, variable: &str, value: &str, version: u64) {
        let digest = Argon2::default().hash_password(value.as_bytes()).expect("the machine has random numbers");
        self.0.insert(variable.to_owned(), Record { version, digest: digest.to_string() });
    }

    /// Removes all other variables.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|variable, _| keep(variable));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{Digests, START};

    #[test]
    fn a_digest_tells_the_value_from_others_and_is_another_one_each_time() {
        let (mut one, mut other) = (Digests::default(), Digests::default());
        one.take("a", "hunter2", 5);
        other.take("a", "hunter2", 5);
        assert_eq!((one.matches("a", "hunter2", 5), one.matches("a", "hunter3", 5)), (Some(true), Some(false)));
        assert_eq!(one.matches("b", "hunter2", 5), None);
        assert!(one.0["a"].digest.starts_with(START), "{:?}", one.0["a"]);
        assert_ne!(one, other);
    }

    #[test]
    fn a_value_goes_with_its_number_and_with_later_ones() {
        let mut digests = Digests::default();
        digests.take("a", "hunter2", 5);
        assert_eq!(
            [4, 5, 6].map(|version| digests.matches("a", "hunter2", version)),
            [Some(false), Some(true), Some(true)]
        );
    }

    #[test]
    fn the_file_is_for_its_owner_alone_and_reads_back() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join(".terraform/x.digests");
        let mut digests = Digests::default();
        digests.take("a", "hunter2", 5);
        digests.write(&path).expect("it can be written");
        let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Digests::read(&path).expect("it can be read"), digests);
    }

    #[test]
    fn err_what_is_no_digest_counts_as_none() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("x.digests");
        let of = |digest: &str| format!(r#"{{"a": {{"version": 1, "digest": "{digest}"}}}}"#);
        let greedy = of("$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g");
        let cut_off = of(START);
        for text in ["", "[]", "{", "{\"a\": 1}", "\u{0}", &greedy, &cut_off] {
            std::fs::write(&path, text).expect("it can be written");
            assert_eq!(Digests::read(&path).expect("it can be read").matches("a", "hunter2", 1), None, "{text}");
        }
    }
}
