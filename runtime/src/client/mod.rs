//! The typed client: each method is a verb, asks the compiler for the grant, and makes that verb's API calls alone.
//!
//! What the values mean is left to their payload types, and a token's life to [`oauth`](crate::oauth).

mod cache;
mod call;
mod config;
mod copies;
mod current;
mod environment;
mod error;
mod http;
mod keys;
mod meaning;
mod observe;
mod password;
mod redaction;
mod regions;
mod rotation;
mod rounds;
mod settings;
mod start;
mod token;
mod write;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use tokio::time::Instant;

pub use cache::{CacheConfig, CacheConfigError, CachePolicy, CacheStats, Cached};
pub use config::{ConfigError, http_connector, sdk_config};
pub use current::{Found, Versioned};
pub use error::{Error, ErrorKind, Operation};
pub use password::PasswordRules;
pub use rotation::{Rotate, RotationError, RotationEvent, RotationEventError, RotationStep, StepOutcome};
pub use start::OnDifference;
pub use write::{Outcome, Written};

use crate::model::stage::PREVIOUS;
use crate::model::verb::{delete, describe, read, read_previous, store, update};
use crate::model::{Granted, Handler, Verb};

/// Secrets Manager as one handler may use it.
///
/// Cheap to clone; clones share connections, and the cache if there is one. Every future of its methods can be dropped at
/// any point: each write is one request that AWS carries out whole or not at all. Only a store on a secret whose deletion is
/// scheduled makes two, and dropped between them it leaves the old value, its deletion taken back.
///
/// ```
/// use paypulse_runtime::client::Secrets;
/// use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};
///
/// # async fn handler() -> Result<(), Box<dyn std::error::Error>> {
/// let secrets = Secrets::<FetchInvoices>::from_env().await?;
/// let client_id = secrets.read(&GoogleOauthClientId).await?;
/// let tokens = secrets.read(&GmailUserTokens { user_id: "42".parse()? }).await?;
/// # Ok(())
/// # }
/// ```
///
/// A verb that the spec does not grant to the handler does not compile:
///
/// ```compile_fail,E0277
/// # use paypulse_runtime::client::Secrets;
/// # use paypulse_runtime::spec::{FetchInvoices, GoogleOauthClientId};
/// # async fn handler(secrets: Secrets<FetchInvoices>) {
/// secrets.delete(&GoogleOauthClientId).await;
/// # }
/// ```
pub struct Secrets<H> {
    client: Client,
    elsewhere: regions::Elsewhere,
    copies: copies::Copies,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    prefix: environment::Prefix,
    /// The ARN behind a variable that the spec names a key by.
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
            elsewhere: self.elsewhere.clone(),
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

/// What [`Secrets::describe`] knows of a secret.
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
    /// When its deletion was asked for, if it is waiting for it.
    pub deleted: Option<SystemTime>,
}

/// How [`Secrets::delete`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// AWS has taken the deletion. A secret that never existed can end here too: AWS does not always say.
    Accepted,
    /// There was nothing to delete.
    WasAbsent,
}

impl<H: Handler> Secrets<H> {
    /// A client on an SDK client that the caller has configured.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a client is cheap to clone, and few callers keep it")]
    pub fn new(client: Client) -> Self {
        Self::configured(client.config().to_builder())
    }

