//! Where a new Rust workspace takes the crates of the engine from: a checkout, or a tag of its git repository.

use std::io;
use std::path::{Path, PathBuf};

/// The address of the repository that the program was built from. Empty if its manifest does not have one.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The source of the engine's crates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// A directory with a checkout.
    Path(PathBuf),
    /// A tag of a git repository.
    Tag {
        /// The address of the repository.
        url: String,
        /// The tag.
        tag: String,
    },
}

/// A source that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DependencyError {
    /// A directory without the engine.
    #[error("`{}` is not a checkout of the engine: it has no `engine/client/Cargo.toml`", .0.display())]
    NoCheckout(PathBuf),
    /// A directory that cannot be read.
    #[error("cannot read the directory `{}`", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A tag, without the address of a repository.
    #[error("the tag `{0}` has no repository: this program was built without the address of its own")]
    NoRepository(String),
    /// A part of it is empty, or has a character that an address or a tag does not have.
    #[error("the source is not a path, a tag, or an address with a tag")]
    Malformed,
}

impl DependencyError {
    /// What to do instead.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        "name a checkout with `--from PATH`, or a repository and its tag with `--from URL#TAG`"
    }
}

impl Dependency {
    /// Reads what a user gives: a directory, `URL#TAG`, or a tag of the repository of this program. Without it, the tag is
    /// the version of this program.
    ///
    /// # Errors
    ///
    /// If it is not one of them, or the repository is not known.
    pub fn parse(given: Option<&str>) -> Result<Self, DependencyError> {
        Self::with_repository(given, REPOSITORY)
    }

    fn with_repository(given: Option<&str>, repository: &str) -> Result<Self, DependencyError> {
        let own = concat!("v", env!("CARGO_PKG_VERSION"));
        let given = given.unwrap_or(own);
        let path = Path::new(given);
        if path.is_dir() {
            return checkout(path);
        }
        if given.starts_with(['.', '/']) {
            return Err(DependencyError::NoCheckout(path.to_owned()));
        }
        let (url, tag) = given.rsplit_once('#').unwrap_or((repository, given));
        let is_plain = |text: &str| text.chars().all(|char| char.is_ascii_graphic() && !matches!(char, '"' | '\\'));
        if tag.is_empty() || given.starts_with('#') || ![url, tag].into_iter().all(is_plain) {
            return Err(DependencyError::Malformed);
        }
        if url.is_empty() {
            return Err(DependencyError::NoRepository(tag.to_owned()));
        }
        Ok(Self::Tag { url: url.to_owned(), tag: tag.to_owned() })
    }

    /// The value of a dependency in a manifest, for the crate in this directory of the engine's repository.
    #[must_use]
    pub fn entry(&self, dir: &str) -> String {
        match self {
            Self::Path(path) => {
                let path = serde_json::Value::from(path.join(dir).to_string_lossy().into_owned());
                format!("{{ path = {path} }}")
            }
            Self::Tag { url, tag } => format!("{{ git = \"{url}\", tag = \"{tag}\" }}"),
        }
    }
}

fn checkout(path: &Path) -> Result<Dependency, DependencyError> {
    if !path.join("engine/client/Cargo.toml").is_file() {
        return Err(DependencyError::NoCheckout(path.to_owned()));
    }
    let whole = path.canonicalize();
    whole.map(Dependency::Path).map_err(|source| DependencyError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::{Dependency, DependencyError};

    #[test]
    fn a_source_is_a_checkout_or_a_tag() {
        let tag = |url: &str, tag: &str| Dependency::Tag { url: url.into(), tag: tag.into() };
        let parse = |given: Option<&str>| Dependency::with_repository(given, "https://x.example/r");
        assert_eq!(parse(None).ok(), Some(tag("https://x.example/r", concat!("v", env!("CARGO_PKG_VERSION")))));
        assert_eq!(parse(Some("v9")).ok(), Some(tag("https://x.example/r", "v9")));
        assert_eq!(parse(Some("ssh://y#v1")).ok(), Some(tag("ssh://y", "v1")));
        for bad in ["", "#v1", "ssh://y#", "v1\n", "v\"1", "a b"] {
            assert!(matches!(parse(Some(bad)), Err(DependencyError::Malformed)), "{bad:?}");
        }
        for bad in [".", "/no/such/directory"] {
            assert!(matches!(parse(Some(bad)), Err(DependencyError::NoCheckout(_))), "{bad}");
        }
        assert!(matches!(Dependency::with_repository(None, ""), Err(DependencyError::NoRepository(_))));
        let checkout = parse(Some("../..")).expect("this is a checkout");
        assert!(checkout.entry("engine/cli").ends_with("/engine/cli\" }"), "{checkout:?}");
    }
}
