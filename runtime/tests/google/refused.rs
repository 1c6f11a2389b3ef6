//! `invalid_grant`, and everything that looks like it and is not: only the one deletes tokens.

use std::sync::Arc;
use std::time::Duration;

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::google::{GoogleError, RefreshError};
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::oauth::{TokenError, TokenOperations};
use paypulse_runtime::spec::DeleteUser;
use paypulse_runtime::testing::{Fault, FaultKind, RecordedCall};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::playing::{Asked, Playing, Reply};
use crate::shared::log;
use crate::shared::mark::told;
use crate::shared::server::Server;
use crate::support::{USER, at, calls, connected, fresh, granted, invalid_grant, server, store, stored_tokens, user};

#[tokio::test]
async fn a_refused_refresh_token_is_deleted_and_the_user_has_to_reconnect() {
    let server = connected().await;
    let google = Playing::new([invalid_grant()]).await;
    assert_eq!(fresh(&server, google.google()).await, Err(RefreshError::ReconnectRequired));
    assert_eq!(server.names(), ["Google-OAuth-Client-ID"]);
    // Two looks, the client id, and one more look right before the delete.
    let expected = ["GetSecretValue", "GetSecretValue", "GetSecretValue", "GetSecretValue", "DeleteSecret"];
    assert_eq!((calls(&server).as_slice(), google.asked().len()), (expected.map(String::from).as_slice(), 1));
    assert_eq!(RefreshError::ReconnectRequired.kind(), ErrorKind::ReconnectRequired);
}

#[tokio::test]
async fn without_a_refresh_token_the_user_has_to_reconnect_and_nothing_is_deleted() {
    let server = server();
    store(&server, 0, "old", None, "1").await;
    let google = Playing::new([]).await;
    let error = fresh(&server, google.google()).await.expect_err("there is nothing to refresh with");
    assert_eq!(error, RefreshError::Tokens(TokenError::ReconnectRequired));
    assert_eq!((error.kind(), google.asked()), (ErrorKind::ReconnectRequired, vec![]));
    assert_eq!(stored_tokens(&server), ("old".into(), None));
}

/// A refresh, with what happens between the request and the answer `invalid_grant`. Later answers follow.
async fn meanwhile(
    server: &Server,
    later: impl IntoIterator<Item = Reply>,
    then: impl Future<Output = ()>,
) -> (Result<String, RefreshError>, Vec<Asked>) {
    let gate = Arc::default();
    let google = Playing::new([invalid_grant().behind(&gate)].into_iter().chain(later)).await;
    let refresh = Box::pin(fresh(server, google.google()));
    let wait = async {
        google.until_asked().await;
        then.await;
        gate.notify_one();
    };
    (tokio::join!(refresh, wait).0, google.asked())
}

#[tokio::test]
async fn a_user_who_reconnected_in_the_meantime_keeps_the_new_tokens() {
    for (account, refresh_token) in [("1", "r2"), ("1", "r1"), ("2", "s1")] {
        let server = connected().await;
        let reconnect = Box::pin(store(&server, 3600, "second", Some(refresh_token), account));
        let (token, asked) = meanwhile(&server, [], reconnect).await;
        assert_eq!((token.as_deref(), asked.len()), (Ok("second"), 1));
        assert_eq!(stored_tokens(&server), ("second".into(), Some(refresh_token.into())));
    }
}

#[tokio::test]
async fn a_user_who_reconnected_with_a_short_lived_token_gets_it_refreshed() {
    let server = connected().await;
    let reconnect = Box::pin(store(&server, 100, "second", Some("r2"), "1"));
    let (token, asked) = meanwhile(&server, [granted("new")], reconnect).await;
    assert_eq!(token.as_deref(), Ok("new"));
    assert!(asked[1].body.contains("refresh_token=hush-r2"));
}

/// The same refresh token in a new version: it is asked for once more, and deleted when it is refused again.
#[tokio::test]
async fn a_refused_refresh_token_that_was_stored_again_is_tried_again() {
    let server = connected().await;
    let reconnect = Box::pin(store(&server, 0, "second", Some("r1"), "1"));
    let (token, asked) = meanwhile(&server, [invalid_grant()], reconnect).await;
    assert_eq!(token, Err(RefreshError::ReconnectRequired));
    assert_eq!((server.value(USER), asked.len()), (None, 2));
}

#[tokio::test]
async fn a_user_who_left_in_the_meantime_has_to_reconnect() {
    let server = connected().await;
    let leave = Box::pin(async { drop(at::<DeleteUser>(&server, 0).delete_tokens(&user()).await) });
    assert_eq!(meanwhile(&server, [], leave).await.0, Err(RefreshError::ReconnectRequired));
    assert_eq!(calls(&server).iter().filter(|call| *call == "DeleteSecret").count(), 1);
}

