//! A cached read of what is known allocates nothing. A program of its own, because it counts every allocation.

use allocation_counter::measure;
use paypulse_runtime::client::{CacheConfig, Secrets};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens};
use paypulse_runtime::testing::EmbeddedSecretsManager;

const BUNDLE: &str = r#"{"access_token":"hunter2","expires_at":"2024-11-01T11:00:00.000000","expires_in":3599,"scope":"a",
    "token_type":"Bearer","created_at":"2024-11-01T10:00:00.000000","google_user_id":"118234567890123456789"}"#;

#[test]
fn a_hit_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = EmbeddedSecretsManager::new();
    server.put("gmail/user/42", BUNDLE);
    let secrets = Secrets::<FetchInvoices>::new(server.client()).with_cache(CacheConfig::new()).expect("it holds");
    let (user, absent) = ["42", "43"].map(|id| GmailUserTokens { user_id: id.parse().expect("a valid id") }).into();
    let reads = |times: u32| {
        runtime.block_on(async {
            for _ in 0..times {
                assert_eq!(secrets.cached(&user).await.expect("it is there").access_token.expose(), "hunter2");
                assert!(secrets.cached(&absent).await.is_err_and(|error| error.is_not_found()));
            }
        });
    };
    let miss = measure(|| reads(1));
    assert!(miss.count_total > 10, "the control counts a miss: {miss:?}");
    let start = measure(|| reads(0));
    let hits = measure(|| reads(10_000));
    assert_eq!(hits.count_total, start.count_total, "{hits:?}");
}
