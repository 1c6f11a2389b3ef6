//! The four operations of a token's life, by handlers that know nothing of each other.

use std::time::Duration;

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::explore;
use crate::histories::{Event, Handlers, What, check};
use crate::shared::server::Server;

/// These take a minute on two cores.
const SCHEDULES: u64 = 1_000;
const HANDLERS: u32 = 5;
const STEPS: u32 = 4;
/// A call takes up to so many milliseconds, half of them before it happens.
const LATENCY: u64 = 25;

async fn history(seed: u64) -> Vec<Event> {
    let server = Server::enforcing(&spec::spec());
    let start = Instant::now();
    // One call can overtake several others.
    let weather = tokio::spawn(weather(server.clone(), fastrand::Rng::with_seed(seed)));
    let mut handlers = JoinSet::new();
    for who in 0..HANDLERS {
        let handler = Handlers {
            storing: Secrets::new(server.client_for::<spec::GmailStoreTokens>()),
            fetching: Secrets::new(server.client_for::<spec::FetchInvoices>()),
            deleting: Secrets::new(server.client_for::<spec::DeleteUser>()),
            now: move || start.elapsed(),
            google: 20,
        };
        handlers.spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed * u64::from(HANDLERS) + u64::from(who));
            let mut events = Vec::new();
            for number in 0..STEPS {
                tokio::time::sleep(Duration::from_millis(random.u64(0..25))).await;
                events.extend(handler.step(&format!("{who}.{number}"), &mut random).await);
            }
            events
        });
    }
    let events = handlers.join_all().await.into_iter().flatten().collect();
    weather.abort();
    events
}

async fn weather(server: Server, mut random: fastrand::Rng) {
    loop {
        server.set_latency(Duration::from_millis(random.u64(0..LATENCY)));
        tokio::time::sleep(Duration::from_millis(random.u64(1..10))).await;
    }
}

#[test]
fn no_schedule_breaks_a_rule() {
    let histories = explore(SCHEDULES, async |seed| {
        let history = history(seed).await;
        check(&history, &format_args!("schedule {seed}"));
        history
    });
    // The schedules do go down every way.
    let count = |is_it: fn(&What) -> bool| histories.iter().flatten().filter(|event| is_it(&event.what)).count();
    for (what, often) in [
        ("refreshed", count(|what| matches!(what, What::Refreshed { .. }))),
        ("stored", count(|what| matches!(what, What::Stored { .. }))),
        ("deleted", count(|what| matches!(what, What::Deleted))),
        ("absent", count(|what| matches!(what, What::Read { consent: None }))),
    ] {
        println!("{what}: {often} times in {} schedules", histories.len());
        assert!(often > histories.len() / 2, "only {often} were {what}");
    }
}
