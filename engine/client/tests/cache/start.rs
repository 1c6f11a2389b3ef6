//! What a handler always needs, read at once at its start.

use driftless::ErrorKind;
use driftless::model::Secret;
use tokio::time::Instant;

use crate::support::{LATENCY, SafeCode, config, door, settle, world};

#[tokio::test(start_paused = true)]
async fn two_secrets_take_one_latency_and_no_call_after_that() {
    let world = world(config());
    let (secrets, door) = (&world.secrets, door(1));
    world.server.put(&door.name(), "hush-2");
    world.server.set_latency(LATENCY);
    let start = Instant::now();
    let (safe, first) = tokio::try_join!(secrets.cached(&SafeCode), secrets.cached(&door)).expect("both are there");
    assert_eq!((safe.expose(), first.expose()), ("hush-1", "hush-2"));
    assert_eq!(start.elapsed(), LATENCY);
    assert_eq!(world.code().await.as_deref(), Ok("1"));
    assert_eq!(secrets.cached(&door).await.expect("it is there").expose(), "hush-2");
    assert_eq!(start.elapsed(), LATENCY);
    assert_eq!(world.calls(), ["GetSecretValue"; 2]);
}

#[tokio::test(start_paused = true)]
async fn the_one_that_is_missing_is_named_and_the_other_is_kept() {
    let world = world(config());
    world.server.set_latency(LATENCY);
    let (secrets, door) = (&world.secrets, door(1));
    let error =
        tokio::try_join!(secrets.cached(&SafeCode), secrets.cached(&door)).map(drop).expect_err("one is missing");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("`DoorCode`"), "{error}");
    settle().await;
    world.calls();
    assert_eq!(world.code().await.as_deref(), Ok("1"));
    assert_eq!(world.calls(), Vec::<String>::new());
}
