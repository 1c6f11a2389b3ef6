//! What the embedded server says, word for word, when the real SDK makes a call that a handler may not make.

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use paypulse_runtime::spec::{DeleteUser, spec as paypulse};
use paypulse_runtime::testing::EmbeddedSecretsManager;

use super::fault;

#[tokio::test]
async fn a_servers_own_message_is_explained() {
    let server = EmbeddedSecretsManager::enforcing(&paypulse());
    let client = server.client_for::<DeleteUser>();
    let denied = client.get_secret_value().secret_id("gmail/user/seven").send().await.expect_err("it is not granted");
    let message = denied.message().expect("AWS says why").to_owned();
    assert_eq!(fault(&paypulse(), &message), "code", "{message}");
}
