//! Random schedules of handlers that refresh, reconnect, switch the account and delete the same user, on a
//! paused clock; the history of each is held to the rules. A schedule is its seed, which a failure names.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use paypulse_runtime::client::{ErrorKind, Secrets};
use paypulse_runtime::model::Handler;
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, RefreshedToken, TokenRecord};
use paypulse_runtime::spec::{self, DeleteUser, FetchInvoices, GmailStoreTokens, GmailUserTokens};
use tokio::task::JoinSet;
use tokio::time::Instant;

use shared::mark::hush;
use shared::server::Server;

#[path = "shared/mod.rs"]
mod shared;

/// Unless the environment's `SCHEDULES` says how many: 300 take some twenty seconds.
const SCHEDULES: u64 = 300;
const HANDLERS: u32 = 5;
const STEPS: u32 = 4;
/// A call takes this long, half of it before it happens.
const LATENCY: Duration = Duration::from_millis(8);

/// One operation that has ended.
#[derive(Debug)]
struct Event {
    start: Instant,
    end: Instant,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Consent of this mark is stored, and under this version.
    Stored {
        consent: String,
        version: String,
    },
    /// A new access token is stored under this version.
    Refreshed {
        version: String,
    },
    /// The bundle that was found, by the consent that it goes back to.
    Read {
        consent: Option<String>,
    },
    Deleted,
}

fn user() -> GmailUserTokens {
    GmailUserTokens { user_id: "whisper1".parse().expect("a valid id") }
}

/// A client whose clock stands so many hours ahead.
fn ahead<H: Handler>(server: &Server, hours: u64) -> Secrets<H> {
    let now = SystemTime::now() + Duration::from_hours(hours);
    Secrets::new(server.client_for::<H>()).with_clock(move || now)
}

fn consent(mark: &str, owner: &str) -> NewTokens {
    NewTokens {
        access_token: format!("{owner}:{mark}").into(),
        refresh_token: Some(mark.into()),
        expires_in: 3600,
        scope: "openid".into(),
        account: GoogleAccount { user_id: Some(owner.into()), ..GoogleAccount::default() },
    }
}

/// The refresh token is the consent's mark. The access token begins with the account that it belongs to.
fn consent_of(record: &TokenRecord, seed: u64) -> String {
    let owner = record.tokens.account.user_id.as_deref().expect("each account has an id");
    let token = record.tokens.access_token.expose();
    assert!(token.starts_with(&format!("{owner}:")), "schedule {seed}: {owner} has the access token {token}");
    record.tokens.refresh_token.as_ref().expect("each consent has one").expose().to_owned()
}

async fn step(server: &Server, who: u32, number: u32, random: &mut fastrand::Rng, seed: u64) -> Vec<Event> {
    let mark = hush(&format!("{who}.{number}"));
    let event = |start, what| Event { start, end: Instant::now(), what };
    let start = Instant::now();
    match random.u32(0..8) {
        0..2 => {
            // One of two accounts: sometimes a reconnect, sometimes a switch.
            let owner = hush(&format!("owner{}", random.u32(0..2)));
            let stored = ahead::<GmailStoreTokens>(server, 0).store_tokens(&user(), consent(&mark, &owner)).await;
            let stored = stored.expect("a store finds a way");
            vec![event(start, What::Stored { consent: mark, version: stored.version.clone() })]
        }
        2 => {
            ahead::<DeleteUser>(server, 0).delete_tokens(&user()).await.expect("a delete always ends");
            vec![event(start, What::Deleted)]
        }
        _ => {
            let mut events = Vec::new();
            let read = ahead::<FetchInvoices>(server, 0).get_tokens(&user()).await;
            let record = match read {
                Ok(record) => record,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::NotFound, "schedule {seed}");
                    return vec![event(start, What::Read { consent: None })];
                }
            };
            events.push(event(start, What::Read { consent: Some(consent_of(&record, seed)) }));
            // Google takes its time.
            tokio::time::sleep(Duration::from_millis(random.u64(0..20))).await;
            let owner = record.tokens.account.user_id.clone().expect("each account has an id");
            let token = format!("{owner}:{mark}");
            let start = Instant::now();
            let fresh = RefreshedToken { access_token: token.clone().into(), expires_in: 3600, refresh_token: None };
            // By then everything that is stored is expired, so an update may write over another's of the same account.
            match ahead::<FetchInvoices>(server, 2).update_tokens(&user(), Some(&record), fresh).await {
                Ok(after) => {
                    consent_of(&after, seed);
                    if after.tokens.access_token.expose() == token {
                        events.push(event(start, What::Refreshed { version: after.version }));
                    }
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "schedule {seed}: {error}"),
            }
            events
        }
    }
}

