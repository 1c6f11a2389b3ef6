//! What the tests share: a server, clients, and users with tokens.

use std::time::{Duration, SystemTime};

use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::{Handler, Payload};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens, RefreshedToken};
use paypulse_runtime::spec::{self, FetchInvoices, GmailStoreTokens, GmailUserTokens};
use paypulse_runtime::testing::EmbeddedSecretsManager;

pub const USER: &str = "gmail/user/u1";

/// 2024-11-01T10:00:00Z.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(480_682)
}

pub fn user() -> GmailUserTokens {
    GmailUserTokens { user_id: "u1".parse().expect("a valid id") }
}

pub fn server() -> EmbeddedSecretsManager {
    crate::logs::capture();
    EmbeddedSecretsManager::enforcing(&spec::spec())
}

/// A client whose clock stands at [`start`].
pub fn secrets<H: Handler>(server: &EmbeddedSecretsManager) -> Secrets<H> {
    at::<H>(server, 0)
}

/// A client whose clock stands so many seconds after [`start`].
pub fn at<H: Handler>(server: &EmbeddedSecretsManager, seconds: u64) -> Secrets<H> {
    Secrets::new(server.client_for::<H>()).with_clock(move || start() + Duration::from_secs(seconds))
}

pub fn storing(server: &EmbeddedSecretsManager) -> Secrets<GmailStoreTokens> {
    secrets(server)
}

pub fn fetching(server: &EmbeddedSecretsManager) -> Secrets<FetchInvoices> {
    secrets(server)
}

pub fn account(id: &str) -> GoogleAccount {
    GoogleAccount {
        user_id: Some(id.into()),
        email: Some(format!("{id}@gmail.com")),
        name: Some(format!("Name of {id}")),
        verified_email: Some(true),
    }
}

/// What a user's consent gives.
pub fn consent(access_token: &str, refresh_token: Option<&str>, account: GoogleAccount) -> NewTokens {
    NewTokens {
        access_token: access_token.into(),
        refresh_token: refresh_token.map(Into::into),
        expires_in: 3600,
        scope: "scope-a scope-b".into(),
        account,
    }
}

pub fn refreshed(access_token: &str) -> RefreshedToken {
    RefreshedToken { access_token: access_token.into(), expires_in: 3600, refresh_token: None }
}

/// The bundle that is stored for the user.
pub fn stored(server: &EmbeddedSecretsManager) -> OauthTokens {
    OauthTokens::parse(&server.value(USER).expect("the user has a value")).expect("the value is a bundle")
}

pub fn access_token(server: &EmbeddedSecretsManager) -> String {
    stored(server).access_token.expose().to_owned()
}

/// The names of the API calls since the last look, with how they ended.
pub fn calls(server: &EmbeddedSecretsManager) -> Vec<String> {
    let shown = server.take_calls().into_iter().map(|call| match call.outcome {
        Ok(()) => call.call,
        Err(code) => format!("{}: {code}", call.call),
    });
    shown.collect()
}
