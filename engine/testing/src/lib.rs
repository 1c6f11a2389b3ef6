//! An embedded AWS Secrets Manager behind the official SDK's own client, for tests, examples and local work.
//!
//! [`EmbeddedSecretsManager::client`] gives an ordinary [`aws_sdk_secretsmanager::Client`] whose HTTP connector answers
//! in this process: the code under test is the code that runs in production, with no network and no account. It
//! answers the operations of [`ApiCall`](driftless::model::ApiCall) as AWS documents them, can enforce a spec's grants,
//! records calls, and adds latency and faults on demand.
//!
//! Values in the store are wiped from memory when they go; the bytes of a request and of an answer are not, because
//! they belong to the SDK as soon as they leave here.
//!
//! It does not verify signatures or encrypt, it rotates nothing by itself ([`rotate`](EmbeddedSecretsManager::rotate) plays that
//! part), it replicates only on request ([`replicate`](EmbeddedSecretsManager::replicate)), and it has one account and, but for
//! [copies](EmbeddedSecretsManager::copy_in), one Region. Anything that a
//! policy language could say beyond a spec's grants is left to the author of the policies.

mod access;
mod answer;
mod connector;
mod fault;
mod inspect;
mod member;
mod password;
mod protocol;
mod ready;
mod record;
mod refusal;
mod request;
mod rotation;
#[cfg(feature = "schedules")]
pub mod schedules;
mod secret;
mod serve;
mod server;
mod signing_time;
mod store;
mod update;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Region};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use uuid::Uuid;

use driftless::model::{Handler, Spec, deployed_name};

pub use fault::{Fault, FaultKind};
pub use record::RecordedCall;
pub use serve::Served;

use access::Access;
use connector::InProcess;
use server::Server;

/// An in-memory AWS Secrets Manager. Clones share one server.
///
/// ```
/// use driftless_testing::EmbeddedSecretsManager;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = EmbeddedSecretsManager::new();
/// server.put("shop/key", "hunter2");
///
/// let answer = server.client().get_secret_value().secret_id("shop/key").send().await?;
/// assert_eq!(answer.secret_string(), Some("hunter2"));
/// assert_eq!(server.calls()[0].call, "GetSecretValue");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EmbeddedSecretsManager {
    server: Arc<Server>,
    /// The name of the retry budget of this server's clients: without it, all servers of a process would share one
    /// budget.
    retries: Arc<str>,
    /// Whose grants are enforced.
    spec: Option<Arc<Spec>>,
}

impl Default for EmbeddedSecretsManager {
    fn default() -> Self {
        Self::new()
    }
}

impl EmbeddedSecretsManager {
    /// The access key id of [`EmbeddedSecretsManager::client`], which may do everything. A program that connects to
    /// [`Served::url`] uses it as its `AWS_ACCESS_KEY_ID`, or a handler's name to get only that handler's permissions.
    pub const ADMINISTRATOR: &str = access::ADMINISTRATOR;

    /// An empty server that allows every call.
    #[must_use]
    pub fn new() -> Self {
        Self::with_access(Access::Unrestricted, None)
    }

