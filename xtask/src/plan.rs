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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file without the generated files' first line: someone wrote it.
    HandWritten,
    /// Something of this name, which differs in case alone: to some file systems it is the same name.
    OtherCase(String),
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
    /// Something else is there, and stays: the file is one that somebody may write by hand.
    Leave(Obstacle),
    /// Something stands in the way, and is left alone.
    Refuse(Obstacle),
}

impl Action {
    /// Whether it changes a file.
    #[must_use]
    pub const fn changes(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Rewrite { .. } | Self::Remove { .. })
    }
}

/// The action for every file that is wanted or was found, by file name. In the place of an `optional` one anything may be.
#[must_use]
pub fn compare(
    wanted: BTreeMap<String, String>,
    mut found: BTreeMap<String, OnDisk>,
    optional: &[&str],
) -> BTreeMap<String, Action> {
    let mut actions: BTreeMap<String, Action> = wanted
        .into_iter()
        .map(|(name, text)| {
            let action = match found.remove(&name) {
                None => Action::Create { text },
                Some(OnDisk::Foreign(obstacle)) if optional.contains(&name.as_str()) => Action::Leave(obstacle),
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
    fn check(wanted: Option<&str>, found: Option<OnDisk>, optional: &[&str], expected: Option<&Action>) {
        let name = || "a.tf".to_owned();
        let wanted = wanted.map(|text| (name(), text.to_owned())).into_iter().collect();
        let found = found.map(|found| (name(), found)).into_iter().collect();
        assert_eq!(compare(wanted, found, optional).get("a.tf"), expected);
    }

    #[test]
    fn each_pair_of_wanted_and_found_has_one_action() {
        let generated = |text: &str| Some(OnDisk::Generated(text.into()));
        for optional in [&["a.tf"][..], &[]] {
            check(Some("x"), None, optional, Some(&Action::Create { text: "x".into() }));
            check(Some("x"), generated("x"), optional, Some(&Action::Keep));
            check(Some("x"), generated("y"), optional, Some(&Action::Rewrite { old: "y".into(), text: "x".into() }));
            check(None, generated("y"), optional, Some(&Action::Remove { old: "y".into() }));
        }
        let other_case = Obstacle::OtherCase("A.tf".into());
        for obstacle in [Obstacle::HandWritten, Obstacle::Symlink, Obstacle::NotAFile, other_case] {
            let found = || Some(OnDisk::Foreign(obstacle.clone()));
            check(Some("x"), found(), &[], Some(&Action::Refuse(obstacle.clone())));
            check(Some("x"), found(), &["a.tf"], Some(&Action::Leave(obstacle.clone())));
            check(None, found(), &[], None);
        }
    }
}
