//! Several writers at the same moment. Tokio's clock stands still and moves only when all wait, so each delay between the
//! writers is one schedule, and all of them are tried.

use std::time::Duration;

use paypulse_runtime::client::{Found, Outcome};
use paypulse_runtime::model::{ApiCall, Payload};
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use paypulse_runtime::testing::{Fault, FaultKind};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::shared::server::Server;
use crate::support::{USER, access_token, account, consent, fetching, refreshed, server, stored, storing, user};

const LATENCY: Duration = Duration::from_millis(10);
/// Longer than the two calls of a write.
const DELAYS: std::ops::Range<u64> = 0..30;

fn slow_server() -> Server {
    let server = server();
    server.set_latency(LATENCY);
    server
}

async fn connected(server: &Server) {
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
        let last = if access_token(&server) == "one" { one } else { other };
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

/// The user had disconnected when the refresh arrived, and connects again at that moment.
#[tokio::test(start_paused = true)]
async fn a_refresh_of_a_user_who_left_never_touches_a_new_connection() {
    for (refresh_delay, reconnect_delay) in DELAYS.map(|delay| (0, delay)).chain(DELAYS.map(|delay| (delay, 0))) {
        let server = slow_server();
        connected(&server).await;
        let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
        fetching(&server).delete_tokens(&user()).await.expect("it is deleted");
        let refresh = async {
            sleep(Duration::from_millis(refresh_delay)).await;
            fetching(&server).update_tokens(&user(), Some(&record), refreshed("first, refreshed")).await
        };
        let reconnect = async {
            sleep(Duration::from_millis(reconnect_delay)).await;
            storing(&server).store_tokens(&user(), consent("second", Some("r2"), account("2"))).await
        };
        let (_, reconnect) = tokio::join!(refresh, reconnect);
        let reconnect = reconnect.expect("it always wins");
        assert_eq!(stored(&server), reconnect.tokens, "delays {refresh_delay} and {reconnect_delay} ms");
    }
}

/// Between the read and the write of a refresh the user leaves and comes back as somebody else: the write names the
/// secret that was read, and that one is gone.
#[tokio::test(start_paused = true)]
async fn a_refresh_never_meets_a_secret_that_was_created_again() {
    let server = server();
    connected(&server).await;
    let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
    server.inject(Fault::on(ApiCall::PutSecretValue, FaultKind::ServiceUnavailable).times(2));
    let (fetching, storing) = (fetching(&server), storing(&server));
    let user = user();
    let refresh = fetching.update_tokens(&user, Some(&record), refreshed("first, refreshed"));
    let come_back = async {
        while !server.calls().iter().any(|call| call.call == "PutSecretValue") {
            sleep(Duration::from_millis(1)).await;
        }
        fetching.delete_tokens(&user).await.expect("it is deleted");
        storing.store_tokens(&user, consent("second", Some("r2"), account("2"))).await.expect("it is created")
    };
    let (adopted, second) = tokio::join!(refresh, come_back);
    assert_eq!(adopted.expect("it adopts").tokens, second.tokens);
    assert_eq!(stored(&server), second.tokens);
}

/// Without the record that was refreshed, the caller vouches for what is there when the update begins, and for no more.
#[tokio::test(start_paused = true)]
async fn an_update_without_a_record_never_touches_what_came_after_its_start() {
    for delay in DELAYS {
        let server = slow_server();
        server.put(USER, "hush, not a bundle");
        let (fetching, storing) = (fetching(&server), storing(&server));
        let user = user();
        let reconnect = async {
            sleep(Duration::from_millis(delay)).await;
            storing.store_tokens(&user, consent("second", Some("r2"), account("2"))).await
        };
        let (_, reconnect) = tokio::join!(fetching.update_tokens(&user, None, refreshed("first")), reconnect);
        assert_eq!(stored(&server), reconnect.expect("it always wins").tokens, "after {delay} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn two_stores_on_a_secret_without_a_value_lose_nothing() {
    for delay in DELAYS {
        let server = server();
        server.client().create_secret().name(USER).send().await.expect("it can be created");
        server.set_latency(LATENCY);
        let store = async |token: &str, delay| {
            sleep(Duration::from_millis(delay)).await;
            let tokens = consent(token, None, account("1"));
            storing(&server).store_tokens(&user(), tokens).await.expect("both succeed").record
        };
        let (one, other) = tokio::join!(store("one", 0), store("other", delay));
        let ids: Vec<String> = server.versions(USER).into_iter().map(|(id, _)| id).collect();
        let (first, last) = if access_token(&server) == "one" { (other, one) } else { (one, other) };
        assert_eq!(ids, [first.version, last.version], "after {delay} ms");
    }
}

/// The answer to a write is lost, and before the SDK asks again another writer has built on it.
#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_was_lost_is_not_applied_twice() {
    let server = server();
    connected(&server).await;
    server.inject(Fault::on(ApiCall::PutSecretValue, FaultKind::ConnectionReset).after_acting());
    let append = |word: &'static str| {
        move |found: Found<'_, OauthTokens>| {
            let Found::Value(tokens) = found else { return None };
            let mut tokens = tokens.clone();
            tokens.scope = format!("{} {word}", tokens.scope);
            Some(tokens)
        }
    };
    let (fetching, user) = (fetching(&server), user());
    let builds_on_it = async {
        while server.versions(USER).len() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        fetching.update(&user, append("w2")).await.expect("it is updated")
    };
    let (first, second) = tokio::join!(fetching.update(&user, append("w1")), builds_on_it);
    let first = first.expect("it was written");
    assert_eq!((first.outcome, second.outcome), (Outcome::Superseded, Outcome::Replaced));
    assert_eq!(stored(&server).scope, "scope-a scope-b w1 w2");
    assert_eq!(*first.stored, *second.stored);
}

/// A writer that knows nothing of the rule, as Python's is, can be met too: the read right before the write sees it. What
/// it writes between that read and the write cannot be seen.
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
