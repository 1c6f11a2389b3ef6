//! Opens input files, or standard input for `-`. Input is limited in size, decoded to UTF-8 from any encoding, and
//! checked for common mistakes.

mod decode;
mod form;

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use crate::steps::{Step, Steps};
use crate::text::quoted;
use decode::Decoded;

pub use decode::as_utf8;
pub use form::{InputFault, is_like_toml};

/// An input that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the {what} `{}`", path.display())]
pub struct Unreadable {
    /// What was expected: `spec`.
    pub what: &'static str,
    /// The path on the command line.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// Expected content of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON documents. Other content is reported with a hint.
    Json,
    /// TOML documents.
    Toml,
    /// Any text.
    Text,
    /// Files that Terraform also reads, which it rejects as UTF-16.
    Values,
}

/// Opens a JSON input, and reports reading it as a step. Readers get UTF-8 without a byte order mark, and an error
/// after the first `limit` bytes if the input is longer.
///
/// # Errors
///
/// If the file cannot be opened, or is a directory or a device.
pub fn open<'a>(what: &'static str, path: &Path, limit: u64, steps: &'a Steps) -> Result<Bounded<'a>, Unreadable> {
    open_as(Content::Json, what, path, limit, steps)
}

/// The same for any content.
///
/// # Errors
///
/// The same as [`open`].
pub fn open_as<'a>(
    content: Content,
    what: &'static str,
    path: &Path,
    limit: u64,
    steps: &'a Steps,
) -> Result<Bounded<'a>, Unreadable> {
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = expect_readable(path).and_then(|()| File::open(path));
        Box::new(file.map_err(|source| Unreadable { what, path: path.to_owned(), source })?)
    };
    let mut step = steps.begin(format!("reading the {what} {}", quoted(path)));
    if path == Path::new("-") && io::stdin().is_terminal() {
        step.waits_for_typing();
    }
    let raw = Raw { input: input.take(limit + 1), limit, step };
    Ok(Bounded(Decoded::new(raw, content)))
}

/// Fails for a directory, a socket or a device, which cannot be read to an end.
fn expect_readable(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_socket() {
            return Err(io::Error::other("it is a socket"));
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Err(io::Error::other("it is a device; `-` reads standard input"));
        }
    }
    Ok(())
}

/// An input that was opened by [`open`] or [`open_as`].
pub struct Bounded<'a>(Decoded<Raw<'a>>);

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// The bytes of the file.
struct Raw<'a> {
    input: io::Take<Box<dyn Read>>,
    limit: u64,
    step: Step<'a>,
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        self.step.found(format_args!("{} bytes", self.taken()));
    }
}

impl Raw<'_> {
    fn taken(&self) -> u64 {
        self.limit + 1 - self.input.limit()
    }
}

impl Read for Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if self.input.limit() == 0 {
            return Err(io::Error::other(format!("it is larger than {} bytes", self.limit)));
        }
        self.step.at_byte(self.taken());
        Ok(read)
    }
}
