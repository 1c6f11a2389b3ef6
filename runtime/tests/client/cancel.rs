//! A call whose future is dropped half way, at every moment: the old value or the new one is there, whole, and the next
//! call works.

use std::time::Duration;

use paypulse_runtime::model::Payload;
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use tokio::time::timeout;

use crate::shared::mark::bare;
use crate::shared::server::Server;
use crate::support::{USER, access_token, account, consent, fetching, refreshed, server, storing, user};

async fn cancelled_everywhere(prepare: impl AsyncFn(&Server), allowed: &[Option<&str>]) {
    for moment in 0..80 {
        let server = server();
        prepare(&server).await;
        server.set_latency(Duration::from_millis(10));
        let (storing, user) = (storing(&server), user());
        let store = storing.store_tokens(&user, consent("new", Some("r"), account("1")));
        let _ = timeout(Duration::from_millis(moment), store).await;
        let value = server.value(USER);
        let found = value.as_deref().map(|value| OauthTokens::parse(value).expect("never half a value"));
        let token = found.as_ref().map(|tokens| bare(tokens.access_token.expose()));
        assert!(allowed.contains(&token), "after {moment} ms");
        storing.store_tokens(&user, consent("next", None, account("1"))).await.expect("the next call works");
        assert_eq!(access_token(&server), "next");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_store() {
    cancelled_everywhere(async |_| {}, &[None, Some("new")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacing_store() {
    let prepare = async |server: &Server| {
        storing(server).store_tokens(&user(), consent("old", Some("r"), account("1"))).await.expect("it is stored");
    };
    cancelled_everywhere(prepare, &[Some("old"), Some("new")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_restoring_store() {
    let prepare = async |server: &Server| {
        storing(server).store_tokens(&user(), consent("old", Some("r"), account("1"))).await.expect("it is stored");
        server.schedule_deletion(USER);
    };
    cancelled_everywhere(prepare, &[Some("old"), Some("new")]).await;
}

#[tokio::test(start_paused = true)]
async fn an_update() {
    for moment in 0..40 {
        let server = server();
        storing(&server).store_tokens(&user(), consent("old", Some("r"), account("1"))).await.expect("it is stored");
        server.set_latency(Duration::from_millis(10));
        let (fetching, user) = (fetching(&server), user());
        let update = fetching.update_tokens(&user, None, refreshed("new"));
        let _ = timeout(Duration::from_millis(moment), update).await;
        assert!(["old", "new"].contains(&access_token(&server).as_str()), "after {moment} ms");
        fetching.update_tokens(&user, None, refreshed("next")).await.expect("the next call works");
        assert_eq!(access_token(&server), "next");
    }
}
