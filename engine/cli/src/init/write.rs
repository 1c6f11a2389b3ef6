//! Writes the files of a new project. No file is overwritten, and after a failure none of the new ones is left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::NewFile;

/// The project could not be written. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[error("cannot create `{}`; nothing was written", path.display())]
pub struct NewProjectError {
    /// The file or directory.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// What is where one of the files would be, or its directory: files, links, and directories in place of files.
#[must_use]
pub fn in_the_way(dir: &Path, files: &[NewFile]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in files {
        let path = dir.join(&file.path);
        let parents = path.ancestors().skip(1).take_while(|parent| *parent != dir);
        let is_other = |parent: &&Path| fs::symlink_metadata(parent).is_ok_and(|data| !data.is_dir());
        let other = parents.filter(is_other).last().map(Path::to_owned);
        let taken = fs::symlink_metadata(&path).is_ok().then(|| path.clone());
        found.extend(other.or(taken));
    }
    found.sort();
    found.dedup();
    found
}

/// Writes the files, and their directories. Returns `false`, and leaves nothing, if the user interrupts.
///
/// # Errors
///
/// If a file or directory cannot be created, or exists by then.
pub fn write(dir: &Path, files: &[NewFile], interrupted: &dyn Fn() -> bool) -> Result<bool, NewProjectError> {
    let mut made = Made::default();
    for file in files {
        if interrupted() {
            return Ok(false);
        }
        let path = dir.join(&file.path);
        made.directory(path.parent().unwrap_or(dir))?;
        made.file(&path, file).map_err(|source| NewProjectError { path, source })?;
    }
    made.keep();
    Ok(true)
}

/// What was created so far. It is removed again unless it is kept.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Made {
    fn directory(&mut self, dir: &Path) -> Result<(), NewProjectError> {
        let missing: Vec<&Path> =
            dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
        for dir in missing.into_iter().rev() {
            fs::create_dir(dir).map_err(|source| NewProjectError { path: dir.to_owned(), source })?;
            self.directories.push(dir.to_owned());
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, file: &NewFile) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if file.is_executable { 0o777 } else { 0o666 });
        let mut created: File = options.open(path)?;
        self.files.push(path.to_owned());
        created.write_all(file.text.as_bytes())
    }

    fn keep(mut self) {
        self.files.clear();
        self.directories.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What cannot be removed is left: there is no other way out, and the error is already on its way.
        for path in &self.files {
            let _ = fs::remove_file(path);
        }
        for path in self.directories.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}
