//! What no cache can be.

use std::time::Duration;

use driftless::{CacheConfig, CacheConfigError, CachePolicy, Secrets};

use crate::shared::server::Server;
use crate::support::{Caretaker, DoorCode, SafeCode, TTL, config, door, pass, policy, world};

#[track_caller]
fn refused(config: CacheConfig, message: &str) {
    let secrets = Secrets::<Caretaker>::new(Server::new().client());
    let error: CacheConfigError = secrets.with_cache(config).expect_err("it is refused");
    assert_eq!(error.to_string(), message);
}

#[test]
fn err_what_cannot_be_is_refused_with_its_name() {
    let new = CacheConfig::new;
    let policy = CachePolicy::new;
    let zero = Duration::ZERO;
    refused(new().entries(0), "the cache has a limit of zero for `entries`");
    refused(new().bytes(0), "the cache has a limit of zero for `bytes`");
    refused(new().policy(policy().ttl(zero)), "the cache policy of `every secret` has a `ttl` of zero");
    refused(new().policy(policy().retry_after(zero)), "the cache policy of `every secret` has a `retry_after` of zero");
    refused(
        new().policy(policy().call_timeout(zero)),
        "the cache policy of `every secret` has a `call_timeout` of zero",
    );
    for share in [-0.1, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        let message = "the cache policy of `SafeCode` has a `jitter` that is not between 0 and 1";
        refused(new().policy_of::<SafeCode>(policy().jitter(share)), message);
    }
    for share in [-0.1, 1.1, f64::NAN, f64::NEG_INFINITY] {
        let message = "the cache policy of `DoorCode` has a `refresh_ahead` that is not between 0 and 1";
        refused(new().policy_of::<DoorCode>(policy().refresh_ahead(share)), message);
    }
    let short = policy().ttl(Duration::from_secs(1)).negative_ttl(Duration::from_secs(2));
    let message = "the cache policy of `every secret` has a `negative_ttl` that is longer than its `ttl`";
    refused(new().policy(short), message);
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_are_no_overflow() {
    let longest = CachePolicy::new()
        .ttl(Duration::MAX)
        .stale_if_error(Duration::MAX)
        .patience(Duration::MAX)
        .negative_ttl(Duration::MAX)
        .retry_after(Duration::MAX)
        .call_timeout(Duration::MAX)
        .jitter(0.0)
        .refresh_ahead(1.0);
    let world = world(config().policy(longest));
    for _ in 0..3 {
        assert_eq!(world.code().await.as_deref(), Ok("1"));
        world.secrets.cached(&door(1)).await.expect_err("it is not there");
        pass(TTL).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_has_its_own_policy() {
    let world = world(config().policy_of::<DoorCode>(policy().ttl(TTL * 10)));
    world.server.put("door/whisper-1", "hush-1");
    for _ in 0..2 {
        world.code().await.expect("it is there");
        world.secrets.cached(&door(1)).await.expect("it is there");
        pass(TTL * 2).await;
    }
    let names: Vec<String> = world.server.take_calls().into_iter().map(|call| call.secret_id).collect();
    assert_eq!(names, ["safe", "door/whisper-1", "safe"]);
}
