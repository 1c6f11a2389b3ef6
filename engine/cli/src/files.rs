//! Reads and replaces generated files. A command owns a file if it can write a file of that name and the first line
//! marks the file as generated. No other file is opened, changed or deleted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::plan::{Obstacle, OnDisk};
use crate::staged::{self, Kind, stage};

/// Permissions of a file that every user may read.
pub const GENERATED_MODE: u32 = 0o666;

/// A longer first line is not a header: paths have at most 4,096 bytes.
const LONGEST_LINE: u64 = 16 * 1024;
/// Some editors write it at the start of UTF-8 files.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A failed operation on a path.
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

/// Outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything is on disk.
    All,
    /// The user interrupted before anything was changed.
    Interrupted,
}

/// A set of generated files: the names that a command writes, and the header that marks them.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Every name that the command can write, for any spec.
    pub names: &'static [&'static str],
    /// Whether a first line is a header of this command.
    pub is_header: fn(&str) -> bool,
    /// Names for which a foreign file is kept, and is not an obstacle.
    pub optional: &'static [&'static str],
}

/// Whether a line consists of `start`, a source, one of `middles`, the same source, and `end`.
#[must_use]
pub fn names_source_twice(line: &str, start: &str, middles: &[&str], end: &str) -> bool {
    let Some(rest) = line.strip_prefix(start).and_then(|line| line.strip_suffix(end)) else { return false };
    middles.iter().any(|middle| {
        let length = rest.len().saturating_sub(middle.len()) / 2;
        let source = rest.get(..length).unwrap_or_default();
        rest.get(length..).and_then(|rest| rest.strip_prefix(middle)) == Some(source)
    })
}

/// Looks up the names of a set in `dir`, of which some are wanted. No other file is opened. A directory that does not
/// exist is empty.
///
/// # Errors
///
/// If the directory or a file with such a name cannot be read.
pub fn look(dir: &Path, set: Set, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, OnDisk>, FileError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(FileError::at("read the directory", dir))?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(FileError::at("read the directory", dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(own) = set.names.iter().find(|own| own.eq_ignore_ascii_case(name)) else { continue };
        if *own == name {
            let on_disk = look_at(&path, set).map_err(FileError::at("read", &path))?;
            found.entry(name.to_owned()).or_insert(on_disk);
        } else if wanted(own) {
            // Reported even if the wanted file exists: on a case-insensitive file system the two are the same.
            found.insert((*own).to_owned(), OnDisk::Foreign(Obstacle::OtherCase(name.to_owned())));
        }
    }
    found.retain(|name, on_disk| wanted(name) || *on_disk == OnDisk::Generated);
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
    let is_own = open_own(path, set)?.is_some();
    Ok(if is_own { OnDisk::Generated } else { OnDisk::Foreign(Obstacle::HandWritten) })
}

/// Opens a generated file. Also returns its first line, which was already read. Of a foreign file, at most the first
/// line is read.
fn open_own(path: &Path, set: Set) -> io::Result<Option<(BufReader<File>, Vec<u8>)>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut start = Vec::new();
    file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut start)?;
    let first = String::from_utf8_lossy(&start);
    let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first);
    let is_own = (set.is_header)(first.trim_end_matches(['\r', '\n']));
    Ok(is_own.then_some((file, start)))
}

/// The text of a file that [`look`] identified as generated.
///
/// # Errors
///
/// If it cannot be read, or is no longer generated.
pub fn text(path: &Path, set: Set) -> Result<String, FileError> {
    let read = || match look_at(path, set)? {
        OnDisk::Generated => own_text(path, set)?.ok_or_else(changed),
        OnDisk::Foreign(_) => Err(changed()),
    };
    read().map_err(FileError::at("read", path))
}

fn own_text(path: &Path, set: Set) -> io::Result<Option<String>> {
    let Some((mut file, mut text)) = open_own(path, set)? else { return Ok(None) };
    file.read_to_end(&mut text)?;
    let text = String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Some(text))
}

fn changed() -> io::Error {
    io::Error::other("it was changed while this command ran; run it again")
}

/// The bytes of a file; `None` if it does not exist.
///
/// # Errors
///
/// If it cannot be read, or is a symbolic link or not a regular file.
pub fn contents(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path).map(|data| data.file_type()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(kind) if kind.is_symlink() => Err(io::Error::other("it is a symbolic link, which is not followed")),
        Ok(kind) if !kind.is_file() => Err(io::Error::other("it is not a file")),
        Ok(_) => fs::read(path).map(Some),
    }
}

