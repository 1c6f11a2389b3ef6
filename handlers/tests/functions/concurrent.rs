//! Lambda Managed Instances: many requests at once in one process, and no user gets what is another's.

use std::time::{Duration, Instant};

use paypulse_handlers::local::Outcome;
use paypulse_handlers::local::events::HttpRequest;
use serde_json::{Value, json};

use crate::world::{World, account, object, session_of, tokens};

const USERS: u32 = 16;
const LATENCY: Duration = Duration::from_millis(300);

/// Each user connects an account of their own. The time that all of them take together.
async fn connect_all(world: &mut World) -> Duration {
    let events = (1..=USERS).map(|user| {
        let body = tokens(&account(user)).to_string();
        HttpRequest::post(&session_of(&format!("whisper{user}")), "application/json", body).v2()
    });
    let events: Vec<Value> = events.collect();
    let begin = Instant::now();
    let outcomes = world.invoke_at_once(events).await;
    let time = begin.elapsed();
    for (user, outcome) in (1..=USERS).zip(outcomes) {
        let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
        let body: Value = serde_json::from_str(answer["body"].as_str().expect("a text")).expect("it is JSON");
        assert_eq!(
            (&answer["statusCode"], &body["data"]["google_email"]),
            (&json!(201), &json!(format!("hush{user}@gmail.com")))
        );
        let stored = world.secrets.value(&format!("gmail/user/whisper{user}")).expect("it is stored");
        let stored: Value = serde_json::from_str(&stored).expect("it is JSON");
        assert_eq!(stored["google_user_id"], json!(format!("hush-{user}")));
        assert_eq!(stored["refresh_token"], json!(format!("1//hush-refresh-{user}")));
    }
    time
}

async fn world(limit: &str) -> World {
    let environment = [("AWS_LAMBDA_MAX_CONCURRENCY", limit), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let world = World::with_environment("gmail_store_tokens", &environment).await;
    for user in 1..=USERS {
        world.google.consent(&account(user));
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_at_once_share_a_process_and_nothing_else() {
    let mut world = world("4").await;
    connect_all(&mut world).await;
    world.google.set_latency(LATENCY);
    let time = connect_all(&mut world).await;
    // One after the other would be 16 times as long as Google takes.
    assert!(time < LATENCY * USERS, "{time:?}");
    let log = world.end();
    let answered = log.lines().filter(|line| line.contains("\"answered\""));
    let ids: std::collections::BTreeSet<String> = answered
        .map(|line| serde_json::from_str::<Value>(line).expect("it is JSON")["requestId"].to_string())
        .collect();
    assert_eq!(ids.len(), 2 * USERS as usize, "each request has its own id in the log");
    assert!(!log.contains("running sequentially"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_limit_or_with_a_bad_one_requests_follow_one_another() {
    for limit in ["1", "0", "many"] {
        let mut world = world(limit).await;
        world.google.set_latency(Duration::from_millis(30));
        let time = connect_all(&mut world).await;
        assert!(time >= Duration::from_millis(30) * USERS, "{limit}: {time:?}");
    }
}

/// A user's invoices are fetched with that user's token, also while others ask.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_of_one_user_is_not_another_s() {
    let world = World::with_environment("fetch_invoices", &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]).await;
    // The first user's bundle is where each is made, and so the last one.
    for user in (1..=USERS).rev() {
        world.connect(&account(user), -60);
        let bundle = world.secrets.value(crate::world::SECRET).expect("it was put there");
        world.secrets.put(&format!("gmail/user/whisper{user}"), bundle);
    }
    world.google.expire();
    let events = (1..=USERS).map(|user| HttpRequest::plain_post(&session_of(&format!("whisper{user}"))).v2()).collect();
    for outcome in world.invoke_at_once(events).await {
        assert!(matches!(&outcome, Outcome::Answered(answer) if answer["statusCode"] == 200), "{outcome:?}");
    }
    for user in 1..=USERS {
        let stored = world.secrets.value(&format!("gmail/user/whisper{user}")).expect("it is there");
        assert!(stored.contains(&format!("ya29.hush-access-{user}-")), "whisper{user}");
        assert!(stored.contains(&format!("\"1//hush-refresh-{user}\"")), "whisper{user}");
        let invoice = &world.aws.objects()[&object(&format!("whisper{user}"), 3)];
        assert_eq!(invoice[..], *format!("%PDF-1.4 invoice 3 of hush{user}@gmail.com").as_bytes());
    }
}
