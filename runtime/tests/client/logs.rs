//! Nothing that is logged, by this crate or by the SDK at its most talkative, holds a token or a user's id.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use paypulse_runtime::spec::DeleteUser;
use paypulse_runtime::testing::EmbeddedSecretsManager;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{account, consent, fetching, refreshed, secrets, server, storing, user};

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

/// Captures what all tests of this program log. One subscriber for all: which events are worth asking for is remembered
/// for the whole process.
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

/// What has been logged so far.
pub fn captured() -> String {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    String::from_utf8(log).expect("the log is text")
}

async fn whole_life(server: &EmbeddedSecretsManager) {
    let new = consent("hush-access", Some("hush-refresh"), account("hush-account"));
    storing(server).store_tokens(&user(), new).await.expect("it is stored");
    let record = fetching(server).get_tokens(&user()).await.expect("it is there");
    fetching(server).update_tokens(&user(), Some(&record), refreshed("hush-second")).await.expect("it is updated");
    secrets::<DeleteUser>(server).delete_tokens(&user()).await.expect("it is deleted");
    fetching(server).get_tokens(&user()).await.expect_err("it is gone");
}

#[tokio::test]
async fn no_token_is_logged_even_at_trace() {
    whole_life(&server()).await;
    let log = log();
    for event in ["tokens stored", "tokens read", "tokens updated", "tokens deleted", "aws_smithy"] {
        assert!(log.contains(event), "`{event}` is not logged");
    }
    assert!(!log.contains("hush"), "{}", log.lines().find(|line| line.contains("hush")).unwrap_or_default());
    let ours = log.lines().filter(|line| line.contains(" paypulse_runtime::")).find(|line| line.contains("u1"));
    assert_eq!(ours, None, "a user's id is logged");
}
