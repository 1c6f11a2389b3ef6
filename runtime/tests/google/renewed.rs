//! A token that Google's API has refused before its time, and the time that a request has.

use std::time::Duration;

use paypulse_runtime::client::{CacheConfig, ErrorKind};
use paypulse_runtime::google::{AccessToken, GoogleError, GoogleTokens, RefreshError};
use paypulse_runtime::oauth::TokenOperations;
use paypulse_runtime::spec::{DeleteUser, FetchInvoices, GoogleOauthClientId};
use tokio::task::JoinSet;

use crate::playing::Playing;
use crate::support::{
    Tokens, USER, after, at, connected, granted, invalid_grant, late, store, stored_tokens, text, user,
};

/// The stored token, good for an hour, as the handler was given it.
async fn given(tokens: &Tokens) -> AccessToken {
    tokens.fresh_access_token(&user()).await.expect("there is one")
}

#[tokio::test]
async fn a_refused_token_is_replaced_by_google_however_long_it_has_to_live() {
    let server = connected().await;
    let google = Playing::new([granted("new")]).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    let renewed = tokens.renewed_access_token(&user(), &refused).await;
    assert_eq!(renewed.map(text).as_deref(), Ok("new"));
    assert_eq!(stored_tokens(&server), ("new".into(), Some("r1".into())));
    assert_eq!(text(given(&tokens).await), "new");
    assert_eq!(google.asked().len(), 1);
}

#[tokio::test]
async fn what_another_function_has_stored_instead_is_used_without_asking_google() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    store(&server, 0, "theirs", None, "1").await;
    assert_eq!(tokens.renewed_access_token(&user(), &refused).await.map(text).as_deref(), Ok("theirs"));
    assert_eq!(google.asked(), []);
}

/// The consent was taken back: Google refuses the refresh token as well.
#[tokio::test]
async fn a_consent_that_was_taken_back_ends_in_reconnect_required() {
    let server = connected().await;
    let google = Playing::new([invalid_grant()]).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    let error = tokens.renewed_access_token(&user(), &refused).await;
    assert_eq!(error, Err(RefreshError::ReconnectRequired));
    assert_eq!(server.value(USER), None);
}

/// The leader has just found the token that was stored for another hour, and does not know that it is refused.
#[tokio::test]
async fn the_outcome_of_a_task_that_does_not_know_of_the_refusal_is_not_taken() {
    let server = connected().await;
    let google = Playing::new([granted("new")]).await;
    let refused = given(&after(&server, 0, google.google())).await;
    let tokens = late(&server, google.google());
    server.take_calls();
    server.set_latency(Duration::from_millis(40));
    let user = user();
    let until_calls = |number: usize| {
        let server = &server;
        async move {
            while server.calls().len() < number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    let notices = async {
        until_calls(1).await;
        server.put(USER, server.value(USER).expect("it is there").replace("11:00:00", "12:00:00"));
        until_calls(2).await;
        tokens.renewed_access_token(&user, &refused).await
    };
    let (leads, renewed) = tokio::join!(tokens.fresh_access_token(&user), notices);
    assert_eq!(leads.map(text).as_deref(), Ok("old"));
    assert_eq!(renewed.map(text).as_deref(), Ok("new"));
    assert_eq!(google.asked().len(), 1);
}

#[tokio::test]
async fn tasks_that_notice_at_once_ask_google_once() {
    let server = connected().await;
    let google = Playing::always(granted("new")).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    server.set_latency(Duration::from_millis(20));
    let user = user();
    let renew = || tokens.renewed_access_token(&user, &refused);
    for renewed in <[_; 4]>::from(tokio::join!(renew(), renew(), renew(), renew())) {
        assert_eq!(renewed.map(text).as_deref(), Ok("new"));
    }
    assert_eq!(google.asked().len(), 1);
}

/// Some notice when it is all over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_notice_later_get_the_same_token_without_asking_google() {
    let server = connected().await;
    server.set_latency(Duration::from_millis(20));
    let google = Playing::always(granted("new").after(Duration::from_millis(20))).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (tokens, refused) = (tokens.clone(), refused.clone());
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(task * 5)).await;
            tokens.renewed_access_token(&user(), &refused).await.map(text)
        });
    }
    assert_eq!(tasks.join_all().await, vec![Ok("new".to_owned()); 64]);
    assert_eq!(google.asked().len(), 1);
}

#[tokio::test]
async fn a_cache_that_still_holds_the_refused_token_gives_it_out_no_more() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let secrets = at::<FetchInvoices>(&server, 0).with_cache(CacheConfig::new()).expect("it holds");
    let tokens = GoogleTokens::new(secrets, google.google(), GoogleOauthClientId);
    let refused = given(&tokens).await;
    store(&server, 0, "theirs", None, "1").await;
    assert_eq!(text(given(&tokens).await), "old");
    assert_eq!(tokens.renewed_access_token(&user(), &refused).await.map(text).as_deref(), Ok("theirs"));
    assert_eq!(text(given(&tokens).await), "theirs");
}

#[tokio::test]
async fn a_user_who_has_left_meanwhile_is_not_found() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let tokens = after(&server, 0, google.google());
    let refused = given(&tokens).await;
    at::<DeleteUser>(&server, 0).delete_tokens(&user()).await.expect("it is deleted");
    let error = tokens.renewed_access_token(&user(), &refused).await.expect_err("the user left");
    assert_eq!((error.kind(), google.asked().len()), (ErrorKind::NotFound, 0));
}

#[tokio::test]
async fn a_request_s_time_ends_everything() {
    let server = connected().await;
    let google = Playing::always(granted("new").after(Duration::from_mins(1))).await;
    let short = Duration::from_millis(100);
    let tokens = late(&server, google.google());
    let error = tokens.clone().within(short).fresh_access_token(&user()).await.expect_err("google does not answer");
    assert_eq!(error, RefreshError::Google(GoogleError::Timeout));
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
    server.set_latency(Duration::from_mins(1));
    let error = tokens.within(short).fresh_access_token(&user()).await.expect_err("nobody answers");
    assert_eq!((error.kind(), google.asked().len()), (ErrorKind::Transport, 1));
}
