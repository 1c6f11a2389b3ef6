//! `gmail_store_tokens`: `POST` with the tokens that the iOS app received when a user connected Gmail.
//!
//! What the app sends is looked at, Google is asked whose tokens they are, and they are stored in place of the user's old
//! ones. The answer says whether it is another account than before: then what was fetched from the old one is not the
//! new one's. Any scope is stored, with a line in the log where it does not name the one that invoices are read with.

mod body;

use std::sync::Arc;

use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::google::{Google, GoogleError};
use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{
    AccountChange, GoogleAccount, IncomingTokens, IncomingTokensError, NewTokens, StoredTokens,
};
use paypulse_runtime::spec::{GmailStoreTokens, GmailUserTokens};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::contract::{Code, STORE_TOKENS};
use crate::event::{BodyError, Request};
use crate::function;
use crate::session::{self, UserClaims};

pub use body::BadBody;

/// What invoices are read with. Tokens without it are stored too: Gmail decides what they are worth.
pub const READ_SCOPE: &str = "https://www.googleapis.com/auth/gmail.readonly";

/// The function.
///
/// # Errors
///
/// Where it cannot start, or Lambda's runtime API cannot be reached.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let secrets = Secrets::<GmailStoreTokens>::from_env().await?.with_cache(CacheConfig::new())?;
    let google = function::google()?;
    let (gmail_url, claims) = (Arc::from(function::gmail_url()), UserClaims::from_env()?);
    // So that the first request finds it. What fails now is tried again then.
    session::prepare(&secrets).await;
    function::serve(move |request, time| {
        let google = Asked { google: function::within(&google, time), gmail_url: Arc::clone(&gmail_url) };
        answer(request, secrets.clone().within(time), claims.clone(), google)
    })
    .await
}

/// Where is asked whose tokens they are.
struct Asked {
    google: Google,
    gmail_url: Arc<str>,
}

async fn answer(
    request: Request,
    secrets: Secrets<GmailStoreTokens>,
    claims: UserClaims,
    google: Asked,
) -> Result<Answer, Refusal> {
    if request.method() != STORE_TOKENS.method {
        return Err(Refusal::method(&STORE_TOKENS));
    }
    let user = GmailUserTokens { user_id: session::user(&request, &secrets, &claims).await? };
    let incoming = incoming(&request)?;
    // Looked at before anybody is asked. The account is not known yet.
    let checked = incoming.clone().validated(GoogleAccount::default(), &[])?;
    warn_of(&checked.scope);
    let account = google.account(&checked).await?;
    let stored = secrets.store_tokens(&user, incoming.validated(account, &[])?).await?;
    let StoredTokens { record, change } = stored;
    let data = json!({
        // The app takes no `null` for it.
        "google_email": record.tokens.account.email.unwrap_or_default(),
        "scope": record.tokens.scope,
        "account_switch": change == AccountChange::Switched,
        "message": said_of(change),
    });
    Ok(Answer::success(&STORE_TOKENS, "the Gmail tokens are stored", &data))
}

/// What the app shows of the account.
const fn said_of(change: AccountChange) -> &'static str {
    match change {
        AccountChange::Created => "Gmail is connected",
        AccountChange::SameAccount => "Gmail is connected again, with the same Google account",
        AccountChange::Switched => "Gmail is connected with another Google account than before",
        AccountChange::Unknown => "Gmail is connected again",
    }
}

/// A wider scope covers it too, and an app need not send any. To refuse would only have the user consent to the same again.
fn warn_of(scope: &str) {
    if !scope.split(' ').any(|word| word == READ_SCOPE) {
        tracing::warn!(
            wanted = READ_SCOPE,
            "the scopes that the app sent do not name the one that invoices are read with"
        );
    }
}

/// What the app sent. An app that does not say of which type it is gets it read by its form.
fn incoming(request: &Request) -> Result<IncomingTokens, Refusal> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let known = ["", "application/json", "application/x-www-form-urlencoded", "text/plain"];
    if !known.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Err(Refusal::new(Code::UnsupportedMediaType, "this takes JSON, or a form as `key=value&…`"));
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
    Refusal::of_field(Code::TokenNotAccepted, "access_token", "Google does not accept the access token")
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(Code::BodyTooLarge, error.to_string()),
            _ => Self::new(Code::InvalidBody, error.to_string()),
        }
    }
}

impl From<BadBody> for Refusal {
    fn from(error: BadBody) -> Self {
        let message = error.to_string();
        match error.field() {
            Some(field) => Self::of_field(Code::InvalidField, field, message),
            None => Self::new(Code::InvalidBody, message),
        }
    }
}

impl From<IncomingTokensError> for Refusal {
    fn from(error: IncomingTokensError) -> Self {
        let message = match &error {
            // Its own message repeats what was sent.
            IncomingTokensError::Lifetime { .. } => "`expires_in` is not the lifetime of a token".to_owned(),
            error => error.to_string(),
        };
        Self::of_field(Code::InvalidField, error.field(), message)
    }
}
