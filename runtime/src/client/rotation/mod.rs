//! The four steps of a rotation: which version gets which label is done here, and what a new value is, and who has to take
//! it, by an implementation of [`Rotate`].

mod error;
mod event;

use std::collections::HashMap;
use std::time::Duration;

pub use error::RotationError;
pub use event::{RotationEvent, RotationEventError, RotationStep};

use super::Secrets;
use super::current::Versioned;
use super::error::{Error, Operation};
use super::write::stored_form;
use crate::model::stage::{CURRENT, PENDING};
use crate::model::verb::rotate;
use crate::model::{Granted, Handler, Secret, Verb};

/// The labels can be found moved this many times before a step gives up.
const ROUNDS: u32 = 5;
/// The pause before labels that were moved are looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// How one secret gets a new value: what the value is, and how the service that it is for takes it.
///
/// Each part can run again, also after it has succeeded, and at the same time as itself: Secrets Manager repeats a rotation
/// that failed, and Lambda can deliver an event twice. It must come to the same then.
///
/// ```
/// use std::convert::Infallible;
///
/// use paypulse_runtime::client::{Error, PasswordRules, Rotate, RotationError, RotationEvent, Secrets};
/// use paypulse_runtime::model::Text;
///
/// paypulse_runtime::declare! {
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
    /// Why a part of it fails. It should hold no value: a Lambda function logs the error that it ends in.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Makes the next value. It changes nothing but that.
    ///
    /// `current` is nothing where the secret has no value yet.
    fn create(&self, current: Option<&S::Payload>) -> impl Future<Output = Result<S::Payload, Self::Error>> + Send;

    /// Makes the service take the new value: if it takes it already, does nothing.
    ///
    /// `current` is nothing where no other value is current: there was none before, or the rotation has come to its end once.
    fn set(
        &self,
        current: Option<&S::Payload>,
        pending: &S::Payload,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Sees that the service takes the new value. Where a rotation is set up that does not begin immediately, it is called
    /// with the current value.
    fn test(&self, pending: &S::Payload) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// The new value is made, and kept as the pending version.
    Created,
    /// There was a pending value already, by an earlier or another call of the step. It is kept.
    Kept,
    /// The service takes the new value.
    Set,
    /// The service was seen to take it.
    Tested,
    /// The new value is the current one.
    Finished,
    /// The rotation has come to its end before. Nothing was done.
    AlreadyFinished,
}

impl<H: Handler> Secrets<H> {
    /// Does one step of a rotation. Makes `DescribeSecret` and then, as the step needs them, `GetSecretValue`,
    /// `PutSecretValue` and `UpdateSecretVersionStage`.
    ///
    /// Each step can be done again, and by two at once: the first value that is kept for a version is that version's, and
    /// readers see the value before it until the last step, and from then on the new one.
    ///
    /// # Errors
    ///
    /// [`RotationError::Step`] where the rotation's own part fails, what makes the event none of this secret's rotation, and
    /// every failure of a call.
    pub async fn rotate<S, R>(
        &self,
        secret: &S,
        event: &RotationEvent,
        rotation: &R,
    ) -> Result<StepOutcome, RotationError<R::Error>>
    where
        S: Granted<rotate, H>,
        R: Rotate<S>,
    {
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

/// Which version is read. One that is known by its id is not asked for its label too, which can have moved on since.
pub(super) enum Version<'a> {
    Id(&'a str),
    Labelled(&'a str),
}

/// A version's value, if it has one.
type Found<S> = Option<Versioned<<S as Secret>::Payload>>;

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

    /// The first value under the version's id stays: a step that is done again, or by two at once, makes no other.
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

    /// Moves a label and looks again, until both are where they belong. What a call did whose answer was lost, or another
    /// caller, is found there.
    async fn finish<S: Secret, E>(&self, mut labels: Labels) -> Result<StepOutcome, RotationError<E>> {
        let (at, version) = (self.at, self.event.version());
        // No reader may be given a version that has no value, or none that it can read.
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

    async fn current<S: Secret>(&self) -> Result<Found<S>, Error> {
        self.secrets.call_version(self.at, self.event.arn(), Version::Labelled(CURRENT)).await
    }

    async fn pending<S: Secret>(&self) -> Result<Found<S>, Error> {
        self.secrets.call_version(self.at, self.event.arn(), Version::Id(self.event.version())).await
    }

    /// The pending value, which an earlier step has made.
    async fn made<S: Secret, E>(&self) -> Result<Versioned<S::Payload>, RotationError<E>> {
        let step = self.event.step();
        self.pending::<S>().await?.ok_or(RotationError::NothingPending { at: self.at, step })
    }

    const fn failed<E>(&self, source: E) -> RotationError<E> {
        RotationError::Step { at: self.at, step: self.event.step(), source }
    }
}

/// Which version of a secret has which labels.
pub(super) struct Labels {
    /// Whether the secret is rotated.
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
