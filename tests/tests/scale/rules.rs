//! The simulation lives by the client's rules: it changes as they do, and a sample stands for the whole.

use std::time::Duration;

use paypulse_runtime::freshness::{CachePolicy, Freshness, GOOD_FOR, Life};
use xtask::scale::{Assumptions, Calls, Request, TOKEN_LIFE, Traffic, World, busiest_second_after_a_start, estimate};

const SEED: u64 = 1;

fn traffic(users: u64) -> Traffic {
    Traffic { users, assumed: Assumptions::default() }
}

/// The calls of one user's requests to one instance, at these seconds.
fn calls(policy: CachePolicy, seconds: &[f64]) -> Calls {
    let mut world = World::new(policy, SEED);
    for at in seconds {
        world.request(Request { at: Duration::from_secs_f64(*at), user: 1, instance: 1 }, true);
    }
    world.user_calls
}

#[test]
fn each_rule_of_the_cache_changes_the_figures() {
    let policy = CachePolicy::new();
    let figures = |policy| {
        let estimate = estimate(&traffic(1_000), policy, SEED);
        (estimate.gets_a_month, estimate.puts_a_month)
    };
    let (gets, puts) = figures(policy);
    let (longer, same_puts) = figures(policy.ttl(Duration::from_hours(1)));
    assert!(longer < gets * 0.9, "a longer ttl makes fewer reads: {longer} of {gets}");
    assert!((same_puts - puts).abs() < puts * 0.01, "refreshes do not depend on the cache");
    let (late, _) = figures(policy.refresh_ahead(0.0));
    assert!(late < gets, "without a refresh ahead there are fewer reads: {late} of {gets}");
    let (always, _) = figures(policy.refresh_ahead(1.0));
    assert!(always > gets, "with nothing but refreshes ahead there are more: {always} of {gets}");
    let (steady, _) = figures(policy.jitter(0.0));
    assert!(steady < gets, "values that live as long as they may are read less often: {steady} of {gets}");
    let (forgetful, _) = figures(policy.negative_ttl(Duration::ZERO));
    let (mindful, _) = figures(policy.negative_ttl(Duration::from_mins(5)));
    assert!(mindful < forgetful, "what is not there is asked for less often: {mindful} of {forgetful}");
}

#[test]
fn a_token_is_refreshed_when_it_is_good_for_less_than_the_client_wants() {
    let policy = CachePolicy::new();
    let last_good = TOKEN_LIFE.as_secs_f64() - GOOD_FOR.as_secs_f64();
    let puts = |second: f64| calls(policy, &[0.0, second]).puts;
    assert_eq!((puts(last_good), puts(last_good + 0.001)), (1, 2));
}

/// A read in the last fifth of a value's life refreshes it in the background, and one past it waits: a call each.
#[test]
fn a_value_is_read_again_from_the_last_fifth_of_its_life_on() {
    let policy = CachePolicy::new().jitter(0.0);
    let gets = |second: f64| calls(policy, &[0.0, second]).gets - calls(policy, &[0.0]).gets;
    assert_eq!([gets(239.9), gets(240.0), gets(299.9), gets(300.0)], [0, 1, 1, 1]);
    let life = policy.life(0.0);
    assert_eq!(life, Life { whole: Duration::from_mins(5), fresh: Duration::from_mins(4) });
    let standing = [239, 240, 299, 300].map(|age| life.freshness(Duration::from_secs(age)));
    assert_eq!(standing, [Freshness::Fresh, Freshness::RefreshAhead, Freshness::RefreshAhead, Freshness::Expired]);
}

#[test]
fn the_draw_of_a_life_keeps_instances_apart() {
    let policy = CachePolicy::new();
    let (with, without) =
        (busiest_second_after_a_start(policy, SEED), busiest_second_after_a_start(policy.jitter(0.0), SEED));
    assert!(with < 0.1 && without > 0.3, "{with} {without}");
}

/// All users of a small product, request by request, against the estimate from samples.
#[test]
fn a_sample_stands_for_the_whole() {
    for users in [50, 1_000, 8_000] {
        let traffic = traffic(users);
        let mut world = World::new(CachePolicy::new(), SEED + 1);
        let mut first_day = Calls::default();
        for request in traffic.requests(users, 2, SEED + 1) {
            if request.at < Duration::from_hours(24) {
                first_day = world.calls();
            }
            world.request(request, traffic.is_connected(request.user));
        }
        let day = |all: u64, first: u64| f64::from(u32::try_from(all - first).expect("few")) * 30.0;
        let (gets, puts) = (day(world.calls().gets, first_day.gets), day(world.calls().puts, first_day.puts));
        let estimate = estimate(&traffic, CachePolicy::new(), SEED);
        // Of few users a day differs from the next.
        let bound = if users < 100 { 0.3 } else { 0.06 };
        for (what, estimated, whole) in [("gets", estimate.gets_a_month, gets), ("puts", estimate.puts_a_month, puts)] {
            let off = (estimated - whole).abs() / whole;
            assert!(off < bound, "{users} users, {what}: {estimated} estimated, {whole} counted");
        }
    }
}

#[test]
fn more_users_cost_more_and_the_same_seed_gives_the_same() {
    let mut before = 0.0;
    for users in [1, 19, 20, 21, 1_000, 10_000_000_000] {
        let one = estimate(&traffic(users), CachePolicy::new(), SEED);
        assert_eq!(one, estimate(&traffic(users), CachePolicy::new(), SEED));
        assert!(one.bill.total >= before && one.bill.total.is_finite(), "{users}: {}", one.bill.total);
        before = one.bill.total;
    }
}
