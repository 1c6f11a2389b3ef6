//! What the tests share: users with tokens, a handler that refreshes, and what was asked of whom.

use std::time::{Duration, SystemTime};

use paypulse_runtime::client::Secrets;
use paypulse_runtime::google::{AccessToken, Google, GoogleTokens, RefreshError};
use paypulse_runtime::model::{Handler, Payload, Text};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens, TokenOperations};
use paypulse_runtime::spec::{self, FetchInvoices, GmailStoreTokens, GmailUserTokens, GoogleOauthClientId};

use crate::playing::Reply;
use crate::shared::mark::{bare, hush, told};
use crate::shared::server::Server;

pub const USER: &str = "gmail/user/whisper1";
pub const CLIENT_ID: &str = "1234-hush.apps.googleusercontent.com";

/// The handler whose tokens are refreshed in the tests.
pub type Tokens = GoogleTokens<FetchInvoices, GoogleOauthClientId>;

/// 2024-11-01T10:00:00Z.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(480_682)
}

pub fn user() -> GmailUserTokens {
    GmailUserTokens { user_id: "whisper1".parse().expect("a valid id") }
}

/// A server with the client id, as somebody typed it into a variable: with a line feed behind it.
pub fn server() -> Server {
    let server = Server::enforcing(&spec::spec());
    server.put("Google-OAuth-Client-ID", format!("{CLIENT_ID}\n"));
    server
}

/// A client whose clock stands so many seconds after [`start`].
pub fn at<H: Handler>(server: &Server, seconds: u64) -> Secrets<H> {
    Secrets::new(server.client_for::<H>()).with_clock(move || start() + Duration::from_secs(seconds))
}

/// A server on which the user connected at [`start`], for an hour: `old` with the refresh token `r1`.
pub async fn connected() -> Server {
    let server = server();
    store(&server, 0, "old", Some("r1"), "1").await;
    server.take_calls();
    server
}

/// The user connects, so many seconds after [`start`], with the tokens and the account that tests call by these words.
pub async fn store(server: &Server, seconds: u64, access_token: &str, refresh_token: Option<&str>, account_id: &str) {
    let new = consent(access_token, refresh_token, account_id);
    at::<GmailStoreTokens>(server, seconds).store_tokens(&user(), new).await.expect("it is stored");
}

pub fn consent(access_token: &str, refresh_token: Option<&str>, account_id: &str) -> NewTokens {
    NewTokens {
        access_token: hush(access_token).into(),
        refresh_token: refresh_token.map(|token| hush(token).into()),
        expires_in: 3600,
        scope: "email scope-a".into(),
        account: GoogleAccount { user_id: Some(hush(account_id)), ..GoogleAccount::default() },
    }
}

/// The handler, so many seconds after [`start`].
pub fn after(server: &Server, seconds: u64, google: Google) -> Tokens {
    GoogleTokens::new(at(server, seconds), google, GoogleOauthClientId)
}

/// The handler, an hour after [`start`]: what was stored then is expired.
pub fn late(server: &Server, google: Google) -> Tokens {
    after(server, 3600, google)
}

/// One call of the handler, an hour after [`start`].
pub async fn fresh(server: &Server, google: Google) -> Result<String, RefreshError> {
    let token = late(server, google).fresh_access_token(&user()).await;
    token.map(text).inspect_err(|error| drop(told(error)))
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over results")]
pub fn text(token: AccessToken) -> String {
    bare(token.expose()).to_owned()
}

/// Google's answer to a refresh, with the token that tests call by this word.
pub fn granted(access_token: &str) -> Reply {
    granted_with(access_token, "")
}

/// With more fields, each with a comma before it.
pub fn granted_with(access_token: &str, more: &str) -> Reply {
    let scope = "https://www.googleapis.com/auth/userinfo.email scope-a openid";
    let fields =
        format!(r#""access_token":"hush-{access_token}","expires_in":3599,"scope":"{scope}","token_type":"Bearer""#);
    Reply::json(200, &format!("{{{fields}{more}}}"))
}

/// The refusal that ends a refresh token's life, in Google's words.
pub fn invalid_grant() -> Reply {
    Reply::json(400, r#"{"error":"invalid_grant","error_description":"hush: Token has been expired or revoked."}"#)
}

/// The bundle that is stored for the user.
pub fn stored(server: &Server) -> OauthTokens {
    OauthTokens::parse(&server.value(USER).expect("the user has a value")).expect("the value is a bundle")
}

/// The words of the stored access token and refresh token.
pub fn stored_tokens(server: &Server) -> (String, Option<String>) {
    let tokens = stored(server);
    let shown = |token: &Text| bare(token.expose()).to_owned();
    (shown(&tokens.access_token), tokens.refresh_token.as_ref().map(shown))
}

/// Each API call since the last look as its name, with `*` behind it if it failed.
pub fn calls(server: &Server) -> Vec<String> {
    let shown = |call: paypulse_runtime::testing::RecordedCall| {
        format!("{}{}", call.call, if call.outcome.is_ok() { "" } else { "*" })
    };
    server.take_calls().into_iter().map(shown).collect()
}
