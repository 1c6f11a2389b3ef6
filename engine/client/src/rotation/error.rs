//! The errors of a rotation step. An error never holds a value.

use crate::error::{Error, ErrorKind, Operation};
use crate::observe::Failure;

use super::event::RotationStep;

/// The cause of a failed rotation step. `E` is the error of the [`Rotate`](crate::Rotate) implementation.
///
/// Secrets Manager calls all steps again some time later. A failed step leaves nothing behind that a repeated step does
/// not detect.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError<E> {
    /// The event concerns a different secret than the one that the function rotates. No call was made.
    #[error("{at}: the event is for another secret")]
    OtherSecret {
        /// The operation that failed.
        at: Operation,
    },
    /// Rotation is turned off for the secret, or was never turned on.
    #[error("{at}: its rotation is not turned on; apply the Terraform")]
    NotEnabled {
        /// The operation that failed.
        at: Operation,
    },
    /// The event's version is not the pending one: the rotation was abandoned, or the event is old.
    #[error("{at}: the event's version is not the pending version")]
    NotPending {
        /// The operation that failed.
        at: Operation,
    },
    /// The step was called before the step that creates the new value.
    #[error("{at}: `{step}` was called before a new value was created")]
    NothingPending {
        /// The operation that failed.
        at: Operation,
        /// The step.
        step: RotationStep,
    },
    /// Other callers kept moving the labels that complete the rotation.
    #[error("{at}: its labels were moved by others {rounds} times in a row")]
    Unsettled {
        /// The operation that failed.
        at: Operation,
        /// How many times the labels were moved.
        rounds: u32,
    },
    /// A call failed.
    #[error(transparent)]
    Secrets(#[from] Error),
    /// The implementation of the step failed. Its error should not contain a value.
    #[error("{at}: the rotation's implementation of `{step}` failed")]
    Step {
        /// The operation that failed.
        at: Operation,
        /// The step.
        step: RotationStep,
        /// The error of the implementation.
        source: E,
    },
}

impl<E> RotationError<E> {
    /// The kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::OtherSecret { .. }
            | Self::NotEnabled { .. }
            | Self::NotPending { .. }
            | Self::NothingPending { .. } => ErrorKind::InvalidInput,
            Self::Unsettled { .. } => ErrorKind::Conflict,
            Self::Secrets(error) => error.kind(),
            Self::Step { .. } => ErrorKind::StepFailed,
        }
    }
}

impl<E> Failure for RotationError<E> {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}
