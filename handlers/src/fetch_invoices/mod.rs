//! `fetch_invoices`: `POST` stores the PDF invoices from the user's mailbox and returns how many are new. A scheduled
//! event of EventBridge does the same for each user that it names, or for all users.

mod gmail;
mod ingest;
mod scheduled;
pub(crate) mod search;

use std::sync::Arc;
use std::time::Duration;

use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::google::{Google, GoogleTokens};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::aws;
use crate::contract::INGEST;
use crate::event::{Invocation, Request};
use crate::function::{self, FunctionReply};
use crate::session::{self, UserClaims};
use crate::storage::{self, InvoiceStore};
use crate::users::{self, Users};
use gmail::Gmail;
use ingest::{Ingest, Tokens};
use search::Search;

/// The state that is kept between requests.
#[derive(Clone)]
struct State {
    secrets: Secrets<FetchInvoices>,
    google: Google,
    tokens: Tokens,
    gmail_url: Arc<str>,
    claims: UserClaims,
    search: Arc<Search>,
    store: Arc<dyn InvoiceStore>,
    users: Option<Arc<dyn Users>>,
}

/// Runs the function.
///
/// # Errors
///
/// If it cannot start, or Lambda's runtime API cannot be reached.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let secrets = Secrets::<FetchInvoices>::from_env().await?.with_cache(CacheConfig::new())?;
    let google = function::google()?;
    let tokens = GoogleTokens::new(secrets.clone(), google.clone(), GoogleOauthClientId);
    let (claims, search) = (UserClaims::from_env()?, Arc::new(Search::from_env()?));
    let (gmail_url, store, users) =
        (function::gmail_url()?.into(), storage::from_env().await?, users::from_env().await?);
    let state = State { secrets, google, tokens, gmail_url, claims, search, store, users };
    // Fills the cache for the first request. A failure is ignored, because the first request tries again.
    drop(tokio::join!(session::prepare(&state.secrets), state.secrets.cached(&GoogleOauthClientId)));
    function::serve_all(move |invocation, time| {
        let state = state.clone();
        async move {
            match invocation {
                Invocation::Request(request) => Ok(FunctionReply::Http(Box::pin(state.answer(request, time)).await)),
                Invocation::Scheduled(event) => {
                    let users = state.users.as_deref();
                    Box::pin(scheduled::run(&state.ingest(time), event, users)).await.map(FunctionReply::Json)
                }
            }
        }
    })
    .await
}

impl State {
    /// An ingest with this time limit.
    fn ingest(&self, time: Duration) -> Ingest {
        Ingest {
            tokens: self.tokens.clone().within(time),
            gmail: Gmail { google: function::within(&self.google, time), url: Arc::clone(&self.gmail_url) },
            search: Arc::clone(&self.search),
            store: Arc::clone(&self.store),
        }
    }

    async fn answer(&self, request: Request, time: Duration) -> Result<Answer, Refusal> {
        if request.method() != INGEST.method {
            return Err(Refusal::method(&INGEST));
        }
        let secrets = self.secrets.clone().within(time);
        let user = GmailUserTokens { user_id: session::user(&request, &secrets, &self.claims).await? };
        let count = self.ingest(time).of(&user).await?;
        let message = if count == 0 { "there are no new invoices" } else { "the invoices are stored" };
        Ok(Answer::success(&INGEST, message, &json!({ "invoiceCount": count })))
    }
}

impl From<aws::Error> for Refusal {
    fn from(error: aws::Error) -> Self {
        if matches!(error, aws::Error::Unavailable(_)) {
            tracing::warn!(%error, "an invoice is not stored");
            return Self::try_again("the invoices cannot be stored now", Duration::from_secs(2));
        }
        tracing::error!(%error, "an invoice is not stored");
        Self::internal()
    }
}
