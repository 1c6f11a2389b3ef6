//! What has to happen so that a directory holds the generated files: wanted text against what is on disk. Pure: it
//! reads nothing, writes nothing and prints nothing.

use std::collections::BTreeMap;

/// What was found under a file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// A file whose first line says that it is generated.
    Generated(String),
    /// Something that is not ours.
    Foreign(Obstacle),
}

/// Why a generated file cannot go where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file without the generated files' first line: someone wrote it.
    HandWritten,
    /// A symbolic link, whose target may be anything.
    Symlink,
    /// A directory, a socket or another thing that is no file.
    NotAFile,
}

/// What has to happen to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it holds what it should.
    Keep,
    /// It is missing.
    Create {
        /// Its text.
        text: String,
    },
    /// It holds something else.
    Rewrite {
        /// What it holds.
        old: String,
        /// What it should hold.
        text: String,
    },
    /// It is generated, but no longer wanted.
    Remove {
        /// What it holds.
        old: String,
    },
    /// Something stands in the way, and is left alone.
    Refuse(Obstacle),
}

/// The action for every file that is wanted or was found, by file name.
#[must_use]
pub fn compare(wanted: BTreeMap<String, String>, mut found: BTreeMap<String, OnDisk>) -> BTreeMap<String, Action> {
    let mut actions: BTreeMap<String, Action> = wanted
        .into_iter()
        .map(|(name, text)| {
            let action = match found.remove(&name) {
                None => Action::Create { text },
                Some(OnDisk::Foreign(obstacle)) => Action::Refuse(obstacle),
                Some(OnDisk::Generated(old)) if old == text => Action::Keep,
                Some(OnDisk::Generated(old)) => Action::Rewrite { old, text },
            };
            (name, action)
        })
        .collect();
    for (name, left) in found {
        if let OnDisk::Generated(old) = left {
            actions.insert(name, Action::Remove { old });
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::{Action, Obstacle, OnDisk, compare};

    #[track_caller]
    fn check(wanted: Option<&str>, found: Option<OnDisk>, expected: Option<&Action>) {
        let name = || "a.tf".to_owned();
        let wanted = wanted.map(|text| (name(), text.to_owned())).into_iter().collect();
        let found = found.map(|found| (name(), found)).into_iter().collect();
        assert_eq!(compare(wanted, found).get("a.tf"), expected);
    }

    #[test]
    fn each_pair_of_wanted_and_found_has_one_action() {
        let generated = |text: &str| Some(OnDisk::Generated(text.into()));
        check(Some("x"), None, Some(&Action::Create { text: "x".into() }));
        check(Some("x"), generated("x"), Some(&Action::Keep));
        check(Some("x"), generated("y"), Some(&Action::Rewrite { old: "y".into(), text: "x".into() }));
        check(None, generated("y"), Some(&Action::Remove { old: "y".into() }));
        for obstacle in [Obstacle::HandWritten, Obstacle::Symlink, Obstacle::NotAFile] {
            check(Some("x"), Some(OnDisk::Foreign(obstacle)), Some(&Action::Refuse(obstacle)));
            check(None, Some(OnDisk::Foreign(obstacle)), None);
        }
    }
}
