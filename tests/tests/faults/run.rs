//! One verb on a server in a known state, and what came of it.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use aws_smithy_types::timeout::TimeoutConfig;
use paypulse_runtime::client::{Deletion, Error, Found, Outcome, PasswordRules, Secrets};
use paypulse_runtime::model::{Text, Verb};
use tokio::time::{Instant, sleep};

use crate::rotation::rotate;
use crate::shared::mark::told;
use crate::shared::server::Server;
use crate::spec::{Everything, Only, Turned};

/// As long as `Secrets::from_env` lets an attempt, and a call, take.
const ATTEMPT: Duration = Duration::from_secs(3);
pub const CALL: Duration = Duration::from_secs(10);

/// A word of every message of a fault, and of no error of the client.
pub const MESSAGE: &str = "SECRET";

/// The secret that a verb is tried on.
const fn secret_of(verb: Verb) -> &'static str {
    match verb {
        Verb::Rotate | Verb::Generate => "turned",
        Verb::Read
        | Verb::ReadPrevious
        | Verb::Describe
        | Verb::Store
        | Verb::Update
        | Verb::Delete
        | Verb::LegacyUpdate => "only",
    }
}

/// How the secret is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Present,
    Absent,
    /// Its deletion is scheduled.
    Scheduled,
}

impl Before {
    pub const ALL: [Self; 3] = [Self::Present, Self::Absent, Self::Scheduled];

    pub fn server(self, verb: Verb) -> Server {
        let (server, name) = (Server::new(), secret_of(verb));
        if verb == Verb::ReadPrevious && self != Self::Absent {
            server.put(name, "hush-older");
        }
        if self != Self::Absent {
            server.put(name, "hush-old");
        }
        if self == Self::Scheduled {
            server.schedule_deletion(name);
        }
        server
    }

    /// How many versions there are after one write.
    const fn versions_after_a_write(self) -> usize {
        match self {
            Self::Absent => 1,
            Self::Present | Self::Scheduled => 2,
        }
    }
}

/// A clock that is a number of hours ahead.
#[derive(Debug)]
pub struct Ahead(pub i8);

impl TimeSource for Ahead {
    fn now(&self) -> SystemTime {
        let hours = Duration::from_hours(u64::from(self.0.unsigned_abs()));
        if self.0 < 0 { SystemTime::now() - hours } else { SystemTime::now() + hours }
    }
}

/// The limits that `Secrets::from_env` sets, on the embedded server.
pub fn secrets(server: &Server, clock: Ahead) -> Secrets<Everything> {
    let limits = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
    let config = server.client().config().to_builder().timeout_config(limits).time_source(clock).build();
    Secrets::new(aws_sdk_secretsmanager::Client::from_conf(config))
}

/// What came of one verb.
pub struct Run {
    verb: Verb,
    before: Before,
    result: Result<&'static str, Error>,
    calls: Vec<String>,
    pub took: Duration,
    stored: Option<String>,
    versions: usize,
}

impl Run {
    pub async fn of(verb: Verb, before: Before, server: &Server, secrets: &Secrets<Everything>) -> Self {
        let started = Instant::now();
        let result = done(verb, server, secrets).await;
        let took = started.elapsed();
        // What an attempt that was given up has sent arrives in the end.
        sleep(CALL * 2).await;
        let calls = server.take_calls().into_iter().map(|call| match call.outcome {
            Ok(()) => call.call,
            Err(code) => format!("{}!{}", call.call, if code.contains(MESSAGE) { "unknown" } else { &code }),
        });
        Self {
            verb,
            before,
            result,
            calls: calls.collect(),
            took,
            stored: server.value(secret_of(verb)),
            versions: server.versions(secret_of(verb)).len(),
        }
    }

    pub const fn is_done(&self) -> bool {
        self.result.is_ok()
    }

    /// Whether an API call was made.
    pub fn has_called(&self, call: &str) -> bool {
        self.calls.iter().any(|it| it.split('!').next() == Some(call))
    }

