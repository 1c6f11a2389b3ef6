//! Which token is given out, rule by rule.

use std::sync::Arc;
use std::time::Duration;

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::google::RefreshError;
use paypulse_runtime::model::ApiCall;
use paypulse_runtime::oauth::TokenOperations;
use paypulse_runtime::spec::DeleteUser;
use paypulse_runtime::testing::{Fault, FaultKind};

use crate::playing::{Playing, Reply};
use crate::shared::log;
use crate::shared::mark::hush;
use crate::support::{
    USER, after, at, calls, connected, fresh, granted, granted_with, late, store, stored, stored_tokens, text, user,
};

const READ_TWICE_REFRESH_WRITE: [&str; 5] =
    ["GetSecretValue", "GetSecretValue", "GetSecretValue", "GetSecretValue", "PutSecretValue"];

#[tokio::test]
async fn a_token_that_is_good_for_five_more_minutes_is_used() {
    for (seconds, refreshed) in [(0, false), (3299, false), (3300, false), (3301, true), (3600, true), (90_000, true)] {
        let server = connected().await;
        let google = Playing::always(granted("new")).await;
        let tokens = after(&server, seconds, google.google());
        let token = tokens.fresh_access_token(&user()).await.expect("there is one");
        assert_eq!(text(token), if refreshed { "new" } else { "old" }, "after {seconds} s");
        assert_eq!(google.asked().len(), usize::from(refreshed), "after {seconds} s");
        let expected: &[&str] = if refreshed { &READ_TWICE_REFRESH_WRITE } else { &["GetSecretValue"] };
        assert_eq!(calls(&server), expected, "after {seconds} s");
    }
}

/// An iOS app's client is a public one: its id, and nothing that would prove it.
#[tokio::test]
async fn the_request_is_the_one_that_google_documents() {
    let server = connected().await;
    store(&server, 0, "old", Some("1//r+1/&="), "1").await;
    let google = Playing::new([granted("new")]).await;
    fresh(&server, google.google()).await.expect("it is refreshed");
    let [asked] = &google.asked()[..] else { panic!("one request") };
    assert_eq!(asked.line, "POST /token");
    let mut fields: Vec<&str> = asked.body.split('&').collect();
    fields.sort_unstable();
    let expected = [
        "client_id=1234-hush.apps.googleusercontent.com",
        "grant_type=refresh_token",
        "refresh_token=hush-1%2F%2Fr%2B1%2F%26%3D",
    ];
    assert_eq!(fields, expected);
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("cookie"), None);
}

#[tokio::test]
async fn what_google_gives_is_stored_and_all_else_stays() {
    let server = connected().await;
    let before = stored(&server);
    let google = Playing::new([granted("new")]).await;
    let token = late(&server, google.google()).fresh_access_token(&user()).await.expect("it is refreshed");
    let after = stored(&server);
    assert_eq!((token.expose(), token.expires_at()), (after.access_token.expose(), after.expires_at));
    assert_eq!(after.expires_at.to_string(), "2024-11-01T11:59:59.000000");
    assert_eq!((&after.refresh_token, &after.scope), (&before.refresh_token, &before.scope));
    assert_eq!((&after.account, after.created_at), (&before.account, before.created_at));
    assert_eq!(after.expires_in, 3599);
}

