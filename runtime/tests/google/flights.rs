//! Many tasks at the same moment: of those that need one user's tokens refreshed, one asks Google.

use std::sync::Arc;
use std::time::Duration;

use paypulse_runtime::google::{GoogleError, RefreshError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::playing::{Playing, Reply};
use crate::shared::server::Server;
use crate::support::{Tokens, USER, calls, connected, granted, invalid_grant, late, store, stored_tokens, text, user};

const TASKS: usize = 64;

/// What all get, and how often Google was asked. It gives this answer always, the first time only when all wait for it.
async fn asked_by_all(server: &Server, reply: Reply) -> (Vec<Result<String, RefreshError>>, usize) {
    let gate = Arc::default();
    let mut first = Some(reply.clone().behind(&gate));
    let google = Playing::answering(move |_| first.take().unwrap_or_else(|| reply.clone())).await;
    let tokens = Arc::new(late(server, google.google()));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let tokens = Arc::clone(&tokens);
        tasks.spawn(async move { tokens.fresh_access_token(&user()).await.map(text) });
    }
    // Each has looked, and the one that refreshes again, and at the client id.
    while count(&names(server), "GetSecretValue") < TASKS + 2 {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(Duration::from_millis(200)).await;
    gate.notify_one();
    (tasks.join_all().await, google.asked().len())
}

fn names(server: &Server) -> Vec<String> {
    server.calls().into_iter().map(|call| call.call).collect()
}

fn count(calls: &[String], name: &str) -> usize {
    calls.iter().filter(|call| *call == name).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_make_one_request_and_one_write() {
    let server = connected().await;
    server.set_latency(Duration::from_millis(20));
    assert_eq!(asked_by_all(&server, granted("new")).await, (vec![Ok("new".to_owned()); TASKS], 1));
    let calls = calls(&server);
    // Each task looks once; the one that refreshes looks again, reads the client id, and looks before it writes.
    assert_eq!((count(&calls, "GetSecretValue"), count(&calls, "PutSecretValue")), (TASKS + 3, 1));
    assert_eq!(calls.len(), TASKS + 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failure_is_everybodys_and_asked_for_once() {
    for (reply, requests) in
        [(Reply::json(400, r#"{"error":"invalid_client","error_description":"hush"}"#), 1), (Reply::json(503, "{}"), 4)]
    {
        let server = connected().await;
        server.set_latency(Duration::from_millis(20));
        let (answers, asked) = asked_by_all(&server, reply).await;
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.is_err()), "{answers:?}");
        assert_eq!(asked, requests);
        assert_eq!(count(&calls(&server), "PutSecretValue"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refused_refresh_token_is_deleted_once() {
    let server = connected().await;
    server.set_latency(Duration::from_millis(20));
    let answers = asked_by_all(&server, invalid_grant()).await;
    assert_eq!(answers, (vec![Err(RefreshError::ReconnectRequired); TASKS], 1));
    assert_eq!(count(&calls(&server), "DeleteSecret"), 1);
}

/// A failure is not remembered: a caller that comes after it asks again.
#[tokio::test]
async fn after_a_failure_the_next_call_asks_again() {
    let server = connected().await;
    let google =
        Playing::new([Reply::json(400, r#"{"error":"invalid_client","error_description":"hush"}"#), granted("new")])
            .await;
    let tokens = late(&server, google.google());
    let error = tokens.fresh_access_token(&user()).await.expect_err("it is refused");
    assert_eq!(error, GoogleError::Configuration { code: "invalid_client".into() }.into());
    assert_eq!(tokens.fresh_access_token(&user()).await.map(text).as_deref(), Ok("new"));
}

#[tokio::test]
async fn users_do_not_wait_for_each_other() {
    let server = connected().await;
    server.put("gmail/user/whisper2", server.value(USER).expect("it is there").replace("r1", "r2"));
    let gate = Arc::default();
    let google = Playing::new([granted("first").behind(&gate), granted("second")]).await;
    let tokens = late(&server, google.google());
    let (user, other) =
        (user(), paypulse_runtime::spec::GmailUserTokens { user_id: "whisper2".parse().expect("valid") });
    let second = async {
        google.until_asked().await;
        let second = timeout(Duration::from_secs(2), tokens.fresh_access_token(&other)).await;
        gate.notify_one();
        second
    };
    let (first, second) = tokio::join!(tokens.fresh_access_token(&user), second);
    assert_eq!(first.map(text).as_deref(), Ok("first"));
    assert_eq!(second.expect("it does not wait").map(text).as_deref(), Ok("second"));
}

/// The leader is dropped, at every moment: the one who waits takes over.
#[tokio::test]
async fn when_the_one_that_refreshes_is_dropped_the_next_one_takes_over() {
    for moment in (0..150).step_by(6) {
        let server = connected().await;
        server.set_latency(Duration::from_millis(20));
        let google = Playing::always(granted("new").after(Duration::from_millis(20))).await;
        let tokens = late(&server, google.google());
        let user = user();
        let dropped = timeout(Duration::from_millis(moment), tokens.fresh_access_token(&user));
        let (_, token) = tokio::join!(dropped, tokens.fresh_access_token(&user));
        assert_eq!(token.map(text).as_deref(), Ok("new"), "after {moment} ms");
        assert_eq!(stored_tokens(&server).0, "new", "after {moment} ms");
        assert!(google.asked().len() <= 2, "after {moment} ms");
    }
}

#[tokio::test]
async fn when_one_that_waits_is_dropped_nobody_notices() {
    for moment in (0..90).step_by(6) {
        let server = connected().await;
        let google = Playing::always(granted("new").after(Duration::from_millis(60))).await;
        let tokens = late(&server, google.google());
        let user = user();
        let waiting = async {
            google.until_asked().await;
            let dropped = timeout(Duration::from_millis(moment), tokens.fresh_access_token(&user));
            tokio::join!(dropped, tokens.fresh_access_token(&user)).1
        };
        let (token, last) = tokio::join!(tokens.fresh_access_token(&user), waiting);
        assert_eq!(
            (token.map(text).as_deref(), last.map(text).as_deref()),
            (Ok("new"), Ok("new")),
            "after {moment} ms"
        );
        assert_eq!(google.asked().len(), 1, "after {moment} ms");
    }
}

/// All are dropped: the next call begins again, and nothing is left behind.
#[tokio::test]
async fn when_all_are_dropped_the_next_call_refreshes() {
    for moment in (0..150).step_by(6) {
        let server = connected().await;
        server.set_latency(Duration::from_millis(20));
        let google = Playing::always(granted("new").after(Duration::from_millis(20))).await;
        let tokens = late(&server, google.google());
        let _ = timeout(Duration::from_millis(moment), tokens.fresh_access_token(&user())).await;
        assert!(["old", "new"].contains(&stored_tokens(&server).0.as_str()), "after {moment} ms");
        assert_eq!(tokens.fresh_access_token(&user()).await.map(text).as_deref(), Ok("new"), "after {moment} ms");
    }
}

/// A task that holds the refresh and is never polled again cannot be told from one that takes long: the others give up
/// at their deadline, and go on when it is gone.
#[tokio::test]
async fn a_refresh_that_nobody_drives_is_not_waited_for_beyond_the_deadline() {
    let server = connected().await;
    let google = Playing::always(granted("new").after(Duration::from_millis(50))).await;
    let tokens = late(&server, google.google().with_time_limits(Duration::from_secs(1), Duration::from_secs(1)));
    let user = user();
    let mut stalled = Box::pin(tokens.fresh_access_token(&user));
    tokio::select! {
        biased;
        () = google.until_asked() => {}
        _ = &mut stalled => panic!("it is not done yet"),
    }
    let waiting = timeout(Duration::from_secs(10), tokens.fresh_access_token(&user)).await;
    assert_eq!(waiting.expect("it gives up"), Err(RefreshError::Timeout));
    drop(stalled);
    assert_eq!(tokens.fresh_access_token(&user).await.map(text).as_deref(), Ok("new"));
}

/// Two processes know nothing of each other: both ask Google, one writes, and both give out the same token.
#[tokio::test]
async fn of_two_processes_one_writes_and_the_other_adopts() {
    let server = connected().await;
    server.set_latency(Duration::from_millis(10));
    let google = Playing::new([granted("one"), granted("other")]).await;
    let (here, there) = (late(&server, google.google()), late(&server, google.google()));
    let user = user();
    let (one, other) = tokio::join!(here.fresh_access_token(&user), there.fresh_access_token(&user));
    let one = one.map(text).expect("it is refreshed");
    assert_eq!(other.map(text), Ok(one.clone()));
    assert_eq!(stored_tokens(&server), (one, Some("r1".into())));
    assert_eq!((google.asked().len(), server.versions(USER).len()), (2, 2));
}

#[test]
fn its_future_can_be_spawned() {
    fn sendable(_: &impl Send) {}
    fn prove(tokens: &Tokens) {
        sendable(&tokens.fresh_access_token(&user()));
    }
    let _ = (prove, store);
}
