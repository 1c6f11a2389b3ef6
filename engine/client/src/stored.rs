//! The stored form of a value, checked before any call.

use zeroize::Zeroizing;

use super::error::{Error, Operation};
use crate::model::{MAX_VALUE_BYTES, Payload, PayloadError};

/// The text to store, if AWS accepts it.
pub(super) fn stored_form<P: Payload>(at: Operation, value: &P) -> Result<Zeroizing<String>, Error> {
    let stored = value.to_stored().map_err(|source| Error::InvalidPayload { at, source })?;
    match stored.len() {
        0 => Err(Error::InvalidPayload { at, source: PayloadError::Empty }),
        bytes if bytes > MAX_VALUE_BYTES => Err(Error::TooLarge { at, bytes }),
        _ => Ok(stored),
    }
}
