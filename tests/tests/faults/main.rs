//! Every fault under every verb: the outcome, the API calls made, the time it took, and what is stored then. The tables
//! are snapshots; what may never happen, whatever the fault, is asserted, and all that is logged meanwhile is searched for the
//! secret.

mod rotation;
mod run;

#[path = "../../../engine/testing/tests/shared/mod.rs"]
mod shared;

use std::fmt::Write;
use std::time::Duration;

use insta::assert_snapshot;
use paypulse_runtime::model::{ApiCall, Verb};
use paypulse_runtime::testing::{Fault, FaultKind};

use run::{Ahead, Before, CALL, MESSAGE, Run, secrets};

mod spec {
    //! One handler that may do everything.

    use paypulse_runtime::model::Text;

    paypulse_runtime::declare! {
        source: "tests/tests/faults/main.rs";

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
                Only: read, read_previous, describe, store, update, delete;
                Turned: rotate, generate;
            }
        }
    }
}

/// A fault by the name that the table gives it.
fn faults() -> Vec<(&'static str, FaultKind)> {
    let refusal = |code: &str, message: &str| {
        let message = format!("{message}{MESSAGE}");
        FaultKind::Error { code: code.into(), status: 400, message }
    };
    vec![
        ("throttled", FaultKind::Throttled),
        ("500", FaultKind::InternalServiceError),
        ("503", FaultKind::ServiceUnavailable),
        ("slow", FaultKind::Slow(Duration::from_secs(2))),
        ("slower than an attempt", FaultKind::Slow(Duration::from_secs(9))),
        ("hung", FaultKind::Hang),
        ("connection reset", FaultKind::ConnectionReset),
        ("malformed JSON", FaultKind::MalformedJson),
        ("truncated body", FaultKind::TruncatedBody),
        ("expired credentials", FaultKind::ExpiredToken),
        ("signature refused", refusal("InvalidSignatureException", "")),
        ("deletion scheduled", refusal("InvalidRequestException", "it was marked for deletion.")),
        ("decryption failure", FaultKind::DecryptionFailure),
        ("encryption failure", refusal("EncryptionFailure", "")),
        ("unknown code", refusal("SECRET \u{1b}[2J", "")),
    ]
}

/// Those that can take the place of the answer once the server has acted: AWS says that a deletion is scheduled instead of
/// acting, and the client believes it.
fn faults_after_acting() -> impl Iterator<Item = (&'static str, FaultKind)> {
    faults().into_iter().filter(|(name, _)| *name != "deletion scheduled")
}

/// Those that the client has methods for.
fn client_verbs() -> impl Iterator<Item = Verb> {
    Verb::ALL.into_iter().filter(|verb| !verb.is_temporary())
}

/// Each verb with each state that it can do something about.
fn verbs() -> impl Iterator<Item = (Verb, Before)> {
    client_verbs().flat_map(|verb| {
        let states = if verb == Verb::Store { Before::ALL.as_slice() } else { &[Before::Present] };
        states.iter().map(move |before| (verb, *before))
    })
}

/// Whether this run met the fault: a call that the secret's state does not lead to meets none.
fn has_met(run: &Run, call: ApiCall, kind: &FaultKind) -> bool {
    if matches!(kind, FaultKind::Slow(_)) { run.has_called(call.name()) } else { run.has_failed(call.name()) }
}

/// The time that a verb takes at most: of one call, and of the pauses in which AWS finishes a deletion. A rotation is four
/// steps, of two such calls at most.
fn limit(verb: Verb, kind: &FaultKind) -> Duration {
    match kind {
        _ if verb == Verb::Rotate => CALL * 8,
        FaultKind::Error { code, .. } if code == "InvalidRequestException" => Duration::from_secs(13),
        _ => CALL + Duration::from_millis(100),
    }
}

