//! The simulation against what it simulates: the same requests go to real clients with real caches, each an instance, on the
//! embedded Secrets Manager, with a Google on loopback; time is what the test says it is.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use paypulse_handlers::local::{Account, Google as GoogleHere};
use paypulse_runtime::client::{CacheConfig, CachePolicy, ErrorKind, Secrets};
use paypulse_runtime::google::{Endpoints, Google, GoogleTokens};
use paypulse_runtime::oauth::Timestamp;
use paypulse_runtime::spec::{self, FetchInvoices, GmailUserTokens, GoogleOauthClientId, JwtSigningKey};
use paypulse_runtime::testing::EmbeddedSecretsManager;
use serde_json::json;
use xtask::scale::{Assumptions, Calls, Traffic, World};

const USERS: u64 = 120;
const SEED: u64 = 7;

/// Time as the test turns it.
#[derive(Clone)]
struct Clock {
    start: (Instant, SystemTime),
    passed: Arc<AtomicU64>,
}

impl Clock {
    fn passed(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::Relaxed))
    }
}

struct RealWorld {
    server: EmbeddedSecretsManager,
    google: Google,
    _here: GoogleHere,
    policy: CachePolicy,
    clock: Clock,
    instances: HashMap<u64, (Secrets<FetchInvoices>, GoogleTokens<FetchInvoices, GoogleOauthClientId>)>,
}

impl RealWorld {
    async fn new(traffic: &Traffic, policy: CachePolicy) -> Self {
        let server = EmbeddedSecretsManager::enforcing(&spec::spec());
        server.put("PayPulseAppJWTSecret", "a key");
        server.put("Google-OAuth-Client-ID", "1234.apps.googleusercontent.com");
        let here = GoogleHere::new().await.expect("a free port");
        let clock = Clock { start: (Instant::now(), SystemTime::now()), passed: Arc::default() };
        let expired = Timestamp::from(clock.start.1).to_string();
        for user in (0..traffic.users).filter(|user| traffic.is_connected(*user)) {
            let refresh_token = format!("refresh-{user}");
            let bundle = json!({ "access_token": "old", "refresh_token": refresh_token, "expires_at": expired,
                "expires_in": 3599, "scope": "a", "token_type": "Bearer", "created_at": expired });
            server.put(&format!("gmail/user/{user}"), bundle.to_string());
            let (id, email, access_token) = (user.to_string(), String::new(), format!("access-{user}"));
            here.consent(&Account { id, email, refresh_token, access_token });
        }
        let [(_, token), (_, user_info), _] = here.environment();
        let google = Google::new().expect("root certificates").with_endpoints(&Endpoints { token, user_info });
        let google = google.expect("loopback").with_time_limits(Duration::from_secs(10), Duration::from_mins(1));
        server.take_calls();
        Self { server, google, _here: here, policy, clock, instances: HashMap::new() }
    }

    async fn request(&mut self, request: xtask::scale::Request) {
        let millis = u64::try_from(request.at.as_millis()).expect("a few days");
        self.clock.passed.store(millis, Ordering::Relaxed);
        if !self.instances.contains_key(&request.instance) {
            let (secrets, tokens) = self.start();
            for secret in
                [secrets.cached(&JwtSigningKey).await.map(drop), secrets.cached(&GoogleOauthClientId).await.map(drop)]
            {
                secret.expect("it is there");
            }
            self.instances.insert(request.instance, (secrets, tokens));
        }
        let (secrets, tokens) = &self.instances[&request.instance];
        secrets.cached(&JwtSigningKey).await.expect("it is there");
        let user = GmailUserTokens { user_id: request.user.to_string().parse().expect("a valid id") };
        match tokens.fresh_access_token(&user).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
        }
        // What was begun in the background ends before the next request: a call takes no time here.
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
    }

    fn start(&self) -> (Secrets<FetchInvoices>, GoogleTokens<FetchInvoices, GoogleOauthClientId>) {
        let (clock, wall) = (self.clock.clone(), self.clock.clone());
        let config = CacheConfig::new().policy(self.policy).clock(move || clock.start.0 + clock.passed());
        let secrets = Secrets::<FetchInvoices>::new(self.server.client_for::<FetchInvoices>());
        let secrets =
            secrets.with_clock(move || wall.start.1 + wall.passed()).with_cache(config).expect("a valid policy");
        let tokens = GoogleTokens::new(secrets.clone(), self.google.clone(), GoogleOauthClientId);
        (secrets, tokens)
    }

    fn calls(&self) -> Calls {
        let calls = self.server.calls();
        let count = |name: &str| calls.iter().filter(|call| call.call == name).count() as u64;
        let counted = Calls { gets: count("GetSecretValue"), puts: count("PutSecretValue") };
        assert_eq!(counted.gets + counted.puts, calls.len() as u64, "the client makes no other calls");
        counted
    }
}

/// The calls of a day: the simulation's and the real clients'.
async fn both(policy: CachePolicy) -> (Calls, Calls) {
    let traffic = Traffic { users: USERS, assumed: Assumptions::default() };
    let mut simulated = World::new(policy, SEED);
    let mut real = RealWorld::new(&traffic, policy).await;
    for request in traffic.requests(USERS, 1, SEED) {
        simulated.request(request, traffic.is_connected(request.user));
        real.request(request).await;
    }
    (simulated.calls(), real.calls())
}

/// Without a draw there is nothing to differ in.
#[tokio::test]
async fn the_simulation_counts_the_calls_that_the_real_client_makes() {
    for policy in [
        CachePolicy::new().jitter(0.0),
        CachePolicy::new().jitter(0.0).ttl(Duration::from_hours(2)),
        CachePolicy::new().jitter(0.0).refresh_ahead(0.0).negative_ttl(Duration::from_mins(1)),
    ] {
        let (simulated, real) = both(policy).await;
        assert_eq!(simulated, real, "{policy:?}");
        assert!(real.puts > USERS, "{real:?}");
    }
}

/// Each draws for itself.
#[tokio::test]
async fn with_the_client_s_own_draws_the_simulation_is_within_two_percent() {
    let (simulated, real) = both(CachePolicy::new()).await;
    assert_eq!(simulated.puts, real.puts);
    assert!(simulated.gets.abs_diff(real.gets) * 50 <= real.gets, "{simulated:?} simulated, {real:?} made");
}
