//! The caches that are measured, each behind the same three calls: as a handler would use it to get a user's typed tokens.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Region};
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use paypulse_runtime::client::{CacheConfig, CachePolicy, Secrets};
use paypulse_runtime::oauth::{RefreshedToken, TokenOperations};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens};
use paypulse_runtime::testing::EmbeddedSecretsManager;

/// The secret that is read.
pub const NAME: &str = "gmail/user/somebody";

/// The length of the access token that was read, so that nothing is optimised away.
pub type Read = Result<usize, String>;

/// A cache in front of Secrets Manager.
pub trait Peer: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    fn open(url: &str, ttl: Duration) -> Self;

    fn read(&self) -> impl Future<Output = Read> + Send;

    /// Writes an access token by whatever the peer offers for that.
    fn write(&self, access_token: String) -> impl Future<Output = ()> + Send;

    /// Whether `{:?}` of the cache, and of a value that it has handed out, shows this.
    fn shown(&self, told: &str) -> impl Future<Output = [bool; 2]> + Send;
}

/// This project's client.
#[derive(Clone)]
pub struct Ours {
    secrets: Secrets<FetchInvoices>,
    user: Arc<GmailUserTokens>,
}

impl Peer for Ours {
    const NAME: &'static str = "this client";

    fn open(url: &str, ttl: Duration) -> Self {
        let policy = CachePolicy::new().ttl(ttl).negative_ttl(ttl.min(Duration::from_secs(5)));
        let secrets = Secrets::new(client(url)).with_cache(CacheConfig::new().policy(policy));
        let user = GmailUserTokens { user_id: "somebody".parse().expect("a valid id") };
        Self { secrets: secrets.expect("a valid policy"), user: Arc::new(user) }
    }

    async fn read(&self) -> Read {
        let tokens = self.secrets.cached(&*self.user).await.map_err(|error| error.to_string())?;
        Ok(tokens.access_token.expose().len())
    }

    async fn write(&self, access_token: String) {
        let refreshed = RefreshedToken { access_token: access_token.into(), expires_in: 3600, refresh_token: None };
        self.secrets.update_tokens(&*self.user, None, refreshed).await.expect("it is written");
    }

    async fn shown(&self, told: &str) -> [bool; 2] {
        let tokens = self.secrets.cached(&*self.user).await.expect("it is there");
        let cache = format!("{:?} {:?}", self.secrets, self.secrets.cache_stats());
        [cache, format!("{tokens:?} {:?}", *tokens)].map(|shown| shown.contains(told))
    }
}

/// AWS's own caching crate. It hands out a copy of the text, so the handler parses it.
#[derive(Clone)]
pub struct Aws {
    cache: Arc<SecretsManagerCachingClient>,
    client: Client,
}

impl Peer for Aws {
    const NAME: &'static str = "aws_secretsmanager_caching 2.1";

    fn open(url: &str, ttl: Duration) -> Self {
        let (client, size) = (client(url), NonZeroUsize::new(1000).expect("not zero"));
        let cache = SecretsManagerCachingClient::new(client.clone(), size, ttl, true).expect("a valid configuration");
        Self { cache: Arc::new(cache), client }
    }

    async fn read(&self) -> Read {
        let answer = self.cache.get_secret_value(NAME, None, None, false).await.map_err(|error| error.to_string())?;
        parsed(answer.secret_string.as_deref().unwrap_or_default()).map(|tokens| tokens.access_token.len())
    }

    async fn write(&self, access_token: String) {
        put(&self.client, &access_token).await;
    }

    async fn shown(&self, told: &str) -> [bool; 2] {
        let answer = self.cache.get_secret_value(NAME, None, None, false).await.expect("it is there");
        [format!("{:?}", self.cache), format!("{answer:?}")].map(|shown| shown.contains(told))
    }
}

/// What a team builds in an afternoon: moka around the SDK, parsed once.
#[derive(Clone)]
pub struct Moka {
    cache: moka::future::Cache<String, Arc<Bundle>>,
    client: Client,
}

impl Peer for Moka {
    const NAME: &'static str = "moka around the SDK";

    fn open(url: &str, ttl: Duration) -> Self {
        Self { cache: moka::future::Cache::builder().max_capacity(1000).time_to_live(ttl).build(), client: client(url) }
    }

    async fn read(&self) -> Read {
        let load = async {
            let answer =
                self.client.get_secret_value().secret_id(NAME).send().await.map_err(|_| "no answer".to_owned())?;
            parsed(answer.secret_string().unwrap_or_default()).map(Arc::new)
        };
        let tokens = self.cache.try_get_with_by_ref(NAME, load).await.map_err(|error| (*error).clone())?;
        Ok(tokens.access_token.len())
    }

    async fn write(&self, access_token: String) {
        put(&self.client, &access_token).await;
    }

    async fn shown(&self, told: &str) -> [bool; 2] {
        [format!("{:?}", self.cache), format!("{:?}", self.cache.get(NAME).await)].map(|shown| shown.contains(told))
    }
}

/// The bundle as a handler of a peer would declare it: parsed by serde_json alone, without this project's own care.
#[derive(Debug, serde::Deserialize)]
#[expect(dead_code, reason = "parsed like the fields of a handler that uses them")]
struct Bundle {
    access_token: String,
    refresh_token: Option<String>,
    expires_at: String,
    expires_in: u64,
    scope: String,
    token_type: String,
    created_at: String,
    google_user_id: Option<String>,
    google_email: Option<String>,
}

fn parsed(text: &str) -> Result<Bundle, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

async fn put(client: &Client, access_token: &str) {
    client.put_secret_value().secret_id(NAME).secret_string(bundle(access_token)).send().await.expect("it is written");
}

fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new(EmbeddedSecretsManager::ADMINISTRATOR, "none", None, None, "benches"))
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

/// A bundle of 666 bytes, where the access token has three.
pub fn bundle(access_token: &str) -> String {
    let refresh_token = "r".repeat(375);
    format!(
        r#"{{"access_token": "{access_token}", "refresh_token": "{refresh_token}", "expires_at": "2099-11-01T10:00:00.000000", "expires_in": 3599, "scope": "https://www.googleapis.com/auth/gmail.readonly", "token_type": "Bearer", "created_at": "2024-11-01T09:00:00.000000", "google_user_id": "1", "google_email": "a@b.cd"}}"#
    )
}