async fn table(faults: impl IntoIterator<Item = (&'static str, FaultKind)>, acts: bool) -> String {
    let mut table = String::new();
    for (name, kind) in faults {
        for (verb, before) in verbs() {
            for &call in verb.api_calls() {
                for (times, often) in [(1, "once"), (20, "always")] {
                    let server = before.server(verb);
                    let fault = Fault::on(call, kind.clone()).times(times);
                    server.inject(if acts { fault.after_acting() } else { fault });
                    let run = Run::of(verb, before, &server, &secrets(&server, Ahead(0))).await;
                    let at = format!("{verb} ({before:?}), {call} {name} {often}");
                    run.assert_sound(&at);
                    if verb == Verb::Rotate && !run.is_done() {
                        rotation::assert_ends_well(&server, &at).await;
                    }
                    assert!(run.took <= limit(verb, &kind), "{at}: it took {:?}", run.took);
                    if has_met(&run, call, &kind) {
                        writeln!(table, "{at}: {}", run.line()).expect("a string takes text");
                    }
                }
            }
        }
    }
    table.replace(" (Present)", "")
}

#[tokio::test(start_paused = true)]
async fn a_fault_before_the_server_acts() {
    assert_snapshot!(table(faults(), false).await);
}

#[tokio::test(start_paused = true)]
async fn a_fault_after_the_server_has_acted() {
    assert_snapshot!(table(faults_after_acting(), true).await);
}

#[tokio::test(start_paused = true)]
async fn no_fault_and_every_state() {
    let mut table = String::new();
    for verb in client_verbs() {
        // AWS calls for the rotation of what is there, and of nothing else.
        let states = if verb == Verb::Rotate { &[Before::Present] } else { Before::ALL.as_slice() };
        for &before in states {
            let server = before.server(verb);
            let run = Run::of(verb, before, &server, &secrets(&server, Ahead(0))).await;
            run.assert_sound(&format!("{verb} ({before:?})"));
            writeln!(table, "{verb} ({before:?}): {}", run.line()).expect("a string takes text");
        }
    }
    assert_snapshot!(table);
}

/// The SDK learns from AWS's answer what time it is there, and asks once more. After that it knows.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_by_an_hour() {
    let mut table = String::new();
    for (hours, off) in [(1, "ahead"), (-1, "behind")] {
        for (verb, before) in verbs() {
            for known in ["at first", "then"] {
                let server = before.server(verb);
                let secrets = secrets(&server, Ahead(hours));
                if known == "then" {
                    secrets.describe(&spec::Only).await.map(drop).unwrap_or_default();
                    server.take_calls();
                }
                let run = Run::of(verb, before, &server, &secrets).await;
                let at = format!("{verb} ({before:?}), clock an hour {off}, {known}");
                run.assert_sound(&at);
                writeln!(table, "{at}: {}", run.line()).expect("a string takes text");
            }
        }
    }
    assert_snapshot!(table.replace(" (Present)", ""));
}

/// Whatever the fault, the caller has an answer by then, and nothing is lost or doubled.
#[tokio::test(start_paused = true)]
async fn the_callers_deadline_ends_every_verb_under_every_fault() {
    let deadline = Duration::from_millis(500);
    let before_acting = faults().into_iter().map(|(name, kind)| (name, kind, false));
    let all = before_acting.chain(faults_after_acting().map(|(name, kind)| (name, kind, true)));
    for (name, kind, acts) in all {
        for (verb, before) in verbs() {
            for &call in verb.api_calls() {
                let server = before.server(verb);
                let fault = Fault::on(call, kind.clone()).times(20);
                server.inject(if acts { fault.after_acting() } else { fault });
                let secrets = secrets(&server, Ahead(0)).within(deadline);
                let run = Run::of(verb, before, &server, &secrets).await;
                let at = format!("{verb} ({before:?}), {call} {name}, within half a second");
                run.assert_sound(&at);
                assert!(run.took <= deadline, "{at}: it took {:?}", run.took);
            }
        }
    }
}
