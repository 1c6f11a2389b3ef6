//! Drives the four steps of a rotation and moves the labels; implementations of [`Rotate`] supply the values.

mod error;
mod event;

use std::collections::HashMap;
use std::time::Duration;

pub use error::RotationError;
pub use event::{RotationEvent, RotationEventError, RotationStep};

use super::current::Versioned;
use super::error::{Error, Operation};
use super::stored::stored_form;
use super::{Call, Secrets};
use crate::model::stage::{CURRENT, PENDING};
use crate::model::verb::rotate;
use crate::model::{Granted, Handler, Secret, Verb};

/// Maximum rounds of moving a label and reading the labels again, before the step fails.
const ROUNDS: u32 = 5;
/// The pause before the labels are read again after another caller moved them.
const PAUSE: Duration = Duration::from_millis(100);

/// How one secret gets a new value: how the value is created, and how the service that uses it accepts it.
///
/// Every method must be idempotent, and can run concurrently with itself: Secrets Manager repeats a failed rotation,
/// and Lambda can deliver an event twice.
///
/// ```
/// use std::convert::Infallible;
///
/// use driftless::{Error, PasswordRules, Rotate, RotationError, RotationEvent, Secrets};
/// use driftless::model::Text;
///
/// driftless::declare! {
///     source: "src/spec.rs";
///     keys {}
///     secrets {
///         /// The shop's password at its payment provider.
///         PaymentPassword: Text = "shop/payment", owner: rotation(RotatePassword),
///             rotation: { schedule: "rate(30 days)" };
///     }
///     handlers {
///         /// Replaces the password.
///         RotatePassword = "rotate_password" {
///             PaymentPassword: rotate, generate;
///         }
///     }
/// }
///
/// struct AtTheProvider(Secrets<RotatePassword>);
///
/// impl Rotate<PaymentPassword> for AtTheProvider {
///     type Error = Error;
///
///     async fn create(&self, _: Option<&Text>) -> Result<Text, Error> {
///         self.0.random_password(&PaymentPassword, &PasswordRules::new().length(40)).await
///     }
///
///     async fn set(&self, current: Option<&Text>, pending: &Text) -> Result<(), Error> {
///         // Logs in with `pending`; if that fails, logs in with `current` and changes the password to `pending`.
///         Ok(())
///     }
///
///     async fn test(&self, pending: &Text) -> Result<(), Error> {
///         // Logs in with `pending`.
///         Ok(())
///     }
/// }
///
/// /// What the Lambda function does with each event.
/// async fn handle(event: RotationEvent, secrets: &Secrets<RotatePassword>) -> Result<(), RotationError<Error>> {
///     secrets.rotate(&PaymentPassword, &event, &AtTheProvider(secrets.clone())).await.map(drop)
/// }
/// ```
///
/// Source: [Lambda rotation functions][steps].
///
/// [steps]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
pub trait Rotate<S: Secret>: Sync {
    /// The error of the implementation. It should not contain a value: a Lambda function logs the error that it
    /// returns.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Creates the next value, and changes nothing else.
    ///
    /// `current` is `None` if the secret has no value yet.
    fn create(&self, current: Option<&S::Payload>) -> impl Future<Output = Result<S::Payload, Self::Error>> + Send;

    /// Makes the service accept the new value; does nothing if the service already accepts it.
    ///
    /// `current` is `None` if no other version is current: the secret had no value before, or the rotation was already
    /// completed.
    fn set(
        &self,
        current: Option<&S::Payload>,
        pending: &S::Payload,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Checks that the service accepts the new value. When a rotation is set up that does not start immediately,
    /// Secrets Manager calls this step with the current value.
    fn test(&self, pending: &S::Payload) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// The new value was created and stored as the pending version.
    Created,
    /// A pending value already existed, from an earlier or a concurrent call of the step. It is kept.
    Kept,
    /// The service accepts the new value.
    Set,
    /// The service was checked to accept the new value.
    Tested,
    /// The new value is now the current one.
    Finished,
    /// The rotation was already completed. Nothing was done.
    AlreadyFinished,
}

impl<H: Handler> Secrets<H> {
    /// Performs one step of a rotation. Makes `DescribeSecret` and then, as the step requires, `GetSecretValue`,
    /// `PutSecretValue` and `UpdateSecretVersionStage`.
    ///
    /// Each step can be repeated, and can run concurrently: the first value that is stored for a version remains its
    /// value, and readers get the old value until the last step, and then the new one.
    ///
    /// # Errors
    ///
    /// [`RotationError::Step`] if the implementation of the step fails, an error if the event is not part of this
    /// secret's rotation, and every failure of a call.
    pub fn rotate<'a, S, R>(
        &'a self,
        secret: &'a S,
        event: &'a RotationEvent,
        rotation: &'a R,
    ) -> Call<'a, StepOutcome, RotationError<R::Error>>
    where
        S: Granted<rotate, H>,
        R: Rotate<S>,
    {
        Box::pin(self.step(secret, event, rotation))
    }

    async fn step<S: Secret, R: Rotate<S>>(
        &self,
        secret: &S,
        event: &RotationEvent,
        rotation: &R,
    ) -> Result<StepOutcome, RotationError<R::Error>> {
        let at = Operation::of::<H, S>(Verb::Rotate);
        if event.secret_name() != self.name_of(at, secret)? {
            return Err(RotationError::OtherSecret { at });
        }
        let step = Step { secrets: self, at, event };
        let outcome = self.observed(at, secret, step.run(rotation)).await?;
        if matches!(outcome, StepOutcome::Finished | StepOutcome::AlreadyFinished) {
            self.wrote(at, secret, event.version());
        }
        tracing::info!(handler = at.handler, secret = at.secret, step = event.step().word(), ?outcome, "rotation");
        Ok(outcome)
    }
}

