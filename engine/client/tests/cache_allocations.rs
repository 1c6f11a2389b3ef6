//! A cached read of what is known allocates nothing. A program of its own, because it counts every allocation.

use allocation_counter::measure;
use driftless::{CacheConfig, Secrets};
use driftless_testing::EmbeddedSecretsManager;

mod shop {
    include!("shop/spec.rs");
}

use shop::{Reorder, SupplierLogin};

#[test]
fn a_hit_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = EmbeddedSecretsManager::new();
    server.put("shop/42/supplier", "hunter2");
    let secrets = Secrets::<Reorder>::new(server.client()).with_cache(CacheConfig::new()).expect("it holds");
    let (login, absent) = ["42", "43"].map(|id| SupplierLogin { shop_id: id.parse().expect("a valid id") }).into();
    let reads = |times: u32| {
        runtime.block_on(async {
            for _ in 0..times {
                assert_eq!(secrets.cached(&login).await.expect("it is there").expose(), "hunter2");
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