/// What no rule can close, counted: Secrets Manager deletes whatever is there. A reconnect that is carried out after the last
/// look at the refused tokens and before their delete is lost, and none that is carried out at any other moment.
#[tokio::test(start_paused = true)]
async fn a_reconnect_is_lost_in_one_round_trip_and_at_no_other_moment() {
    const CALL: u64 = 20;
    let ms = Duration::from_millis;
    let mut lost = 0;
    for delay in 0..4 * CALL {
        let server = connected().await;
        server.set_latency(ms(CALL));
        let gate = Arc::<Notify>::default();
        let google = Playing::new([invalid_grant().behind(&gate)]).await;
        let refresh = Box::pin(fresh(&server, google.google()));
        let reconnect = async {
            google.until_asked().await;
            server.take_calls();
            let open = async {
                sleep(ms(2 * CALL)).await;
                gate.notify_one();
            };
            let store = async {
                sleep(ms(delay)).await;
                store(&server, 3600, "second", Some("s1"), "2").await;
            };
            tokio::join!(open, store)
        };
        let (token, _) = tokio::join!(refresh, reconnect);
        let is_lost = server.value(USER).is_none();
        lost += u64::from(is_lost);
        // In the order in which they were carried out.
        let place = |of: &[&str]| {
            let is_it = |call: &RecordedCall| call.outcome.is_ok() && of == [call.caller.as_str(), call.call.as_str()];
            server.calls().iter().position(is_it)
        };
        let look = place(&["fetch_invoices", "GetSecretValue"]).expect("there is a last look");
        let delete = place(&["fetch_invoices", "DeleteSecret"]);
        let write = place(&["gmail_store_tokens", "PutSecretValue"]);
        let is_between = write.is_some_and(|write| look < write && delete.is_some_and(|delete| write < delete));
        assert_eq!(is_lost, is_between, "after {delay} ms: {:?}", server.calls());
        let is_given = token.as_deref() == Ok("second");
        assert_eq!(is_given, write.is_some_and(|write| write < look), "after {delay} ms: {token:?}");
    }
    println!("of {} moments, a millisecond each, {lost} are lost; a call takes {CALL} ms", 4 * CALL);
    assert!(lost.abs_diff(CALL) <= 2, "{lost} moments are lost");
}

fn denied() -> FaultKind {
    FaultKind::Error { code: "AccessDeniedException".into(), status: 400, message: String::new() }
}

/// Whether the refused tokens are still those that are stored cannot be seen, so they are kept.
#[tokio::test]
async fn without_a_last_look_nothing_is_deleted() {
    let server = connected().await;
    let fail = async { server.inject(Fault::on(ApiCall::GetSecretValue, denied())) };
    let error = meanwhile(&server, [], fail).await.0.expect_err("the last look fails");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
}

#[tokio::test]
async fn a_delete_that_fails_changes_nothing_for_the_user() {
    let server = connected().await;
    server.inject(Fault::on(ApiCall::DeleteSecret, denied()));
    let google = Playing::new([invalid_grant()]).await;
    assert_eq!(fresh(&server, google.google()).await, Err(RefreshError::ReconnectRequired));
    let lines = log::ours();
    let warning = lines.lines().find(|line| line.contains("the refused tokens are still stored"));
    assert!(warning.is_some_and(|line| line.contains("WARN") && line.contains("access_denied")), "{warning:?}");
}

/// The error of a refresh that is refused so. It is asked for once, and the tokens stay.
async fn kept(status: u16, body: &str) -> RefreshError {
    let server = connected().await;
    let google = Playing::new([Reply::json(status, body)]).await;
    let error = fresh(&server, google.google()).await.expect_err("it is refused");
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())), "{status} {body}");
    assert_eq!(google.asked().len(), 1, "{status} {body}");
    told(&error);
    error
}

