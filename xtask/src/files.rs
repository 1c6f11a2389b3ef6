//! The directory of generated files: reading what is there, and replacing whole files. A file is a command's own if its
//! name is one that the command can write, and its first line says so: no other is opened, changed or deleted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::plan::{Action, Obstacle, OnDisk};
use crate::staged::{self, Kind, stage};

/// The permissions of a file that everybody may read.
pub const GENERATED_MODE: u32 = 0o666;

/// A longer first line is no header: a path has at most 4,096 bytes.
const LONGEST_LINE: u64 = 16 * 1024;
/// What some editors put in front of UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

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

/// A set of generated files: what the files of one command are called, and how each says whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Every name that the command can write, for whatever spec.
    pub names: &'static [&'static str],
    /// Whether a file's first line is the command's own.
    pub is_header: fn(&str) -> bool,
    /// Of these names, those that somebody else's file may have: then it stays, and nothing is in the way.
    pub optional: &'static [&'static str],
}

/// Whether a line is `start`, a source, one of `middles`, the same source again, and `end`.
#[must_use]
pub fn names_source_twice(line: &str, start: &str, middles: &[&str], end: &str) -> bool {
    let Some(rest) = line.strip_prefix(start).and_then(|line| line.strip_suffix(end)) else { return false };
    middles.iter().any(|middle| {
        let length = rest.len().saturating_sub(middle.len()) / 2;
        let source = rest.get(..length).unwrap_or_default();
        rest.get(length..).and_then(|rest| rest.strip_prefix(middle)) == Some(source)
    })
}

/// What stands in `dir` under the names of a set, of which some are wanted. No other file is opened. A directory that does
/// not exist is empty.
///
/// # Errors
///
/// If the directory or a file with such a name cannot be read.
pub fn read(dir: &Path, set: Set, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, OnDisk>, FileError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(FileError::at("read the directory", dir))?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(FileError::at("read the directory", dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(own) = set.names.iter().find(|own| own.eq_ignore_ascii_case(name)) else { continue };
        let on_disk = if *own == name {
            look_at(&path, set).map_err(FileError::at("read", &path))?
        } else {
            OnDisk::Foreign(Obstacle::OtherCase(name.to_owned()))
        };
        // Where both are there, the one that is called otherwise is in the way.
        if matches!(on_disk, OnDisk::Foreign(Obstacle::OtherCase(_))) && wanted(own) || !found.contains_key(*own) {
            found.insert((*own).to_owned(), on_disk);
        }
    }
    found.retain(|name, on_disk| wanted(name) || matches!(on_disk, OnDisk::Generated(_)));
    Ok(found)
}

fn look_at(path: &Path, set: Set) -> io::Result<OnDisk> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_symlink() {
        return Ok(OnDisk::Foreign(Obstacle::Symlink));
    }
    if !kind.is_file() {
        return Ok(OnDisk::Foreign(Obstacle::NotAFile));
    }
    Ok(read_if_generated(path, set)?.map_or(OnDisk::Foreign(Obstacle::HandWritten), OnDisk::Generated))
}

/// Reads no more of a file than it takes to see that it is not generated.
fn read_if_generated(path: &Path, set: Set) -> io::Result<Option<String>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    let first = String::from_utf8_lossy(&text);
    let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first);
    if !(set.is_header)(first.trim_end_matches(['\r', '\n'])) {
        return Ok(None);
    }
    file.read_to_end(&mut text)?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// What stands in a file; `None` where there is none.
///
/// # Errors
///
/// If it cannot be read, or is a link or no file.
pub fn contents(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path).map(|data| data.file_type()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(kind) if kind.is_symlink() => Err(io::Error::other("it is a symbolic link, which is not followed")),
        Ok(kind) if !kind.is_file() => Err(io::Error::other("it is not a file")),
        Ok(_) => fs::read(path).map(Some),
    }
}

/// Carries the actions out in `dir`, whose lock the caller has. Every new text is on disk beside its place before the first file is replaced, and
/// each replacement is one rename, so no file is ever half written. Right before it each place is looked at again: what
/// somebody put there in the meantime is not lost.
///
/// # Errors
///
/// If the directory cannot be written. That nearly always shows before any file is replaced; where it does not, the
/// error names the files that were.
pub fn write(
    dir: &Path,
    set: Set,
    actions: &BTreeMap<String, Action>,
    interrupted: &dyn Fn() -> bool,
) -> Result<Written, WriteError> {
    let mut done = Vec::new();
    let written = write_counting(dir, set, actions, interrupted, &mut done);
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
    set: Set,
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
            staged.insert(name, stage(dir, &staged::GENERATED, text, GENERATED_MODE)?);
        }
    }
    if interrupted() {
        return Ok(Written::Interrupted);
    }
    for (name, action) in actions.iter().filter(|(_, action)| action.changes()) {
        let path = dir.join(name);
        expect_unchanged(&path, set, action)?;
        match staged.remove(name) {
            Some(file) => drop(file.persist(&path).map_err(|error| FileError::at("write", &path)(error.error))?),
            None => fs::remove_file(&path).map_err(FileError::at("delete", &path))?,
        }
        done.push(name.clone());
    }
    Ok(Written::All)
}

/// Whether a file is still what the actions were decided on.
fn expect_unchanged(path: &Path, set: Set, action: &Action) -> Result<(), FileError> {
    let expected = match action {
        Action::Rewrite { old, .. } | Action::Remove { old } => Some(OnDisk::Generated(old.clone())),
        Action::Keep | Action::Create { .. } | Action::Leave(_) | Action::Refuse(_) => None,
    };
    let found = match look_at(path, set).map(Some) {
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
pub fn replace(path: &Path, kind: &Kind, text: &str, mode: u32) -> Result<(), FileError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    let staged = stage(dir, kind, text, mode)?;
    staged.persist(path).map(drop).map_err(|error| FileError::at("write", path)(error.error))
}
