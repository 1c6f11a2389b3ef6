//! Storage for invoices: an S3 bucket, or a local directory for tests and the example.
//!
//! Existing objects are never overwritten. PayPulse's parser identifies an invoice by its file name, so equal names
//! mean equal invoices, and an invoice that the Python functions stored is not parsed again.

mod directory;
mod key;
mod s3;

use std::pin::Pin;
use std::sync::Arc;

use crate::aws::{self, NoService};

pub use directory::Directory;
pub use key::InvoiceKey;
pub use s3::S3;

/// The variable with the bucket's name, which PayPulse's functions already use.
const BUCKET: &str = "S3_BUCKET";
/// The variable with a directory to use instead of the bucket.
const DIRECTORY: &str = "INVOICE_DIRECTORY";

/// The result of storing a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The file was stored.
    New,
    /// A file with this name exists and was kept.
    Existing,
}

/// Why the storage cannot be set up.
#[derive(thiserror::Error)]
pub enum NoStorage {
    /// Neither variable is set, or both are.
    #[error("set `{BUCKET}` to the bucket that invoices are stored in, or `{DIRECTORY}` to a directory, and not both")]
    Unnamed,
    /// The value is not a valid bucket name.
    #[error("`{BUCKET}` is not the name of a bucket")]
    BadBucket,
    /// The environment's configuration for S3 is invalid.
    #[error(transparent)]
    NoService(#[from] NoService),
}

/// The future that [`InvoiceStore::put`] returns.
pub type Putting<'a> = Pin<Box<dyn Future<Output = Result<Stored, aws::Error>> + Send + 'a>>;

/// A storage for invoices.
pub trait InvoiceStore: Send + Sync {
    /// Stores a file unless one with this name exists.
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
