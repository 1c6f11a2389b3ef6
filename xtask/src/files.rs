//! The directory of generated files: reading what is there, and writing all of it or nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::plan::{Action, Obstacle, OnDisk};
use crate::render::HEADER_START;

/// What could not be read or written, and where.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything is on disk.
    All,
    /// The user stopped it before anything was changed.
    Interrupted,
}

/// What stands in `dir` under the wanted names, and every other generated file there. A directory that does not exist
/// is empty.
///
/// # Errors
///
/// If the directory or a generated file cannot be read.
pub fn read(dir: &Path, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, OnDisk>, FileError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(FileError::at("read the directory", dir))?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(FileError::at("read the directory", dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let Some(on_disk) = look_at(&path, wanted(name)).map_err(FileError::at("read", &path))? {
            found.insert(name.to_owned(), on_disk);
        }
    }
    Ok(found)
}

/// `None` for what neither stands in the way nor is ours.
fn look_at(path: &Path, wanted: bool) -> io::Result<Option<OnDisk>> {
    let kind = fs::symlink_metadata(path)?.file_type();
    let foreign = |obstacle| Ok(wanted.then_some(OnDisk::Foreign(obstacle)));
    if kind.is_symlink() {
        return foreign(Obstacle::Symlink);
    }
    if !kind.is_file() {
        return foreign(Obstacle::NotAFile);
    }
    match read_if_generated(path) {
        Ok(Some(text)) => Ok(Some(OnDisk::Generated(text))),
        Ok(None) => foreign(Obstacle::HandWritten),
        // Somebody else's file is none of our business, readable or not.
        Err(_) if !wanted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads no more of a file than it takes to see that it is not generated.
fn read_if_generated(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let mut start = Vec::with_capacity(HEADER_START.len());
    (&mut file).take(HEADER_START.len() as u64).read_to_end(&mut start)?;
    if start != HEADER_START.as_bytes() {
        return Ok(None);
    }
    file.read_to_end(&mut start)?;
    Ok(Some(String::from_utf8_lossy(&start).into_owned()))
}

/// Carries the actions out in `dir`. Every new text is on disk beside its place before the first file is replaced, and
/// each replacement is one rename: whatever happens, no file is ever half written.
///
/// # Errors
///
/// If the directory cannot be written; before any file is replaced, as far as that can be known.
pub fn write(
    dir: &Path,
    actions: &BTreeMap<String, Action>,
    interrupted: &dyn Fn() -> bool,
) -> Result<Written, FileError> {
    fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    let mut staged = Vec::new();
    for (name, action) in actions {
        if let Action::Create { text } | Action::Rewrite { text, .. } = action {
            staged.push((dir.join(name), stage(dir, text)?));
        }
    }
    if interrupted() {
        return Ok(Written::Interrupted);
    }
    for (path, file) in staged {
        file.persist(&path).map_err(|error| FileError::at("write", &path)(error.error))?;
    }
    for (name, _) in actions.iter().filter(|(_, action)| matches!(action, Action::Remove { .. })) {
        let path = dir.join(name);
        fs::remove_file(&path).map_err(FileError::at("delete", &path))?;
    }
    Ok(Written::All)
}

/// The text in a file of its own, whose name Terraform does not read.
fn stage(dir: &Path, text: &str) -> Result<NamedTempFile, FileError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".gen-infra-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let staged = builder.tempfile_in(dir).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    staged.map_err(FileError::at("write in the directory", dir))
}
