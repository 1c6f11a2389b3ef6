//! `gmail_store_tokens`: `POST` with the tokens that the iOS app received when a user connected Gmail.
//!
//! What the app sends is looked at, Google is asked whose tokens they are, and they are stored in place of the user's old
//! ones. The answer says whether it is another account than before: then what was fetched from the old one is not the
//! new one's.

mod body;

use std::sync::Arc;

use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::google::{Google, GoogleError};
use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{AccountChange, GoogleAccount, IncomingTokens, IncomingTokensError, NewTokens};
use paypulse_runtime::spec::{GmailStoreTokens, GmailUserTokens};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::event::{BodyError, Request};
use crate::{function, session};

pub use body::BadBody;

/// Without consent to this no invoice can be read.
pub const REQUIRED_SCOPES: [&str; 1] = ["https://www.googleapis.com/auth/gmail.readonly"];

/// The function.
///
/// # Errors
///
/// Where it cannot start, or Lambda's runtime API cannot be reached.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let secrets = Secrets::<GmailStoreTokens>::from_env().await?.with_cache(CacheConfig::new())?;
    let google = function::google()?;
    let gmail_url: Arc<str> = function::gmail_url().into();
    // So that the first request finds it. What fails now is tried again then.
    session::prepare(&secrets).await;
    function::serve(move |request, time| {
        let google = Asked { google: function::within(&google, time), gmail_url: Arc::clone(&gmail_url) };
        answer(request, secrets.clone().within(time), google)
    })
    .await
}

/// Where is asked whose tokens they are.
struct Asked {
    google: Google,
    gmail_url: Arc<str>,
}

async fn answer(request: Request, secrets: Secrets<GmailStoreTokens>, google: Asked) -> Result<Answer, Refusal> {
    if request.method() != "POST" {
        return Err(Refusal::method("POST"));
    }
    let user = GmailUserTokens { user_id: session::user(&request, &secrets).await? };
    let incoming = incoming(&request)?;
    // Looked at before anybody is asked. The account is not known yet.
    let checked = incoming.clone().validated(GoogleAccount::default(), &REQUIRED_SCOPES)?;
    let account = google.account(&checked).await?;
    let stored = secrets.store_tokens(&user, incoming.validated(account, &REQUIRED_SCOPES)?).await?;
    Ok(Answer::ok(json!({
        "stored": true,
        "account": stored.change.as_str(),
        "account_switched": stored.change == AccountChange::Switched,
        "google_email": stored.tokens.account.email,
        "expires_at": stored.tokens.expires_at,
        "can_refresh": stored.tokens.refresh_token.is_some(),
    })))
}

/// What the app sent. An app that does not say of which type it is gets it read by its form.
fn incoming(request: &Request) -> Result<IncomingTokens, Refusal> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let known = ["", "application/json", "application/x-www-form-urlencoded", "text/plain"];
    if !known.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Err(Refusal::new(415, "unsupported_media_type", "this takes JSON, or a form as `key=value&…`"));
    }
    Ok(body::read(&request.body()?)?)
}

/// With one of these scopes the user info tells something of the account.
/// Source: [OpenID Connect scopes](https://developers.google.com/identity/protocols/oauth2/scopes#openid-connect).
const USER_INFO_SCOPES: [&str; 5] = [
    "openid",
    "email",
    "profile",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
];

/// Whose mailbox it is.
/// Source: [`users.getProfile`](https://developers.google.com/workspace/gmail/api/reference/rest/v1/users/getProfile).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    email_address: String,
}

impl Asked {
    /// Whose tokens these are. Only Google knows; what the app says of it is not read.
    async fn account(&self, tokens: &NewTokens) -> Result<GoogleAccount, Refusal> {
        let asks_for_user_info = || tokens.scope.split(' ').any(|scope| USER_INFO_SCOPES.contains(&scope));
        match self.google.user_info(&tokens.access_token).await {
            // The user has not consented to it, and need not.
            Err(GoogleError::Forbidden) => Ok(GoogleAccount::default()),
            // The user info does not say whether the token is bad, or only covers nothing of it. Gmail does.
            Err(GoogleError::Unauthorized) if !asks_for_user_info() => self.mailbox(&tokens.access_token).await,
            Err(GoogleError::Unauthorized) => Err(not_accepted()),
            account => Ok(account?),
        }
    }

    /// The account as Gmail knows it: its address.
    async fn mailbox(&self, access_token: &Text) -> Result<GoogleAccount, Refusal> {
        let url = format!("{}/gmail/v1/users/me/profile", self.gmail_url);
        match self.google.get::<Profile>(&url, access_token).await {
            Ok(Profile { email_address }) => {
                Ok(GoogleAccount { email: Some(email_address), verified_email: Some(true), ..GoogleAccount::default() })
            }
            Err(GoogleError::Unauthorized) => Err(not_accepted()),
            Err(error) => Err(error.into()),
        }
    }
}

fn not_accepted() -> Refusal {
    Refusal::of_field("token_not_accepted", "access_token", "google does not accept the access token")
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(413, "body_too_large", error.to_string()),
            _ => Self::new(400, "invalid_body", error.to_string()),
        }
    }
}

impl From<BadBody> for Refusal {
    fn from(error: BadBody) -> Self {
        let message = error.to_string();
        match error.field() {
            Some(field) => Self::of_field("invalid_field", field, message),
            None => Self::new(400, "invalid_body", message),
        }
    }
}

impl From<IncomingTokensError> for Refusal {
    fn from(error: IncomingTokensError) -> Self {
        let (code, message) = match &error {
            // Its own message repeats what was sent.
            IncomingTokensError::Lifetime { .. } => {
                ("invalid_field", "`expires_in` is no lifetime of a token".to_owned())
            }
            IncomingTokensError::MissingScope { .. } => ("missing_scope", error.to_string()),
            _ => ("invalid_field", error.to_string()),
        };
        Self::of_field(code, error.field(), message)
    }
}
