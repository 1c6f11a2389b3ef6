//! `fetch_invoices`: `GET`, with `?page=…` for the pages after the first. Lists the user's invoices in Gmail.
//!
//! The access token is fresh: stored, or refreshed at Google. Where Gmail refuses it all the same, it is replaced. Where that
//! shows that the consent was taken back, the user is asked to connect again.

mod gmail;

use std::sync::Arc;

use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::google::{Google, GoogleError, GoogleTokens};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::event::Request;
use crate::{function, session};
use gmail::{Gmail, GmailError, Page};

/// The first one may give the token that another function has stored, which can be as old; the second one asks Google.
const MAX_RENEWALS: u32 = 2;

type Tokens = GoogleTokens<FetchInvoices, GoogleOauthClientId>;

/// What a function keeps from one request to the next.
#[derive(Clone)]
struct State {
    secrets: Secrets<FetchInvoices>,
    google: Google,
    tokens: Tokens,
    gmail_url: Arc<str>,
}

/// The function.
///
/// # Errors
///
/// Where it cannot start, or Lambda's runtime API cannot be reached.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let secrets = Secrets::<FetchInvoices>::from_env().await?.with_cache(CacheConfig::new())?;
    let google = function::google()?;
    let tokens = GoogleTokens::new(secrets.clone(), google.clone(), GoogleOauthClientId);
    let gmail_url = function::gmail_url().into();
    let state = State { secrets, google, tokens, gmail_url };
    // So that the first request finds them. What fails now is tried again then.
    drop(tokio::join!(session::prepare(&state.secrets), state.secrets.cached(&GoogleOauthClientId)));
    function::serve(move |request, time| {
        let State { secrets, google, tokens, gmail_url } = state.clone();
        let gmail = Gmail { google: function::within(&google, time), url: gmail_url };
        answer(request, secrets.within(time), tokens.within(time), gmail)
    })
    .await
}

async fn answer(
    request: Request,
    secrets: Secrets<FetchInvoices>,
    tokens: Tokens,
    gmail: Gmail,
) -> Result<Answer, Refusal> {
    if request.method() != "GET" {
        return Err(Refusal::method("GET"));
    }
    let user = GmailUserTokens { user_id: session::user(&request, &secrets).await? };
    let page = request.query("page");
    if !page.is_none_or(gmail::is_page) {
        return Err(invalid_page());
    }
    let page = fetch(&user, &tokens, &gmail, page).await?;
    Ok(Answer::ok(json!({ "invoices": page.invoices, "next_page": page.next_page })))
}

async fn fetch(user: &GmailUserTokens, tokens: &Tokens, gmail: &Gmail, page: Option<&str>) -> Result<Page, Refusal> {
    let mut token = tokens.fresh_access_token(user).await?;
    for _ in 0..MAX_RENEWALS {
        match gmail.invoices(token.as_text(), page).await {
            Err(GmailError::Google(GoogleError::Unauthorized)) => {
                tracing::warn!("gmail refuses an access token before its time");
                token = tokens.renewed_access_token(user, &token).await?;
            }
            page => return Ok(page?),
        }
    }
    Ok(gmail.invoices(token.as_text(), page).await?)
}

impl From<GmailError> for Refusal {
    fn from(error: GmailError) -> Self {
        match error {
            GmailError::Page => invalid_page(),
            GmailError::Google(error) => error.into(),
        }
    }
}

fn invalid_page() -> Refusal {
    Refusal::new(400, "invalid_page", "`page` is not the `next_page` of an answer, or is too old")
}
