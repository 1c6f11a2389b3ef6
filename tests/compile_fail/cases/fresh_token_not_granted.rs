//! A handler gets fresh tokens only with every grant that a refresh uses.

use paypulse_runtime::google::GoogleTokens;
use paypulse_runtime::spec::{DeleteUser, GmailUserTokens, GoogleOauthClientId};

async fn handler(tokens: GoogleTokens<DeleteUser, GoogleOauthClientId>, user: GmailUserTokens) {
    let _ = tokens.fresh_access_token(&user).await;
}

fn main() {}
