//! Every fault under every verb: the outcome, the API calls made, the time it took, and what is stored then. The whole
//! table is a snapshot; what may never happen, whatever the fault, is asserted.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;
use insta::assert_snapshot;
use paypulse_runtime::client::{
    Deletion, Error, Found, Outcome, PasswordRules, Rotate, RotationError, RotationEvent, Secrets, StepOutcome,
};
use paypulse_runtime::model::{Text, Verb};
use paypulse_runtime::testing::{EmbeddedSecretsManager, Fault, FaultKind};
use tokio::time::Instant;

mod spec {
    //! One handler that may do everything.

    use paypulse_runtime::model::Text;

    paypulse_runtime::declare! {
        source: "tests/tests/faults.rs";

        keys {}

        secrets {
            /// A secret.
            Only: Text = "only", owner: runtime;
            /// One that is rotated.
            Turned: Text = "turned", owner: rotation(Everything), rotation: { schedule: "rate(1 day)" };
        }

        handlers {
            /// Does everything.
            Everything = "everything" {
                Only: read, describe, store, update, delete;
                Turned: rotate, generate;
            }
        }
    }
}

use spec::{Everything, Only, Turned};

/// The secret that a verb is tried on.
const fn secret_of(verb: Verb) -> &'static str {
    match verb {
        Verb::Rotate | Verb::Generate => "turned",
        Verb::Read | Verb::Describe | Verb::Store | Verb::Update | Verb::Delete => "only",
    }
}

/// Its value is `new`, and no service has to take it.
struct ToNew;

impl Rotate<Turned> for ToNew {
    type Error = Infallible;

    async fn create(&self, _: Option<&Text>) -> Result<Text, Infallible> {
        Ok("new".into())
    }

    async fn set(&self, _: Option<&Text>, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }

    async fn test(&self, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }
}

/// All four steps, as far as they go.
async fn rotate(secrets: &Secrets<Everything>, server: &EmbeddedSecretsManager) -> Result<&'static str, Error> {
    let mut last = "";
    let steps = server.rotate("turned", async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        last = match secrets.rotate(&Turned, &event, &ToNew).await? {
            StepOutcome::AlreadyFinished => "finished before",
            StepOutcome::Finished => "finished",
            _ => "not finished",
        };
        Ok(())
    });
    match steps.await {
        Ok(()) => Ok(last),
        Err(RotationError::Secrets(error)) => Err(error),
        Err(error) => panic!("a fault of a call is one of a call: {error}"),
    }
}

/// A fault by the name that the table gives it.
fn faults() -> Vec<(&'static str, FaultKind)> {
    let code = |code: &str, status| FaultKind::Error { code: code.into(), status, message: "SECRET".into() };
    vec![
        ("throttled", FaultKind::Throttled),
        ("500", FaultKind::InternalServiceError),
        ("503", FaultKind::ServiceUnavailable),
        ("connection reset", FaultKind::ConnectionReset),
        ("hung", FaultKind::Hang),
        ("malformed JSON", FaultKind::MalformedJson),
        ("truncated body", FaultKind::TruncatedBody),
        ("expired credentials", FaultKind::ExpiredToken),
        // What AWS answers where the clocks are an hour apart.
        ("clock skew", code("InvalidSignatureException", 400)),
        ("decryption failure", FaultKind::DecryptionFailure),
        ("encryption failure", code("EncryptionFailure", 400)),
        ("unknown code", code("SECRET \u{1b}[2J", 400)),
    ]
}

/// The limits that `Secrets::from_env` sets, on the embedded server.
fn secrets(server: &EmbeddedSecretsManager) -> Secrets<Everything> {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build();
    let config = server.client().config().to_builder().timeout_config(limits).build();
    Secrets::new(aws_sdk_secretsmanager::Client::from_conf(config))
}

/// How the secret is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Present,
    Absent,
    /// Its deletion is scheduled.
    Scheduled,
}