    /// An empty server that restricts each caller to the grants of its handler in `spec`.
    ///
    /// A grant covers the names that match the [`NamePattern`](driftless::model::NamePattern) of its secret, as AWS would
    /// evaluate it. The administrator may do everything; an unknown caller may do nothing.
    ///
    /// ```
    /// use driftless::model::Text;
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// driftless::declare! {
    ///     source: "src/spec.rs";
    ///     keys {}
    ///     secrets {
    ///         /// Key of the payment provider.
    ///         PaymentKey: Text = "shop-payment-key", owner: external;
    ///     }
    ///     handlers {
    ///         /// Charges a customer.
    ///         Charge = "charge" {
    ///             PaymentKey: read;
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = EmbeddedSecretsManager::enforcing(&spec());
    /// server.put("shop-payment-key", "hunter2");
    ///
    /// let client = server.client_for::<Charge>();
    /// assert!(client.get_secret_value().secret_id("shop-payment-key").send().await.is_ok());
    /// assert!(client.describe_secret().secret_id("shop-payment-key").send().await.is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn enforcing(spec: &Spec) -> Self {
        Self::with_access(Access::enforcing(spec), Some(Arc::new(spec.clone())))
    }

    fn with_access(access: Access, spec: Option<Arc<Spec>>) -> Self {
        let retries = format!("embedded-secrets-manager-{}", Uuid::new_v4()).into();
        Self { server: Arc::new(Server::new(access)), retries, spec }
    }

    /// Copies of all secrets in another Region, as they are now: what is written later is copied by
    /// [`replicate`](Self::replicate) alone.
    ///
    /// What is given has its own calls, faults and outages. It answers every request to this server that is signed for its
    /// Region, as AWS's endpoint there does, and what is signed for any Region where it [serves](Self::serve) by itself. A copy is
    /// only read; on a server that enforces a spec's grants, by those who may read copies.
    ///
    /// ```
    /// use aws_sdk_secretsmanager::Client;
    /// use aws_sdk_secretsmanager::config::Region;
    /// use driftless_testing::{EmbeddedSecretsManager, FaultKind};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// let copy = server.copy_in("eu-central-1");
    /// server.set_outage(Some(FaultKind::ServiceUnavailable));
    ///
    /// let there = server.client().config().to_builder().region(Region::from_static("eu-central-1")).build();
    /// let answer = Client::from_conf(there).get_secret_value().secret_id("shop/key").send().await?;
    /// assert!(answer.arn().is_some_and(|arn| arn.contains(":eu-central-1:")));
    /// assert_eq!(copy.calls().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn copy_in(&self, region: &str) -> Self {
        let access = self.spec.as_ref().map_or(Access::Unrestricted, |spec| Access::of_copies(spec, region));
        let copy = Self { server: self.server.add_copy(region, access), ..self.clone() };
        self.replicate();
        copy
    }

    /// Brings all copies up to date, as AWS does within seconds of a write.
    pub fn replicate(&self) {
        self.server.replicate();
    }

    /// From now on every call fails so, until this is called again with nothing: the service is down in this Region. Faults that
    /// were [injected](Self::inject) strike first.
    ///
    /// ```
    /// use driftless_testing::{EmbeddedSecretsManager, FaultKind};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// server.set_outage(Some(FaultKind::DecryptionFailure));
    /// assert!(server.client().get_secret_value().secret_id("shop/key").send().await.is_err());
    /// server.set_outage(None);
    /// assert!(server.client().get_secret_value().secret_id("shop/key").send().await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_outage(&self, kind: Option<FaultKind>) {
        self.server.state().outage = kind;
    }

    /// A client with all permissions.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_as(Self::ADMINISTRATOR)
    }

    /// A client that calls as handler `H`: its access key id is the handler's name. On a server from
    /// [`EmbeddedSecretsManager::enforcing`] it has the grants of `H`; otherwise it has all permissions.
    ///
    /// ```
    /// use driftless::Secrets;
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// driftless::declare! {
    ///     source: "src/spec.rs";
    ///     secrets {
    ///         /// Key of the payment provider.
    ///         PaymentKey: driftless::model::Text = "payment-key", owner: external;
    ///     }
    ///     handlers {
    ///         /// Charges a customer.
    ///         Charge = "charge" {
    ///             PaymentKey: read;
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::enforcing(&spec());
    /// server.put("payment-key", "hunter2");
    /// let secrets = Secrets::<Charge>::new(server.client_for::<Charge>());
    /// assert_eq!(secrets.read(&PaymentKey).await?.expose(), "hunter2");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_for<H: Handler>(&self) -> Client {
        self.client_as(H::NAME)
    }

    /// Like [`EmbeddedSecretsManager::client_for`], for a spec with several environments: a client that calls as `H` in
    /// the environment of `prefix`. Its access key id is the name under which `H` is deployed there.
    ///
    /// To use the names of that environment, also call [`Secrets::with_prefix`](driftless::Secrets::with_prefix), or use
    /// [`secrets_in`](Self::secrets_in).
    #[must_use]
    pub fn client_in<H: Handler>(&self, prefix: &str) -> Client {
        self.client_as(&deployed_name(prefix, H::NAME))
    }

    fn client_as(&self, access_key_id: &str) -> Client {
        let credentials = Credentials::new(access_key_id, "not-secret", None, None, "EmbeddedSecretsManager");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .retry_config(RetryConfig::standard())
            .retry_partition(RetryPartition::new(self.retries.to_string()))
            .credentials_provider(credentials)
            .http_client(self.http_client())
            .build();
        Client::from_conf(config)
    }

    /// The HTTP client of [`EmbeddedSecretsManager::client`], for a custom SDK configuration. It responds whatever the
    /// endpoint is.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess(Arc::clone(&self.server)))
    }

    /// Serves the same secrets on a free port of 127.0.0.1, for programs in other languages.
    ///
    /// # Errors
    ///
    /// If no port can be opened.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime with I/O enabled.
    pub async fn serve(&self) -> io::Result<Served> {
        self.serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// The same on an address of this machine only. With port 0, the port is a free one.
    ///
    /// # Errors
    ///
    /// If the address is not a loopback address, or the port cannot be opened.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime with I/O enabled.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = EmbeddedSecretsManager::new();
    /// let served = server.serve_on(([127, 0, 0, 1], 0).into()).await.expect("a port is free");
    /// assert!(served.url().starts_with("http://127.0.0.1:"));
    /// assert!(server.serve_on(([0, 0, 0, 0], 0).into()).await.is_err());
    /// # }
    /// ```
    pub async fn serve_on(&self, address: SocketAddr) -> io::Result<Served> {
        serve::serve(Arc::clone(&self.server), address).await
    }

    /// Every call so far, oldest first. Each attempt of the SDK is a separate call.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.server.state().calls.clone()
    }

    /// Like [`EmbeddedSecretsManager::calls`], and clears the record.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// server.client().get_secret_value().secret_id("shop/key").send().await?;
    /// assert_eq!(server.take_calls().len(), 1);
    /// assert!(server.calls().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "also called to forget what a test's preparations did")]
    pub fn take_calls(&self) -> Vec<RecordedCall> {
        std::mem::take(&mut self.server.state().calls)
    }

    /// Makes every later call take this long: half of it passes before the operation is performed, half after. It uses
    /// Tokio's clock, so a test with paused time does not wait.
    pub fn set_latency(&self, latency: Duration) {
        self.server.state().latency = latency;
    }

    /// Queues a fault. If several faults apply to one operation, they are used in the order in which they were
    /// injected.
    pub fn inject(&self, fault: Fault) {
        self.server.state().faults.push(fault);
    }

    /// Moves the server's clock forward. Otherwise it follows the system's clock.
    ///
    /// # Panics
    ///
    /// If the time would exceed the latest time that the system can represent.
    pub fn advance(&self, time: Duration) {
        let mut state = self.server.state();
        let ahead = state.ahead.checked_add(time).filter(|ahead| SystemTime::now().checked_add(*ahead).is_some());
        state.ahead = ahead.expect("a moment that the system can express");
    }
}

/// Shows the number of secrets and whether grants are enforced, never a name or a value.
impl fmt::Debug for EmbeddedSecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedSecretsManager")
            .field("secrets", &self.server.state().store.secrets().count())
            .field("enforcing", &matches!(self.server.access, Access::Granted(_)))
            .finish_non_exhaustive()
    }
}
