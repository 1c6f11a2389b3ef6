//! A secret that holds no tokens has no token operations.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::oauth::TokenOperations;
use paypulse_runtime::spec::{FetchInvoices, GoogleOauthClientId};

async fn handler(secrets: Secrets<FetchInvoices>) {
    let _ = secrets.get_tokens(&GoogleOauthClientId).await;
}

fn main() {}
