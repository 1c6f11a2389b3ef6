//! What is stored at present, as a read finds it.

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

    /// When AWS made this version, to the second or better. Unknown of a value that this client has written.
    #[must_use]
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
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
    /// A secret without a value; for a store also no secret, or one whose deletion is scheduled.
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
///
/// The ARN tells a secret from one that was created under its name after it was deleted: a write that names the ARN
/// never meets the wrong one.
pub(super) enum Current<P> {
    Value {
        value: Versioned<P>,
        arn: String,
        /// The length of the stored text.
        bytes: usize,
    },
    Unreadable {
        version: String,
        arn: String,
        error: PayloadError,
    },
    /// The secret is there, and has no current version.
    NoValue,
    /// There is no such secret.
    Absent,
    PendingDeletion,
}

impl<P: Payload> Current<P> {
    /// Takes the answer apart, and wipes the text that the SDK read.
    pub(super) fn from_answer(at: Operation, answer: GetSecretValueOutput) -> Result<Self, Error> {
        let text = answer.secret_string.map(Zeroizing::new);
        let (Some(version), Some(arn)) = (answer.version_id, answer.arn) else {
            return Err(Error::Transport { at, reason: "answer" });
        };
        Ok(match text.as_deref().map_or(Err(PayloadError::Binary), |text| P::parse(text)) {
            Ok(value) => {
                let created = answer.created_date.and_then(|date| date.try_into().ok());
                let value = Versioned { created, ..Versioned::new(value, version) };
                Self::Value { value, arn, bytes: text.map_or(0, |text| text.len()) }
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

    /// The value, or why there is none.
    pub(super) fn into_value(self, at: Operation) -> Result<Versioned<P>, Error> {
        self.into_value_of_size(at).map(|(value, _)| value)
    }

    /// Like [`into_value`](Self::into_value), with the length of the stored text.
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
