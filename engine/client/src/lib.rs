//! The typed client. Each method is a verb: it requires the verb's grant at compile time, and makes only the API calls
//! of that verb.
//!
//! A spec is declared with [`declare!`], in the vocabulary of [`model`]; the payload types define the values.

mod cache;
mod call;
mod causes;
mod config;
mod config_error;
mod copies;
mod credentials;
mod current;
mod environment;
mod error;
mod http;
#[doc(hidden)]
pub mod https;
mod keys;
mod meaning;
mod observe;
mod password;
mod redaction;
mod regions;
mod retry_budget;
mod rotation;
mod run;
mod sent;
mod sentence;
mod settings;
mod start;
mod stored;
mod sync;
mod token;
mod write;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use tokio::time::Instant;

#[doc(hidden)]
pub use driftless_macros::declare as __declare;
pub use driftless_model as model;
pub use driftless_model::freshness;
/// The trait of secrets' values, and the derive macro that makes a type one of them.
pub use {driftless_macros::Payload, driftless_model::Payload};

pub use cache::{CacheConfig, CacheConfigError, CachePolicy, CacheStats, Cached, CachedRead};
pub use config::{http_connector, sdk_config};
pub use config_error::ConfigError;
pub use credentials::credentials_may_come;
pub use current::{Found, Versioned};
pub use error::{Error, ErrorKind, Operation};
pub use password::PasswordRules;
pub use rotation::{Rotate, RotationError, RotationEvent, RotationEventError, RotationStep, StepOutcome};
#[doc(hidden)]
pub use run::Run;
pub use start::OnDifference;
pub use write::{Outcome, Written};

use crate::model::stage::PREVIOUS;
use crate::model::verb::{delete, describe, read, read_previous, store, update};
use crate::model::{Granted, Handler, Secret, Verb};

/// Declares a spec: its keys, secrets and handlers as types, and `pub fn spec() -> Spec` as data.
///
/// [`driftless_macros::declare!`](driftless_macros::declare) documents the syntax.
#[macro_export]
macro_rules! declare {
    ($($spec:tt)*) => {
        $crate::__declare! { use $crate::model; $($spec)* }
    };
}

/// A Secrets Manager client with the permissions of one handler.
///
/// Cheap to clone; clones share connections, and the cache if there is one. Every future of its methods can be dropped
/// at any point: each write is one request that AWS carries out completely or not at all. The exception is a store to a
/// secret whose deletion is scheduled, which makes two requests: dropped between them, it leaves the old value with its
/// deletion cancelled.
///
/// ```
/// use driftless::Secrets;
/// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
/// use shop::{Reorder, SupplierLogin, MailKey};
///
/// # async fn handler() -> Result<(), Box<dyn std::error::Error>> {
/// let secrets = Secrets::<Reorder>::from_env().await?;
/// let client_id = secrets.read(&MailKey).await?;
/// let tokens = secrets.read(&SupplierLogin { shop_id: "berlin".parse()? }).await?;
/// # Ok(())
/// # }
/// ```
///
/// Using a verb that the spec does not grant to the handler is a compile error:
///
/// ```compile_fail,E0277
/// # use driftless::Secrets;
/// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
/// # use shop::{Reorder, MailKey};
/// # async fn handler(secrets: Secrets<Reorder>) {
/// secrets.delete(&MailKey).await;
/// # }
/// ```
pub struct Secrets<H> {
    client: Client,
    regional: regions::RegionalClients,
    copies: copies::Copies,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    prefix: environment::Prefix,
    /// Looks up the ARN of a key by the variable that the spec declares for it.
    kms_keys: Arc<KeyLookup>,
    cache: Option<cache::Shelf>,
    deadline: Option<Instant>,
    shows_names: bool,
    handler: PhantomData<fn() -> H>,
}

type KeyLookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl<H> Clone for Secrets<H> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            regional: self.regional.clone(),
            copies: self.copies.clone(),
            clock: Arc::clone(&self.clock),
            prefix: self.prefix.clone(),
            kms_keys: Arc::clone(&self.kms_keys),
            cache: self.cache.clone(),
            deadline: self.deadline,
            shows_names: self.shows_names,
            handler: PhantomData,
        }
    }
}

