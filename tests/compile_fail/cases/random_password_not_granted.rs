use paypulse_runtime::client::{PasswordRules, Secrets};
use paypulse_tests::warehouse::{CourierLogin, RotateLogins};

async fn handler(secrets: Secrets<RotateLogins>) {
    let _ = secrets.random_password(&CourierLogin, &PasswordRules::new()).await;
}

fn main() {}