async fn history(seed: u64) -> Vec<Event> {
    let server = Server::enforcing(&spec::spec());
    server.set_latency(LATENCY);
    let mut handlers = JoinSet::new();
    for who in 0..HANDLERS {
        let server = server.clone();
        handlers.spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed * u64::from(HANDLERS) + u64::from(who));
            let mut events = Vec::new();
            for number in 0..STEPS {
                tokio::time::sleep(Duration::from_millis(random.u64(0..25))).await;
                events.extend(step(&server, who, number, &mut random, seed).await);
            }
            events
        });
    }
    handlers.join_all().await.into_iter().flatten().collect()
}

/// At most one winning write a version: no two writes ended in the same one.
fn check_versions(history: &[Event], seed: u64) {
    let mut versions = BTreeSet::new();
    for event in history {
        if let What::Stored { version, .. } | What::Refreshed { version } = &event.what {
            assert!(versions.insert(version), "schedule {seed}: two writes won version {version}\n{history:#?}");
        }
    }
}

/// What is read goes back to a consent that nothing has replaced or deleted since: no token of an account after a switch,
/// and nothing that comes back after a delete.
fn check_read(history: &[Event], read: &Event, consent: Option<&str>, seed: u64) {
    let replaces = |event: &&Event| matches!(event.what, What::Stored { .. } | What::Deleted);
    let Some(consent) = consent else {
        let lost = history.iter().find(|store| {
            matches!(store.what, What::Stored { .. })
                && store.end < read.start
                && !history
                    .iter()
                    .any(|it| matches!(it.what, What::Deleted) && it.end > store.start && it.start < read.end)
        });
        assert!(lost.is_none(), "schedule {seed}: {lost:?} is lost\n{history:#?}");
        return;
    };
    let origin = history.iter().find(|it| matches!(&it.what, What::Stored { consent: mark, .. } if mark == consent));
    // A store that has not ended yet when the history does: there is none, all are joined.
    let origin = origin.expect("each consent was stored");
    let newer = history.iter().filter(replaces).find(|it| it.start > origin.end && it.end < read.start);
    assert!(newer.is_none(), "schedule {seed}: {read:?} is older than {newer:?}\n{history:#?}");
}

#[tokio::test(start_paused = true)]
async fn no_schedule_breaks_a_rule() {
    let (mut refreshed, mut stored, mut deleted, mut absent) = (0, 0, 0, 0);
    let schedules = std::env::var("SCHEDULES").map_or(SCHEDULES, |number| number.parse().expect("a number"));
    for seed in 0..schedules {
        let history = history(seed).await;
        check_versions(&history, seed);
        for event in &history {
            match &event.what {
                What::Read { consent } => {
                    check_read(&history, event, consent.as_deref(), seed);
                    absent += u32::from(consent.is_none());
                }
                What::Stored { .. } => stored += 1,
                What::Refreshed { .. } => refreshed += 1,
                What::Deleted => deleted += 1,
            }
        }
    }
    // The schedules do go down every way.
    for (what, often) in [("refreshed", refreshed), ("stored", stored), ("deleted", deleted), ("absent", absent)] {
        assert!(u64::from(often) > schedules / 2, "only {often} were {what}");
    }
}
