//! Google as far as the functions use it: the token endpoint, user info, and Gmail with a few invoices (`mail`).
//!
//! An account is identified by its refresh token, which buys access tokens that are accepted for the account. Faults
//! are injected in advance.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::account::Account;
use super::loopback::{Loopback, Reply};
use super::mail::{self, refusal};

/// A request that reached Google.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The method and path, such as `POST /token`.
    pub line: String,
    /// The query of a request to Gmail.
    pub query: String,
}

#[derive(Default)]
struct GoogleState {
    accounts: Vec<Account>,
    /// The account id for each valid access token.
    accepted: HashMap<String, String>,
    given: usize,
    /// Injected answers for the next requests to a path.
    faults: HashMap<&'static str, VecDeque<Reply>>,
    asked: Vec<Asked>,
    latency: Duration,
}

/// Google on loopback.
pub struct Google {
    server: Loopback,
    state: Arc<Mutex<GoogleState>>,
}

fn locked(state: &Mutex<GoogleState>) -> MutexGuard<'_, GoogleState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Google {
    /// The path of the token endpoint.
    pub const TOKEN: &str = "/token";
    /// The path of the user info.
    pub const USER_INFO: &str = "/oauth2/v3/userinfo";
    /// The path of the mailbox profile in Gmail.
    pub const PROFILE: &str = "/gmail/v1/users/me/profile";
    /// The path of Gmail's messages, and the prefix of each message's path.
    pub const MESSAGES: &str = "/gmail/v1/users/me/messages";

    /// A Google without accounts.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn new() -> io::Result<Self> {
        let state = Arc::<Mutex<GoogleState>>::default();
        let answering = Arc::clone(&state);
        let server = Loopback::serve(move |request| {
            let state = Arc::clone(&answering);
            async move {
                let latency = locked(&state).latency;
                tokio::time::sleep(latency).await;
                locked(&state).answer(&request)
            }
        });
        Ok(Self { server: server.await?, state })
    }

    /// The variables that configure Google's endpoints for a function.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let url = format!("http://{}", self.server.address());
        [
            ("GOOGLE_TOKEN_URL", format!("{url}{}", Self::TOKEN)),
            ("GOOGLE_USER_INFO_URL", format!("{url}{}", Self::USER_INFO)),
            ("GMAIL_URL", url),
        ]
    }

    /// A user consents: the account's tokens are valid from now on.
    pub fn consent(&self, account: &Account) {
        let mut state = locked(&self.state);
        state.accounts.push(account.clone());
        state.accepted.insert(account.access_token.clone(), account.id.clone());
    }

    /// A user revokes the consent: none of the account's tokens is valid any more.
    pub fn revoke(&self, account: &Account) {
        let mut state = locked(&self.state);
        state.accounts.retain(|known| known.id != account.id);
        state.accepted.retain(|_, id| *id != account.id);
    }

    /// All access tokens expire; refresh tokens remain valid.
    pub fn expire(&self) {
        locked(&self.state).accepted.clear();
    }

    /// Injects an answer for the next request to this path. A path that ends in `/` matches all paths under it.
    pub fn answer_next(&self, path: &'static str, reply: Reply) {
        locked(&self.state).faults.entry(path).or_default().push_back(reply);
    }

    /// Delays every answer from now on by this time.
    pub fn set_latency(&self, latency: Duration) {
        locked(&self.state).latency = latency;
    }

    /// The requests since the last call.
    #[expect(clippy::must_use_candidate, reason = "also called to forget what a test's preparations did")]
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut locked(&self.state).asked)
    }
}

impl GoogleState {
    fn answer(&mut self, request: &Request<Bytes>) -> Reply {
        let path = request.uri().path();
        let query = request.uri().query().unwrap_or_default();
        self.asked.push(Asked { line: format!("{} {path}", request.method()), query: query.to_owned() });
        let matches = |fault: &str| fault == path || (fault.ends_with('/') && path.starts_with(fault));
        let fault = self.faults.iter_mut().find(|(fault, replies)| matches(fault) && !replies.is_empty());
        if let Some(reply) = fault.and_then(|(_, replies)| replies.pop_front()) {
            return reply;
        }
        if path == Google::TOKEN {
            return self.token(request.body());
        }
        let bearer =
            request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let account = bearer.and_then(|token| self.accepted.get(token));
        let Some(account) = account.and_then(|id| self.accounts.iter().find(|account| account.id == *id)) else {
            return Reply::json(401, refusal("authError"));
        };
        match path.strip_prefix(Google::MESSAGES) {
            None if path == Google::USER_INFO => {
                let info =
                    json!({ "sub": account.id, "email": account.email, "email_verified": true, "name": "Jane Doe" });
                Reply::json(200, info)
            }
            None if path == Google::PROFILE => {
                Reply::json(200, json!({ "emailAddress": account.email, "messagesTotal": 4 }))
            }
            Some("") => Reply::json(200, list(query)),
            Some(id) => mail::read(id.trim_start_matches('/'), account),
            None => Reply::json(404, refusal("notFound")),
        }
    }

    /// Source: [refreshing an access token](https://developers.google.com/identity/protocols/oauth2/native-app#offline).
    fn token(&mut self, body: &[u8]) -> Reply {
        let form: HashMap<_, _> = form_urlencoded::parse(body).collect();
        let refresh_token = form.get("refresh_token").map_or("", AsRef::as_ref);
        let account = self.accounts.iter().find(|account| account.refresh_token == refresh_token);
        let Some(account) = account.filter(|_| form.get("grant_type").is_some_and(|grant| grant == "refresh_token"))
        else {
            let body = json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." });
            return Reply::json(400, body);
        };
        self.given += 1;
        let token = format!("{}-{}", account.access_token, self.given);
        self.accepted.insert(token.clone(), account.id.clone());
        Reply::json(200, json!({ "access_token": token, "expires_in": 3599, "token_type": "Bearer" }))
    }
}

/// Two pages of two invoices each.
fn list(query: &str) -> Value {
    let second = form_urlencoded::parse(query.as_bytes()).any(|(name, page)| name == "pageToken" && page == "page2");
    if second {
        json!({ "messages": [{ "id": "m3" }, { "id": "m4" }], "resultSizeEstimate": 4 })
    } else {
        json!({ "messages": [{ "id": "m1" }, { "id": "m2" }], "nextPageToken": "page2", "resultSizeEstimate": 4 })
    }
}
