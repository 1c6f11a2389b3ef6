//! The record of a call.

/// One call that reached the server. It never holds a value.
///
/// ```
/// use driftless_testing::EmbeddedSecretsManager;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = EmbeddedSecretsManager::new();
/// let _ = server.client().describe_secret().secret_id("shop/key").send().await;
///
/// let [call] = &server.take_calls()[..] else { panic!("one call was made") };
/// assert_eq!((call.call.as_str(), call.secret_id.as_str()), ("DescribeSecret", "shop/key"));
/// assert_eq!(call.outcome, Err("ResourceNotFoundException".to_owned()));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The operation's name, such as `GetSecretValue`. Empty if the request named no operation of Secrets Manager.
    pub call: String,
    /// The name or ARN that the caller gave. Empty if the request could not be parsed, or concerns no secret.
    pub secret_id: String,
    /// The caller's access key id: a handler's name, or
    /// [`ADMINISTRATOR`](super::EmbeddedSecretsManager::ADMINISTRATOR). Empty if the request was not signed.
    pub caller: String,
    /// The region that the request was signed for. Empty if it was not signed. But for the Regions of copies, whatever it is, there is one
    /// store of secrets.
    pub region: String,
    /// The result of the call: success, or the code of the error. For a fault without an error code, it is the name of
    /// the [`FaultKind`](super::FaultKind).
    pub outcome: Result<(), String>,
}
