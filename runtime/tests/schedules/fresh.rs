//! Fresh access tokens for the handlers of two processes, one with a cache, while the user connects, switches the account,
//! disconnects and takes consent back at Google, and tokens expire.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use paypulse_runtime::client::{CacheConfig, CachePolicy, ErrorKind, Secrets};
use paypulse_runtime::google::GoogleTokens;
use paypulse_runtime::model::{Handler, Payload, Text};
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use paypulse_runtime::spec::{self, DeleteUser, FetchInvoices, GmailStoreTokens, GoogleOauthClientId};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::explore;
use crate::histories::{consent, user};
use crate::playing::{Asked, Playing, Reply};
use crate::shared::mark::hush;
use crate::shared::server::Server;

/// These take a minute on two cores.
const SCHEDULES: u64 = 500;
/// Tasks of a process that need a token, and how often each does.
const TASKS: u32 = 3;
const CALLS: u32 = 4;
/// What the user does.
const ACTIONS: u32 = 8;
const LATENCY: Duration = Duration::from_millis(8);
/// The processes, by their path to Google. The first one has a cache, whose values live so long.
const PROCESSES: [&str; 2] = ["/cached", "/plain"];
const TTL: Duration = Duration::from_millis(40);
/// The life of each access token.
const LIFE: u64 = 3600;

/// One thing that has happened.
#[derive(Clone, Debug)]
struct Event {
    start: Duration,
    end: Duration,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// The user connected with consent of this mark.
    Connected(String),
    Disconnected,
    /// The user took this consent back at Google.
    TakenBack(String),
    /// A task of this process asked for a token.
    Asked(usize, Given),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    /// A token that goes back to this consent.
    Token(String),
    NotConnected,
    ToReconnect,
    /// The tokens were replaced each time.
    GaveUp,
}

/// What Google knows.
#[derive(Default)]
struct Google {
    /// The account of each consent, and whether it was taken back.
    consents: HashMap<String, (String, bool)>,
    /// Tokens that were given: the process, the consent, and how often all tokens had expired by then.
    granted: Vec<(String, String, u64)>,
}

impl Google {
    fn answer(&mut self, asked: &Asked, epoch: u64) -> Reply {
        let process = asked.line.trim_start_matches("POST ").to_owned();
        let token = asked.body.split('&').find_map(|field| field.strip_prefix("refresh_token="));
        let mark = token.expect("a refresh has one").to_owned();
        let (owner, is_taken_back) = &self.consents[&mark];
        if *is_taken_back {
            return Reply::json(
                400,
                r#"{"error":"invalid_grant","error_description":"hush: Token has been expired or revoked."}"#,
            );
        }
        self.granted.push((process, mark.clone(), epoch));
        let (number, life) = (self.granted.len(), LIFE);
        Reply::json(
            200,
            &format!(
                r#"{{"access_token":"{owner}:{mark}:{number}","expires_in":{life},"scope":"openid","token_type":"Bearer"}}"#
            ),
        )
    }
}

struct World {
    server: Server,
    playing: Playing,
    google: Arc<Mutex<Google>>,
    /// Seconds since the start, as all handlers see them.
    clock: Arc<AtomicU64>,
    start: Instant,
    events: Mutex<Vec<Event>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic")
}

impl World {
    async fn new(seed: u64) -> Arc<Self> {
        let (google, clock) = (Arc::<Mutex<Google>>::default(), Arc::new(AtomicU64::new(0)));
        let (answering, epochs) = (Arc::clone(&google), Arc::clone(&clock));
        let mut random = fastrand::Rng::with_seed(seed);
        let playing = Playing::answering(move |asked| {
            let reply = locked(&answering).answer(asked, epochs.load(SeqCst) / LIFE);
            reply.after(Duration::from_millis(random.u64(0..30)))
        });
        let server = Server::enforcing(&spec::spec());
        server.put("Google-OAuth-Client-ID", "1234-hush.apps.googleusercontent.com");
        server.set_latency(LATENCY);
        let (playing, start) = (playing.await, Instant::now());
        Arc::new(Self { server, playing, google, clock, start, events: Mutex::default() })
    }