#[tokio::test]
async fn a_refresh_token_that_google_replaced_is_stored_and_an_empty_one_is_not() {
    for (given, kept) in [("r2", "r2"), ("", "r1")] {
        let server = connected().await;
        let google = Playing::new([granted_with("new", &format!(r#","refresh_token":"{}""#, hush(given)))]).await;
        assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"));
        assert_eq!(stored_tokens(&server), ("new".into(), Some(kept.into())));
    }
}

#[tokio::test]
async fn a_new_token_that_is_short_lived_is_given_out_all_the_same() {
    let server = connected().await;
    let google =
        Playing::new([Reply::json(200, r#"{"access_token":"hush-new","expires_in":60,"token_type":"Bearer"}"#)]).await;
    assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"));
}

#[tokio::test]
async fn a_narrower_consent_gives_a_token_and_a_warning() {
    let body = r#"{"access_token":"hush-new","expires_in":3599,"scope":"openid","token_type":"bearer"}"#;
    let server = connected().await;
    let google = Playing::new([Reply::json(200, body)]).await;
    assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"));
    assert_eq!(stored(&server).scope, "email scope-a");
    let lines = log::ours();
    let warning = lines.lines().find(|line| line.contains("covers less than the user was asked for"));
    assert!(warning.is_some_and(|line| line.contains("WARN") && line.contains("missing=2")), "{warning:?}");
}

/// Between the first look and the second one another function refreshes.
#[tokio::test]
async fn what_another_function_has_refreshed_is_used_without_asking_google() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let tokens = late(&server, google.google());
    server.set_latency(Duration::from_millis(40));
    let user = user();
    let other = async {
        while server.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let theirs =
            server.value(USER).expect("it is there").replace("hush-old", "hush-theirs").replace("11:00:00", "12:00:00");
        server.put(USER, theirs);
    };
    let (token, ()) = tokio::join!(tokens.fresh_access_token(&user), other);
    assert_eq!(token.map(text).as_deref(), Ok("theirs"));
    assert_eq!((google.asked(), calls(&server).len()), (vec![], 2));
}

/// While Google answers, the user connects another account.
#[tokio::test]
async fn a_refresh_that_lost_to_another_writer_adopts_what_that_one_stored() {
    let server = connected().await;
    let gate = Arc::default();
    let google = Playing::new([granted("new").behind(&gate)]).await;
    let google_api = google.google();
    let reconnect = async {
        google.until_asked().await;
        store(&server, 3600, "second", Some("s1"), "2").await;
        gate.notify_one();
    };
    let (token, ()) = tokio::join!(fresh(&server, google_api), reconnect);
    assert_eq!(token.as_deref(), Ok("second"));
    assert_eq!(stored_tokens(&server), ("second".into(), Some("s1".into())));
    assert_eq!(google.asked().len(), 1);
}

/// What was adopted is of another account and about to expire itself: it is refreshed too.
#[tokio::test]
async fn adopted_tokens_that_are_about_to_expire_are_refreshed_too() {
    let server = connected().await;
    let gate = Arc::default();
    let google = Playing::new([granted("new").behind(&gate), granted("new-second")]).await;
    let google_api = google.google();
    let reconnect = async {
        google.until_asked().await;
        store(&server, 100, "second", Some("s1"), "2").await;
        gate.notify_one();
    };
    let (token, ()) = tokio::join!(fresh(&server, google_api), reconnect);
    assert_eq!(token.as_deref(), Ok("new-second"));
    assert_eq!(stored_tokens(&server), ("new-second".into(), Some("s1".into())));
    assert!(google.asked()[1].body.contains("refresh_token=hush-s1"));
}

#[tokio::test]
async fn somebody_who_keeps_replacing_the_tokens_is_not_fought_for_ever() {
    let server = connected().await;
    let gate = Arc::default();
    let google = Playing::always(granted("new").behind(&gate)).await;
    let google_api = google.google();
    let replace = async {
        for round in 0.. {
            while google.asked().len() <= round {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            store(&server, 0, &format!("second-{round}"), Some("s1"), &format!("{round}")).await;
            gate.notify_one();
        }
    };
    let error = tokio::select! {
        refresh = fresh(&server, google_api) => refresh.expect_err("it ends"),
        () = replace => unreachable!("it has no end"),
    };
    assert_eq!((error.kind(), google.asked().len()), (ErrorKind::Conflict, 4));
    assert_eq!(stored_tokens(&server), ("second-3".into(), Some("s1".into())));
}

#[tokio::test]
async fn a_user_who_is_not_connected_is_not_found_and_google_is_not_asked() {
    let server = crate::support::server();
    let google = Playing::new([]).await;
    let error = fresh(&server, google.google()).await.expect_err("nobody is connected");
    assert_eq!((error.kind(), google.asked(), calls(&server).len()), (ErrorKind::NotFound, vec![], 1));
}

#[tokio::test]
async fn a_user_who_disconnects_while_google_answers_stays_disconnected() {
    let server = connected().await;
    let gate = Arc::default();
    let google = Playing::new([granted("new").behind(&gate)]).await;
    let google_api = google.google();
    let leave = async {
        google.until_asked().await;
        at::<DeleteUser>(&server, 0).delete_tokens(&user()).await.expect("it is deleted");
        gate.notify_one();
    };
    let (token, ()) = tokio::join!(fresh(&server, google_api), leave);
    assert_eq!(token.expect_err("the user left").kind(), ErrorKind::NotFound);
    assert_eq!(server.value(USER), None);
}

#[tokio::test]
async fn a_client_id_that_cannot_be_one_is_said_before_google_is_asked() {
    for wrong in ["\n", "  ", "hush hush", "hush\u{0}b"] {
        let server = connected().await;
        server.put("Google-OAuth-Client-ID", wrong);
        let google = Playing::new([]).await;
        let error = fresh(&server, google.google()).await.expect_err("it is no client id");
        assert_eq!((error.kind(), google.asked()), (ErrorKind::InvalidInput, vec![]), "{wrong:?}");
        assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
    }
}

#[tokio::test]
async fn a_write_that_fails_is_an_error_and_the_old_tokens_stay() {
    let server = connected().await;
    let denied = FaultKind::Error { code: "AccessDeniedException".into(), status: 400, message: String::new() };
    server.inject(Fault::on(ApiCall::PutSecretValue, denied));
    let google = Playing::new([granted("new")]).await;
    let error = fresh(&server, google.google()).await.expect_err("it cannot be written");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
}

#[tokio::test]
async fn secrets_manager_too_has_to_answer_in_time() {
    let server = connected().await;
    server.set_latency(Duration::from_mins(1));
    let google = Playing::new([]).await;
    let google_api = google.google().with_time_limits(Duration::from_millis(50), Duration::from_millis(100));
    let error = fresh(&server, google_api).await.expect_err("it does not");
    assert_eq!((error, google.asked()), (RefreshError::Timeout, vec![]));
}

/// Google's time is up to its answer: what it has given is written, however long that takes.
#[tokio::test]
async fn the_time_limit_never_cuts_off_a_write() {
    let server = connected().await;
    let limit = Duration::from_millis(700);
    let gate = Arc::default();
    let google = Playing::new([granted("new").behind(&gate)]).await;
    let google_api = google.google().with_time_limits(limit, limit);
    let slow = async {
        google.until_asked().await;
        // Two calls of it.
        server.set_latency(limit * 2 / 3);
        gate.notify_one();
    };
    let (token, ()) = tokio::join!(fresh(&server, google_api), slow);
    assert_eq!(token.as_deref(), Ok("new"));
    assert_eq!(stored_tokens(&server).0, "new");
}
