//! Concurrency tests: handlers that read, write and invalidate the same few secrets at the same time, under schedules
//! that shuttle chooses (`crate::sync`). The cache is the real one; `world` simulates AWS, and checks every step
//! against the rules.

mod world;

use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};

use super::config::CacheConfig;
use crate::freshness::CachePolicy;
use world::World;

pub(super) use doors::{DoorCode, Porter};

mod doors {
    crate::declare! {
        source: "engine/client/src/cache/schedules/mod.rs";

        keys {
            /// The number of a room.
            RoomId;
        }

        secrets {
            /// The code of a room's door.
            DoorCode { room_id: RoomId }: crate::model::Text = "door/{room_id}", owner: runtime;
        }

        handlers {
            /// Knows all doors.
            Porter = "porter" {
                DoorCode: read;
            }
        }
    }
}

pub(super) fn door(room: u32) -> DoorCode {
    DoorCode { room_id: room.to_string().parse().expect("a valid id") }
}

/// Values never expire, and the cache holds all of them.
fn calm() -> CacheConfig {
    CacheConfig::new().policy(CachePolicy::new().jitter(0.0))
}

/// The cache has room for one value, and not for the longest ones.
fn crowded() -> CacheConfig {
    calm().entries(1).bytes(60)
}

/// Values age with the world's jumps in time of 1 to 8 milliseconds.
fn hurried() -> CacheConfig {
    let policy = CachePolicy::new()
        .ttl(Duration::from_millis(8))
        .jitter(0.0)
        .refresh_ahead(0.5)
        .stale_if_error(Duration::from_millis(8))
        .patience(Duration::from_millis(2))
        .negative_ttl(Duration::from_millis(2))
        .retry_after(Duration::from_millis(2))
        .call_timeout(Duration::from_millis(10));
    CacheConfig::new().policy(policy).entries(2)
}

fn explore(test: impl Fn() + Copy + Send + Sync + 'static) {
    world::prepare();
    driftless_testing::schedules::explore(test);
}

#[test]
fn a_read_after_a_write_sees_it() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.tasks(2, |world| {
            world.write(0);
            world.read(0);
        });
        world.task(|world| {
            world.read(0);
            world.others_write(0);
            world.read(0);
        });
        world.task(|world| {
            world.read(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn a_write_of_unknown_end_is_forgotten() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.task(|world| {
            world.read(0);
            world.abandon(0);
            world.read(0);
        });
        world.task(|world| {
            world.delete(0);
            world.read(0);
        });
        world.task(|world| {
            world.write(0);
            world.withdraw(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn nothing_from_before_an_invalidation_is_read() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.tasks(2, |world| {
            world.read(0);
            world.read(0);
        });
        world.task(|world| {
            world.invalidate(0);
            world.read(0);
        });
        world.task(|world| {
            world.others_write(0);
            world.invalidate_seen(0);
            world.look_past(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn one_load_at_a_time() {
    explore(|| {
        let world = World::with_faults(crowded(), 2);
        world.tasks(3, |world| {
            world.read(0);
            world.read(1);
        });
        world.task(|world| {
            world.withdraw(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn who_waits_is_answered() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.tasks(3, |world| assert!(world.read(0).is_some(), "a load that does not fail answers"));
        world.task(|world| world.invalidate(0));
        world.quiet();
    });
}

#[test]
fn the_books_are_right_while_slots_die() {
    explore(|| {
        let world = World::new(crowded(), 3);
        for room in 0..3 {
            world.task(move |world| {
                world.read(room);
                world.write(room);
                world.read((room + 1) % 3);
            });
        }
        world.task(|world| {
            world.read(0);
            world.invalidate(1);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn the_books_are_right_when_loads_are_lost() {
    explore(|| {
        let world = World::new(crowded(), 2);
        for room in 0..2 {
            world.task(move |world| world.lose(room));
        }
        world.quiet();
    });
}

#[test]
fn anything_at_any_time() {
    explore(|| {
        let world = World::with_faults(hurried(), 3);
        world.tasks(4, |world| {
            for _ in 0..4 {
                let room = thread_rng().gen_range(0..3);
                match thread_rng().gen_range(0..17) {
                    0 => world.write(room),
                    1 => world.delete(room),
                    2 => world.abandon(room),
                    3 => world.withdraw(room),
                    4 => world.others_write(room),
                    5 => world.invalidate(room),
                    6 => world.invalidate_seen(room),
                    7 => world.look_past(room),
                    8 => world.adopt(room),
                    9 | 10 => world.pass_time(),
                    _ => drop(world.read(room)),
                }
            }
        });
        world.quiet();
    });
}

#[test]
fn nobody_reads_an_older_version_than_before() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.task(|world| {
            world.read(0);
            world.read(0);
        });
        world.task(|world| {
            world.invalidate(0);
            world.read(0);
        });
        world.task(|world| world.others_write(0));
        world.quiet();
    });
}

#[test]
fn what_a_write_adopts_is_what_is_read_next() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.task(|world| drop(world.read(0)));
        world.task(|world| {
            world.adopt(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn a_plain_read_corrects_the_cache() {
    explore(|| {
        let world = World::new(calm(), 1);
        world.task(|world| drop(world.read(0)));
        world.task(|world| {
            world.look_past(0);
            world.read(0);
        });
        world.quiet();
    });
}

#[test]
fn nobody_reads_an_older_version_from_the_next_slot() {
    explore(|| {
        let world = World::new(crowded(), 2);
        world.task(|world| {
            world.read(0);
            world.read(0);
        });
        world.task(|world| {
            world.invalidate(0);
            world.withdraw(1);
            world.read(0);
        });
        world.task(|world| world.others_write(0));
        world.quiet();
    });
}
