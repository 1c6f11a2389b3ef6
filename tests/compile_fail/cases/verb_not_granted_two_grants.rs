//! The handler has two grants on the family, of other verbs.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec::{GmailStoreTokens, GmailUserTokens};

async fn handler(secrets: Secrets<GmailStoreTokens>, user: GmailUserTokens) {
    let _ = secrets.delete(&user).await;
}

fn main() {}
