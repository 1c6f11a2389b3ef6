//! `gmail_store_tokens`: handles `POST` with the tokens that the iOS app received when a user connected Gmail.
//!
//! The tokens are validated, Google is asked for their account, and they replace the user's stored tokens. The answer
//! says whether the account differs from the previous one, because data that was fetched from the old account does not
//! belong to the new one. Tokens with any scope are stored; a warning is logged if the scope does not include the one
//! for reading invoices.

mod body;

use std::sync::Arc;

use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::google::{Google, GoogleError};
use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{
    AccountChange, GoogleAccount, IncomingTokens, IncomingTokensError, NewTokens, StoredTokens, TokenOperations,
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

/// The scope for reading invoices. Tokens without it are stored as well: Gmail decides what they allow.
pub const READ_SCOPE: &str = "https://www.googleapis.com/auth/gmail.readonly";

/// Runs the function.
///
/// # Errors
///
/// If it cannot start, or Lambda's runtime API cannot be reached.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let secrets = Secrets::<GmailStoreTokens>::from_env().await?.with_cache(CacheConfig::new())?;
    let google = function::google()?;
    let (gmail_url, claims) = (Arc::from(function::gmail_url()?), UserClaims::from_env()?);
    // Fills the cache for the first request. A failure is ignored, because the first request tries again.
    session::prepare(&secrets).await;
    function::serve(move |request, time| {
        let google = GoogleAccess { google: function::within(&google, time), gmail_url: Arc::clone(&gmail_url) };
        answer(request, secrets.clone().within(time), claims.clone(), google)
    })
    .await
}

/// The services that are asked for the account of the tokens.
struct GoogleAccess {
    google: Google,
    gmail_url: Arc<str>,
}

async fn answer(
    request: Request,
    secrets: Secrets<GmailStoreTokens>,
    claims: UserClaims,
    google: GoogleAccess,
) -> Result<Answer, Refusal> {
    if request.method() != STORE_TOKENS.method {
        return Err(Refusal::method(&STORE_TOKENS));
    }
    let user = GmailUserTokens { user_id: session::user(&request, &secrets, &claims).await? };
    let incoming = incoming(&request)?;
    // Validated before Google is asked. The account is not known yet.
    let checked = incoming.clone().validated(GoogleAccount::default(), &[])?;
    warn_of(&checked.scope);
    let account = google.account(&checked).await?;
    let stored = secrets.store_tokens(&user, incoming.validated(account, &[])?).await?;
    let StoredTokens { record, change } = stored;
    let data = json!({
        // The app does not accept `null` here.
        "google_email": record.tokens.account.email.unwrap_or_default(),
        "scope": record.tokens.scope,
        "account_switch": change == AccountChange::Switched,
        "message": said_of(change),
    });
    Ok(Answer::success(&STORE_TOKENS, "the Gmail tokens are stored", &data))
}

/// The message about the account that the app shows.
const fn said_of(change: AccountChange) -> &'static str {
    match change {
        AccountChange::Created => "Gmail is connected",
        AccountChange::SameAccount => "Gmail is connected again, with the same Google account",
        AccountChange::Switched => "Gmail is connected with another Google account than before",
        AccountChange::Unknown => "Gmail is connected again",
    }
}

/// Warns about a missing scope. The tokens are not refused: a wider scope can cover it, an app may omit the scope, and
/// after a refusal the user would only consent to the same scopes again.
fn warn_of(scope: &str) {
    if !scope.split(' ').any(|word| word == READ_SCOPE) {
        tracing::warn!(
            wanted = READ_SCOPE,
            "the scopes that the app sent do not name the one that invoices are read with"
        );
    }
}

/// Parses the request's tokens. The content type only has to be a known one; the format is detected from the body.
fn incoming(request: &Request) -> Result<IncomingTokens, Refusal> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let known = ["", "application/json", "application/x-www-form-urlencoded", "text/plain"];
    if !known.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Err(Refusal::new(Code::UnsupportedMediaType, "this takes JSON, or a form as `key=value&…`"));
    }
    Ok(body::read(&request.body()?)?)
}

/// With one of these scopes, the user info contains account data.
/// Source: [OpenID Connect scopes](https://developers.google.com/identity/protocols/oauth2/scopes#openid-connect).
const USER_INFO_SCOPES: [&str; 5] = [
    "openid",
    "email",
    "profile",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
];

/// The profile of a mailbox.
/// Source: [`users.getProfile`](https://developers.google.com/workspace/gmail/api/reference/rest/v1/users/getProfile).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    email_address: String,
}

impl GoogleAccess {
    /// The account of the tokens, from Google. Account data from the app is not used.
    async fn account(&self, tokens: &NewTokens) -> Result<GoogleAccount, Refusal> {
        let asks_for_user_info = || tokens.scope.split(' ').any(|scope| USER_INFO_SCOPES.contains(&scope));
        let known = match self.google.user_info(&tokens.access_token).await {
            // The user has not consented to user info, which is not required.
            Err(GoogleError::Forbidden) => GoogleAccount::default(),
            // User info does not distinguish an invalid token from one without these scopes. Gmail does.
            Err(GoogleError::Unauthorized) if !asks_for_user_info() => GoogleAccount::default(),
            Err(GoogleError::Unauthorized) => return Err(not_accepted()),
            account => account?,
        };
        // Without the scope `email`, user info has no address.
        let has_address = known.email.as_ref().is_some_and(|email| !email.trim().is_empty());
        if has_address && known.verified_email == Some(true) {
            return Ok(known);
        }
        self.with_mailbox(known, &tokens.access_token).await
    }

    /// The account with the address of its mailbox, which Google has verified. Stored tokens are recognized by it if the
    /// id of their account is not known. Unchanged if the user has not consented to Gmail, either.
    async fn with_mailbox(&self, known: GoogleAccount, access_token: &Text) -> Result<GoogleAccount, Refusal> {
        let url = format!("{}/gmail/v1/users/me/profile", self.gmail_url);
        match self.google.get::<Profile>(&url, access_token).await {
            Ok(Profile { email_address }) => {
                Ok(GoogleAccount { email: Some(email_address), verified_email: Some(true), ..known })
            }
            Err(GoogleError::Forbidden) => Ok(known),
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
            // The error's own message repeats the value.
            IncomingTokensError::Lifetime { .. } => "`expires_in` is not the lifetime of a token".to_owned(),
            error => error.to_string(),
        };
        Self::of_field(Code::InvalidField, error.field(), message)
    }
}
