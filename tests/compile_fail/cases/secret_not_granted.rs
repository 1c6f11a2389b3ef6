//! The handler has no grant on the secret at all.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec::{GoogleOauthClientId, LoginUser};

async fn handler(secrets: Secrets<LoginUser>) {
    let _ = secrets.read(&GoogleOauthClientId).await;
}

fn main() {}
