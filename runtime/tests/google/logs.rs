//! Nothing that is logged, by this crate, the HTTP client or the SDK at their most talkative, holds a token, a client id or
//! a user's id. That no line of any test does is seen to where it is logged.

use crate::playing::{Playing, Reply};
use crate::shared::log;
use crate::shared::mark::{bare, debugged, told};
use crate::support::{fresh, granted_with, invalid_grant, late, server, store, user};

/// A refresh, its user info, and a refusal.
async fn whole_life() {
    let server = server();
    store(&server, 0, "access", Some("refresh"), "account").await;
    let more = r#","refresh_token":"hush-rotated","id_token":"hush.id.token","hush-key":"hush-value""#;
    let info = Reply::json(200, r#"{"sub":"hush-account","email":"hush@gmail.com","name":"hush"}"#);
    let error = Reply::json(400, r#"{"error":"hush-code","error_description":"hush-description"}"#);
    let google = Playing::new([granted_with("second", more), info, error, invalid_grant()]).await;
    let tokens = late(&server, google.google());
    let token = tokens.fresh_access_token(&user()).await.expect("it is refreshed");
    let account = google.google().user_info(token.as_text()).await.expect("it is accepted");
    assert_eq!(account.user_id.as_deref().map(bare), Some("account"));
    store(&server, 0, "third", None, "account").await;
    for _ in 0..2 {
        told(&fresh(&server, google.google()).await.expect_err("it is refused"));
    }
    debugged(&(token, tokens, account, google.google()));
    assert_eq!(google.asked().len(), 4);
}

#[tokio::test]
async fn what_is_logged_is_captured_even_at_trace() {
    whole_life().await;
    let lines = log::ours();
    for event in ["tokens stored", "tokens updated", "tokens deleted"] {
        assert!(lines.contains(event), "`{event}` is not logged");
    }
    for other in ["hyper_util", "aws_smithy_runtime"] {
        assert!(log::has_logged(other), "`{other}` logs nothing");
    }
}
