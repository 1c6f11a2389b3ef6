//! Nothing that is logged, by this crate, the HTTP client or the SDK at their most talkative, holds a token, a client id or
//! a user's id.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::filter::LevelFilter;

use crate::playing::{Playing, Reply};
use crate::support::{fresh, granted_with, invalid_grant, late, server, store, user};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Captured;

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures what all tests of this program log: which events are worth asking for is remembered for the whole process.
pub fn capture() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        subscriber.with_writer(|| Captured).init();
    });
}

pub fn log() -> String {
    String::from_utf8(LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("the log is text")
}

/// A refresh, its user info, and a refusal, with tokens that can be told from all other words.
async fn whole_life() {
    let server = server();
    store(&server, 0, "hush-access", Some("hush-refresh"), "hush-account").await;
    let more = r#","refresh_token":"hush-rotated","id_token":"hush.id.token","hush-key":"hush-value""#;
    let info = Reply::json(200, r#"{"sub":"hush-account","email":"hush@gmail.com","name":"Hush"}"#);
    let error = Reply::json(400, r#"{"error":"hush-code","error_description":"hush-description"}"#);
    let google = Playing::new([granted_with("hush-second", more), info, error, invalid_grant()]).await;
    let tokens = late(&server, google.google());
    let token = tokens.fresh_access_token(&user()).await.expect("it is refreshed");
    let account = google.google().user_info(token.as_text()).await.expect("it is accepted");
    assert_eq!(account.user_id.as_deref(), Some("hush-account"));
    store(&server, 0, "hush-third", None, "hush-account").await;
    for _ in 0..2 {
        let error = fresh(&server, google.google()).await.expect_err("it is refused");
        let shown = format!("{error} {error:?} {token:?} {tokens:?} {account:?} {:?}", google.google());
        assert!(!shown.to_lowercase().contains("hush"), "{shown}");
    }
    assert_eq!(google.asked().len(), 4);
}

#[tokio::test]
async fn no_token_is_logged_even_at_trace() {
    whole_life().await;
    let log = log();
    for event in ["tokens stored", "tokens updated", "tokens deleted", "hyper_util"] {
        assert!(log.contains(event), "`{event}` is not logged");
    }
    let hush = |line: &&str| line.to_lowercase().contains("hush");
    assert_eq!(log.lines().find(hush), None);
    let ours = log.lines().filter(|line| line.contains(" paypulse_runtime::"));
    assert_eq!(
        ours.filter(|line| line.contains("u1") || line.contains("1234-abc")).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
}
