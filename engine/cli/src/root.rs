//! Finds the workspace in which a command works, from the current directory and at run time, so that a program that
//! was built in one checkout can work in another.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The spec as TOML, in a directory with a spec only.
pub const DEFAULT_TOML: &str = "secrets.toml";

/// No directory to work in was found.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// No directory above the current one is a workspace.
    #[error(
        "no workspace is here: neither `{}` nor a directory above it has a `Cargo.toml` with `[workspace]`, or the spec `{source_file}`",
        from.display()
    )]
    NoWorkspace {
        /// The current directory.
        from: PathBuf,
        /// Path of the spec in a workspace.
        source_file: String,
    },
    /// The current directory does not exist or cannot be accessed.
    #[error("the current directory cannot be found")]
    NoDirectory(#[source] io::Error),
    /// The directory given by `--root` cannot be read.
    #[error("cannot read the directory `{}`, which `--root` names", path.display())]
    Unreadable {
        /// The given path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl RootError {
    /// What to do instead.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoWorkspace { .. } | Self::NoDirectory(_) => {
                "change to the workspace of the spec, name it by `--root DIR`, or name the directory of the files by `--out` or `--dir`"
            }
            Self::Unreadable { .. } => "name the directory that `terraform/` is in",
        }
    }
}

/// The workspace of the current directory: the nearest one that contains the source of the spec, otherwise the nearest
/// one. Without a workspace, the nearest directory that contains the source of the spec.
///
/// # Errors
///
/// If none of these exists.
pub fn here(source: &str) -> Result<PathBuf, RootError> {
    let from = env::current_dir().map_err(RootError::NoDirectory)?;
    above(&from, source)
}

/// The current directory if one of these specs is in it; otherwise as [`here`] for the first of them.
///
/// # Errors
///
/// Those of [`here`].
pub fn of_spec(names: [&str; 2]) -> Result<PathBuf, RootError> {
    let from = env::current_dir().map_err(RootError::NoDirectory)?;
    if names.iter().any(|name| from.join(name).is_file()) { Ok(from) } else { above(&from, names[0]) }
}

fn above(from: &Path, source: &str) -> Result<PathBuf, RootError> {
    let has_spec = |dir: &&Path| !source.is_empty() && dir.join(source).is_file();
    let workspaces = || from.ancestors().filter(|dir| is_workspace(dir));
    let found = workspaces().find(has_spec).or_else(|| workspaces().next());
    let found = found.or_else(|| from.ancestors().find(has_spec));
    let none = || RootError::NoWorkspace { from: from.to_owned(), source_file: source.to_owned() };
    found.map(Path::to_owned).ok_or_else(none)
}

/// Whether a directory has a manifest with the table `[workspace]` or a subtable of it.
fn is_workspace(dir: &Path) -> bool {
    let manifest = fs::read(dir.join("Cargo.toml")).unwrap_or_default();
    let manifest = String::from_utf8_lossy(&manifest);
    manifest.lines().any(|line| {
        let table = line.trim_start_matches('\u{feff}').trim_start().strip_prefix('[').map(str::trim_start);
        let rest = table.and_then(|table| table.strip_prefix("workspace")).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(']') || rest.starts_with('.'))
    })
}

/// The directory that the user names.
///
/// # Errors
///
/// If it is not a directory.
pub fn named(path: &Path) -> Result<PathBuf, RootError> {
    let unreadable = |source| RootError::Unreadable { path: path.to_owned(), source };
    let root = path.canonicalize().map_err(unreadable)?;
    if root.is_dir() { Ok(root) } else { Err(unreadable(io::ErrorKind::NotADirectory.into())) }
}

/// The directory of the generated files in a workspace, as a relative path if it is below the current directory.
#[must_use]
pub fn terraform_dir(root: &Path) -> PathBuf {
    let dir = root.join("terraform");
    let here = env::current_dir().unwrap_or_default();
    match dir.strip_prefix(&here) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_owned(),
        Err(_) => dir,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{RootError, above};

    const SPEC: &str = "runtime/src/spec.rs";
    const WORKSPACE: &str = "[package]\nname = \"x\"\n\n [workspace] # all\nmembers = []\n";

    /// Checks which root is found from `from`, given these files.
    #[track_caller]
    fn check(files: &[(&str, &str)], from: &str, expected: Option<&str>) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        let from = dir.path().join(from);
        fs::create_dir_all(&from).expect("it can be made");
        match above(&from, SPEC) {
            Ok(root) => assert_eq!(Some(root.as_path()), expected.map(|it| dir.path().join(it)).as_deref()),
            Err(error) => assert!(expected.is_none() && matches!(error, RootError::NoWorkspace { .. }), "{error}"),
        }
    }

    #[test]
    fn the_nearest_workspace_with_the_spec_is_the_root() {
        let own = [("a/Cargo.toml", WORKSPACE), ("a/runtime/src/spec.rs", "")];
        check(&own, "a", Some("a"));
        check(&own, "a/runtime/src", Some("a"));
        check(&own, "a/terraform", Some("a"));
        check(&own, "b", None);
        // Nested workspaces, such as a checkout within a checkout, or separate benchmarks.
        let inner = [("a/b/Cargo.toml", "[workspace.package]\n"), ("a/b/runtime/src/spec.rs", "")];
        check(&[&own[..], &inner].concat(), "a/b/c", Some("a/b"));
        check(&[&own[..], &inner[..1]].concat(), "a/b/c", Some("a"));
    }

    #[test]
    fn a_workspace_without_the_spec_is_one_and_a_package_is_none() {
        check(&[("a/Cargo.toml", WORKSPACE), ("a/b/Cargo.toml", "[package]\n")], "a/b", Some("a"));
        check(&[("a/Cargo.toml", "[package]\n[workspaces]\n# [workspace]\n")], "a", None);
        check(&[("a/runtime/src/spec.rs", "")], "a/runtime", Some("a"));
    }

    #[test]
    fn err_no_workspace_says_what_was_looked_for() {
        let error = above(Path::new("/"), SPEC).expect_err("there is none").to_string();
        assert!(error.contains("`/`") && error.contains("[workspace]") && error.contains(SPEC), "{error}");
    }
}
