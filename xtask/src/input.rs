//! Files that a command line names, or standard input for `-`: each read to its bound and no further, as UTF-8 whatever it
//! was written as, and named where it is something else than what was asked for.

mod decode;
mod form;

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use crate::output::quoted;
use crate::steps::{Step, Steps};
use decode::Decoded;

pub use decode::as_utf8;
pub use form::Fault;

/// An input that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the {what} `{}`", path.display())]
pub struct Unreadable {
    /// What it was to be: `spec`.
    pub what: &'static str,
    /// What the command line says.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What an input is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON documents. What else people pass is named.
    Json,
    /// Any text, with anything around it.
    Text,
    /// What Terraform reads too, and refuses as UTF-16.
    Values,
}

/// Opens an input of JSON; reading it is a step. Whatever reads it gets UTF-8 without a byte order mark, and an error
/// behind its first `limit` bytes, where there are more.
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
/// As [`open`] has.
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

/// A file or a pipe can be read to its end, and nothing else.
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

/// What [`open`] gives.
pub struct Bounded<'a>(Decoded<Raw<'a>>);

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// The bytes as they are in the file.
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
