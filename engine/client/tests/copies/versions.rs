//! No copy is taken that is older than what the process has seen or written.

use driftless::CacheConfig;

use super::support::*;
use crate::shared::mark::bare;

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_what_was_seen_is_not_taken() {
    let world = World::new();
    let secrets = world.client();
    world.ireland.put("gate", "hush-2");
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    world.ireland_is_down();
    assert!(is_outage(&gate(&secrets).await.expect_err("the copies are behind")));
    world.frankfurt.take_calls();
    world.ireland.replicate();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    // A client that has seen nothing takes what there is.
    world.ireland.put("gate", "hush-3");
    assert_eq!(gate(&world.client()).await.as_deref(), Ok("2"));
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_ahead_of_what_was_seen_is_taken_and_nothing_older_after_it() {
    let world = World::new();
    let secrets = world.client();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    world.ireland.put("gate", "hush-2");
    world.ireland.put("gate", "hush-3");
    world.virginia.set_outage(None);
    world.ireland.replicate();
    world.ireland_is_down();
    assert_eq!(gate(&secrets).await.as_deref(), Ok("3"));
    world.ireland.put("gate", "hush-4");
    assert_eq!(gate(&secrets).await.as_deref(), Ok("3"));
}

#[tokio::test(start_paused = true)]
async fn where_the_copy_is_near_and_behind_the_secrets_region_is_asked() {
    let world = World::new();
    let secrets = world.client_in::<Porter>(FRANKFURT);
    world.ireland.put("gate", "hush-2");
    assert_eq!(gate(&secrets).await.as_deref(), Ok("1"));
    world.frankfurt.set_outage(Some(driftless_testing::FaultKind::ServiceUnavailable));
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    world.frankfurt.set_outage(None);
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    world.ireland.replicate();
    world.calls();
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    assert_eq!(gate(&secrets).await.as_deref(), Ok("2"));
    assert_eq!(world.calls(), [0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_this_process_has_written_is_seen_by_it() {
    let world = World::new();
    let secrets = world.client::<Locksmith>();
    assert!(turn(&world, &secrets).await);
    world.ireland_is_down();
    assert!(is_outage(&secrets.read(&LockCode).await.expect_err("the copy is behind")));
    // Nor is a function that runs beside the copy given what was there before.
    let there = world.client_in::<Locksmith>(FRANKFURT);
    world.ireland.set_outage(None);
    assert!(turn(&world, &there).await);
    assert_eq!(bare(there.read(&LockCode).await.expect("it is there").expose()), "1++");
    world.ireland.replicate();
    world.ireland_is_down();
    assert_eq!(bare(secrets.read(&LockCode).await.expect("the copy is ahead").expose()), "1++");
}

#[tokio::test(start_paused = true)]
async fn a_cached_value_is_never_followed_by_an_older_one_of_a_copy() {
    let world = World::new();
    let secrets = world.client().with_cache(CacheConfig::new()).expect("the default is good");
    world.ireland.put("gate", "hush-2");
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("2"));
    world.ireland_is_down();
    secrets.invalidate(&GateCode);
    assert!(cached_gate(&secrets).await.is_err());
    world.ireland.replicate();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(cached_gate(&secrets).await.as_deref(), Ok("2"));
}

/// What is read by its label alone cannot be asked for by its id: then only the very version counts.
#[tokio::test(start_paused = true)]
async fn where_versions_are_told_apart_only_the_one_that_was_seen_is_taken() {
    let world = World::enforcing(&spec());
    world.ireland.put("old", "hush-2");
    world.ireland.replicate();
    let secrets = world.client::<Guard>();
    assert_eq!(bare(secrets.read(&OldCode).await.expect("it is granted").expose()), "2");
    assert_eq!(bare(secrets.read_previous(&OldCode).await.expect("it is granted").expose()), "1");
    world.ireland_is_down();
    assert_eq!(bare(secrets.read(&OldCode).await.expect("the copy has it").expose()), "2");
    assert_eq!(bare(secrets.read_previous(&OldCode).await.expect("the copy has it").expose()), "1");
    world.ireland.put("old", "hush-3");
    world.ireland.replicate();
    assert!(is_outage(&secrets.read(&OldCode).await.expect_err("it may be older")));
    assert!(is_outage(&secrets.read_previous(&OldCode).await.expect_err("it may be older")));
}
