//! How much is kept, and what goes first.

use driftless::CacheConfig;
use tokio::task::JoinSet;

use crate::support::{LATENCY, World, config, door, pass, world};

/// Rooms whose door has a code.
fn rooms(config: CacheConfig, rooms: std::ops::Range<usize>, code: &str) -> World {
    let world = world(config);
    for room in rooms {
        world.server.put(&format!("door/whisper-{room}"), code);
    }
    world
}

async fn read(world: &World, room: usize) {
    world.secrets.cached(&door(room)).await.map(drop).unwrap_or_default();
}

#[tokio::test(start_paused = true)]
async fn a_pass_over_many_users_leaves_what_is_hot() {
    let hot = 0..50;
    let world = rooms(config().entries(500), hot.clone(), "hush");
    for _ in 0..4 {
        for room in hot.clone() {
            read(&world, room).await;
        }
    }
    world.calls();
    // Each of the others is read once. That they have no secret costs no less room, and less of the test's time.
    for room in 1_000..6_000 {
        read(&world, room).await;
        if room % 100 == 0 {
            read(&world, room / 100 % hot.end).await;
            world.server.take_calls();
        }
    }
    world.calls();
    for room in hot {
        read(&world, room).await;
    }
    assert_eq!(world.calls().len(), 0, "hot secrets were evicted");
    let stats = world.secrets.cache_stats();
    assert!(stats.entries <= 500 && stats.evictions >= 4_500, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_soon_after_it_went_is_kept() {
    let world = rooms(config().entries(100), 0..10, "hush");
    for room in 0..10 {
        read(&world, room).await;
    }
    for room in 1_000..1_100 {
        read(&world, room).await;
    }
    for room in 0..10 {
        read(&world, room).await;
    }
    world.calls();
    for room in 2_000..2_300 {
        read(&world, room).await;
    }
    world.calls();
    for room in 0..10 {
        read(&world, room).await;
    }
    // The trace of an evicted secret can be lost to that of another, so a few may have gone.
    let gone = world.calls().len();
    assert!(gone <= 5, "{gone} of 10 went with the second pass");
}

#[tokio::test(start_paused = true)]
async fn the_bounds_hold_at_every_moment() {
    for (entries, bytes) in [(1, 1_000_000), (2, 1_000_000), (7, 1_000_000), (1_000, 1), (1_000, 999), (1_000, 5_000)] {
        let world = rooms(config().entries(entries).bytes(bytes), 0..60, &format!("hush{}", "x".repeat(96)));
        for round in 0..3 {
            for room in 0..60 {
                for _ in 0..=(room + round) % 4 {
                    read(&world, room).await;
                }
                let stats = world.secrets.cache_stats();
                assert!(stats.entries <= entries && stats.bytes <= bytes, "{stats:?}");
            }
        }
        let stats = world.secrets.cache_stats();
        assert!(stats.bytes >= bytes.min(100 * entries as u64) / 200 * 100, "little is kept: {stats:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_larger_than_the_cache_drives_nothing_out() {
    let world = rooms(config().bytes(1_000), 0..5, &format!("hush{}", "x".repeat(96)));
    world.server.put("door/whisper-99", format!("hush{}", "x".repeat(997)));
    for room in [0, 1, 2, 3, 4, 99, 99] {
        read(&world, room).await;
    }
    assert_eq!(world.calls().len(), 7);
    for room in 0..5 {
        read(&world, room).await;
    }
    assert_eq!(world.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_at_work_may_exceed_the_bound_and_then_makes_room() {
    let world = rooms(config().entries(3), 0..64, "hush");
    world.server.set_latency(LATENCY);
    let mut readers = JoinSet::new();
    for room in 0..64 {
        let secrets = world.secrets.clone();
        readers.spawn(async move {
            for _ in 0..20 {
                let code = secrets.cached(&door(room)).await.expect("it is there");
                assert_eq!(code.expose(), "hush");
                tokio::task::yield_now().await;
            }
        });
    }
    readers.join_all().await;
    pass(LATENCY).await;
    assert!(world.secrets.cache_stats().entries <= 3, "{:?}", world.secrets.cache_stats());
}
