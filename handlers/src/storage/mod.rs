//! Where invoices are stored: an S3 bucket, or a directory of this machine for tests and the example.
//!
//! A name that is taken keeps what it has: PayPulse's parser knows an invoice by its file name, so that the same name is the
//! same invoice, and one that the Python functions have stored is not parsed again.

mod directory;
mod key;
mod s3;

use std::pin::Pin;
use std::sync::Arc;

use crate::aws::{self, NoService};

pub use directory::Directory;
pub use key::InvoiceKey;
pub use s3::S3;

/// The bucket's name, the variable that PayPulse's functions have today.
const BUCKET: &str = "S3_BUCKET";
/// A directory in place of the bucket.
const DIRECTORY: &str = "INVOICE_DIRECTORY";

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    New,
    /// There is one of this name, which was kept.
    Existing,
}

/// Why a function has no storage.
#[derive(Debug, thiserror::Error)]
pub enum NoStorage {
    /// Neither variable is set, or both are.
    #[error("set `{BUCKET}` to the bucket that invoices are stored in, or `{DIRECTORY}` to a directory, and not both")]
    Unnamed,
    /// It is not the name of a bucket.
    #[error("`{BUCKET}` is not the name of a bucket")]
    BadBucket,
    /// S3 cannot be reached with what the environment says.
    #[error(transparent)]
    NoService(#[from] NoService),
}

/// What [`InvoiceStore::put`] returns.
pub type Putting<'a> = Pin<Box<dyn Future<Output = Result<Stored, aws::Error>> + Send + 'a>>;

/// A place for invoices.
pub trait InvoiceStore: Send + Sync {
    /// Stores a file unless there is one of this name.
    fn put<'a>(&'a self, key: &'a InvoiceKey, bytes: &'a [u8]) -> Putting<'a>;
}

/// The storage that the environment names.
///
/// # Errors
///
/// [`NoStorage`].
pub async fn from_env() -> Result<Arc<dyn InvoiceStore>, NoStorage> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (set(BUCKET), set(DIRECTORY)) {
        (Some(bucket), None) => Ok(Arc::new(S3::from_env(bucket).await?)),
        (None, Some(directory)) => Ok(Arc::new(Directory::new(directory))),
        _ => Err(NoStorage::Unnamed),
    }
}
