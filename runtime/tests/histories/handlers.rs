//! Handlers that refresh, reconnect, switch the account and delete one user, one step at a time.

use std::time::{Duration, SystemTime};

use paypulse_runtime::client::{ErrorKind, Secrets};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, RefreshedToken, TokenError, TokenOperations, TokenRecord};
use paypulse_runtime::spec::{DeleteUser, FetchInvoices, GmailStoreTokens, GmailUserTokens};

use super::event::{Event, What};
use crate::shared::mark::hush;

pub fn user() -> GmailUserTokens {
    GmailUserTokens { user_id: "whisper1".parse().expect("a valid id") }
}

/// The clients of handlers, and the clock of their history.
pub struct Handlers<Now> {
    pub storing: Secrets<GmailStoreTokens>,
    pub fetching: Secrets<FetchInvoices>,
    pub deleting: Secrets<DeleteUser>,
    pub now: Now,
    /// How long Google takes at most, in milliseconds.
    pub google: u64,
}

/// What a user's consent of this mark gives. The refresh token is the mark, and the access token begins with the account that
/// it belongs to.
pub fn consent(mark: &str, owner: &str) -> NewTokens {
    NewTokens {
        access_token: format!("{owner}:{mark}").into(),
        refresh_token: Some(mark.into()),
        expires_in: 3600,
        scope: "openid".into(),
        account: GoogleAccount { user_id: Some(owner.into()), ..GoogleAccount::default() },
    }
}

/// The consent that a record goes back to. Its access token is of the account that it says.
#[track_caller]
fn consent_of(record: &TokenRecord) -> String {
    let owner = owner_of(record);
    let token = record.tokens.access_token.expose();
    assert!(token.starts_with(&format!("{owner}:")), "{owner} has the access token {token}");
    record.tokens.refresh_token.as_ref().expect("each consent has one").expose().to_owned()
}

#[track_caller]
fn owner_of(record: &TokenRecord) -> String {
    record.tokens.account.user_id.clone().expect("each account has an id")
}

impl<Now: Fn() -> Duration> Handlers<Now> {
    /// One random step. `mark` is of no other step.
    pub async fn step(&self, mark: &str, random: &mut fastrand::Rng) -> Vec<Event> {
        let mark = hush(mark);
        match random.u32(0..8) {
            0..2 => vec![self.connect(mark, random).await],
            2 => vec![self.delete().await],
            _ => self.refresh(mark, random).await,
        }
    }

    fn event(&self, start: Duration, what: What) -> Event {
        Event { start, end: (self.now)(), what }
    }

    /// With one of two accounts: sometimes a reconnect, sometimes a switch.
    async fn connect(&self, mark: String, random: &mut fastrand::Rng) -> Event {
        let owner = hush(&format!("owner{}", random.u32(0..2)));
        let start = (self.now)();
        loop {
            match self.storing.store_tokens(&user(), consent(&mark, &owner)).await {
                Ok(stored) => {
                    return self.event(start, What::Stored { consent: mark, version: stored.version.clone() });
                }
                // With very many at once it may give up: it says so, and nothing was written.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
            }
        }
    }

    async fn delete(&self) -> Event {
        let start = (self.now)();
        self.deleting.delete_tokens(&user()).await.expect("a delete always ends");
        self.event(start, What::Deleted)
    }

    /// By then everything that is stored is expired, so an update may write over another's of the same account.
    async fn refresh(&self, mark: String, random: &mut fastrand::Rng) -> Vec<Event> {
        let start = (self.now)();
        let record = match self.fetching.get_tokens(&user()).await {
            Ok(record) => record,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
                return vec![self.event(start, What::Read { consent: None })];
            }
        };
        let mut events = vec![self.event(start, What::Read { consent: Some(consent_of(&record)) })];
        tokio::time::sleep(Duration::from_millis(random.u64(0..self.google))).await;
        let token = format!("{}:{mark}", owner_of(&record));
        let start = (self.now)();
        let fresh = RefreshedToken { access_token: token.clone().into(), expires_in: 3600, refresh_token: None };
        let later = SystemTime::now() + Duration::from_hours(2);
        let refreshing = self.fetching.clone().with_clock(move || later);
        match refreshing.update_tokens(&user(), Some(&record), fresh).await {
            Ok(after) => {
                consent_of(&after);
                if after.tokens.access_token.expose() == token {
                    events.push(self.event(start, What::Refreshed { version: after.version }));
                }
            }
            Err(error) => assert!(is_of_others(&error), "{error}"),
        }
        events
    }
}

/// The user left, or others never left a gap.
fn is_of_others(error: &TokenError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
}
