//! What the outside sees of a verb: its span, its counts, and that a deadline ends it.

use std::time::Duration;

use paypulse_runtime::client::{CacheConfig, CachePolicy, ErrorKind};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::oauth::TokenOperations;
use paypulse_runtime::spec::{DeleteUser, GetRentalInvoice, GmailUserTokens, JwtSigningKey, LoginUser};
use paypulse_runtime::testing::{Fault, FaultKind};
use tokio::time::Instant;

use crate::counts::{clock_stands_still, counted};
use crate::shared::log::{self, line_with};
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

#[tokio::test(start_paused = true)]
async fn a_span_ends_with_its_attempts_and_its_outcome() {
    let server = server();
    server.put("PayPulseAppJWTSecret", "hush-key");
    let login = secrets::<LoginUser>(&server);
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(2));
    login.read(&JwtSigningKey).await.expect("the third attempt succeeds");
    line_with(&["close", "handler=\"login_user\"", "attempts=3", "outcome=\"ok\""]);
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::DecryptionFailure));
    login.read(&JwtSigningKey).await.expect_err("it cannot be decrypted");
    line_with(&["close", "handler=\"login_user\"", "attempts=1", "outcome=\"decryption\""]);
    // What a write does is one verb.
    storing(&server).store_tokens(&user(), consent("a", None, account("g1"))).await.expect("it is stored");
    line_with(&["close", "verb=\"store\"", "attempts=2", "outcome=\"ok\""]);
}

#[tokio::test(start_paused = true)]
async fn a_verb_that_its_caller_drops_ends_too() {
    let server = server();
    server.inject(Fault::on(ApiCall::DeleteSecret, FaultKind::Hang));
    let deleting = secrets::<DeleteUser>(&server);
    tokio::time::timeout(Duration::from_secs(1), deleting.delete(&user())).await.expect_err("it hangs");
    line_with(&["close", "verb=\"delete\"", "attempts=1", "outcome=\"dropped\""]);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_given_up_ends_as_one_that_failed() {
    let server = server();
    let policy = CachePolicy::new().call_timeout(Duration::from_secs(1));
    let cached = secrets::<GetRentalInvoice>(&server).with_cache(CacheConfig::new().policy(policy));
    let cached = cached.expect("a valid configuration");
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Hang));
    cached.cached(&JwtSigningKey).await.expect_err("it hangs");
    line_with(&["close", "handler=\"get_rental_invoice\"", "cache=\"miss\"", "outcome=\"transport\""]);
}

/// Asked for by name, with a user whose id carries no mark.
#[tokio::test]
async fn a_users_id_shows_only_to_who_asks_for_it() {
    let server = server();
    let somebody = GmailUserTokens { user_id: "somebody-4711".parse().expect("a valid id") };
    fetching(&server).read(&somebody).await.expect_err("there is none");
    assert!(!log::ours().contains("somebody-4711"));
    let showing = fetching(&server).showing_names();
    showing.clone().read(&somebody).await.expect_err("there is none");
    line_with(&["calling AWS", "name=\"gmail/user/somebody-4711\"", "template=\"gmail/user/{user_id}\""]);
    let cached = showing.with_cache(CacheConfig::new()).expect("a valid configuration");
    cached.cached(&somebody).await.expect_err("there is none");
    line_with(&["calling AWS", "cache=\"miss\"", "name=\"gmail/user/somebody-4711\""]);
}

#[test]
fn verbs_and_api_calls_are_counted() {
    let counted = counted(clock_stands_still(), async {
        let server = server();
        server.put("PayPulseAppJWTSecret", "hush-key");
        server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled));
        let login = secrets::<LoginUser>(&server);
        login.read(&JwtSigningKey).await.expect("the second attempt succeeds");
        fetching(&server).read(&user()).await.expect_err("there is none");
    });
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

#[test]
fn loads_of_the_cache_are_counted_by_their_reason_and_hits_are_not() {
    let ttl = Duration::from_secs(100);
    let counted = counted(clock_stands_still(), async {
        let server = server();
        server.put("PayPulseAppJWTSecret", "hush-key");
        let policy = CachePolicy::new().ttl(ttl).jitter(0.0);
        let config = CacheConfig::new().policy(policy).clock(|| Instant::now().into_std());
        let login = secrets::<LoginUser>(&server).with_cache(config).expect("a valid configuration");
        // A miss, a hit, a refresh ahead of the end, and one after it; between them what is in the background goes on.
        for wait in [Duration::ZERO, Duration::ZERO, ttl.mul_f64(0.9), ttl * 2] {
            tokio::time::sleep(wait).await;
            login.cached(&JwtSigningKey).await.expect("it is there");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(
        counted,
        [
            "secret_api_calls_total call=GetSecretValue: 3",
            "secret_cache_loads_total handler=login_user secret=JwtSigningKey cache=expired: 1",
            "secret_cache_loads_total handler=login_user secret=JwtSigningKey cache=miss: 1",
            "secret_cache_loads_total handler=login_user secret=JwtSigningKey cache=refresh: 1",
            "secret_operation_seconds handler=login_user verb=read secret=JwtSigningKey outcome=ok: 3 times",
            "secret_operations_total handler=login_user verb=read secret=JwtSigningKey outcome=ok: 3",
        ]
    );
}
