//! The handler has one grant on the secret, of another verb.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec::{DeleteUser, JwtSigningKey};

async fn handler(secrets: Secrets<DeleteUser>) {
    let _ = secrets.describe(&JwtSigningKey).await;
}

fn main() {}