/// Changes to a directory that the caller has locked. Every new text is written to a temporary file before the first
/// file is replaced, and files are replaced by rename, so that no file is ever partially written. Directly before,
/// each file is checked again, so that a concurrent change by another program is not lost.
pub struct Staging<'a> {
    dir: &'a Path,
    set: Set,
    digests: RandomState,
    changes: BTreeMap<String, Change>,
}

/// A file to replace, create or delete.
struct Change {
    /// The temporary file with the new text; `None` to delete the file.
    staged: Option<NamedTempFile>,
    /// A digest of the old text; `None` if the file did not exist.
    old: Option<u64>,
}

/// A failed write, with the names of the files that were already written.
#[derive(Debug, thiserror::Error)]
#[error("{}", if done.is_empty() { "nothing was written".to_owned() } else { format!("only this was written: {}", done.join(", ")) })]
pub struct WriteError {
    source: FileError,
    done: Vec<String>,
}

impl From<FileError> for WriteError {
    fn from(source: FileError) -> Self {
        Self { source, done: Vec::new() }
    }
}

impl<'a> Staging<'a> {
    /// Creates an empty set of changes.
    #[must_use]
    pub fn new(dir: &'a Path, set: Set) -> Self {
        Self { dir, set, digests: RandomState::new(), changes: BTreeMap::new() }
    }

    /// Adds a change: `old` is the current text and `new` the wanted one, each `None` if there is no file. Writes the
    /// new text to disk, so that it need not be kept in memory.
    ///
    /// # Errors
    ///
    /// If the temporary file cannot be written.
    pub fn add(&mut self, name: &str, old: Option<&str>, new: Option<&str>) -> Result<(), WriteError> {
        let old = old.map(|text| self.digests.hash_one(text));
        let staged = new.map(|text| stage(self.dir, &staged::GENERATED, text, GENERATED_MODE)).transpose()?;
        self.changes.insert(name.to_owned(), Change { staged, old });
        Ok(())
    }

    /// Puts every file in its place, unless the user has interrupted.
    ///
    /// # Errors
    ///
    /// If the directory cannot be written. This is almost always detected before any file is replaced; otherwise the
    /// error names the files that were.
    pub fn finish(self, interrupted: &dyn Fn() -> bool) -> Result<Written, WriteError> {
        if interrupted() {
            return Ok(Written::Interrupted);
        }
        let mut done = Vec::new();
        for (name, change) in self.changes {
            let path = self.dir.join(&name);
            let put = expect_unchanged(&path, self.set, |text| self.digests.hash_one(text), change.old);
            if let Err(source) = put.and_then(|()| change.carry_out(&path)) {
                return Err(WriteError { source, done });
            }
            done.push(name);
        }
        Ok(Written::All)
    }
}

impl Change {
    fn carry_out(self, path: &Path) -> Result<(), FileError> {
        match self.staged {
            Some(file) => file.persist(path).map(drop).map_err(|error| FileError::at("write", path)(error.error)),
            None => fs::remove_file(path).map_err(FileError::at("delete", path)),
        }
    }
}

/// Fails if a file has changed since the decision.
fn expect_unchanged(
    path: &Path,
    set: Set,
    digest: impl Fn(&str) -> u64,
    expected: Option<u64>,
) -> Result<(), FileError> {
    let found = match look_at(path, set) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(OnDisk::Generated) => own_text(path, set).map(|text| text.map(|text| digest(&text))),
        Ok(OnDisk::Foreign(_)) => Err(changed()),
        Err(error) => Err(error),
    };
    match found {
        Ok(found) if found == expected => Ok(()),
        Ok(_) => Err(FileError::at("replace", path)(changed())),
        Err(error) => Err(FileError::at("replace", path)(error)),
    }
}

/// Atomically replaces a file, whatever it contains, and creates its directory if necessary. Permissions are `mode`,
/// restricted by the umask.
///
/// # Errors
///
/// If it cannot be written; the file is then unchanged.
pub fn replace(path: &Path, kind: &Kind, text: &str, mode: u32) -> Result<(), FileError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(FileError::at("create the directory", dir))?;
    let staged = stage(dir, kind, text, mode)?;
    staged.persist(path).map(drop).map_err(|error| FileError::at("write", path)(error.error))
}