    fn secrets<H: Handler>(&self) -> Secrets<H> {
        let clock = Arc::clone(&self.clock);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + clock.load(SeqCst));
        Secrets::new(self.server.client_for::<H>()).with_clock(now)
    }

    fn process(&self, number: usize) -> Arc<GoogleTokens<FetchInvoices, GoogleOauthClientId>> {
        let secrets = self.secrets::<FetchInvoices>();
        let policy = CachePolicy::new().ttl(TTL).jitter(0.0).negative_ttl(TTL);
        let config = CacheConfig::new().policy(policy).clock(|| Instant::now().into_std());
        let secrets = if number == 0 { secrets.with_cache(config).expect("the policy holds") } else { secrets };
        Arc::new(GoogleTokens::new(secrets, self.playing.google_at(PROCESSES[number]), GoogleOauthClientId))
    }

    async fn note<T>(&self, doing: impl Future<Output = T>, what: impl FnOnce(T) -> What) {
        let start = self.start.elapsed();
        let what = what(doing.await);
        locked(&self.events).push(Event { start, end: self.start.elapsed(), what });
    }

    async fn ask(&self, process: usize, tokens: &GoogleTokens<FetchInvoices, GoogleOauthClientId>) {
        let given = async {
            match tokens.fresh_access_token(&user()).await {
                Ok(token) => {
                    let words: Vec<&str> = token.expose().split(':').collect();
                    let (owner, mark) = (words[0], words[1]);
                    assert_eq!(owner, locked(&self.google).consents[mark].0, "a token of another account");
                    Given::Token(mark.to_owned())
                }
                Err(error) => match error.kind() {
                    ErrorKind::NotFound => Given::NotConnected,
                    ErrorKind::ReconnectRequired => Given::ToReconnect,
                    ErrorKind::Conflict => Given::GaveUp,
                    _ => panic!("{error}"),
                },
            }
        };
        self.note(given, |given| What::Asked(process, given)).await;
    }

    async fn connect(&self, mark: String, random: &mut fastrand::Rng) {
        let (mark, owner) = (hush(&mark), hush(&format!("owner{}", random.u32(0..2))));
        locked(&self.google).consents.insert(mark.clone(), (owner.clone(), false));
        let (storing, user) = (self.secrets::<GmailStoreTokens>(), user());
        let store = storing.store_tokens(&user, consent(&mark, &owner));
        self.note(store, |stored| {
            stored.expect("a store finds a way");
            What::Connected(mark)
        })
        .await;
    }

    async fn act(&self, number: u32, random: &mut fastrand::Rng) {
        match random.u32(0..10) {
            0..3 => self.connect(format!("{number}"), random).await,
            3 => {
                let (deleting, user) = (self.secrets::<DeleteUser>(), user());
                self.note(deleting.delete_tokens(&user), |deleted| {
                    deleted.expect("a delete always ends");
                    What::Disconnected
                })
                .await;
            }
            4..6 => {
                let connected = locked(&self.events).iter().rev().find_map(|event| match &event.what {
                    What::Connected(mark) => Some(mark.clone()),
                    _ => None,
                });
                let Some(mark) = connected else { return };
                locked(&self.google).consents.get_mut(&mark).expect("it was given").1 = true;
                self.note(async {}, |()| What::TakenBack(mark)).await;
            }
            _ => drop(self.clock.fetch_add(LIFE, SeqCst)),
        }
    }
}

async fn pause(random: &mut fastrand::Rng, most: u64) {
    sleep(Duration::from_millis(random.u64(0..most))).await;
}

/// What came of a schedule.
struct Outcome {
    events: Vec<Event>,
    granted: usize,
    /// Whether a refusal of old tokens took away those of a consent that had come in the meantime.
    is_lost: bool,
}

async fn run(seed: u64) -> Outcome {
    let world = World::new(seed).await;
    let mut random = fastrand::Rng::with_seed(seed);
    world.connect("first".to_owned(), &mut random).await;
    let mut tasks = JoinSet::new();
    for process in 0..PROCESSES.len() {
        let tokens = world.process(process);
        for task in 0..TASKS {
            let (world, tokens) = (Arc::clone(&world), Arc::clone(&tokens));
            let mut random = fastrand::Rng::with_seed(seed << 8 | (process as u64) << 4 | u64::from(task));
            tasks.spawn(async move {
                for _ in 0..CALLS {
                    pause(&mut random, 60).await;
                    world.ask(process, &tokens).await;
                }
            });
        }
    }
    let user = Arc::clone(&world);
    tasks.spawn(async move {
        for number in 0..ACTIONS {
            pause(&mut random, 40).await;
            user.act(number, &mut random).await;
        }
    });
    tasks.join_all().await;
    check(&world, seed)
}

fn check(world: &World, seed: u64) -> Outcome {
    let events = locked(&world.events).clone();
    let granted = locked(&world.google).granted.clone();
    for event in &events {
        if let What::Asked(_, given) = &event.what {
            match given {
                Given::Token(mark) => check_token(world, event, mark, seed, &events),
                Given::ToReconnect => {
                    let is_justified =
                        events.iter().any(|it| matches!(it.what, What::TakenBack(_)) && it.start <= event.end);
                    assert!(is_justified, "schedule {seed}: nobody took consent back\n{event:?}\n{events:#?}");
                }
                Given::NotConnected | Given::GaveUp => {}
            }
        }
    }
    // Of the tasks of one process one asks Google, each time that a consent's token has expired.
    for (number, grant) in granted.iter().enumerate() {
        assert!(!granted[..number].contains(grant), "schedule {seed}: {grant:?} twice in {granted:?}\n{events:#?}");
    }
    let is_lost = check_end(world, &events, seed);
    Outcome { events, granted: granted.len(), is_lost }
}

