//! The life of a user's tokens, rule by rule.

use paypulse_runtime::client::{Deletion, ErrorKind};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::oauth::{GoogleAccount, RefreshedToken, TokenError, TokenOperations};
use paypulse_runtime::spec::{DeleteUser, FetchInvoices, GmailStoreTokens};
use paypulse_runtime::testing::{Fault, FaultKind};

use crate::shared::mark::{bare, hush};
use crate::support::{
    USER, access_token, account, at, consent, fetching, refreshed, secrets, server, stored, storing, user,
};

fn refresh_token(tokens: &paypulse_runtime::oauth::OauthTokens) -> Option<&str> {
    tokens.refresh_token.as_ref().map(|token| bare(token.expose()))
}

/// What is left of the refresh token `old` of account `1` after a consent.
async fn after_reconnect(new: Option<&str>, account_of_new: GoogleAccount) -> Option<String> {
    let server = server();
    let secrets = storing(&server);
    secrets.store_tokens(&user(), consent("a", Some("old"), account("1"))).await.expect("it is stored");
    let record = secrets.store_tokens(&user(), consent("b", new, account_of_new)).await.expect("it is stored");
    assert_eq!(record.tokens, stored(&server), "what is returned is what is stored");
    refresh_token(&record.tokens).map(str::to_owned)
}