struct Step<'a, H> {
    secrets: &'a Secrets<H>,
    at: Operation,
    event: &'a RotationEvent,
}

/// Which version to read. A version that is known by its id is read without its label, which can have moved since.
pub(super) enum VersionRef<'a> {
    Id(&'a str),
    Labelled(&'a str),
}

/// A version's value, if it has one.
type FoundValue<S> = Option<Versioned<<S as Secret>::Payload>>;

impl<H: Handler> Step<'_, H> {
    async fn run<S: Secret, R: Rotate<S>>(&self, rotation: &R) -> Result<StepOutcome, RotationError<R::Error>> {
        let (at, version) = (self.at, self.event.version());
        let labels = self.secrets.call_labels(at, self.event.arn()).await?;
        if !labels.rotates {
            return Err(RotationError::NotEnabled { at });
        }
        match (labels.has(version, CURRENT), labels.has(version, PENDING)) {
            (true, false) => Ok(StepOutcome::AlreadyFinished),
            (false, false) => Err(RotationError::NotPending { at }),
            (_, true) => match self.event.step() {
                RotationStep::Create => self.create(rotation).await,
                RotationStep::Set => self.set(rotation).await,
                RotationStep::Test => self.test(rotation).await,
                RotationStep::Finish => self.finish::<S, R::Error>(labels).await,
            },
        }
    }

    /// The first value that is stored under the version's id is kept: a repeated or concurrent step creates no other
    /// value.
    async fn create<S: Secret, R: Rotate<S>>(&self, rotation: &R) -> Result<StepOutcome, RotationError<R::Error>> {
        if self.pending::<S>().await?.is_some() {
            return Ok(StepOutcome::Kept);
        }
        let current = self.current::<S>().await?;
        let value = rotation.create(current.as_deref()).await.map_err(|source| self.failed(source))?;
        let stored = stored_form(self.at, &value)?;
        let is_ours = self.secrets.call_put_pending(self.at, self.event, &stored).await?;
        Ok(if is_ours { StepOutcome::Created } else { StepOutcome::Kept })
    }

    async fn set<S: Secret, R: Rotate<S>>(&self, rotation: &R) -> Result<StepOutcome, RotationError<R::Error>> {
        let pending = self.made::<S, R::Error>().await?;
        let current = self.current::<S>().await?.filter(|current| current.version() != self.event.version());
        rotation.set(current.as_deref(), &pending).await.map_err(|source| self.failed(source))?;
        Ok(StepOutcome::Set)
    }

    async fn test<S: Secret, R: Rotate<S>>(&self, rotation: &R) -> Result<StepOutcome, RotationError<R::Error>> {
        let pending = self.made::<S, R::Error>().await?;
        rotation.test(&pending).await.map_err(|source| self.failed(source))?;
        Ok(StepOutcome::Tested)
    }

    /// Moves one label and reads the labels again, until both are where they belong. The read also finds the effect of
    /// a call whose response was lost, and of other callers.
    async fn finish<S: Secret, E>(&self, mut labels: Labels) -> Result<StepOutcome, RotationError<E>> {
        let (at, version) = (self.at, self.event.version());
        // Readers must never get a version without a readable value.
        self.made::<S, E>().await?;
        for round in 0..ROUNDS {
            let is_pending = labels.has(version, PENDING);
            let current = labels.holder(CURRENT);
            let (label, from, to) = match (current == Some(version), is_pending) {
                (true, false) => return Ok(StepOutcome::Finished),
                (true, true) => (PENDING, Some(version), None),
                (false, true) => (CURRENT, current, Some(version)),
                (false, false) => return Err(RotationError::NotPending { at }),
            };
            if round > 0 && label == CURRENT {
                tokio::time::sleep(PAUSE).await;
            }
            if self.secrets.call_relabel(at, self.event.arn(), label, from, to).await? && label == PENDING {
                return Ok(StepOutcome::Finished);
            }
            labels = self.secrets.call_labels(at, self.event.arn()).await?;
        }
        Err(RotationError::Unsettled { at, rounds: ROUNDS })
    }

    async fn current<S: Secret>(&self) -> Result<FoundValue<S>, Error> {
        self.secrets.call_version(self.at, self.event.arn(), VersionRef::Labelled(CURRENT)).await
    }

    async fn pending<S: Secret>(&self) -> Result<FoundValue<S>, Error> {
        self.secrets.call_version(self.at, self.event.arn(), VersionRef::Id(self.event.version())).await
    }

    /// The pending value, which an earlier step created.
    async fn made<S: Secret, E>(&self) -> Result<Versioned<S::Payload>, RotationError<E>> {
        let step = self.event.step();
        self.pending::<S>().await?.ok_or(RotationError::NothingPending { at: self.at, step })
    }

    const fn failed<E>(&self, source: E) -> RotationError<E> {
        RotationError::Step { at: self.at, step: self.event.step(), source }
    }
}

/// The labels of a secret's versions.
pub(super) struct Labels {
    /// Whether rotation is turned on for the secret.
    pub(super) rotates: bool,
    pub(super) versions: HashMap<String, Vec<String>>,
}

impl Labels {
    fn has(&self, version: &str, label: &str) -> bool {
        self.versions.get(version).is_some_and(|labels| labels.iter().any(|it| it == label))
    }

    fn holder(&self, label: &str) -> Option<&str> {
        self.versions.keys().map(String::as_str).find(|version| self.has(version, label))
    }
}
