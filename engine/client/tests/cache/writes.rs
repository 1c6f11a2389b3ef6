//! What this client writes, and what it learns past the cache.

use std::time::Duration;

use driftless::model::{ApiCall, Text};
use driftless::{Found, Outcome, Secrets};
use driftless_testing::{Fault, FaultKind};
use tokio::task::JoinSet;

use crate::shared::mark::{bare, hush};
use crate::support::{Caretaker, LATENCY, SafeCode, TTL, code, config, door, pass, world};

fn set(value: &str) -> impl FnMut(Found<'_, Text>) -> Option<Text> + Send {
    let value = hush(value);
    move |_| Some(value.as_str().into())
}

#[tokio::test(start_paused = true)]
async fn a_store_is_what_the_next_read_sees_without_a_call() {
    let world = world(config());
    for (room, was_read) in [(1, false), (2, true)] {
        if was_read {
            world.secrets.cached(&door(room)).await.expect_err("it is not there yet");
        }
        for value in ["first", "second"] {
            let written = world.secrets.store(&door(room), hush(value).into()).await.expect("it is stored");
            world.calls();
            let read = world.secrets.cached(&door(room)).await.expect("it is there");
            assert_eq!((bare(read.expose()), read.version().as_ref()), (value, written.stored.version()));
            assert_eq!(world.calls().len(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_is_what_the_next_read_sees_without_a_call() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.secrets.update(&SafeCode, set("2")).await.expect("it is updated");
    world.calls();
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    assert_eq!(world.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_written_value_lives_as_long_as_a_loaded_one() {
    let world = world(config());
    world.secrets.store(&SafeCode, "hush-2".into()).await.expect("it is stored");
    world.server.put("safe", "hush-3");
    pass(TTL).await;
    assert_eq!(world.code().await.as_deref(), Ok("3"));
}

#[tokio::test(start_paused = true)]
async fn after_a_delete_nothing_is_there_without_a_call() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.secrets.delete(&SafeCode).await.expect("it is deleted");
    world.calls();
    assert!(world.code().await.is_err_and(|error| error.is_not_found()));
    assert_eq!(world.calls().len(), 0);
    world.secrets.store(&SafeCode, "hush-2".into()).await.expect("it is stored");
    assert_eq!(world.code().await.as_deref(), Ok("2"));
}

#[tokio::test(start_paused = true)]
async fn an_adopted_value_is_what_the_next_read_sees() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.put("safe", "hush-theirs");
    let kept = world.secrets.update(&SafeCode, |_| None).await.expect("there is something to adopt");
    assert_eq!(kept.outcome, Outcome::Kept);
    assert_eq!(world.code().await.as_deref(), Ok("theirs"));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_not_read_around() {
    for call in [ApiCall::PutSecretValue, ApiCall::DeleteSecret] {
        let world = world(config());
        world.code().await.expect("it is there");
        world.server.inject(Fault::on(call, FaultKind::ExpiredToken).after_acting());
        if call == ApiCall::DeleteSecret {
            world.secrets.delete(&SafeCode).await.expect_err("the answer is lost");
            assert!(world.code().await.is_err_and(|error| error.is_not_found()));
        } else {
            world.secrets.update(&SafeCode, set("2")).await.expect_err("the answer is lost");
            assert_eq!(world.code().await.as_deref(), Ok("2"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_was_sent_leaves_the_value_for_the_outage() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::ExpiredToken).times(1_000));
    world.secrets.update(&SafeCode, set("2")).await.expect_err("it cannot be read");
    pass(TTL).await;
    assert_eq!(world.code().await.as_deref(), Ok("1"));
}

#[tokio::test(start_paused = true)]
async fn a_plain_read_is_a_call_and_corrects_the_cache() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.put("safe", "hush-2");
    assert_eq!(world.secrets.read(&SafeCode).await.expect("it is there").expose(), "hush-2");
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    Secrets::<Caretaker>::new(world.server.client()).delete(&SafeCode).await.expect("it is deleted");
    world.secrets.read(&SafeCode).await.expect_err("it is gone");
    assert!(world.code().await.is_err_and(|error| error.is_not_found()));
}

#[tokio::test(start_paused = true)]
async fn a_plain_read_of_the_same_version_begins_its_life_anew() {
    let world = world(config());
    world.code().await.expect("it is there");
    pass(TTL.mul_f64(0.7)).await;
    world.secrets.read(&SafeCode).await.expect("it is there");
    world.calls();
    pass(TTL.mul_f64(0.7)).await;
    assert_eq!(world.code().await.as_deref(), Ok("1"));
    assert_eq!(world.calls().len(), 0);
    assert_eq!(world.secrets.cached(&SafeCode).await.expect("it is there").age(), TTL.mul_f64(0.7));
}

#[tokio::test(start_paused = true)]
async fn an_invalidated_value_is_asked_for_again() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.put("safe", "hush-2");
    world.secrets.invalidate(&SafeCode);
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    world.secrets.invalidate(&door(1));
}

#[tokio::test(start_paused = true)]
async fn a_read_after_an_invalidation_does_not_join_a_load_from_before_it() {
    let world = world(config());
    world.server.set_latency(LATENCY);
    let secrets = world.secrets.clone();
    let early = tokio::spawn(async move { code(&secrets).await });
    pass(LATENCY.mul_f64(0.8)).await;
    world.server.put("safe", "hush-2");
    world.secrets.invalidate(&SafeCode);
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    assert_eq!(early.await.expect("no panic").as_deref(), Ok("1"));
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    // The early answer came while the later call was under way. Nobody can tell which is newer, so neither is kept.
    assert_eq!(world.calls().len(), 3);
}

/// A load that is cut off must not cut off the next, which would cut off the one after it, as long as somebody reads.
#[tokio::test(start_paused = true)]
async fn an_invalidation_under_steady_reads_costs_no_more_than_two_loads() {
    let world = world(config());
    world.server.set_latency(LATENCY);
    let readers: Vec<_> = (0..50)
        .map(|number| {
            let secrets = world.secrets.clone();
            tokio::spawn(async move {
                pass(LATENCY.mul_f64(0.2) * number).await;
                code(&secrets).await
            })
        })
        .collect();
    pass(LATENCY.mul_f64(0.7)).await;
    world.secrets.invalidate(&SafeCode);
    for reader in readers {
        assert_eq!(reader.await.expect("no panic").as_deref(), Ok("1"));
    }
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn sixty_four_that_are_refused_by_the_api_make_one_call() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.calls();
    world.server.put("safe", "hush-2");
    world.server.set_latency(LATENCY);
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let secrets = world.secrets.clone();
        tasks.spawn(async move {
            let seen = secrets.cached(&SafeCode).await.expect("it is there");
            assert_eq!(seen.expose(), "hush-1");
            // Some notice before the new value is there, and some after.
            pass(Duration::from_millis(1 + 2 * task)).await;
            let was_it = secrets.invalidate_seen(&SafeCode, &seen);
            (was_it, code(&secrets).await)
        });
    }
    let all = tasks.join_all().await;
    assert!(all.iter().all(|(_, code)| code.as_deref() == Ok("2")));
    assert_eq!(all.iter().filter(|(was_it, _)| *was_it).count(), 1);
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_comes_back_with_what_was_there_before_a_write_costs_no_call() {
    let world = world(config());
    let ms = Duration::from_millis;
    world.server.set_latency(ms(40));
    let writing = world.secrets.clone();
    let write = tokio::spawn(async move { writing.update(&SafeCode, set("2")).await.map(drop) });
    pass(ms(10)).await;
    // Carried out after 55 ms, before the write, which is after 60; its answer arrives after 100, and the write's after 80.
    world.server.set_latency(ms(90));
    let secrets = world.secrets.clone();
    let load = tokio::spawn(async move { code(&secrets).await });
    pass(ms(10)).await;
    world.server.set_latency(ms(40));
    write.await.expect("no panic").expect("it is updated");
    assert_eq!(load.await.expect("no panic").as_deref(), Ok("1"));
    world.calls();
    assert_eq!(world.code().await.as_deref(), Ok("2"));
    assert_eq!(world.calls().len(), 0);
}
