//! Stores invoices in a directory instead of the bucket: one file for each invoice, with the same names.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{InvoiceKey, InvoiceStore, Putting, Stored};
use crate::aws::Error;

/// A directory, which is created when the first invoice is stored.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// Creates a store in this directory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl InvoiceStore for Directory {
    fn put<'a>(&'a self, key: &'a InvoiceKey, bytes: &'a [u8]) -> Putting<'a> {
        let path: PathBuf = key.segments().iter().fold(self.0.clone(), |path, segment| path.join(segment));
        Box::pin(async move {
            match write_new(&path, bytes) {
                Ok(()) => Ok(Stored::New),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Stored::Existing),
                Err(error) => Err(Error::Refused(format!("the directory: {}", error.kind()))),
            }
        })
    }
}

/// Writes a file that does not exist yet. If writing fails, the file is removed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        drop(file);
        fs::remove_file(path)?;
    }
    written
}
