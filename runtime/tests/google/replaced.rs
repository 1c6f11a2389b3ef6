//! Access tokens that Google's API has refused before their time.

use std::sync::Arc;
use std::time::Duration;

use paypulse_runtime::client::{CacheConfig, ErrorKind};
use paypulse_runtime::google::{GoogleTokens, RefreshError};
use paypulse_runtime::spec::{DeleteUser, FetchInvoices, GoogleOauthClientId};
use tokio::task::JoinSet;

use crate::playing::Playing;
use crate::shared::server::Server;
use crate::support::{
    USER, after, at, calls, connected, granted, invalid_grant, late, store, stored_tokens, text, user,
};

/// Another function stores a good token, in place of whatever is there.
fn others_refresh(server: &Server, token: &str) {
    let theirs = server.value(USER).expect("it is there").replace("hush-old", &format!("hush-{token}"));
    server.put(USER, theirs.replace("11:00:00", "12:00:00"));
}

#[tokio::test]
async fn a_token_that_seems_good_and_is_refused_is_refreshed() {
    let server = connected().await;
    let google = Playing::new([granted("new")]).await;
    // Also what a handler meets whose clock is an hour behind.
    let tokens = after(&server, 0, google.google());
    let refused = tokens.fresh_access_token(&user()).await.expect("it seems good");
    assert_eq!(text(refused.clone()), "old");
    assert_eq!(tokens.replace_refused(&user(), &refused).await.map(text).as_deref(), Ok("new"));
    assert_eq!(tokens.fresh_access_token(&user()).await.map(text).as_deref(), Ok("new"));
    assert_eq!((stored_tokens(&server), google.asked().len()), (("new".into(), Some("r1".into())), 1));
}

#[tokio::test]
async fn one_that_another_function_has_stored_is_used_and_cached() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let secrets = at::<FetchInvoices>(&server, 0).with_cache(CacheConfig::new()).expect("it holds");
    let tokens = GoogleTokens::new(secrets, google.google(), GoogleOauthClientId);
    let refused = tokens.fresh_access_token(&user()).await.expect("it seems good");
    others_refresh(&server, "theirs");
    calls(&server);
    assert_eq!(tokens.replace_refused(&user(), &refused).await.map(text).as_deref(), Ok("theirs"));
    assert_eq!(calls(&server), ["GetSecretValue"]);
    assert_eq!(tokens.fresh_access_token(&user()).await.map(text).as_deref(), Ok("theirs"));
    assert_eq!((google.asked().len(), calls(&server).len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_whose_token_is_refused_make_one_request() {
    let server = connected().await;
    server.set_latency(Duration::from_millis(20));
    let google = Playing::always(granted("new").after(Duration::from_millis(20))).await;
    let tokens = Arc::new(after(&server, 0, google.google()));
    let refused = tokens.fresh_access_token(&user()).await.expect("it seems good");
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (tokens, refused) = (Arc::clone(&tokens), refused.clone());
        tasks.spawn(async move {
            // Some find out when it is all over.
            tokio::time::sleep(Duration::from_millis(task * 5)).await;
            tokens.replace_refused(&user(), &refused).await.map(text)
        });
    }
    assert_eq!(tasks.join_all().await, vec![Ok("new".to_owned()); 64]);
    assert_eq!(google.asked().len(), 1);
}

#[tokio::test]
async fn where_the_consent_was_taken_back_the_user_has_to_reconnect() {
    let server = connected().await;
    let google = Playing::new([invalid_grant()]).await;
    let tokens = after(&server, 0, google.google());
    let refused = tokens.fresh_access_token(&user()).await.expect("it seems good");
    assert_eq!(tokens.replace_refused(&user(), &refused).await, Err(RefreshError::ReconnectRequired));
    assert_eq!(server.value(USER), None);
}

#[tokio::test]
async fn a_user_who_has_left_meanwhile_is_not_found() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let tokens = after(&server, 0, google.google());
    let refused = tokens.fresh_access_token(&user()).await.expect("it seems good");
    at::<DeleteUser>(&server, 0).delete_tokens(&user()).await.expect("it is deleted");
    let error = tokens.replace_refused(&user(), &refused).await.expect_err("the user left");
    assert_eq!((error.kind(), google.asked().len()), (ErrorKind::NotFound, 0));
}

/// A refresh that began for another reason finds the very token that was refused: its outcome is not for those who know.
#[tokio::test]
async fn a_refresh_that_brings_the_refused_token_is_not_taken() {
    let server = connected().await;
    others_refresh(&server, "refused");
    let refused = after(&server, 3600, Playing::new([]).await.google()).fresh_access_token(&user()).await;
    let refused = refused.expect("it seems good");
    store(&server, 0, "old", Some("r1"), "1").await;
    calls(&server);
    let google = Playing::new([granted("new")]).await;
    let tokens = late(&server, google.google());
    server.set_latency(Duration::from_millis(60));
    let user = user();
    let (first, second, ()) = tokio::join!(
        tokens.fresh_access_token(&user),
        async {
            // The first has seen the expired token, and looks again.
            while server.calls().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            tokens.replace_refused(&user, &refused).await
        },
        async {
            while server.calls().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            others_refresh(&server, "refused");
        }
    );
    assert_eq!(first.map(text).as_deref(), Ok("refused"));
    assert_eq!(second.map(text).as_deref(), Ok("new"));
    assert_eq!(google.asked().len(), 1);
}
