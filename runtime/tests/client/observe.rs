//! What the outside sees of a verb: its span, its counts, and that a deadline ends it.

use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use paypulse_runtime::client::{CacheConfig, ErrorKind};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::spec::{JwtSigningKey, LoginUser};
use paypulse_runtime::testing::{Fault, FaultKind};
use tokio::time::Instant;

use crate::shared::log;
use crate::support::{account, consent, fetching, secrets, server, storing, user};

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_every_call_in_time() {
    let server = server();
    server.put("PayPulseAppJWTSecret", "hush-key");
    let limited = secrets::<LoginUser>(&server).within(Duration::from_secs(2));
    let started = Instant::now();

    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang).times(100));
    let error = limited.read(&JwtSigningKey).await.expect_err("the server hangs");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(
        error.to_string(),
        "`login_user` cannot read `JwtSigningKey`: no usable answer came from AWS (deadline)"
    );
    assert_eq!(started.elapsed(), Duration::from_secs(2));

    // The time is the client's, not each call's.
    limited.read(&JwtSigningKey).await.expect_err("there is no time left");
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_retries_and_the_pauses_of_a_write() {
    let server = server();
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(1000));
    let storing = storing(&server).within(Duration::from_millis(1));
    let started = Instant::now();
    let error = storing.store_tokens(&user(), consent("a", None, account("g1"))).await.expect_err("no time");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(started.elapsed(), Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_cached_read_and_not_its_load() {
    let server = server();
    server.put("PayPulseAppJWTSecret", "hush-key");
    server.set_latency(Duration::from_secs(1));
    let cached = secrets::<LoginUser>(&server).with_cache(CacheConfig::new()).expect("a valid configuration");
    let error = cached.clone().within(Duration::from_millis(10)).cached(&JwtSigningKey).await.expect_err("too slow");
    assert_eq!(error.kind(), ErrorKind::Transport);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let started = Instant::now();
    assert_eq!(cached.cached(&JwtSigningKey).await.expect("it was loaded meanwhile").expose(), "hush-key");
    assert_eq!((started.elapsed(), server.calls().len()), (Duration::ZERO, 1));
}

#[tokio::test]
async fn a_span_tells_who_did_what_to_which_kind_of_secret() {
    let server = server();
    fetching(&server).read(&user()).await.expect_err("there is none");
    let lines = log::ours();
    let line = lines.lines().rev().find(|line| line.contains("calling AWS") && line.contains("fetch_invoices"));
    let line = line.expect("a call is logged");
    for part in [
        "handler=\"fetch_invoices\"",
        "verb=\"read\"",
        "secret=\"GmailUserTokens\"",
        "template=\"gmail/user/{user_id}\"",
        "call=\"GetSecretValue\"",
        "attempt=1",
    ] {
        assert!(line.contains(part), "`{part}` is not in: {line}");
    }
}

#[test]
fn verbs_and_api_calls_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let server = server();
            server.put("PayPulseAppJWTSecret", "hush-key");
            server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled));
            let login = secrets::<LoginUser>(&server);
            login.read(&JwtSigningKey).await.expect("the second attempt succeeds");
            fetching(&server).read(&user()).await.expect_err("there is none");
        });
    });
    let mut counted = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Histogram(times) => format!("{} times", times.len()),
            DebugValue::Gauge(_) => "a gauge".to_owned(),
        };
        counted.push(format!("{} {}: {value}", key.name(), labels.join(" ")));
    }
    counted.sort();
    assert_eq!(
        counted,
        [
            "secret_api_calls_total call=GetSecretValue: 3",
            "secret_operation_seconds handler=fetch_invoices verb=read secret=GmailUserTokens outcome=not_found: 1 times",
            "secret_operation_seconds handler=login_user verb=read secret=JwtSigningKey outcome=ok: 1 times",
            "secret_operations_total handler=fetch_invoices verb=read secret=GmailUserTokens outcome=not_found: 1",
            "secret_operations_total handler=login_user verb=read secret=JwtSigningKey outcome=ok: 1",
        ]
    );
}
