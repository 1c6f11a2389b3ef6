//! Each verb makes the API calls of its row in the table: none that is not there, and each that is there on some branch.

use std::collections::BTreeSet;

use paypulse_runtime::client::Deletion;
use paypulse_runtime::model::{Text, Verb};
use paypulse_runtime::oauth::TokenOperations;
use paypulse_runtime::spec::{
    DeleteUser, FetchInvoices, GetUserProfile, GoogleOauthClientId, JwtSigningKey, LoginUser,
};

use crate::shared::mark::debugged;
use crate::shared::server::Server;
use crate::support::{USER, account, calls, consent, fetching, refreshed, secrets, server, storing, user};

/// Compares what was called with the verb's row, in both directions.
#[track_caller]
fn check_row(server: &Server, verb: Verb) {
    let made: BTreeSet<String> = server.take_calls().into_iter().map(|call| call.call).collect();
    let table: BTreeSet<String> = verb.api_calls().iter().map(|call| call.name().to_owned()).collect();
    assert_eq!(made, table, "the calls that `{verb}` made against its row");
}

#[tokio::test]
async fn read() {
    let server = server();
    server.put("PayPulseAppJWTSecret", "hush-key");
    let key = secrets::<LoginUser>(&server).read(&JwtSigningKey).await.expect("it is granted and there");
    assert_eq!(key.expose(), "hush-key");
    assert!(!key.version().is_empty());
    check_row(&server, Verb::Read);
}

#[tokio::test]
async fn describe() {
    let server = server();
    server.put(USER, "{}");
    let known = secrets::<GetUserProfile>(&server).describe(&user()).await.expect("it is granted and there");
    assert!(known.arn.contains(":secret:gmail/user/whisper1-"), "{known:?}");
    assert!(known.created.is_some() && known.deleted.is_none(), "{known:?}");
    check_row(&server, Verb::Describe);
}

#[tokio::test]
async fn store_on_every_branch() {
    let server = server();
    let secrets = storing(&server);
    let new = || consent("a", Some("r"), account("1"));
    secrets.store_tokens(&user(), new()).await.expect("the secret is created");
    assert_eq!(calls(&server), ["GetSecretValue: ResourceNotFoundException", "CreateSecret"]);
    secrets.store_tokens(&user(), new()).await.expect("the value is replaced");
    assert_eq!(calls(&server), ["GetSecretValue", "PutSecretValue"]);
    server.schedule_deletion(USER);
    secrets.store_tokens(&user(), new()).await.expect("the deletion is taken back");
    let restoring = ["GetSecretValue: InvalidRequestException", "RestoreSecret", "GetSecretValue", "PutSecretValue"];
    assert_eq!(calls(&server), restoring);
}

#[tokio::test]
async fn store() {
    let server = server();
    let secrets = storing(&server);
    for _ in 0..2 {
        secrets.store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is granted");
    }
    server.schedule_deletion(USER);
    secrets.store_tokens(&user(), consent("b", Some("r"), account("1"))).await.expect("it is granted");
    check_row(&server, Verb::Store);
}

#[tokio::test]
async fn update() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is granted");
    server.take_calls();
    fetching(&server).update_tokens(&user(), None, refreshed("b")).await.expect("it is granted and there");
    check_row(&server, Verb::Update);
}

#[tokio::test]
async fn delete() {
    let server = server();
    server.put(USER, "{}");
    let deletion = secrets::<DeleteUser>(&server).delete(&user()).await.expect("it is granted");
    assert_eq!(deletion, Deletion::Accepted);
    assert_eq!(server.names(), Vec::<String>::new());
    check_row(&server, Verb::Delete);
}

#[tokio::test]
async fn a_value_never_shows_in_debug() {
    let server = server();
    server.put("Google-OAuth-Client-ID", "hush");
    let secrets = secrets::<FetchInvoices>(&server);
    let value = secrets.read(&GoogleOauthClientId).await.expect("it is granted and there");
    debugged(&(&secrets, &value, value.clone().into_value()));
    assert_eq!(value.into_value(), Text::from("hush"));
}
