//! The result of reading a secret's current version.

use std::ops::Deref;
use std::time::SystemTime;

use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use zeroize::Zeroizing;

use super::error::{Error, Operation};
use crate::model::{Payload, PayloadError};

/// A value, with the version that it was read from or written as.
///
/// Dereferences to the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<P> {
    value: P,
    pub(super) version: String,
    created: Option<SystemTime>,
}

impl<P> Versioned<P> {
    pub(super) const fn new(value: P, version: String) -> Self {
        Self { value, version, created: None }
    }

    /// When AWS created this version, at least to the second. `None` for a value that this client wrote.
    #[must_use]
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }

    /// The id of the version in Secrets Manager.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the value without its version.
    #[must_use]
    pub fn into_value(self) -> P {
        self.value
    }
}

impl<P> Deref for Versioned<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.value
    }
}

/// The stored state that a change is based on.
#[derive(Debug)]
pub enum Found<'a, P> {
    /// A readable value.
    Value(&'a P),
    /// A value that is not a valid payload according to the spec.
    Unreadable(&'a PayloadError),
    /// A secret without a value. For a store, also a missing secret, or one whose deletion is scheduled.
    Nothing,
}

// Derived implementations would require `P: Copy` and `P: Clone`.
impl<P> Copy for Found<'_, P> {}

impl<P> Clone for Found<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

/// The result of a read. Unlike in the public API, a secret without a readable value is not an error here.
///
/// The ARN distinguishes a secret from one that was deleted and created again under the same name: a write that names
/// the ARN cannot reach the wrong secret.
pub(super) enum Current<P> {
    Value {
        value: Versioned<P>,
        arn: String,
        /// The length of the stored value in bytes.
        bytes: usize,
    },
    Unreadable {
        version: String,
        arn: String,
        error: PayloadError,
    },
    /// The secret exists and has no current version.
    NoValue,
    /// The secret does not exist.
    Absent,
    PendingDeletion,
}

impl<P: Payload> Current<P> {
    /// Converts the SDK's response, and wipes the value that the SDK read.
    pub(super) fn from_answer(at: Operation, answer: GetSecretValueOutput) -> Result<Self, Error> {
        let text = answer.secret_string.map(Zeroizing::new);
        let binary = answer.secret_binary.map(|blob| Zeroizing::new(blob.into_inner())).unwrap_or_default();
        let (Some(version), Some(arn)) = (answer.version_id, answer.arn) else {
            return Err(Error::transport(at, "answer"));
        };
        let (stored, parsed) = match text.as_deref() {
            Some(text) => (text.as_bytes(), P::parse(text)),
            None => (binary.as_slice(), P::parse_binary(&binary)),
        };
        Ok(match parsed {
            Ok(value) => {
                let created = answer.created_date.and_then(|date| date.try_into().ok());
                let value = Versioned { created, ..Versioned::new(value, version) };
                Self::Value { value, arn, bytes: stored.len() }
            }
            Err(error) => Self::Unreadable { version, arn, error },
        })
    }

    pub(super) fn found(&self) -> Found<'_, P> {
        match self {
            Self::Value { value, .. } => Found::Value(value),
            Self::Unreadable { error, .. } => Found::Unreadable(error),
            Self::NoValue | Self::Absent | Self::PendingDeletion => Found::Nothing,
        }
    }

    /// Returns the value, or an error if there is no readable value.
    pub(super) fn into_value(self, at: Operation) -> Result<Versioned<P>, Error> {
        self.into_value_of_size(at).map(|(value, _)| value)
    }

    /// Like [`into_value`](Self::into_value), and also returns the length of the stored text.
    pub(super) fn into_value_of_size(self, at: Operation) -> Result<(Versioned<P>, usize), Error> {
        match self {
            Self::Value { value, bytes, .. } => Ok((value, bytes)),
            Self::Unreadable { error, .. } => Err(Error::InvalidPayload { at, source: error }),
            Self::NoValue | Self::Absent => Err(Error::NotFound { at }),
            Self::PendingDeletion => Err(Error::PendingDeletion { at }),
        }
    }

    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Value { value, .. } => Some(value.version()),
            Self::Unreadable { version, .. } => Some(version),
            Self::NoValue | Self::Absent | Self::PendingDeletion => None,
        }
    }
}
