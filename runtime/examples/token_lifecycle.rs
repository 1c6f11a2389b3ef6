//! The whole life of a user's tokens, on the embedded Secrets Manager: no account, no network, the production code.
//!
//! ```sh
//! cargo run -p paypulse-runtime --example token_lifecycle
//! ```

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use paypulse_runtime::client::{Deletion, ErrorKind, Secrets};
use paypulse_runtime::model::{Handler, Text};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, RefreshedToken, TokenOperations, TokenRecord};
use paypulse_runtime::spec::{self, DeleteUser, FetchInvoices, GetUserProfile, GmailStoreTokens, GmailUserTokens};
use paypulse_runtime::testing::EmbeddedSecretsManager;

/// The server and a clock that the example turns.
struct World {
    server: EmbeddedSecretsManager,
    minutes: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        Self { server: EmbeddedSecretsManager::enforcing(&spec::spec()), minutes: Arc::default() }
    }

    /// The client of one handler: the server holds it to that handler's grants.
    fn handler<H: Handler>(&self) -> Secrets<H> {
        let (start, minutes) = (SystemTime::now(), Arc::clone(&self.minutes));
        let now = move || start + Duration::from_secs(60 * minutes.load(Ordering::Relaxed));
        Secrets::new(self.server.client_for::<H>()).with_clock(now)
    }

    fn pass(&self, minutes: u64) {
        self.minutes.fetch_add(minutes, Ordering::Relaxed);
        self.server.advance(Duration::from_secs(60 * minutes));
    }

    fn show(&self, step: &str, result: &str) {
        let calls: Vec<String> = self.server.take_calls().into_iter().map(|call| call.call).collect();
        println!("{step}\n    {result}\n    calls: {}\n", calls.join(", "));
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new();
    let user = GmailUserTokens { user_id: "42".parse()? };
    println!("The life of the secret gmail/user/42, which every handler uses under its own grants.\n");

    let storing = world.handler::<GmailStoreTokens>();
    let stored = storing.store_tokens(&user, consent("jane@gmail.com", Some("refresh-1"))).await?;
    world.show("connect      gmail_store_tokens stores the consent", &told(&stored));

    let fetching = world.handler::<FetchInvoices>();
    world.show("read         fetch_invoices reads the tokens", &told(&fetching.get_tokens(&user).await?));

    world.pass(61);
    let expired = fetching.get_tokens(&user).await?;
    world.show("expire       61 minutes later", &told(&expired));

    let refreshed = RefreshedToken { access_token: "access-2".into(), expires_in: 3600, refresh_token: None };
    let updated = fetching.update_tokens(&user, Some(&expired), refreshed.clone()).await?;
    world.show("update       fetch_invoices writes the refreshed token", &told(&updated));

    let again = storing.store_tokens(&user, consent("jane@gmail.com", None)).await?;
    world.show("reconnect    the same account, no new refresh token", &told(&again));

    let other = storing.store_tokens(&user, consent("office@gmail.com", None)).await?;
    world.show("reconnect    another account, no refresh token", &told(&other));

    let adopted = fetching.update_tokens(&user, Some(&updated), refreshed).await?;
    world.show("late update  a refresh of the old account arrives", &format!("adopted: {}", told(&adopted)));

    let known = world.handler::<GetUserProfile>().describe(&user).await?;
    world.show(
        "describe     get_user_profile asks if Gmail is there",
        if known.deleted.is_none() { "connected" } else { "going" },
    );

    let deletion = world.handler::<DeleteUser>().delete_tokens(&user).await?;
    world.show(
        "disconnect   delete_user deletes the tokens",
        if deletion == Deletion::Accepted { "deleted" } else { "was absent" },
    );

    match fetching.get_tokens(&user).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            world.show("read         fetch_invoices asks once more", &error.to_string());
        }
        unexpected => return Err(format!("the tokens should be gone: {unexpected:?}").into()),
    }
    Ok(())
}

/// What a user's consent gives, as the app passes it on.
fn consent(address: &str, refresh_token: Option<&str>) -> NewTokens {
    NewTokens {
        access_token: "access-1".into(),
        refresh_token: refresh_token.map(Text::from),
        expires_in: 3600,
        scope: "https://www.googleapis.com/auth/gmail.readonly".into(),
        account: GoogleAccount {
            user_id: Some(format!("id of {address}")),
            email: Some(address.into()),
            ..GoogleAccount::default()
        },
    }
}

/// What a person may see of some tokens.
fn told(record: &TokenRecord) -> String {
    let address = record.tokens.account.email.as_deref().unwrap_or("an unknown account");
    let refresh = if record.refresh_token().is_ok() { "can refresh" } else { "cannot refresh" };
    let state = if record.is_expired { "expired" } else { "valid" };
    format!("{address}, {state} (until {}), {refresh}, version {}…", record.tokens.expires_at, &record.version[..8])
}