    /// Whether a call met what was there to be met.
    pub fn has_failed(&self, call: &str) -> bool {
        self.calls.iter().any(|it| it.split_once('!').is_some_and(|(it, _)| it == call))
    }

    /// What must hold however a verb ends.
    pub fn assert_sound(&self, at: &str) {
        if let Err(error) = &self.result {
            let told = told(error);
            assert!(!told.contains(MESSAGE), "{at}: {told}");
        }
        let (stored, most) = (self.stored.as_deref(), self.before.versions_after_a_write());
        match (self.verb, &self.result) {
            (Verb::Read | Verb::ReadPrevious | Verb::Describe | Verb::Generate | Verb::LegacyUpdate, _) => {
                let untouched = (self.before != Before::Absent).then_some("hush-old");
                assert_eq!(stored, untouched, "{at}: it wrote");
            }
            (Verb::Store | Verb::Update | Verb::Rotate, Ok(_)) => {
                assert_eq!(stored, Some("hush-new"), "{at}: the write is lost");
                assert_eq!(self.versions, most, "{at}: the write is doubled");
            }
            (Verb::Store | Verb::Update | Verb::Rotate, Err(_)) => {
                assert!(self.versions <= most, "{at}: the write is doubled");
            }
            (Verb::Delete, Ok(_)) => assert_eq!(stored, None, "{at}: it is still there"),
            (Verb::Delete, Err(_)) => {}
        }
    }

    /// A line of the table.
    pub fn line(&self) -> String {
        let outcome = match &self.result {
            Ok(word) => (*word).to_owned(),
            Err(error) => format!("error {}", error.kind()),
        };
        let stored = self.stored.as_deref().map_or("nothing", |stored| stored.trim_start_matches("hush-"));
        let mut calls: Vec<(&str, usize)> = Vec::new();
        for call in &self.calls {
            match calls.last_mut() {
                Some((last, times)) if last == call => *times += 1,
                _ => calls.push((call, 1)),
            }
        }
        let calls: Vec<_> = calls
            .iter()
            .map(|(call, times)| if *times == 1 { (*call).to_owned() } else { format!("{call} x{times}") })
            .collect();
        // Pauses are random, so only these three can be told apart: none or short ones, a time-out, and all the time there is.
        let took = match self.took.as_millis() {
            0..3_000 => "within 3 s",
            3_000..6_200 => "within 6 s",
            _ => "within 13 s",
        };
        format!("{outcome}, {took}, stored: {stored}, calls: {}", calls.join(" "))
    }
}

async fn done(verb: Verb, server: &Server, secrets: &Secrets<Everything>) -> Result<&'static str, Error> {
    match verb {
        Verb::Read => secrets.read(&Only).await.map(|_| "read"),
        Verb::ReadPrevious => secrets.read_previous(&Only).await.map(|_| "read"),
        Verb::Describe => secrets.describe(&Only).await.map(|_| "described"),
        Verb::Store => secrets.store(&Only, "hush-new".into()).await.map(|written| word(written.outcome)),
        Verb::Update => {
            // As an update of tokens does: what is there already is adopted.
            let change = |found: Found<'_, Text>| match found {
                Found::Value(text) if text.expose() == "hush-new" => None,
                _ => Some("hush-new".into()),
            };
            secrets.update(&Only, change).await.map(|written| word(written.outcome))
        }
        Verb::Delete => secrets.delete(&Only).await.map(|deletion| match deletion {
            Deletion::Accepted => "deleted",
            Deletion::WasAbsent => "was absent",
        }),
        Verb::Rotate => rotate(secrets, server).await,
        Verb::LegacyUpdate => unreachable!("the client has no method for it"),
        Verb::Generate => secrets.random_password(&Turned, &PasswordRules::new()).await.map(|_| "made up"),
    }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Replaced => "replaced",
        Outcome::Superseded => "superseded",
        Outcome::Kept => "kept",
    }
}
