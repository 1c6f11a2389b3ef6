//! Reads files as they were at a commit.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Failures of git.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Git cannot be started.
    #[error("git cannot be run in `{}`", dir.display())]
    NotRun {
        /// The directory.
        dir: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The revision is unknown.
    #[error("unknown revision {}", driftless_model::shown(reference))]
    NoCommit {
        /// The requested revision.
        reference: String,
    },
    /// No branch to compare with.
    #[error("this has no branch `main` or `origin/main` to compare with")]
    NoMain,
    /// Git reported an error.
    #[error("git failed: {0}")]
    Failed(String),
}

/// A commit, and the name by which it was requested.
pub struct Commit {
    /// The full hash.
    pub hash: String,
    /// The requested name, or the main branch.
    pub name: String,
}

/// Resolves a revision; without one, the merge base of this branch and `main`.
pub fn commit(dir: &Path, reference: Option<&str>) -> Result<Commit, GitError> {
    if let Some(reference) = reference {
        let found =
            hash(dir, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")])?;
        let hash = found.ok_or_else(|| GitError::NoCommit { reference: reference.to_owned() })?;
        return Ok(Commit { hash, name: reference.to_owned() });
    }
    for main in ["origin/main", "main"] {
        if let Some(hash) = hash(dir, &["merge-base", "HEAD", main])? {
            return Ok(Commit { hash, name: main.to_owned() });
        }
    }
    Err(GitError::NoMain)
}

fn hash(dir: &Path, arguments: &[&str]) -> Result<Option<String>, GitError> {
    let output = git(dir, arguments)?;
    let hash = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Some(hash).filter(|hash| output.status.success() && !hash.is_empty()))
}

/// The Terraform files that a directory held at a commit; none if the directory did not exist.
pub fn terraform_files(dir: &Path, commit: &Commit) -> Result<BTreeMap<String, String>, GitError> {
    let listed = done(&git(dir, &["ls-tree", "-z", "--name-only", &commit.hash, "./"])?)?;
    let names = listed.split('\0').filter(|name| name.ends_with(".tf"));
    names
        .map(|name| Ok((name.to_owned(), done(&git(dir, &["show", &format!("{}:./{name}", commit.hash)])?)?)))
        .collect()
}

fn done(output: &Output) -> Result<String, GitError> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(GitError::Failed(said.lines().next().unwrap_or("it does not say why").to_owned()))
    }
}

fn git(dir: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    let output = Command::new("git").arg("-C").arg(dir).args(arguments).output();
    output.map_err(|source| GitError::NotRun { dir: dir.to_owned(), source })
}