    fn configured(config: Builder) -> Self {
        Self {
            client: observe::with_attempts(config),
            elsewhere: regions::Elsewhere::default(),
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

    /// The same client with another clock, for tests of what time does.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// Reads a secret's value. Makes `GetSecretValue`.
    ///
    /// Where the spec has the secret's copies read too (`read_from`), a function that runs in the Region of one asks that first,
    /// and one whose secret's Region is down asks a copy. No copy is taken that is older than what this process has seen or written.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no such secret or it has no value, [`Error::InvalidPayload`] where the value
    /// is not what the spec says, and every other failure of a call.
    pub async fn read<S: Granted<read, H>>(&self, secret: &S) -> Result<Versioned<S::Payload>, Error> {
        let at = Operation::of::<H, S>(Verb::Read);
        let watch = self.watch(secret);
        let result = self.observed(at, secret, async { self.current(at, secret).await?.into_value(at) }).await;
        watch.saw(&result);
        result
    }

    /// Reads the value before the present one: that of the version that AWS labels `AWSPREVIOUS`. Makes `GetSecretValue`.
    ///
    /// What was signed or encrypted with a key that has been replaced can so be read for a while.
    /// [`Versioned::created`] of a [`read`](Self::read) says since when the present one is there.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read); [`Error::NotFound`] also where there was no value before.
    pub async fn read_previous<S: Granted<read_previous, H>>(
        &self,
        secret: &S,
    ) -> Result<Versioned<S::Payload>, Error> {
        let at = Operation::of::<H, S>(Verb::ReadPrevious);
        self.observed(at, secret, async { self.labelled(at, secret, PREVIOUS).await?.into_value(at) }).await
    }

    /// Reads what is known of a secret, without its value. Makes `DescribeSecret`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no such secret, and every other failure of a call.
    pub async fn describe<S: Granted<describe, H>>(&self, secret: &S) -> Result<Description, Error> {
        let at = Operation::of::<H, S>(Verb::Describe);
        self.observed(at, secret, async { self.call_describe(at, &self.name_of(at, secret)?).await }).await
    }

    /// Stores a value: replaces the secret's value if it exists, creates it if not, and takes back its deletion if one
    /// is scheduled. Makes `GetSecretValue` and then `PutSecretValue`, `CreateSecret` or `RestoreSecret`.
    ///
    /// Another writer at the same moment is noticed, and this value then replaces the other.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] before any call, [`Error::Conflict`] where other writers never leave a gap, [`Error::Stale`]
    /// where an old version was put back by hand, and every other failure of a call.
    pub async fn store<S: Granted<store, H>>(&self, secret: &S, value: S::Payload) -> Result<Written<S::Payload>, Error>
    where
        S::Payload: Clone,
    {
        write::stored_form(Operation::of::<H, S>(Verb::Store), &value)?;
        self.store_with(secret, |_| Some(value.clone())).await
    }

    /// Like [`store`](Self::store), with a value that depends on the one that is there.
    ///
    /// `change` sees what is stored, and runs again when a write of its value met another writer's. `None` keeps
    /// what is there; where that is nothing readable, the call ends as a read would.
    ///
    /// # Errors
    ///
    /// As for [`store`](Self::store).
    pub async fn store_with<S: Granted<store, H>>(
        &self,
        secret: &S,
        change: impl FnMut(Found<'_, S::Payload>) -> Option<S::Payload> + Send,
    ) -> Result<Written<S::Payload>, Error> {
        let at = Operation::of::<H, S>(Verb::Store);
        self.observed(at, secret, self.write(at, secret, change)).await
    }

    /// Changes a secret's value without losing the change of another writer that does the same. Makes `GetSecretValue` and `PutSecretValue`.
    ///
    /// `change` sees what is stored, and runs again when a write of its value met another writer's: it then either adopts
    /// what it finds by returning `None`, or applies its change to it. Where there is nothing readable to adopt, `None`
    /// ends the call as a read would.
    ///
    /// What no rule can close: a writer that does not derive its version ids (a function in another language, the
    /// console) is only seen if it wrote before the read that precedes each write. What it writes after that read is
    /// replaced; and as its version is not the one that the rule foresees, writers that are under way at that moment do
    /// not all meet, and can replace each other's changes too. Two writers that make the very same value of the very
    /// same version are one write to AWS, so a counter does not count twice.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no such secret, [`Error::Conflict`] where other writers never leave a gap,
    /// [`Error::Stale`] where an old version was put back by hand, and every other failure of a call.
    pub async fn update<S: Granted<update, H>>(
        &self,
        secret: &S,
        change: impl FnMut(Found<'_, S::Payload>) -> Option<S::Payload> + Send,
    ) -> Result<Written<S::Payload>, Error> {
        let at = Operation::of::<H, S>(Verb::Update);
        self.observed(at, secret, self.write(at, secret, change)).await
    }

    /// Deletes a secret at once, without a recovery window. Makes `DeleteSecret`.
    ///
    /// A secret that is not there is a warning in the log and no error. AWS deletes asynchronously: a name can be taken
    /// for a short while after.
    ///
    /// # Errors
    ///
    /// Every failure of a call but a missing secret.
    pub async fn delete<S: Granted<delete, H>>(&self, secret: &S) -> Result<Deletion, Error> {
        let at = Operation::of::<H, S>(Verb::Delete);
        let mut through = self.through(secret);
        through.sending();
        let deletion = async {
            match self.call_delete(at, &self.name_of(at, secret)?).await {
                Ok(()) => Ok(Deletion::Accepted),
                Err(Error::NotFound { .. }) => {
                    tracing::warn!(handler = at.handler, secret = at.secret, "nothing to delete");
                    Ok(Deletion::WasAbsent)
                }
                Err(error) => Err(error),
            }
        };
        let result = self.observed(at, secret, deletion).await;
        if result.is_ok() {
            through.deleted(at);
        }
        result
    }
}
