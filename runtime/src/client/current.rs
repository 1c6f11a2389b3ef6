//! What is stored at present, as a read finds it.

use std::ops::Deref;

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
    version: String,
}

impl<P> Versioned<P> {
    pub(super) const fn new(value: P, version: String) -> Self {
        Self { value, version }
    }

    /// The id of the version in Secrets Manager.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The value alone.
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

/// What a change of a secret finds there.
#[derive(Debug)]
pub enum Found<'a, P> {
    /// A value that could be read.
    Value(&'a P),
    /// A value that is not what the spec says.
    Unreadable(&'a PayloadError),
    /// No secret, or a secret without a value.
    Nothing,
}

// Derived, both would ask for a payload that can be copied.
impl<P> Copy for Found<'_, P> {}

impl<P> Clone for Found<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

/// A read's result: unlike for callers, a secret without a readable value is no error here.
pub(super) enum Current<P> {
    Value(Versioned<P>),
    Unreadable { version: String, error: PayloadError },
    Nothing,
    PendingDeletion,
}

impl<P: Payload> Current<P> {
    /// Takes the answer apart, and wipes the text that the SDK read.
    pub(super) fn from_answer(at: Operation, answer: GetSecretValueOutput) -> Result<Self, Error> {
        let text = answer.secret_string.map(Zeroizing::new);
        let Some(version) = answer.version_id.filter(|version| !version.is_empty()) else {
            return Err(Error::Transport { at, reason: "answer" });
        };
        Ok(match text.as_deref().map_or(Err(PayloadError::Binary), |text| P::parse(text)) {
            Ok(value) => Self::Value(Versioned::new(value, version)),
            Err(error) => Self::Unreadable { version, error },
        })
    }

    pub(super) fn found(&self) -> Found<'_, P> {
        match self {
            Self::Value(value) => Found::Value(value),
            Self::Unreadable { error, .. } => Found::Unreadable(error),
            Self::Nothing | Self::PendingDeletion => Found::Nothing,
        }
    }

    /// The value, or why there is none.
    pub(super) fn into_value(self, at: Operation) -> Result<Versioned<P>, Error> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Unreadable { error, .. } => Err(Error::InvalidPayload { at, source: error }),
            Self::Nothing => Err(Error::NotFound { at }),
            Self::PendingDeletion => Err(Error::PendingDeletion { at }),
        }
    }

    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Value(value) => Some(value.version()),
            Self::Unreadable { version, .. } => Some(version),
            Self::Nothing | Self::PendingDeletion => None,
        }
    }
}
