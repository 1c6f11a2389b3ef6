//! The ingest of one user: stores each PDF of each message that the search finds, sequentially, so that only one
//! attachment is in memory at a time.
//!
//! The access token is a stored one that is still valid, or one that was refreshed at Google. If Gmail refuses it, it
//! is replaced and the step is repeated. If that shows that the consent was revoked, the user is asked to connect
//! again.

use std::sync::Arc;

use paypulse_runtime::google::{AccessToken, GoogleError, GoogleTokens};
use paypulse_runtime::model::Text;
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};

use super::gmail::Gmail;
use super::search::Search;
use crate::answer::Refusal;
use crate::storage::{InvoiceKey, InvoiceStore, Stored};

/// Maximum renewals of the access token. The first one may return a token that another function stored, which can be
/// invalid too; the second one asks Google.
const MAX_RENEWALS: u32 = 2;
/// Maximum number of pages, of 500 messages each.
const MAX_PAGES: usize = 4;

pub type Tokens = GoogleTokens<FetchInvoices, GoogleOauthClientId>;

/// The clients and settings of an ingest.
#[derive(Clone)]
pub struct Ingest {
    pub tokens: Tokens,
    pub gmail: Gmail,
    pub search: Arc<Search>,
    pub store: Arc<dyn InvoiceStore>,
}

/// An ingest in progress.
struct Run<'a> {
    with: &'a Ingest,
    user: &'a GmailUserTokens,
    token: AccessToken,
    renewals: u32,
    stored: u64,
}

impl Ingest {
    /// Stores the user's invoices and returns the number of new ones.
    pub async fn of(&self, user: &GmailUserTokens) -> Result<u64, Refusal> {
        let token = self.tokens.fresh_access_token(user).await?;
        let mut run = Run { with: self, user, token, renewals: 0, stored: 0 };
        let mut page = None;
        for _ in 0..MAX_PAGES {
            let (query, next) = (&self.search.query, page.as_deref());
            let found = run.asked(|gmail, token| async move { gmail.search(&token, query, next).await }).await?;
            for id in &found.ids {
                run.message(id).await?;
            }
            page = found.next;
            if page.is_none() {
                return Ok(run.stored);
            }
        }
        tracing::warn!(pages = MAX_PAGES, "there are more messages than one ingest looks at");
        Ok(run.stored)
    }
}

impl Run<'_> {
    async fn message(&mut self, id: &str) -> Result<(), Refusal> {
        let message = self.asked(|gmail, token| async move { gmail.message(&token, id).await }).await?;
        let Some(message) = message.filter(|message| self.with.search.takes(&message.subject)) else { return Ok(()) };
        for pdf in &message.pdfs {
            let Some(key) = InvoiceKey::new(&self.user.user_id, &pdf.file) else {
                tracing::error!("the user's id cannot be a part of an object's name");
                return Err(Refusal::internal());
            };
            let content = self.asked(|gmail, token| async move { gmail.content(&token, id, pdf).await }).await?;
            let Some(content) = content else { continue };
            self.stored += u64::from(self.with.store.put(&key, &content).await? == Stored::New);
        }
        Ok(())
    }

    /// Returns Gmail's answer. If Gmail refuses the access token, repeats the request with another one.
    async fn asked<T, F>(&mut self, ask: impl Fn(Gmail, Text) -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, GoogleError>>,
    {
        loop {
            match ask(self.with.gmail.clone(), self.token.as_text().clone()).await {
                Err(GoogleError::Unauthorized) if self.renewals < MAX_RENEWALS => {
                    tracing::warn!("Gmail refuses an access token before its time");
                    self.renewals += 1;
                    self.token = self.with.tokens.renewed_access_token(self.user, &self.token).await?;
                }
                answer => return Ok(answer?),
            }
        }
    }
}
