//! What those see who read while a rotation goes on.

use std::time::Duration;

use driftless::{CacheConfig, RotationStep, Secrets};

use crate::world::{AtDatabase, Database, DatabaseLogin, NAME, UseLogin, client, event, is_in_step, server};

#[tokio::test(start_paused = true)]
async fn a_reader_always_finds_a_whole_value_and_never_an_older_one_again() {
    let (server, database) = (server(), Database::new());
    server.set_latency(Duration::from_millis(10));
    let rotation = AtDatabase::new(&server, &database);
    let reading = tokio::spawn({
        let secrets: Secrets<UseLogin> = client(&server);
        async move {
            let mut versions: Vec<String> = Vec::new();
            for _ in 0..400 {
                let login = secrets.read(&DatabaseLogin).await.expect("there is always a value");
                if versions.last().is_none_or(|last| last != login.version()) {
                    versions.push(login.version().to_owned());
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            versions
        }
    });
    for _ in 0..5 {
        rotation.rotate(&server).await.expect("nothing is in its way");
    }
    let seen = reading.await.expect("no read fails");
    let made: Vec<String> = server.versions(NAME).into_iter().map(|(version, _)| version).collect();
    assert_eq!(seen, made, "each version was seen, and none after a newer one");
}

#[tokio::test(start_paused = true)]
async fn a_cached_reader_has_the_new_value_when_the_old_one_is_refused_or_its_time_is_over() {
    let (server, database) = (server(), Database::new());
    // On Tokio's clock, so that the test can wait without waiting.
    let config = || CacheConfig::new().clock(|| tokio::time::Instant::now().into_std());
    let cached = || client::<UseLogin>(&server).with_cache(config()).expect("the configuration holds");
    let (refused, waiting) = (cached(), cached());
    for reader in [&refused, &waiting] {
        let login = reader.cached(&DatabaseLogin).await.expect("it is there");
        assert!(database.lets_in(&login));
    }
    AtDatabase::new(&server, &database).rotate(&server).await.expect("nothing is in its way");

    let old = refused.cached(&DatabaseLogin).await.expect("it is kept");
    assert!(!database.lets_in(&old), "nobody has told the cache yet");
    assert!(refused.invalidate_seen(&DatabaseLogin, &old));
    assert!(database.lets_in(&refused.cached(&DatabaseLogin).await.expect("it is read again")));

    assert!(!database.lets_in(&waiting.cached(&DatabaseLogin).await.expect("it is kept")));
    tokio::time::sleep(Duration::from_mins(6)).await;
    assert!(database.lets_in(&waiting.cached(&DatabaseLogin).await.expect("it is read")), "its time is over");
}

#[tokio::test]
async fn readers_have_the_old_value_until_the_last_step() {
    let (server, database) = (server(), Database::new());
    let rotation = AtDatabase::new(&server, &database);
    let reader: Secrets<UseLogin> = client(&server);
    let old = reader.read(&DatabaseLogin).await.expect("it is there");
    let version = server.begin_rotation(NAME);
    for step in RotationStep::ALL {
        let seen = reader.read(&DatabaseLogin).await.expect("it is there");
        assert_eq!(seen.version(), old.version(), "before {step}");
        rotation.step(&event(&server, step, &version)).await.expect("nothing is in its way");
    }
    assert_eq!(reader.read(&DatabaseLogin).await.expect("it is there").version(), version);
    assert!(is_in_step(&server, &database));
}
