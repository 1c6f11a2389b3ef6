//! Nothing that is logged, by this crate or by the SDK at its most talkative, holds a token or a user's id, and nothing
//! that holds a token shows it. That no line of any test does is seen to where it is logged.

use paypulse_runtime::client::{Found, Outcome};
use paypulse_runtime::oauth::{IncomingTokens, OauthTokens, RefreshedToken, TokenOperations};
use paypulse_runtime::spec::{DeleteUser, GetUserProfile};

use crate::shared::log;
use crate::shared::mark::{debugged, debugged_with_name, told};
use crate::shared::server::Server;
use crate::support::{account, consent, fetching, refreshed, secrets, server, storing, user};

async fn whole_life(server: &Server) {
    storing(server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    let record = fetching(server).get_tokens(&user()).await.expect("it is there");
    fetching(server).update_tokens(&user(), Some(&record), refreshed("b")).await.expect("it is updated");
    secrets::<DeleteUser>(server).delete_tokens(&user()).await.expect("it is deleted");
    fetching(server).get_tokens(&user()).await.expect_err("it is gone");
}

#[tokio::test]
async fn what_is_logged_is_captured_even_at_trace() {
    whole_life(&server()).await;
    let lines = log::ours();
    for event in ["tokens stored", "tokens read", "tokens updated", "tokens deleted", "calling AWS"] {
        assert!(lines.contains(event), "`{event}` is not logged");
    }
    for other in ["aws_smithy_runtime", "aws_sdk_secretsmanager"] {
        assert!(log::has_logged(other), "`{other}` logs nothing");
    }
}

#[tokio::test]
async fn nothing_that_holds_a_token_shows_it() {
    let server = server();
    let new = consent("a", Some("r"), account("1"));
    debugged(&(&new, &new.access_token, &new.account));
    let stored = storing(&server).store_tokens(&user(), new).await.expect("it is stored");
    debugged(&(&stored, &stored.record, &stored.tokens));
    let rotated = RefreshedToken { refresh_token: Some("hush-s".into()), ..refreshed("b") };
    debugged(&rotated);
    let incoming = IncomingTokens {
        access_token: "hush-a".into(),
        refresh_token: Some("hush-r".into()),
        expires_in: 3600,
        scope: "email".into(),
    };
    debugged(&incoming);
    debugged(&fetching(&server).update_tokens(&user(), None, rotated).await.expect("it is updated"));
    debugged(&fetching(&server).read(&user()).await.expect("it is there"));
    let keep = |found: Found<'_, OauthTokens>| {
        debugged(&found);
        None
    };
    let kept = storing(&server).store_with(&user(), keep).await.expect("it is there");
    assert_eq!(kept.outcome, Outcome::Kept);
    debugged(&kept);
    debugged_with_name(&secrets::<GetUserProfile>(&server).describe(&user()).await.expect("it is there"));
    debugged(&fetching(&server));
}

#[tokio::test]
async fn no_error_tells_a_value_or_a_users_id() {
    let server = server();
    told(&fetching(&server).get_tokens(&user()).await.expect_err("there are none"));
    for value in ["hush", r#"{"access_token":"hush"}"#, r#"{"access_token":"hush","scope":7}"#, r#"["hush"]"#] {
        server.put(crate::support::USER, value);
        told(&fetching(&server).read(&user()).await.expect_err("it is no bundle"));
        told(&fetching(&server).get_tokens(&user()).await.expect_err("it is no bundle"));
    }
    told(&fetching(&server).read(&paypulse_runtime::spec::GoogleOauthClientId).await.expect_err("there is none"));
}
