//! Files that a command line names, or standard input for `-`, each read to its bound and no further.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::output::quoted;
use crate::steps::{Step, Steps};

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

/// Opens an input; reading it is a step. Whatever reads it gets an error behind its first `limit` bytes, where there are
/// more.
///
/// # Errors
///
/// If the file cannot be opened.
pub fn open<'a>(what: &'static str, path: &Path, limit: u64, steps: &'a Steps) -> Result<Bounded<'a>, Unreadable> {
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(|source| Unreadable { what, path: path.to_owned(), source })?)
    };
    let step = steps.begin(format!("reading the {what} {}", quoted(path)));
    Ok(Bounded { input: input.take(limit + 1), limit, step })
}

/// What [`open`] gives.
pub struct Bounded<'a> {
    input: io::Take<Box<dyn Read>>,
    limit: u64,
    step: Step<'a>,
}

impl Drop for Bounded<'_> {
    fn drop(&mut self) {
        self.step.found(format_args!("{} bytes", self.taken()));
    }
}

impl Bounded<'_> {
    fn taken(&self) -> u64 {
        self.limit + 1 - self.input.limit()
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if self.input.limit() == 0 {
            return Err(io::Error::other(format!("it is larger than {} bytes", self.limit)));
        }
        self.step.at_byte(self.taken());
        Ok(read)
    }
}
