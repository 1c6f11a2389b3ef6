//! Reads what a handler always needs at its start, all at once: on the embedded Secrets Manager, the production code.
//!
//! ```sh
//! cargo run -p paypulse-runtime --example secrets_at_start
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use paypulse_runtime::client::{self, CacheConfig, Secrets};
use paypulse_runtime::spec::{self, FetchInvoices, GoogleOauthClientId, JwtSigningKey};
use paypulse_runtime::testing::EmbeddedSecretsManager;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = server();
    server.put("Google-OAuth-Client-ID", "client.apps.googleusercontent.com");

    let begin = Instant::now();
    let secrets = start(&server).await?;
    println!("start: {} calls of 50 ms each, after {:.0?}", server.calls().len(), begin.elapsed());

    let begin = Instant::now();
    handle(&secrets).await?;
    println!("request: {} more calls, after {:.0?}", server.calls().len() - 2, begin.elapsed());

    if let Err(error) = start(&self::server()).await {
        println!("start where one is missing: {error}");
    }
    Ok(())
}

/// A server that has the signing key, and needs 50 milliseconds for each call.
fn server() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::enforcing(&spec::spec());
    server.put("PayPulseAppJWTSecret", "hunter2");
    server.set_latency(Duration::from_millis(50));
    server
}

/// What a Lambda function does once, before its first request. There the client is `Secrets::from_env().await?`.
async fn start(server: &EmbeddedSecretsManager) -> Result<Secrets<FetchInvoices>, Box<dyn Error>> {
    let secrets = Secrets::new(server.client_for::<FetchInvoices>()).with_cache(CacheConfig::new())?;
    tokio::try_join!(secrets.cached(&JwtSigningKey), secrets.cached(&GoogleOauthClientId))?;
    Ok(secrets)
}

/// What it does for each request. Both secrets are in the cache.
async fn handle(secrets: &Secrets<FetchInvoices>) -> Result<(), client::Error> {
    let key = secrets.cached(&JwtSigningKey).await?;
    let client_id = secrets.cached(&GoogleOauthClientId).await?;
    assert!(!key.expose().is_empty() && !client_id.expose().is_empty());
    Ok(())
}