#[tokio::test]
async fn a_reconnect_keeps_the_refresh_token_of_the_same_account_only() {
    let unknown = GoogleAccount::default;
    let same_address = || GoogleAccount { user_id: None, ..account("1") };
    assert_eq!(after_reconnect(None, account("1")).await.as_deref(), Some("old"));
    assert_eq!(after_reconnect(Some("new"), account("1")).await.as_deref(), Some("new"));
    assert_eq!(after_reconnect(None, account("2")).await, None);
    assert_eq!(after_reconnect(None, unknown()).await, None);
    assert_eq!(after_reconnect(None, same_address()).await.as_deref(), Some("old"));
    let unverified = GoogleAccount { verified_email: None, ..same_address() };
    assert_eq!(after_reconnect(None, unverified).await, None);
    assert_eq!(after_reconnect(Some("new"), account("2")).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn an_unknown_account_never_inherits_from_an_unknown_account() {
    let server = server();
    let unknown = GoogleAccount::default;
    storing(&server).store_tokens(&user(), consent("a", Some("old"), unknown())).await.expect("it is stored");
    storing(&server).store_tokens(&user(), consent("b", None, unknown())).await.expect("it is stored");
    assert_eq!(refresh_token(&stored(&server)), None);
}

#[tokio::test]
async fn an_empty_string_is_neither_an_account_nor_a_refresh_token() {
    assert_eq!(after_reconnect(Some(""), account("1")).await.as_deref(), Some("old"));
    let server = server();
    let nobody = || GoogleAccount { user_id: Some(String::new()), ..GoogleAccount::default() };
    storing(&server).store_tokens(&user(), consent("a", Some("old"), nobody())).await.expect("it is stored");
    let record = storing(&server).store_tokens(&user(), consent("b", None, nobody())).await.expect("it is stored");
    assert_eq!(record.refresh_token(), Err(TokenError::ReconnectRequired));
    let rotated = RefreshedToken { refresh_token: Some("".into()), ..refreshed("c") };
    storing(&server).store_tokens(&user(), consent("b", Some("r"), nobody())).await.expect("it is stored");
    fetching(&server).update_tokens(&user(), None, rotated).await.expect("it is updated");
    assert_eq!(refresh_token(&stored(&server)), Some("r"));
    server.put(USER, server.value(USER).expect("it is there").replace(r#""hush-r""#, r#""""#));
    assert!(fetching(&server).get_tokens(&user()).await.expect("it is there").refresh_token().is_err());
}

#[tokio::test]
async fn tokens_expire_at_their_last_moment() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    for (seconds, expired) in [(0, false), (3599, false), (3600, true), (3601, true)] {
        let record = at::<FetchInvoices>(&server, seconds).get_tokens(&user()).await.expect("it is there");
        assert_eq!(record.is_expired, expired, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_user_who_is_not_connected_is_not_found() {
    let error = fetching(&server()).get_tokens(&user()).await.expect_err("there are no tokens");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_update_changes_the_access_token_and_nothing_else() {
    let server = server();
    let before = concat!(
        r#"{"access_token":"hush-a","refresh_token":"hush-r","expires_at":"2024-11-01T09:00:00","expires_in":1800,"scope":"s t","#,
        r#""token_type":"Bearer","created_at":"2024-10-01T10:00:00","google_user_id":"hush-1","note":{"by":["hush",1.50]}}"#,
    );
    server.put(USER, before);
    let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
    fetching(&server).update_tokens(&user(), Some(&record), refreshed("b")).await.expect("it is updated");
    let after = concat!(
        r#"{"access_token":"hush-b","refresh_token":"hush-r","expires_at":"2024-11-01T11:00:00.000000","expires_in":3600,"#,
        r#""scope":"s t","token_type":"Bearer","created_at":"2024-10-01T10:00:00.000000","google_user_id":"hush-1","#,
        r#""note":{"by":["hush",1.50]}}"#,
    );
    assert_eq!(server.value(USER).as_deref(), Some(after));
}

#[tokio::test]
async fn a_refresh_token_that_was_replaced_is_stored() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("old"), account("1"))).await.expect("it is stored");
    let rotated = RefreshedToken { refresh_token: Some(hush("new").into()), ..refreshed("b") };
    fetching(&server).update_tokens(&user(), None, rotated).await.expect("it is updated");
    assert_eq!(refresh_token(&stored(&server)), Some("new"));
}

#[tokio::test]
async fn where_nothing_can_be_read_an_update_falls_back() {
    for broken in ["hush, not json", "{}", r#"{"access_token": 1}"#] {
        let server = server();
        server.put(USER, broken);
        let record = fetching(&server).update_tokens(&user(), None, refreshed("b")).await.expect("it is updated");
        assert_eq!(record.tokens.scope, "https://www.googleapis.com/auth/gmail.readonly");
        assert_eq!(record.tokens.account, GoogleAccount::default());
        assert_eq!((access_token(&server).as_str(), refresh_token(&stored(&server))), ("b", None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_is_no_reason_to_fall_back() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    for kind in [FaultKind::DecryptionFailure, FaultKind::ServiceUnavailable, FaultKind::MalformedJson] {
        server.inject(Fault::on(ApiCall::GetSecretValue, kind.clone()).times(3));
        let update = fetching(&server).update_tokens(&user(), None, refreshed("b")).await;
        assert!(update.is_err(), "{kind:?}: {update:?}");
        assert_eq!((access_token(&server).as_str(), refresh_token(&stored(&server))), ("a", Some("r")), "{kind:?}");
        while storing(&server).read(&user()).await.is_err() {}
    }
}

#[tokio::test]
async fn a_refresh_of_tokens_that_are_gone_adopts_what_came_after() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
    storing(&server).store_tokens(&user(), consent("b", Some("s"), account("2"))).await.expect("another account");
    let adopted = fetching(&server).update_tokens(&user(), Some(&record), refreshed("a2")).await.expect("it adopts");
    assert_eq!((adopted.tokens, access_token(&server).as_str()), (stored(&server), "b"));
}

#[tokio::test]
async fn a_refresh_writes_over_expired_tokens_of_the_same_account_only() {
    for (other, written) in [(account("1"), "fresh"), (account("2"), "stale"), (GoogleAccount::default(), "stale")] {
        let server = server();
        storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
        let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
        storing(&server).store_tokens(&user(), consent("stale", Some("s"), other)).await.expect("it is stored");
        let late = at::<FetchInvoices>(&server, 7200);
        late.update_tokens(&user(), Some(&record), refreshed("fresh")).await.expect("it is updated or adopted");
        assert_eq!(access_token(&server), written);
    }
}

#[tokio::test]
async fn a_disconnected_user_is_not_brought_back_by_a_refresh() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    let record = fetching(&server).get_tokens(&user()).await.expect("it is there");
    assert_eq!(secrets::<DeleteUser>(&server).delete_tokens(&user()).await, Ok(Deletion::Accepted));
    let error = fetching(&server).update_tokens(&user(), Some(&record), refreshed("b")).await.expect_err("gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(server.names(), Vec::<String>::new());
}

#[tokio::test]
async fn deleting_what_is_not_there_is_no_error() {
    let server = server();
    let missing = FaultKind::Error { code: "ResourceNotFoundException".into(), status: 400, message: String::new() };
    server.inject(Fault::on(ApiCall::DeleteSecret, missing));
    assert_eq!(secrets::<DeleteUser>(&server).delete_tokens(&user()).await, Ok(Deletion::WasAbsent));
}

#[tokio::test]
async fn without_a_refresh_token_the_user_has_to_reconnect() {
    let server = server();
    let record = storing(&server).store_tokens(&user(), consent("a", None, account("1"))).await.expect("it is stored");
    assert_eq!(record.refresh_token(), Err(TokenError::ReconnectRequired));
    let record = storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("stored");
    assert_eq!(record.refresh_token().map(|token| bare(token.expose()).to_owned()), Ok("r".to_owned()));
}

#[tokio::test]
async fn tokens_that_cannot_be_are_refused_before_any_call() {
    let server = server();
    let secrets: paypulse_runtime::client::Secrets<GmailStoreTokens> = storing(&server);
    let endless = paypulse_runtime::oauth::NewTokens { expires_in: u64::MAX, ..consent("a", None, account("1")) };
    let refused = secrets.store_tokens(&user(), endless).await;
    assert_eq!(refused, Err(TokenError::LifetimeOutOfRange { expires_in: u64::MAX }));
    let refused = secrets.store_tokens(&user(), consent("", None, account("1"))).await;
    assert_eq!(refused, Err(TokenError::EmptyAccessToken));
    let refused = fetching(&server).update_tokens(&user(), None, refreshed("")).await;
    assert_eq!(refused, Err(TokenError::EmptyAccessToken));
    assert_eq!(server.calls(), []);
}
