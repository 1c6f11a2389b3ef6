//! Counts the client's API calls for each request, by the client's own rules, with only the state that they need.
//!
//! A request lists a user's mail: it reads the session key from the cache, then a valid access token, as
//! `GoogleTokens::fresh_access_token` does. A test compares the counts with those of the real client.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;
use paypulse_runtime::freshness::{CachePolicy, Freshness, GOOD_FOR, Life};
use paypulse_runtime::model::{ApiCall, Verb};

/// Lifetime of an access token, as the issuer states it.
/// Source: [token expiration](https://developers.google.com/identity/protocols/oauth2#expiration) and its `expires_in`.
pub const TOKEN_LIFE: Duration = Duration::from_secs(3599);

/// A request to a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Time since the start of the simulation.
    pub at: Duration,
    /// The user.
    pub user: u64,
    /// The instance (and its function) that serves it.
    pub instance: u64,
}

/// API calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// `GetSecretValue`
    pub gets: u64,
    /// `PutSecretValue`
    pub puts: u64,
}

impl Calls {
    /// Adds the calls of a verb that conflicts with no other writer.
    fn add(&mut self, verb: Verb) {
        for call in verb.api_calls() {
            match call {
                ApiCall::GetSecretValue => self.gets += 1,
                ApiCall::PutSecretValue => self.puts += 1,
                _ => {}
            }
        }
    }
}

/// A secret that all requests of an instance use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shared {
    SigningKey,
    ClientId,
}

/// An entry in the cache of an instance.
#[derive(Clone, Copy)]
struct Known {
    seen: Duration,
    life: Life,
    /// For a user's tokens: version and expiry; `None` if the user has no tokens.
    tokens: Option<Stored>,
}

/// A user's tokens in Secrets Manager.
#[derive(Clone, Copy, PartialEq)]
struct Stored {
    version: u64,
    expires: Duration,
}

/// State of Secrets Manager, and of the instances' caches.
pub struct World {
    policy: CachePolicy,
    rng: Rng,
    tokens: HashMap<u64, Stored>,
    shared: HashMap<(u64, Shared), Known>,
    users: HashMap<(u64, u64), Known>,
    /// Calls for users' tokens.
    pub user_calls: Calls,
    /// Calls for secrets that users share.
    pub shared_calls: Calls,
}

impl World {
    /// A world without any requests so far, in which all tokens are expired.
    #[must_use]
    pub fn new(policy: CachePolicy, seed: u64) -> Self {
        Self {
            policy,
            rng: Rng::with_seed(seed),
            tokens: HashMap::new(),
            shared: HashMap::new(),
            users: HashMap::new(),
            user_calls: Calls::default(),
            shared_calls: Calls::default(),
        }
    }

    /// All calls so far.
    #[must_use]
    pub const fn calls(&self) -> Calls {
        Calls {
            gets: self.user_calls.gets + self.shared_calls.gets,
            puts: self.user_calls.puts + self.shared_calls.puts,
        }
    }

    /// Starts an instance, which reads the shared secrets.
    pub fn start(&mut self, at: Duration, instance: u64) {
        for secret in [Shared::SigningKey, Shared::ClientId] {
            self.shared.remove(&(instance, secret));
            self.read_shared(at, instance, secret);
        }
    }

    /// Processes a request. `is_connected` is whether its user has tokens.
    pub fn request(&mut self, request: Request, is_connected: bool) {
        if !self.shared.contains_key(&(request.instance, Shared::SigningKey)) {
            self.start(request.at, request.instance);
        }
        self.read_shared(request.at, request.instance, Shared::SigningKey);
        self.fresh_access_token(request, is_connected);
    }

    /// Processes a request of which only the calls for shared secrets count.
    pub(super) fn request_of_anybody(&mut self, at: Duration, instance: u64, refreshes: bool) {
        self.read_shared(at, instance, Shared::SigningKey);
        if refreshes {
            self.read_shared(at, instance, Shared::ClientId);
        }
    }

    fn read_shared(&mut self, at: Duration, instance: u64, secret: Shared) {
        let known = self.shared.get(&(instance, secret));
        if known.is_none_or(|known| known.life.freshness(at.saturating_sub(known.seen)) != Freshness::Fresh) {
            self.shared_calls.add(Verb::Read);
            let known = self.seen(at, None);
            self.shared.insert((instance, secret), known);
        }
    }

    fn fresh_access_token(&mut self, request: Request, is_connected: bool) {
        let Request { at, user, instance } = request;
        let expired = Stored { version: 0, expires: Duration::ZERO };
        let stored = is_connected.then(|| *self.tokens.entry(user).or_insert(expired));
        let known = self.cached(at, (instance, user), stored);
        let (Some(known), Some(stored)) = (known, stored) else { return };
        if is_good(known, at) {
            return;
        }
        // Another function may have refreshed the tokens. A plain read corrects the cache.
        self.user_calls.add(Verb::Read);
        if self.users.get(&(instance, user)).is_some_and(|known| known.tokens == Some(stored)) {
            self.know(at, (instance, user), Some(stored));
        } else {
            self.users.remove(&(instance, user));
        }
        if is_good(stored, at) {
            return;
        }
        self.read_shared(at, instance, Shared::ClientId);
        self.user_calls.add(Verb::Update);
        let refreshed = Stored { version: stored.version + 1, expires: at + TOKEN_LIFE };
        self.tokens.insert(user, refreshed);
        self.know(at, (instance, user), Some(refreshed));
    }

    /// A cached read: returns the cached or the stored tokens, and counts the calls.
    fn cached(&mut self, at: Duration, place: (u64, u64), stored: Option<Stored>) -> Option<Stored> {
        let known = self.users.get(&place).copied();
        let standing = match known {
            None => Freshness::Expired,
            Some(known) if known.tokens.is_none() => {
                if at.saturating_sub(known.seen) < self.policy.absence() {
                    Freshness::Fresh
                } else {
                    Freshness::Expired
                }
            }
            Some(known) => known.life.freshness(at.saturating_sub(known.seen)),
        };
        if standing != Freshness::Fresh {
            self.user_calls.add(Verb::Read);
            self.know(at, place, stored);
        }
        match known {
            Some(known) if standing != Freshness::Expired => known.tokens,
            _ => stored,
        }
    }

    fn know(&mut self, at: Duration, place: (u64, u64), tokens: Option<Stored>) {
        let known = self.seen(at, tokens);
        self.users.insert(place, known);
    }

    fn seen(&mut self, at: Duration, tokens: Option<Stored>) -> Known {
        Known { seen: at, life: self.policy.life(self.rng.f64()), tokens }
    }
}

fn is_good(tokens: Stored, at: Duration) -> bool {
    at + GOOD_FOR <= tokens.expires
}
