//! The operations on tokens ask for their verbs too.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::oauth::{NewTokens, TokenOperations};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens};

async fn handler(secrets: Secrets<FetchInvoices>, user: GmailUserTokens, tokens: NewTokens) {
    let _ = secrets.store_tokens(&user, tokens).await;
}

fn main() {}
