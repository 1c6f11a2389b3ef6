//! What AWS's refusals mean: by code and operation, and never by a word that can be part of a name. What AWS says is in the log.

use std::io;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use driftless::{ErrorKind, Secrets};
use tracing::instrument::WithSubscriber;

use crate::peer::{Peer, refusal};
use crate::{Marker, UserMark};

/// What is logged while something runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn html(status: &str) -> (ErrorKind, String) {
    read_from(&Peer::answering(crate::peer::answer(status, "<html>")), false).await
}

/// The kind of a read's error, and the lines of the crate's log.
async fn read(status: &str, code: &str, message: &str, shows_names: bool) -> (ErrorKind, String) {
    read_from(&Peer::answering(refusal(status, code, message)), shows_names).await
}

async fn read_from(peer: &Peer, shows_names: bool) -> (ErrorKind, String) {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-west-1"));
    let config = config.credentials_provider(Credentials::new("a", "b", None, None, "test")).endpoint_url(peer.url());
    let secrets = Secrets::<Marker>::new(Client::from_conf(config.http_client(http).build()));
    let secrets = if shows_names { secrets.showing_names() } else { secrets };
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
    let user = UserMark { user_id: "whisper-7".parse().expect("a valid id") };
    let error = secrets.read(&user).with_subscriber(subscriber.finish()).await.expect_err("it is refused");
    let text = String::from_utf8(log.0.lock().expect("no test panics here").clone()).expect("it is text");
    (error.kind(), text.lines().filter(|line| line.contains("driftless")).collect::<Vec<_>>().join("\n"))
}

const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/KMS-delete-secretvalue/x";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kept/users/whisper-7/mark-AbCdEf";

#[tokio::test]
async fn a_kind_follows_from_the_code_and_from_words_that_no_name_has() {
    let denied = format!(
        "User: {ROLE} is not authorized to perform: secretsmanager:GetSecretValue on resource: {ARN} because no identity-based policy allows the secretsmanager:GetSecretValue action"
    );
    let key = format!(
        "User: {ROLE} is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action"
    );
    for (code, message, kind) in [
        ("AccessDeniedException", denied.as_str(), ErrorKind::AccessDenied),
        ("AccessDeniedException", key.as_str(), ErrorKind::Decryption),
        ("AccessDeniedException", "Access to KMS is not allowed", ErrorKind::Decryption),
        (
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            ErrorKind::Decryption,
        ),
        (
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
            ErrorKind::PendingDeletion,
        ),
        (
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was deleted.",
            ErrorKind::PendingDeletion,
        ),
        (
            "InvalidRequestException",
            "You can\u{2019}t perform this operation on the secret because it was deleted.",
            ErrorKind::PendingDeletion,
        ),
        ("InvalidRequestException", "The name because-it-was-deleted is taken.", ErrorKind::Service),
        ("IncompleteSignatureException", "The request signature does not conform.", ErrorKind::Credentials),
        (
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
            ErrorKind::PendingDeletion,
        ),
        (
            "InvalidRequestException",
            "You can't delete secret undeleted/deletion that still has replica regions [eu-central-1].",
            ErrorKind::Service,
        ),
        ("InvalidRequestException", "A previous rotation of delete-me isn't complete.", ErrorKind::Service),
        ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", ErrorKind::NotFound),
        (
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
            ErrorKind::NotFound,
        ),
        (
            "ResourceNotFoundException",
            "Secrets Manager can't find the secret KMS-secret-value-deleted.",
            ErrorKind::NotFound,
        ),
        ("LimitExceededException", "KMS delete", ErrorKind::Service),
    ] {
        let (found, log) = read("400 Bad Request", code, message, false).await;
        assert_eq!(found, kind, "{code}: {message}");
        assert!(!log.contains("whisper"), "{log}");
    }
}

#[tokio::test]
async fn what_aws_says_is_a_warning_without_the_name() {
    let message = format!(
        "User: {ROLE} is not authorized to perform: secretsmanager:GetSecretValue on resource: {ARN} with an explicit deny in a resource-based policy for whisper-7"
    );
    let (_, log) = read("400 Bad Request", "AccessDeniedException", &message, false).await;
    let line = log.lines().find(|line| line.contains("AWS rejected the call")).expect("it is logged");
    assert!(line.contains("WARN") && line.contains("code=\"AccessDeniedException\""), "{line}");
    assert!(line.contains("with an explicit deny in a resource-based policy"), "{line}");
    assert!(line.contains("secret:kept/users/{user_id}/mark-??????") && !log.contains("whisper"), "{log}");
    let (_, log) = read("400 Bad Request", "AccessDeniedException", &message, true).await;
    assert!(log.contains("kept/users/whisper-7/mark-AbCdEf with an explicit deny"), "{log}");
}

#[tokio::test]
async fn a_fault_of_awss_own_is_no_refusal() {
    for (status, code) in [
        ("500 Internal Server Error", "InternalServiceError"),
        ("500 Internal Server Error", "InternalFailure"),
        ("503 Service Unavailable", "ServiceUnavailable"),
        ("502 Bad Gateway", "SomethingElse"),
        ("400 Bad Request", "InternalServiceFailure"),
        ("400 Bad Request", "RequestTimeout"),
        ("408 Request Timeout", "RequestTimeoutException"),
        ("400 Bad Request", "RequestAbortedException"),
        ("408 Request Timeout", "SomethingElse"),
    ] {
        let (kind, log) = read(status, code, "An error occurred on the server side.", false).await;
        assert_eq!(kind, ErrorKind::Unavailable, "{status} {code}");
        assert!(kind.is_retryable() && log.contains("An error occurred on the server side."), "{log}");
    }
    let (kind, _) = read("400 Bad Request", "InvalidParameterException", "x", false).await;
    assert!(!kind.is_retryable());
}

/// The SDK's own list, but for the quota of secrets, which no retry changes.
#[tokio::test]
async fn what_the_sdk_retries_as_throttling_is_throttled() {
    for code in aws_runtime::retries::classifiers::THROTTLING_ERRORS.iter().copied() {
        let expected = if code == "LimitExceededException" { ErrorKind::Service } else { ErrorKind::Throttled };
        assert_eq!(read("400 Bad Request", code, "x", false).await.0, expected, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_awss_is_in_the_log_with_its_status() {
    let peer = Peer::answering(crate::peer::answer("403 Forbidden", "<html>"));
    let told = crate::child::run("read", std::time::Duration::from_secs(10), &[("AWS_ENDPOINT_URL", &peer.url())]);
    assert_eq!(told.outcome, "transport", "{told:?}");
    let (kind, log) = html("403 Forbidden").await;
    assert!(kind == ErrorKind::Transport && log.contains("WARN") && log.contains("status=403"), "{log}");
}
