//! What has to happen so that a directory holds the generated files: wanted text against what is on disk. Pure: it
//! reads nothing, writes nothing and prints nothing.

/// What was found under a file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// A file whose first line says that it is generated.
    Generated,
    /// Something that is not ours.
    Foreign(Obstacle),
}

/// Why a generated file cannot go where it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file without the generated files' first line: someone wrote it.
    HandWritten,
    /// Something of this name, which differs only in case: to some file systems it is the same name.
    OtherCase(String),
    /// A symbolic link, whose target may be anything.
    Symlink,
    /// A directory, a socket or another thing that is no file.
    NotAFile,
}

/// What has to happen to one file. A diff is empty where it is not reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it holds what it should.
    Keep,
    /// It is missing.
    Create {
        /// A unified diff.
        diff: String,
    },
    /// It holds something else.
    Rewrite {
        /// A unified diff.
        diff: String,
    },
    /// It is generated, but no longer wanted.
    Remove {
        /// A unified diff.
        diff: String,
    },
    /// Something else is there, and stays: the file is one that somebody may write by hand.
    Leave(Obstacle),
    /// Something is in the way, and is left alone.
    Refuse(Obstacle),
}

impl Action {
    /// Whether it changes a file.
    #[must_use]
    pub const fn changes(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Rewrite { .. } | Self::Remove { .. })
    }

    /// What it changes, as far as that is reported.
    #[must_use]
    pub fn diff(&self) -> &str {
        match self {
            Self::Create { diff } | Self::Rewrite { diff } | Self::Remove { diff } => diff,
            Self::Keep | Self::Leave(_) | Self::Refuse(_) => "",
        }
    }
}

/// The action for a file that is wanted, generated already, or both.
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