impl<H: Handler> fmt::Debug for Secrets<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("handler", &H::NAME).finish_non_exhaustive()
    }
}

/// The future that a method of [`Secrets`] returns. It does nothing until it is polled.
///
/// It is boxed, because the compiler reports a missing grant once for a method that returns a box, and three times for an
/// `async fn`.
pub type Call<'a, T, E = Error> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// The metadata of a secret, from [`Secrets::describe`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The secret's ARN.
    pub arn: String,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// When its value or its description last changed.
    pub last_changed: Option<SystemTime>,
    /// The day on which its value was last read.
    pub last_accessed: Option<SystemTime>,
    /// When its deletion was requested, if it is scheduled.
    pub deleted: Option<SystemTime>,
}

/// The result of [`Secrets::delete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// AWS accepted the deletion. AWS does not always report a missing secret, so the secret may not have existed.
    Accepted,
    /// The secret did not exist.
    WasAbsent,
}

impl<H: Handler> Secrets<H> {
    /// Creates a client from a configured SDK client.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a client is cheap to clone, and few callers keep it")]
    pub fn new(client: Client) -> Self {
        Self::configured(client.config().to_builder())
    }

    fn configured(config: Builder) -> Self {
        Self {
            client: observe::with_attempts(config),
            regional: regions::RegionalClients::default(),
            copies: copies::Copies::default(),
            clock: Arc::new(SystemTime::now),
            prefix: environment::Prefix::of::<H>(),
            kms_keys: Arc::new(|_| None),
            cache: None,
            deadline: None,
            shows_names: false,
            handler: PhantomData,
        }
    }

    /// Returns this client with another clock, for tests that control the time.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The time of this client's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// Reads the current value of a secret. Makes `GetSecretValue`.
    ///
    /// Where the spec has the secret's copies read too (`read_from`), a function that runs in the Region of one asks that first,
    /// and one whose secret's Region is down asks a copy. No copy is taken that is older than what this process has seen or written.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the secret does not exist or has no value, [`Error::InvalidPayload`] if the value is not
    /// valid according to the spec, and every other failure of a call.
    pub fn read<'a, S: Granted<read, H>>(&'a self, secret: &'a S) -> Call<'a, Versioned<S::Payload>> {
        Box::pin(async move {
            let at = Operation::of::<H, S>(Verb::Read);
            let guard = self.read_guard(secret);
            let result = self.observed(at, secret, async { self.current(at, secret).await?.into_value(at) }).await;
            guard.observed(&result);
            result
        })
    }

    /// Reads the previous value: that of the version with the label `AWSPREVIOUS`. Makes `GetSecretValue`.
    ///
    /// This allows data that was signed or encrypted with a replaced key to be read for some time.
    /// [`Versioned::created`] of a [`read`](Self::read) tells when the current value was written.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read); [`Error::NotFound`] also if there is no previous value.
    pub fn read_previous<'a, S: Granted<read_previous, H>>(&'a self, secret: &'a S) -> Call<'a, Versioned<S::Payload>> {
        Box::pin(async move {
            let at = Operation::of::<H, S>(Verb::ReadPrevious);
            self.observed(at, secret, async { self.labelled(at, secret, PREVIOUS).await?.into_value(at) }).await
        })
    }

    /// Reads the metadata of a secret, without its value. Makes `DescribeSecret`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the secret does not exist, and every other failure of a call.
    pub fn describe<'a, S: Granted<describe, H>>(&'a self, secret: &'a S) -> Call<'a, Description> {
        Box::pin(async move {
            let at = Operation::of::<H, S>(Verb::Describe);
            self.observed(at, secret, async { self.call_describe(at, &self.name_of(at, secret)?).await }).await
        })
    }