fn refusal(code: &str) -> String {
    format!(r#"{{"error":"{code}","error_description":"hush"}}"#)
}

#[tokio::test]
async fn a_refused_client_is_a_matter_of_the_operator() {
    for (status, code, way_out) in [
        // For a client id that is not of an iOS app, and for one that Google cannot read.
        (400, "invalid_request", "see whether the client id is that of the iOS app"),
        (400, "invalid_client", "see whether the client id is that of the iOS app"),
        (401, "invalid_client", "see whether the client id is that of the iOS app"),
        (401, "deleted_client", "see whether the client id is that of the iOS app"),
        (401, "disabled_client", "enable it"),
        (401, "unauthorized_client", "put that client id back"),
        (400, "unauthorized_client", "put that client id back"),
        (400, "unsupported_grant_type", "update this library"),
        (400, "invalid_scope", "update this library"),
        (403, "org_internal", "set its user type to External"),
        (400, "something_new", "look it up"),
    ] {
        let error = kept(status, &refusal(code)).await;
        assert_eq!(error, GoogleError::Configuration { code: code.into() }.into(), "{status} {code}");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{status} {code}");
        assert!(error.to_string().ends_with(way_out) || error.to_string().contains(way_out), "{error}");
    }
}

#[tokio::test]
async fn a_policy_is_a_matter_of_the_administrator() {
    for code in ["admin_policy_enforced", "policy_enforced"] {
        let error = kept(400, &refusal(code)).await;
        assert_eq!(error, GoogleError::Policy { reason: code.into() }.into());
        assert!(error.to_string().contains("the administrator trusts the app"), "{error}");
    }
}

/// The refresh token is not revoked: after a new sign-in, or without the policy that asks for one, it is good again.
#[tokio::test]
async fn a_user_who_has_to_sign_in_again_keeps_the_tokens() {
    let rapt =
        |more: &str| format!(r#"{{"error":"invalid_grant","error_uri":"https://support.google.com/hush"{more}}}"#);
    for (status, body, reason) in [
        (
            400,
            rapt(r#","error_description":"reauth related error (invalid_rapt)","error_subtype":"invalid_rapt""#),
            "invalid_rapt",
        ),
        (
            400,
            rapt(r#","error_description":"reauth related error (rapt_required)","error_subtype":"rapt_required""#),
            "rapt_required",
        ),
        (400, rapt(r#","error_description":"reauth related error (invalid_rapt)""#), "invalid_rapt"),
        (400, rapt(r#","error_subtype":"hush is no word""#), "an unknown error"),
        (400, rapt(r#","error_subtype":"something_new""#), "something_new"),
        (400, refusal("invalid_rapt"), "invalid_rapt"),
        (403, refusal("rapt_required"), "rapt_required"),
        (403, refusal("access_denied"), "access_denied"),
    ] {
        let error = kept(status, &body).await;
        assert_eq!(error, GoogleError::SignIn { reason: reason.into() }.into(), "{body}");
        assert_eq!(error.kind(), ErrorKind::ReconnectRequired, "{body}");
    }
    // An empty subtype is none.
    let server = connected().await;
    let google = Playing::new([Reply::json(
        400,
        r#"{"error":"invalid_grant","error_subtype":"","error_description":null,"error_uri":"hush"}"#,
    )])
    .await;
    assert_eq!(fresh(&server, google.google()).await, Err(RefreshError::ReconnectRequired));
}

/// The user cannot sign in to such an account, and an administrator can restore it.
#[tokio::test]
async fn an_account_that_is_deleted_or_restricted_keeps_the_tokens() {
    for description in
        ["Account has been deleted", "The account has been deleted", "Account restricted", "Account has been disabled."]
    {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}","error_uri":"hush"}}"#);
        assert_eq!(kept(400, &body).await, GoogleError::Account { reason: "invalid_grant".into() }.into());
    }
}

/// Google's words for a refresh token that is revoked, and none. Any other words do not say that.
#[tokio::test]
async fn only_what_google_says_of_a_revoked_token_deletes_it() {
    for description in [
        "",
        r#","error_description":"""#,
        r#","error_description":"Bad Request""#,
        r#","error_description":"Token has been revoked.""#,
        r#","error_description":"Token has been expired or revoked.""#,
    ] {
        let server = connected().await;
        let google = Playing::new([Reply::json(
            400,
            &format!(r#"{{"error":"invalid_grant","error_uri":"hush"{description}}}"#),
        )])
        .await;
        assert_eq!(fresh(&server, google.google()).await, Err(RefreshError::ReconnectRequired), "{description}");
        assert_eq!(server.value(USER), None, "{description}");
    }
    let error = kept(400, r#"{"error":"invalid_grant","error_description":"hush, something new"}"#).await;
    assert_eq!(error, GoogleError::SignIn { reason: "invalid_grant".into() }.into());
    assert_eq!(error.kind(), ErrorKind::ReconnectRequired);
}

/// What an editor leaves around a token does not belong to it, and a damaged token is never sent to Google.
#[tokio::test]
async fn a_refresh_token_with_white_space_is_sent_without_it_and_a_damaged_one_is_kept() {
    let with = |token: &str| {
        format!(
            r#"{{"access_token":"hush-old","refresh_token":"{token}","expires_at":"2024-11-01T10:00:00.000000","expires_in":3600,"scope":"email","token_type":"Bearer","created_at":"2024-11-01T10:00:00.000000"}}"#
        )
    };
    for token in [r"hush-r1\n", " hush-r1", r"hush-r1\r\n", r"\ufeffhush-r1 "] {
        // Read as a bundle, and recovered from one that is not as documented.
        for value in [with(token), with(token).replace("3600", "\"3600 hush\"")] {
            let server = server();
            server.put(USER, value);
            let google = Playing::new([granted("new")]).await;
            assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"), "{token}");
            assert!(google.asked()[0].body.split('&').any(|field| field == "refresh_token=hush-r1"), "{token}");
            assert_eq!(stored_tokens(&server), ("new".into(), Some("r1".into())), "{token}");
        }
    }
    for token in ["hush r1", r"hush\nr1", r"hush-r1\u0000", "hüsh-hush"] {
        let server = server();
        server.put(USER, with(token));
        let google = Playing::new([]).await;
        let error = fresh(&server, google.google()).await.expect_err("nothing is sent");
        assert_eq!(error, RefreshError::Tokens(TokenError::ReconnectRequired), "{token}");
        assert_eq!((google.asked().len(), server.value(USER)), (0, Some(with(token))), "{token}");
    }
}

#[tokio::test]
async fn a_limit_of_the_day_is_not_asked_again_and_a_fault_of_google_is() {
    for status in [403, 429] {
        let error = kept(status, &refusal("quota_exceeded")).await;
        assert_eq!(error, GoogleError::DailyLimit { reason: "quota_exceeded".into() }.into());
    }
    for (status, code) in
        [(400, "server_error"), (400, "temporarily_unavailable"), (403, "rate_limit_exceeded"), (429, "slow_down")]
    {
        let server = connected().await;
        let google = Playing::new([Reply::json(status, &refusal(code)), granted("new")]).await;
        assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"), "{status} {code}");
        assert_eq!(google.asked().len(), 2, "{status} {code}");
    }
}

#[tokio::test]
async fn a_code_that_is_no_word_is_not_repeated() {
    for code in ["", "hush leaked", "Ünknown", &"a".repeat(65)] {
        let server = connected().await;
        let google =
            Playing::new([Reply::json(400, &format!(r#"{{"error":"{code}","error_description":"hush"}}"#))]).await;
        let error = fresh(&server, google.google()).await.expect_err("it is refused");
        assert_eq!(error, GoogleError::Configuration { code: "an unknown error".into() }.into());
    }
}

/// The word stands there, but not as Google says it: nothing is deleted, and the user is asked for nothing.
#[tokio::test]
async fn what_only_looks_like_a_refused_refresh_token_deletes_nothing() {
    let body = r#"{"error":"invalid_grant","error_description":"hush"}"#;
    let json = [("Content-Type", "application/json")];
    let answers = [
        Reply::json(200, body),
        Reply::json(201, body),
        Reply::json(201, r#"{"error":"invalid_client","error_description":"hush"}"#),
        Reply::json(302, body),
        Reply::json(401, body),
        Reply::json(403, body),
        Reply::json(404, body),
        Reply::with_headers(400, &[("Content-Type", "text/html")], body),
        Reply::with_headers(400, &[("Content-Type", "application/jsonp")], body),
        Reply::with_headers(400, &[], body),
        Reply::with_headers(
            400,
            &json,
            r#"{"error":"invalid_grant","error_description":"hush"} {"error":"invalid_client"}"#,
        ),
        Reply::with_headers(400, &json, r#"{"error":"invalid_grant","error_description":"hush""#),
        Reply::with_headers(
            400,
            &json,
            r#"{"error":"invalid_client","error":"invalid_grant","error_description":"hush"}"#,
        ),
        Reply::with_headers(400, &json, r#"{"error":{"code":"invalid_grant"},"error_description":"hush"}"#),
        Reply::with_headers(400, &json, r#"["invalid_grant","hush"]"#),
        Reply::with_headers(400, &json, "invalid_grant hush"),
        Reply::with_headers(400, &json, ""),
        Reply::with_headers(400, &json, r#"{"error":"invalid_grant","error_description":7,"hush":0}"#),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let server = connected().await;
        let google = Playing::new([answer]).await;
        let error = fresh(&server, google.google()).await.expect_err("it cannot be used");
        assert!(matches!(error, RefreshError::Google(GoogleError::Answer { .. })), "answer {number}: {error:?}");
        assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())), "answer {number}");
        assert_eq!(google.asked().len(), 1, "answer {number}");
    }
}
