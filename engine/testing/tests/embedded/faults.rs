//! Faults and latency, in process.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_smithy_async::time::TimeSource;
use driftless::model::ApiCall;
use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind};
use tokio::time::Instant;

use crate::{check_refused, check_refused_for, token};

type ReadError = SdkError<GetSecretValueError>;

/// A server with one secret whose next reads meet this fault, as often as given.
fn failing(kind: FaultKind, times: u32) -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    server.inject(Fault::on(ApiCall::GetSecretValue, kind).times(times));
    server
}

async fn read(server: &EmbeddedSecretsManager) -> Result<String, ReadError> {
    let answer = server.client().get_secret_value().secret_id("k").send().await?;
    Ok(answer.secret_string.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn the_sdk_retries_what_may_pass() {
    let kinds = [
        FaultKind::Throttled,
        FaultKind::InternalServiceError,
        FaultKind::ServiceUnavailable,
        FaultKind::ConnectionReset,
    ];
    for kind in kinds {
        let server = failing(kind.clone(), 1);
        assert_eq!(read(&server).await.unwrap(), "v", "{kind:?}");
        let outcomes: Vec<_> = server.calls().into_iter().map(|call| call.outcome).collect();
        assert_eq!(outcomes, [Err(kind.code().to_owned()), Ok(())], "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_gives_up_after_three_attempts() {
    let server = failing(FaultKind::Throttled, 3);
    check_refused(read(&server).await, "ThrottlingException", "Rate exceeded");
    assert_eq!(server.take_calls().len(), 3);
    assert_eq!(read(&server).await.unwrap(), "v");
}

/// The SDK stops retrying when many calls fail. That must not spread from one test to the next.
#[tokio::test(start_paused = true)]
async fn each_server_has_a_retry_budget_of_its_own() {
    let exhausted = failing(FaultKind::InternalServiceError, 1000);
    for _ in 0..100 {
        read(&exhausted).await.unwrap_err();
    }
    exhausted.take_calls();
    read(&exhausted).await.unwrap_err();
    assert!(exhausted.calls().len() < 3, "the budget is spent");
    assert_eq!(read(&failing(FaultKind::InternalServiceError, 2)).await.unwrap(), "v");
}

#[tokio::test]
async fn the_sdk_does_not_retry_what_stays() {
    let other = FaultKind::Error { code: "EncryptionFailure".into(), status: 400, message: "Too much.".into() };
    let check = async |kind: FaultKind, code: &str, message: &str| {
        let server = failing(kind, 1);
        check_refused_for(read(&server).await, code, message);
        assert_eq!(server.calls().len(), 1);
    };
    check(FaultKind::ExpiredToken, "ExpiredTokenException", "expired").await;
    check(FaultKind::DecryptionFailure, "DecryptionFailure", "can't decrypt").await;
    check(other, "EncryptionFailure", "Too much.").await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_whole_json_is_an_error_without_a_code() {
    let server = failing(FaultKind::MalformedJson, 1);
    let error = read(&server).await.unwrap_err();
    assert!(matches!(&error, SdkError::ServiceError(_)) && error.code().is_none(), "{error:?}");
    assert_eq!(server.calls()[0].outcome, Err("MalformedJson".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_a_response_error_when_the_sdk_has_given_up() {
    let server = failing(FaultKind::TruncatedBody, 3);
    let error = read(&server).await.unwrap_err();
    assert!(matches!(error, SdkError::ResponseError(_)), "{error:?}");
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_hang_lasts_until_the_caller_gives_up() {
    let server = failing(FaultKind::Hang, 1);
    let patience = Duration::from_hours(1);
    assert!(tokio::time::timeout(patience, read(&server)).await.is_err());
    assert_eq!(read(&server).await.unwrap(), "v");
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_with_the_read_timeout() {
    let server = failing(FaultKind::Hang, 3);
    let client = server.client();
    let limits = TimeoutConfig::builder().read_timeout(Duration::from_secs(2)).build();
    let config = client.config().to_builder().timeout_config(limits).build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    let error = client.get_secret_value().secret_id("k").send().await.unwrap_err();
    let SdkError::DispatchFailure(failure) = error else { panic!("{error:?}") };
    assert!(failure.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_before_the_operation_unless_told_otherwise() {
    let check = async |fault: Fault, expected: &str| {
        let server = EmbeddedSecretsManager::new();
        server.put("k", "old");
        server.inject(fault.times(3));
        server.client().put_secret_value().secret_id("k").secret_string("new").send().await.unwrap_err();
        assert_eq!(server.value("k").as_deref(), Some(expected));
    };
    let kinds = [FaultKind::ConnectionReset, FaultKind::InternalServiceError, FaultKind::MalformedJson];
    for kind in kinds {
        let fault = Fault::on(ApiCall::PutSecretValue, kind);
        check(fault.clone(), "old").await;
        check(fault.after_acting(), "new").await;
    }
}

/// The token makes the second attempt find its own version.
#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_happens_once() {
    let server = EmbeddedSecretsManager::new();
    server.inject(Fault::on(ApiCall::CreateSecret, FaultKind::ConnectionReset).after_acting());
    server.inject(Fault::on(ApiCall::PutSecretValue, FaultKind::ConnectionReset).after_acting());
    let client = server.client();
    client.create_secret().name("k").secret_string("1").client_request_token(token('a')).send().await.unwrap();
    client.put_secret_value().secret_id("k").secret_string("2").client_request_token(token('b')).send().await.unwrap();
    assert_eq!(server.calls().len(), 4);
    let stages = |label: &str| vec![label.to_owned()];
    assert_eq!(server.versions("k"), [(token('a'), stages("AWSPREVIOUS")), (token('b'), stages("AWSCURRENT"))]);
}

#[tokio::test]
async fn faults_strike_their_operation_in_order_and_no_other() {
    let server = failing(FaultKind::ExpiredToken, 1);
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::DecryptionFailure).times(2));
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(0));
    server.client().describe_secret().secret_id("k").send().await.unwrap();
    server.take_calls();
    for _ in 0..4 {
        let _ = read(&server).await;
    }
    let outcomes: Vec<_> = server.calls().into_iter().map(|call| call.outcome.err().unwrap_or_default()).collect();
    assert_eq!(outcomes, ["ExpiredTokenException", "DecryptionFailure", "DecryptionFailure", ""]);
}

#[tokio::test(start_paused = true)]
async fn latency_passes_on_tokios_clock() {
    let server = failing(FaultKind::Throttled, 0);
    server.set_latency(Duration::from_secs(10));
    let start = Instant::now();
    read(&server).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    server.set_latency(Duration::ZERO);
    read(&server).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_late_does_not_undo_the_operation() {
    let check = async |patience: u64, expected: &str| {
        let server = EmbeddedSecretsManager::new();
        server.put("k", "old");
        server.set_latency(Duration::from_secs(10));
        let client = server.client();
        let put = client.put_secret_value().secret_id("k").secret_string("new").send();
        assert!(tokio::time::timeout(Duration::from_secs(patience), put).await.is_err());
        assert_eq!(server.value("k").as_deref(), Some(expected));
    };
    check(4, "old").await;
    check(6, "new").await;
}

/// What was sent happens, whoever still waits for it.
#[tokio::test(start_paused = true)]
async fn a_slow_operation_happens_before_the_wait_or_after_it() {
    let check = async |fault: Fault, after: u64, expected: &str| {
        let server = EmbeddedSecretsManager::new();
        server.put("k", "old");
        server.inject(fault);
        let client = server.client();
        let put = client.put_secret_value().secret_id("k").secret_string("new").send();
        assert!(tokio::time::timeout(Duration::from_secs(1), put).await.is_err());
        tokio::time::sleep(Duration::from_secs(after)).await;
        assert_eq!(server.value("k").as_deref(), Some(expected));
        let made: Vec<_> = server.calls().into_iter().map(|call| call.outcome).collect();
        assert_eq!(made, if expected == "new" { vec![Ok(())] } else { vec![] });
    };
    let slow = Fault::on(ApiCall::PutSecretValue, FaultKind::Slow(Duration::from_secs(10)));
    check(slow.clone(), 8, "old").await;
    check(slow.clone(), 10, "new").await;
    check(slow.after_acting(), 0, "new").await;
    let server = failing(FaultKind::Slow(Duration::from_secs(10)), 1);
    let start = Instant::now();
    assert_eq!(read(&server).await.unwrap(), "v");
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[derive(Debug)]
struct Ahead(Duration);

impl TimeSource for Ahead {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.0
    }
}

/// From the refusal the SDK learns what time it is, and signs with that from then on.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_signed_too_early_is_refused_with_the_time() {
    for (minutes, refused) in [(4, 0), (6, 1), (60 * 24 * 365, 1)] {
        let server = EmbeddedSecretsManager::new();
        server.put("k", "v");
        let config = server.client().config().to_builder().time_source(Ahead(Duration::from_mins(minutes))).build();
        let client = aws_sdk_secretsmanager::Client::from_conf(config);
        for _ in 0..2 {
            client.get_secret_value().secret_id("k").send().await.unwrap();
        }
        let outcomes: Vec<_> = server.calls().into_iter().map(|call| call.outcome).collect();
        assert_eq!(outcomes.len() - 2, refused, "{minutes} minutes");
        assert!(outcomes[..refused].iter().all(|outcome| *outcome == Err("InvalidSignatureException".to_owned())));
    }
}