impl Before {
    /// What a verb can meet, and do something about.
    const fn of(verb: Verb) -> &'static [Self] {
        match verb {
            Verb::Store => &[Self::Present, Self::Absent, Self::Scheduled],
            _ => &[Self::Present],
        }
    }

    fn server(self, name: &str) -> EmbeddedSecretsManager {
        let server = EmbeddedSecretsManager::new();
        if self != Self::Absent {
            server.put(name, "old");
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

/// What came of one verb.
struct Run {
    result: Result<&'static str, Error>,
    calls: Vec<String>,
    took: Duration,
    stored: Option<String>,
    versions: usize,
}

async fn run(verb: Verb, server: &EmbeddedSecretsManager) -> Run {
    let secrets = secrets(server);
    let started = Instant::now();
    let result = match verb {
        Verb::Read => secrets.read(&Only).await.map(|_| "read"),
        Verb::Describe => secrets.describe(&Only).await.map(|_| "described"),
        Verb::Store => secrets.store(&Only, "new".into()).await.map(|written| word(written.outcome)),
        Verb::Update => {
            // As an update of tokens does: what is there already is adopted.
            let change = |found: Found<'_, Text>| match found {
                Found::Value(text) if text.expose() == "new" => None,
                _ => Some("new".into()),
            };
            secrets.update(&Only, change).await.map(|written| word(written.outcome))
        }
        Verb::Delete => secrets.delete(&Only).await.map(|deletion| match deletion {
            Deletion::Accepted => "deleted",
            Deletion::WasAbsent => "was absent",
        }),
        Verb::Rotate => rotate(&secrets, server).await,
        Verb::Generate => secrets.random_password(&Turned, &PasswordRules::new()).await.map(|_| "made up"),
    };
    let calls = server.take_calls().into_iter().map(|call| match call.outcome {
        Ok(()) => call.call,
        Err(code) => format!("{}!{}", call.call, if code.contains("SECRET") { "unknown" } else { &code }),
    });
    Run {
        result,
        calls: calls.collect(),
        took: started.elapsed(),
        stored: server.value(secret_of(verb)),
        versions: server.versions(secret_of(verb)).len(),
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

fn line(run: &Run) -> String {
    let outcome = match &run.result {
        Ok(word) => (*word).to_owned(),
        Err(error) => format!("error {}", error.kind()),
    };
    let stored = run.stored.as_deref().unwrap_or("nothing");
    let mut calls: Vec<(&str, usize)> = Vec::new();
    for call in &run.calls {
        match calls.last_mut() {
            Some((last, times)) if last == call => *times += 1,
            _ => calls.push((call, 1)),
        }
    }
    let calls: Vec<_> = calls
        .iter()
        .map(|(call, times)| if *times == 1 { (*call).to_owned() } else { format!("{call} x{times}") })
        .collect();
    // Pauses before a retry are random, so only the number of time-outs shows.
    let took = match run.took.as_secs() {
        0..3 => "soon",
        3..9 => "after one time-out",
        _ => "after 10 s",
    };
    format!("{outcome}, {took}, stored: {stored}, calls: {}", calls.join(" "))
}

/// What must hold however a verb ends.
fn assert_sound(verb: Verb, before: Before, run: &Run, at: &str) {
    assert!(run.took <= Duration::from_millis(10_100), "{at}: it took {:?}", run.took);
    if let Err(error) = &run.result {
        let told = format!("{error} {error:?} {:?}", std::error::Error::source(error).map(ToString::to_string));
        assert!(!told.contains("SECRET"), "{at}: {told}");
    }
    match (verb, &run.result) {
        (Verb::Read | Verb::Describe | Verb::Generate, _) => {
            assert_eq!(run.stored.as_deref(), Some("old"), "{at}: it wrote");
        }
        (Verb::Store | Verb::Update | Verb::Rotate, Ok(_)) => {
            assert_eq!(run.stored.as_deref(), Some("new"), "{at}: the write is lost");
            assert_eq!(run.versions, before.versions_after_a_write(), "{at}: the write is doubled");
        }
        (Verb::Store | Verb::Update | Verb::Rotate, Err(_)) => {
            assert!(run.versions <= before.versions_after_a_write(), "{at}: the write is doubled");
        }
        (Verb::Delete, Ok(_)) => assert_eq!(run.stored, None, "{at}: it is still there"),
        (Verb::Delete, Err(_)) => {}
    }
}

/// AWS calls a rotation that failed again, from the first step on: it ends well when the fault is over. It is another rotation
/// where the first one had come to its end, and only its answer was lost.
async fn assert_ends_well(server: &EmbeddedSecretsManager, at: &str) {
    let secrets = secrets(server);
    for _ in 0..20 {
        if rotate(&secrets, server).await.is_ok() {
            break;
        }
        assert!(["old", "new"].contains(&server.value("turned").unwrap_or_default().as_str()), "{at}: no good value");
    }
    let labels: Vec<_> = server.versions("turned").into_iter().map(|(_, labels)| labels.join("+")).collect();
    assert!(labels.ends_with(&["AWSPREVIOUS".into(), "AWSCURRENT".into()]), "{at}: {labels:?}");
    assert_eq!(server.value("turned").as_deref(), Some("new"), "{at}");
}

async fn table(acts: bool) -> String {
    let mut table = String::new();
    for (name, kind) in faults() {
        for (verb, before) in Verb::ALL.into_iter().flat_map(|verb| Before::of(verb).iter().map(move |it| (verb, *it)))
        {
            for &call in verb.api_calls() {
                for (times, often) in [(1, "once"), (20, "always")] {
                    let server = before.server(secret_of(verb));
                    let fault = Fault::on(call, kind.clone()).times(times);
                    server.inject(if acts { fault.after_acting() } else { fault });
                    let run = run(verb, &server).await;
                    let at = format!("{verb} ({before:?}), {call} {name} {often}");
                    assert_sound(verb, before, &run, &at);
                    if verb == Verb::Rotate && run.result.is_err() {
                        assert_ends_well(&server, &at).await;
                    }
                    // A call that the secret's state does not lead to meets no fault.
                    if run.calls.iter().any(|it| it.starts_with(&format!("{call}!"))) {
                        writeln!(table, "{at}: {}", line(&run)).expect("a string takes text");
                    }
                }
            }
        }
    }
    table.replace(" (Present)", "")
}

#[tokio::test(start_paused = true)]
async fn a_fault_before_the_server_acts() {
    assert_snapshot!(table(false).await);
}

#[tokio::test(start_paused = true)]
async fn a_fault_after_the_server_has_acted() {
    assert_snapshot!(table(true).await);
}