    /// Stores a value: replaces the value of the secret if it exists, creates the secret if it does not, and cancels
    /// its deletion if one is scheduled. Makes `GetSecretValue` and then `PutSecretValue`, `CreateSecret` or
    /// `RestoreSecret`.
    ///
    /// A concurrent write is detected, and this value then replaces the other one.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] before any call, [`Error::Conflict`] if other writers keep winning, [`Error::Stale`] if an
    /// old version was made current again by hand, and every other failure of a call.
    pub fn store<'a, S: Granted<store, H>>(&'a self, secret: &'a S, value: S::Payload) -> Call<'a, Written<S::Payload>>
    where
        S::Payload: Clone,
    {
        Box::pin(async move {
            stored::stored_form(Operation::of::<H, S>(Verb::Store), &value)?;
            self.store_with(secret, |_| Some(value.clone())).await
        })
    }

    /// Like [`store`](Self::store), with a value that depends on the stored one.
    ///
    /// `change` receives what is stored, and is called again if its write conflicted with another writer's. If it
    /// returns `None`, the stored value is kept; if there is no readable value, the call then fails as a read would.
    ///
    /// # Errors
    ///
    /// As for [`store`](Self::store).
    pub fn store_with<'a, S: Granted<store, H>>(
        &'a self,
        secret: &'a S,
        change: impl FnMut(Found<'_, S::Payload>) -> Option<S::Payload> + Send + 'a,
    ) -> Call<'a, Written<S::Payload>> {
        Box::pin(async move {
            let at = Operation::of::<H, S>(Verb::Store);
            self.observed(at, secret, self.write(at, secret, change)).await
        })
    }

    /// Changes a secret's value without losing concurrent changes by other callers of this method. Makes
    /// `GetSecretValue` and `PutSecretValue`.
    ///
    /// `change` receives what is stored, and is called again if its write conflicted with another writer's. It then
    /// either adopts the stored value by returning `None`, or applies its change to it. If there is no readable value
    /// to adopt, `None` makes the call fail as a read would.
    ///
    /// Limits: a writer that does not derive its version ids by the rule of this crate (a function in another language,
    /// the console) is only detected if it wrote before the read that precedes each write. A value that it writes after
    /// that read is replaced. Its version id is also not the one that the rule predicts, so other writers that run at
    /// that moment may not detect each other, and can replace each other's changes. Two writers that write the same
    /// value after the same version are one write to AWS, so a counter that both increment increases once.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the secret does not exist, [`Error::Conflict`] if other writers keep winning,
    /// [`Error::Stale`] if an old version was made current again by hand, and every other failure of a call.
    pub fn update<'a, S: Granted<update, H>>(
        &'a self,
        secret: &'a S,
        change: impl FnMut(Found<'_, S::Payload>) -> Option<S::Payload> + Send + 'a,
    ) -> Call<'a, Written<S::Payload>> {
        Box::pin(async move {
            let at = Operation::of::<H, S>(Verb::Update);
            self.observed(at, secret, self.write(at, secret, change)).await
        })
    }

    /// Deletes a secret immediately, without a recovery window. Makes `DeleteSecret`.
    ///
    /// A missing secret is logged as a warning and is not an error. AWS deletes asynchronously: the name can remain
    /// taken for a short time.
    ///
    /// # Errors
    ///
    /// Every failure of a call except a missing secret.
    pub fn delete<'a, S: Granted<delete, H>>(&'a self, secret: &'a S) -> Call<'a, Deletion> {
        Box::pin(self.delete_at_once(secret))
    }

    async fn delete_at_once<S: Secret>(&self, secret: &S) -> Result<Deletion, Error> {
        let at = Operation::of::<H, S>(Verb::Delete);
        let mut guard = self.write_guard(secret);
        guard.before_send();
        let deletion = async {
            match self.call_delete(at, &self.name_of(at, secret)?).await {
                Ok(()) => Ok(Deletion::Accepted),
                Err(Error::NotFound { .. }) => {
                    tracing::warn!(handler = at.handler, secret = at.secret, "the secret to delete does not exist");
                    Ok(Deletion::WasAbsent)
                }
                Err(error) => Err(error),
            }
        };
        let result = self.observed(at, secret, deletion).await;
        if result.is_ok() {
            guard.deleted(at);
        }
        result
    }
}
