//! Decides what to do with each generated file by comparing the wanted text with what is on disk. This module is pure.

/// What exists under the name of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// A file whose first line marks it as generated.
    Generated,
    /// Something else.
    Foreign(Obstacle),
}

/// Why a generated file cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file without the header of generated files: written by hand.
    HandWritten,
    /// An entry whose name differs only in case, which some file systems treat as the same name.
    OtherCase(String),
    /// A symbolic link, which could lead anywhere.
    Symlink,
    /// A directory, a socket, or another entry that is not a regular file.
    NotAFile,
}

/// What to do with a file. Diffs are empty if they are not reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: the file is up to date.
    Keep,
    /// Create the missing file.
    Create {
        /// A unified diff.
        diff: String,
    },
    /// Replace the different content.
    Rewrite {
        /// A unified diff.
        diff: String,
    },
    /// Delete a generated file that is no longer wanted.
    Remove {
        /// A unified diff.
        diff: String,
    },
    /// Keep a hand-written file whose name is optional.
    Leave(Obstacle),
    /// Refuse to write, because of an obstacle, which is kept.
    Refuse(Obstacle),
}

impl Action {
    /// Whether it changes a file.
    #[must_use]
    pub const fn changes(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Rewrite { .. } | Self::Remove { .. })
    }

    /// The diff; empty if nothing changes or diffs are not reported.
    #[must_use]
    pub fn diff(&self) -> &str {
        match self {
            Self::Create { diff } | Self::Rewrite { diff } | Self::Remove { diff } => diff,
            Self::Keep | Self::Leave(_) | Self::Refuse(_) => "",
        }
    }
}

/// The action for a file that is wanted, already generated, or both.
#[must_use]
pub fn decide(wanted: Option<&str>, old: Option<&str>, diff: impl FnOnce(&str, &str) -> String) -> Action {
    match (wanted, old) {
        (Some(text), Some(old)) if old == text => Action::Keep,
        (Some(text), Some(old)) => Action::Rewrite { diff: diff(old, text) },
        (Some(text), None) => Action::Create { diff: diff("", text) },
        (None, Some(old)) => Action::Remove { diff: diff(old, "") },
        (None, None) => Action::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, decide};

    #[test]
    fn each_pair_of_wanted_and_found_has_one_action() {
        let check = |wanted, old| decide(wanted, old, |old, new| format!("{old}>{new}"));
        assert_eq!(check(Some("x"), None), Action::Create { diff: ">x".into() });
        assert_eq!(check(Some("x"), Some("x")), Action::Keep);
        assert_eq!(check(Some("x"), Some("y")), Action::Rewrite { diff: "y>x".into() });
        assert_eq!(check(None, Some("y")), Action::Remove { diff: "y>".into() });
    }
}