/// A token is of the account whose consent is stored, or was a ttl ago: of none that was replaced or left before that.
/// Which consent of that account it goes back to is all the same.
fn check_token(world: &World, asked: &Event, mark: &str, seed: u64, events: &[Event]) {
    let staleness = if matches!(asked.what, What::Asked(0, _)) { TTL } else { Duration::ZERO };
    let google = locked(&world.google);
    let owner = |mark: &str| &google.consents[mark].0;
    let is_current = |origin: &&Event| {
        let replaces = |it: &&Event| matches!(it.what, What::Connected(_) | What::Disconnected);
        !events.iter().filter(replaces).any(|it| it.start > origin.end && it.end + staleness < asked.start)
    };
    let is_of_owner = |it: &&Event| matches!(&it.what, What::Connected(other) if owner(other) == owner(mark));
    let is_sound = events.iter().filter(is_of_owner).any(|origin| is_current(&origin));
    assert!(is_sound, "schedule {seed}: {asked:?} is older than what was there\n{events:#?}");
}

/// What is stored in the end is the last consent, unless the user has left or taken it back. Whether it is lost without
/// either: in the one round trip between the last look at refused tokens and their delete, which no rule can close.
fn check_end(world: &World, events: &[Event], seed: u64) -> bool {
    let connected = events.iter().rfind(|it| matches!(it.what, What::Connected(_))).expect("the user has connected");
    let What::Connected(mark) = &connected.what else { unreachable!("it was looked for") };
    let has_left = events.iter().any(|it| matches!(it.what, What::Disconnected) && it.start >= connected.end);
    let is_taken_back = locked(&world.google).consents[mark].1;
    let stored = world.server.value("gmail/user/whisper1");
    match stored.map(|stored| OauthTokens::parse(&stored).expect("a bundle")) {
        Some(stored) => {
            assert!(!has_left, "schedule {seed}: it came back after a delete\n{events:#?}");
            let refresh_token = stored.refresh_token.as_ref().map(Text::expose);
            assert_eq!(refresh_token, Some(mark.as_str()), "schedule {seed}\n{events:#?}");
            let owner = stored.account.user_id.unwrap_or_default();
            assert!(stored.access_token.expose().starts_with(&format!("{owner}:")), "schedule {seed}\n{events:#?}");
            false
        }
        None if has_left || is_taken_back => false,
        None => {
            // The delete has happened half a latency before its answer, and the look a whole one before that.
            let is_in_window = |it: &Event| {
                matches!(it.what, What::Asked(_, Given::ToReconnect))
                    && (connected.end..=connected.end + LATENCY).contains(&it.end)
            };
            assert!(events.iter().any(is_in_window), "schedule {seed}: {connected:?} is lost\n{events:#?}");
            true
        }
    }
}

#[test]
fn no_schedule_breaks_a_rule() {
    let outcomes = explore(SCHEDULES, run);
    let count = |is_it: &dyn Fn(&What) -> bool| {
        outcomes.iter().flat_map(|outcome| &outcome.events).filter(|event| is_it(&event.what)).count()
    };
    let given = |wanted: &dyn Fn(&Given) -> bool| count(&|what| matches!(what, What::Asked(_, given) if wanted(given)));
    let granted: usize = outcomes.iter().map(|outcome| outcome.granted).sum();
    for (what, often) in [
        ("tokens given by Google", granted),
        ("tokens given out", given(&|given| matches!(given, Given::Token(_)))),
        ("not connected", given(&|given| *given == Given::NotConnected)),
        ("to reconnect", given(&|given| *given == Given::ToReconnect)),
        ("connected", count(&|what| matches!(what, What::Connected(_)))),
        ("disconnected", count(&|what| *what == What::Disconnected)),
        ("taken back", count(&|what| matches!(what, What::TakenBack(_)))),
    ] {
        println!("{what}: {often} times in {} schedules", outcomes.len());
        assert!(often > outcomes.len() / 4, "only {often}: {what}");
    }
    let lost = outcomes.iter().filter(|outcome| outcome.is_lost).count();
    println!("new tokens lost with refused ones, in the one round trip that no rule closes: {lost} times");
    assert!(lost <= outcomes.len() / 20, "{lost} is more than the window explains");
}
