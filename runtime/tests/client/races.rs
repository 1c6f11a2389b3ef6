//! Several writers at the same moment. Tokio's clock stands still and moves only when all wait, so each delay between the
//! writers is one schedule, and all of them are tried.

use std::time::Duration;

use paypulse_runtime::client::{Found, Outcome};
use paypulse_runtime::model::Payload;
use paypulse_runtime::oauth::OauthTokens;
use paypulse_runtime::testing::EmbeddedSecretsManager;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::support::{USER, access_token, account, consent, fetching, refreshed, server, stored, storing, user};

const LATENCY: Duration = Duration::from_millis(10);
/// Longer than the two calls of a write.
const DELAYS: std::ops::Range<u64> = 0..30;

fn slow_server() -> EmbeddedSecretsManager {
    let server = server();
    server.set_latency(LATENCY);
    server
}

async fn connected(server: &EmbeddedSecretsManager) {
    storing(server).store_tokens(&user(), consent("first", Some("r1"), account("1"))).await.expect("it is stored");
}

#[tokio::test(start_paused = true)]
async fn two_first_stores_at_once_create_once_and_replace_once() {
    for delay in DELAYS {
        let server = slow_server();
        let store = async |token: &str, delay| {
            sleep(Duration::from_millis(delay)).await;
            let tokens = consent(token, Some("r"), account("1"));
            storing(&server).store_tokens(&user(), tokens).await.expect("both succeed")
        };
        let (one, other) = tokio::join!(store("one", 0), store("other", delay));
        assert_eq!(server.versions(USER).len(), 2, "after {delay} ms");
        let last = if stored(&server).access_token.expose() == "one" { one } else { other };
        assert_eq!(last.tokens, stored(&server), "after {delay} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn no_change_of_many_writers_is_lost() {
    const WRITERS: usize = 20;
    let server = slow_server();
    connected(&server).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let secrets = fetching(&server);
        writers.spawn(async move {
            let append = |found: Found<'_, OauthTokens>| {
                let Found::Value(tokens) = found else { return None };
                let mut tokens = tokens.clone();
                tokens.scope = format!("{} w{writer}", tokens.scope);
                Some(tokens)
            };
            secrets.update(&user(), append).await.expect("every writer gets through").outcome
        });
    }
    assert_eq!(writers.join_all().await, [Outcome::Replaced; WRITERS]);
    let scope = stored(&server).scope;
    for writer in 0..WRITERS {
        assert_eq!(scope.split(' ').filter(|word| *word == format!("w{writer}")).count(), 1, "{scope}");
    }
    let puts = server.calls().iter().filter(|call| call.call == "PutSecretValue" && call.outcome.is_ok()).count();
    assert_eq!(puts, WRITERS, "each write wins exactly once");
}

#[tokio::test(start_paused = true)]
async fn of_two_refreshes_one_writes_and_the_other_adopts() {
    for delay in 0..10 {
        let server = slow_server();
        connected(&server).await;
        let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
        let refresh = async |token: &str, delay| {
            sleep(Duration::from_millis(delay)).await;
            let update = fetching(&server).update_tokens(&user(), Some(&record), refreshed(token)).await;
            update.expect("both succeed").tokens
        };
        let (one, other) = tokio::join!(refresh("one", 0), refresh("other", delay));
        assert_eq!(one, other, "after {delay} ms");
        assert_eq!(one, stored(&server));
        assert_eq!(server.versions(USER).len(), 2, "after {delay} ms");
    }
}

/// The refresh began with the tokens of account 1. Whatever the schedule, account 2's tokens are there in the end, whole.
#[tokio::test(start_paused = true)]
async fn a_refresh_under_way_never_touches_a_reconnect_to_another_account() {
    for (refresh_delay, reconnect_delay) in DELAYS.map(|delay| (0, delay)).chain(DELAYS.map(|delay| (delay, 0))) {
        let server = slow_server();
        connected(&server).await;
        let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
        let refresh = async {
            sleep(Duration::from_millis(refresh_delay)).await;
            fetching(&server).update_tokens(&user(), Some(&record), refreshed("first, refreshed")).await
        };
        let reconnect = async {
            sleep(Duration::from_millis(reconnect_delay)).await;
            storing(&server).store_tokens(&user(), consent("second", None, account("2"))).await
        };
        let (refresh, reconnect) = tokio::join!(refresh, reconnect);
        let (_, reconnect) = (refresh.expect("it writes or adopts"), reconnect.expect("it always wins"));
        assert_eq!(stored(&server), reconnect.tokens, "delays {refresh_delay} and {reconnect_delay} ms");
        assert_eq!((access_token(&server).as_str(), stored(&server).refresh_token), ("second", None));
    }
}

/// A writer that knows nothing of the rule, as Python's is, can be met too: the read right before the write sees it.
#[tokio::test]
async fn a_write_by_others_between_read_and_refresh_is_seen() {
    let server = server();
    connected(&server).await;
    let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
    let theirs = server.value(USER).expect("it is there").replace("first", "theirs");
    server.put(USER, theirs.as_str());
    let adopted = fetching(&server).update_tokens(&user(), Some(&record), refreshed("ours")).await.expect("it adopts");
    assert_eq!(adopted.tokens, OauthTokens::parse(&theirs).expect("a bundle"));
    assert_eq!(access_token(&server), "theirs");
}
