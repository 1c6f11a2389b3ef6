//! Whose tokens new ones replace.

use paypulse_runtime::oauth::{AccountChange, GoogleAccount, TokenOperations};

use crate::shared::log;
use crate::shared::mark::hush;
use crate::support::{USER, account, calls, consent, server, storing, user};

/// How the change from the account `old` to the account `new` is reported.
async fn check(old: Option<&str>, new: Option<&str>, expected: AccountChange) {
    let server = server();
    let secrets = storing(&server);
    let of = |id: Option<&str>| {
        let account = GoogleAccount { user_id: id.map(hush), ..account("same address") };
        consent("a", Some("r"), account)
    };
    let first = secrets.store_tokens(&user(), of(old)).await.expect("it is stored");
    assert_eq!(first.change, AccountChange::Created);
    server.take_calls();
    let second = secrets.store_tokens(&user(), of(new)).await.expect("it is stored");
    assert_eq!(second.change, expected, "{old:?} to {new:?}");
    assert_eq!(calls(&server), ["GetSecretValue", "PutSecretValue"], "no call more than without it");
}

#[tokio::test]
async fn an_account_is_told_by_its_id_and_where_one_is_missing_by_its_verified_address() {
    check(Some("1"), Some("1"), AccountChange::SameAccount).await;
    check(Some("1"), Some("2"), AccountChange::Switched).await;
    for nobody in [None, Some("")] {
        check(Some("1"), nobody, AccountChange::SameAccount).await;
        check(nobody, Some("1"), AccountChange::SameAccount).await;
        check(nobody, None, AccountChange::SameAccount).await;
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_of_an_unknown_account() {
    let server = server();
    server.put(USER, "hush, not a bundle");
    let stored = storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await;
    assert_eq!(stored.expect("it is stored").change, AccountChange::Unknown);
}

/// What is compared is what the write followed, not what the first look found.
#[tokio::test(start_paused = true)]
async fn of_two_stores_at_once_the_later_one_sees_the_earlier_one() {
    let server = server();
    server.set_latency(std::time::Duration::from_millis(10));
    let store = async |id: &str| {
        let stored = storing(&server).store_tokens(&user(), consent("a", Some("r"), account(id))).await;
        stored.expect("both succeed").change
    };
    let (one, other) = tokio::join!(store("1"), store("2"));
    let mut changes = [one, other];
    changes.sort_by_key(|change| *change == AccountChange::Switched);
    assert_eq!(changes, [AccountChange::Created, AccountChange::Switched]);
}

#[tokio::test]
async fn the_log_says_it_without_an_id() {
    check(Some("1"), Some("2"), AccountChange::Switched).await;
    let lines = log::ours();
    let line = lines.lines().rfind(|line| line.contains("tokens stored") && line.contains("switched"));
    assert!(line.is_some_and(|line| line.contains("INFO")), "{line:?}");
}
