//! Each way in which AWS fails, and the error that a caller sees.

use paypulse_runtime::client::{Error, ErrorKind};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::spec::{self, FetchInvoices, GmailStoreTokens, JwtSigningKey, LoginUser};
use paypulse_runtime::testing::{Fault, FaultKind};

use crate::shared::mark::told;
use crate::shared::server::Server;
use crate::support::{USER, fetching, secrets, server, storing, user};

async fn read_with(kind: FaultKind) -> Error {
    let server = server();
    server.put("PayPulseAppJWTSecret", "hush");
    server.inject(Fault::on(ApiCall::GetSecretValue, kind).times(10));
    let error = secrets::<LoginUser>(&server).read(&JwtSigningKey).await.expect_err("the fault strikes");
    assert!(!told(&error).contains("SECRET"), "an answer's own words are repeated");
    error
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_a_kind() {
    let error =
        |code: &str, message: &str| FaultKind::Error { code: code.into(), status: 400, message: message.into() };
    for (fault, kind) in [
        (FaultKind::Throttled, ErrorKind::Throttled),
        (FaultKind::InternalServiceError, ErrorKind::Unavailable),
        (FaultKind::ServiceUnavailable, ErrorKind::Transport),
        (FaultKind::ConnectionReset, ErrorKind::Transport),
        (FaultKind::MalformedJson, ErrorKind::Transport),
        (FaultKind::TruncatedBody, ErrorKind::Transport),
        (FaultKind::ExpiredToken, ErrorKind::Credentials),
        (FaultKind::DecryptionFailure, ErrorKind::Decryption),
        (error("AccessDeniedException", "User: x is not authorized SECRET"), ErrorKind::AccessDenied),
        (error("AccessDeniedException", "Access to KMS is not allowed"), ErrorKind::Decryption),
        (error("ResourceNotFoundException", ""), ErrorKind::NotFound),
        (error("InvalidRequestException", "it was marked for deletion."), ErrorKind::PendingDeletion),
        (error("InvalidRequestException", "something else"), ErrorKind::Service),
        (error("SECRET \u{1b}[2J", "SECRET"), ErrorKind::Service),
    ] {
        assert_eq!(read_with(fault.clone()).await.kind(), kind, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again() {
    for kind in [FaultKind::Throttled, FaultKind::ServiceUnavailable, FaultKind::ConnectionReset] {
        let server = server();
        server.put("PayPulseAppJWTSecret", "hush-key");
        server.inject(Fault::on(ApiCall::GetSecretValue, kind).times(2));
        let key = secrets::<LoginUser>(&server).read(&JwtSigningKey).await.expect("the third attempt succeeds");
        assert_eq!(key.expose(), "hush-key");
        assert_eq!(server.calls().len(), 3);
    }
}

#[tokio::test]
async fn code_that_runs_ahead_of_its_infrastructure_is_told_so() {
    let mut old = spec::spec();
    old.handlers.retain(|handler| handler.id != "FetchInvoices");
    let server = Server::enforcing(&old);
    server.put(USER, "{}");
    let error = secrets::<FetchInvoices>(&server).read(&user()).await.expect_err("the old policy denies it");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    let message = error.to_string();
    for word in ["`fetch_invoices`", "read", "`GmailUserTokens`", "apply the Terraform"] {
        assert!(message.contains(word), "{word} is not in: {message}");
    }
}

#[tokio::test]
async fn a_stored_value_that_is_no_bundle_says_where_and_not_what() {
    let server = server();
    for (value, message) in [
        ("hush-1", "it is not JSON, from line 1 column 1 on"),
        (r#"{"access_token": "hush-1""#, "its JSON is cut off at line 1 column 25"),
        (r#"{"access_token": "hush-1"}"#, "it lacks the field `expires_at`"),
    ] {
        server.put(USER, value);
        let error = storing(&server).read(&user()).await.expect_err("it is no bundle");
        assert_eq!(
            error.to_string(),
            "`gmail_store_tokens` cannot read `GmailUserTokens`: its value is not a valid payload"
        );
        let cause = std::error::Error::source(&error).expect("the place is the cause");
        assert_eq!(cause.to_string(), message);
        told(&error);
    }
}

#[tokio::test]
async fn a_handler_reaches_no_neighbour_of_its_secrets() {
    let server = server();
    for name in ["gmail/users-export", "PayPulseAppJWTSecretOld", "Google-OAuth-Client-ID-backup"] {
        server.put(name, "hush");
        let get = server.client_for::<GmailStoreTokens>().get_secret_value().secret_id(name).send().await;
        let error = get.expect_err("no grant covers it").into_service_error();
        assert_eq!(error.meta().code(), Some("AccessDeniedException"), "{name}");
    }
    server.put(USER, "{}");
    assert!(fetching(&server).read(&user()).await.is_err_and(|error| error.kind() == ErrorKind::InvalidPayload));
}
