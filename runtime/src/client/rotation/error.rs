//! What can go wrong with a step of a rotation. No error holds a value.

use crate::client::error::{Error, ErrorKind, Operation};
use crate::client::observe::Failure;

use super::event::RotationStep;

/// Why a step of a rotation failed. `E` is what the rotation itself fails with.
///
/// Secrets Manager calls all steps again, some time later: a step that has failed has changed nothing that a step does not
/// find again.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError<E> {
    /// The event is about another secret than the one that the function rotates. Nothing was called.
    #[error("{at}: the event is about another secret")]
    OtherSecret {
        /// Who wanted what.
        at: Operation,
    },
    /// The secret's rotation is turned off, or was never turned on.
    #[error("{at}: its rotation is not turned on; apply the Terraform")]
    NotEnabled {
        /// Who wanted what.
        at: Operation,
    },
    /// The event's version is not the one that is pending: the rotation was given up, or the event is an old one.
    #[error("{at}: the event's version is not the one that is pending")]
    NotPending {
        /// Who wanted what.
        at: Operation,
    },
    /// The step came before the one that makes the new value.
    #[error("{at}: `{step}` was called, and no new value was made before")]
    NothingPending {
        /// Who wanted what.
        at: Operation,
        /// The step.
        step: RotationStep,
    },
    /// Others kept moving the labels that end the rotation.
    #[error("{at}: its labels were moved by others {rounds} times in a row")]
    Unsettled {
        /// Who wanted what.
        at: Operation,
        /// How often.
        rounds: u32,
    },
    /// A call failed, as with any other verb.
    #[error(transparent)]
    Secrets(#[from] Error),
    /// The rotation's own part of the step failed. What it says is the rotation's, and should hold no value.
    #[error("{at}: the rotation's implementation of `{step}` failed")]
    Step {
        /// Who wanted what.
        at: Operation,
        /// The step.
        step: RotationStep,
        /// What it failed with.
        source: E,
    },
}

impl<E> RotationError<E> {
    /// Its kind, which does not change from release to release.
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
