//! The directory of generated files: reading what is there, and replacing whole files. Whose files they are shows in
//! what their first line starts with, one of their `headers`: a command never touches another's.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::plan::{Action, Obstacle, OnDisk};

/// The permissions of a file that everybody may read.
pub const GENERATED_MODE: u32 = 0o666;

/// What could not be read or written, and where.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    pub(crate) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
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
pub fn read(
    dir: &Path,
    headers: &[&str],
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, OnDisk>, FileError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(FileError::at("read the directory", dir))?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(FileError::at("read the directory", dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let Some(on_disk) = look_at(&path, headers, wanted(name)).map_err(FileError::at("read", &path))? {
            found.insert(name.to_owned(), on_disk);
        }
    }
    Ok(found)
}

/// `None` for what neither stands in the way nor is ours.
fn look_at(path: &Path, headers: &[&str], wanted: bool) -> io::Result<Option<OnDisk>> {
    let kind = fs::symlink_metadata(path)?.file_type();
    let foreign = |obstacle| Ok(wanted.then_some(OnDisk::Foreign(obstacle)));
    if kind.is_symlink() {
        return foreign(Obstacle::Symlink);
    }
    if !kind.is_file() {
        return foreign(Obstacle::NotAFile);
    }
    match read_if_generated(path, headers) {
        Ok(Some(text)) => Ok(Some(OnDisk::Generated(text))),
        Ok(None) => foreign(Obstacle::HandWritten),
        // Somebody else's file is none of our business, readable or not.
        Err(_) if !wanted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads no more of a file than it takes to see that it is not generated.
fn read_if_generated(path: &Path, headers: &[&str]) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let longest = headers.iter().map(|header| header.len()).max().unwrap_or_default();
    let mut start = Vec::with_capacity(longest);
    (&mut file).take(longest as u64).read_to_end(&mut start)?;
    if !headers.iter().any(|header| start.starts_with(header.as_bytes())) {
        return Ok(None);
    }
    file.read_to_end(&mut start)?;
    Ok(Some(String::from_utf8_lossy(&start).into_owned()))
}

/// Carries the actions out in `dir`. Every new text is on disk beside its place before the first file is replaced, and
/// each replacement is one rename, so no file is ever half written. Right before it each place is looked at again: what
/// somebody put there in the meantime is not lost.
///
/// # Errors
///
/// If the directory cannot be written. That nearly always shows before any file is replaced; where it does not, the
/// error names the files that were.
pub fn write(
    dir: &Path,
    headers: &[&str],
    actions: &BTreeMap<String, Action>,
    interrupted: &dyn Fn() -> bool,
) -> Result<Written, WriteError> {
    let mut done = Vec::new();
    let written = write_counting(dir, headers, actions, interrupted, &mut done);
    written.map_err(|source| WriteError { source, done })
}

/// A write that failed, with what it had done by then.
#[derive(Debug, thiserror::Error)]
#[error("{}", if done.is_empty() { "nothing was written".to_owned() } else { format!("only this was written: {}", done.join(", ")) })]
pub struct WriteError {
    source: FileError,
    done: Vec<String>,
}

fn write_counting(
    dir: &Path,
    headers: &[&str],
    actions: &BTreeMap<String, Action>,
    interrupted: &dyn Fn() -> bool,
    done: &mut Vec<String>,
) -> Result<Written, FileError> {
    if interrupted() {
        return Ok(Written::Interrupted);
    }
    fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    let mut staged = BTreeMap::new();
    for (name, action) in actions {
        if let Action::Create { text } | Action::Rewrite { text, .. } = action {
            staged.insert(name, stage(dir, text, GENERATED_MODE)?);
        }
    }
    if interrupted() {
        return Ok(Written::Interrupted);
    }
    for (name, action) in actions.iter().filter(|(_, action)| **action != Action::Keep) {
        let path = dir.join(name);
        expect_unchanged(&path, headers, action)?;
        match staged.remove(name) {
            Some(file) => drop(file.persist(&path).map_err(|error| FileError::at("write", &path)(error.error))?),
            None => fs::remove_file(&path).map_err(FileError::at("delete", &path))?,
        }
        done.push(name.clone());
    }
    Ok(Written::All)
}

/// Whether a file is still what the actions were decided on.
fn expect_unchanged(path: &Path, headers: &[&str], action: &Action) -> Result<(), FileError> {
    let expected = match action {
        Action::Rewrite { old, .. } | Action::Remove { old } => Some(OnDisk::Generated(old.clone())),
        Action::Keep | Action::Create { .. } | Action::Refuse(_) => None,
    };
    let found = match look_at(path, headers, true) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found,
    };
    if found.map_err(FileError::at("read", path))? == expected {
        return Ok(());
    }
    Err(FileError::at("replace", path)(io::Error::other("it was changed while this command ran; run it again")))
}

/// Replaces one file by a rename, whatever it holds, in a directory that is created where it is missing. Its permissions
/// are `mode`, less what the umask takes away.
///
/// # Errors
///
/// If it cannot be written; then it is as it was.
pub fn replace(path: &Path, text: &str, mode: u32) -> Result<(), FileError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    let staged = stage(dir, text, mode)?;
    staged.persist(path).map(drop).map_err(|error| FileError::at("write", path)(error.error))
}

/// The text in a file of its own, whose name Terraform does not read.
fn stage(dir: &Path, text: &str, mode: u32) -> Result<NamedTempFile, FileError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".gen-infra-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    let staged = builder.tempfile_in(dir).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    staged.map_err(FileError::at("write in the directory", dir))
}
