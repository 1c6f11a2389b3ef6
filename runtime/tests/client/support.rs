//! What the tests share: a server, clients, and users with tokens.

use std::time::{Duration, SystemTime};

use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::{Handler, Payload};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens, RefreshedToken};
use paypulse_runtime::spec::{self, FetchInvoices, GmailStoreTokens, GmailUserTokens};

use crate::shared::mark::{bare, hush};
use crate::shared::server::Server;

pub const USER: &str = "gmail/user/whisper1";

/// 2024-11-01T10:00:00Z.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(480_682)
}

pub fn user() -> GmailUserTokens {
    GmailUserTokens { user_id: "whisper1".parse().expect("a valid id") }
}

pub fn server() -> Server {
    Server::enforcing(&spec::spec())
}

/// A client whose clock stands at [`start`].
pub fn secrets<H: Handler>(server: &Server) -> Secrets<H> {
    at::<H>(server, 0)
}

/// A client whose clock stands so many seconds after [`start`].
pub fn at<H: Handler>(server: &Server, seconds: u64) -> Secrets<H> {
    Secrets::new(server.client_for::<H>()).with_clock(move || start() + Duration::from_secs(seconds))
}

pub fn storing(server: &Server) -> Secrets<GmailStoreTokens> {
    secrets(server)
}

pub fn fetching(server: &Server) -> Secrets<FetchInvoices> {
    secrets(server)
}

/// The account that tests call by this word.
pub fn account(id: &str) -> GoogleAccount {
    let id = hush(id);
    GoogleAccount {
        user_id: Some(id.clone()),
        email: Some(format!("{id}@gmail.com")),
        name: Some(format!("Name of {id}")),
        verified_email: Some(true),
    }
}

/// What a user's consent gives: the tokens that tests call by these words.
pub fn consent(access_token: &str, refresh_token: Option<&str>, account: GoogleAccount) -> NewTokens {
    NewTokens {
        access_token: hush(access_token).into(),
        refresh_token: refresh_token.map(|token| hush(token).into()),
        expires_in: 3600,
        scope: "scope-a scope-b".into(),
        account,
    }
}

pub fn refreshed(access_token: &str) -> RefreshedToken {
    RefreshedToken { access_token: hush(access_token).into(), expires_in: 3600, refresh_token: None }
}

/// The bundle that is stored for the user.
pub fn stored(server: &Server) -> OauthTokens {
    OauthTokens::parse(&server.value(USER).expect("the user has a value")).expect("the value is a bundle")
}

/// The word of the access token that is stored for the user.
pub fn access_token(server: &Server) -> String {
    bare(stored(server).access_token.expose()).to_owned()
}

/// The names of the API calls since the last look, with how they ended.
pub fn calls(server: &Server) -> Vec<String> {
    let shown = server.take_calls().into_iter().map(|call| match call.outcome {
        Ok(()) => call.call,
        Err(code) => format!("{}: {code}", call.call),
    });
    shown.collect()
}
