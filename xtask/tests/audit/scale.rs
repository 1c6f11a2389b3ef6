//! An account of 100,000 secrets: read to the end, at the pace that is asked for, in little memory, with a report that a
//! person can read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::account::{Account, Secret};
use crate::run::{audit, on, run};
use crate::secrets::clean;
use crate::server::{Server, refusal};

/// An account of so many members more.
fn with_members(number: usize, change: impl Fn(usize, &mut Secret)) -> Account {
    let mut account = clean();
    account.secrets.extend((0..number).map(|number| {
        let mut secret = Secret::new(&format!("gmail/user/{number:06}"), "{}");
        change(number, &mut secret);
        secret
    }));
    account
}

#[test]
fn a_hundred_thousand_secrets_take_a_thousand_calls_and_little_memory() {
    let account =
        with_members(100_000, |number, secret| secret.accessed = Some(if number % 2 == 0 { 200.0 } else { 1.0 }));
    // Some pages are throttled at first.
    let throttled = AtomicUsize::new(0);
    let server = Server::with(account, move |call| {
        let strikes = call.name == "ListSecrets" && throttled.fetch_add(1, Ordering::SeqCst) % 250 == 200;
        strikes.then(|| refusal(400, "ThrottlingException", "Rate exceeded"))
    });
    let run = audit(&server, &["--no-member-policies"]);
    let report = run.json();
    assert_eq!(report["coverage"]["secrets"], 100_004, "{}", run.err);
    assert_eq!(report["coverage"]["whole"], true);
    assert_eq!(report["coverage"]["skipped_policies"], 100_001);
    assert_eq!(report["unlisted"]["stale-member"], 49_000);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(server.count("ListSecrets"), 1_001 + 4);
    assert!(run.err.lines().count() < 10, "a log is no place for progress: {}", run.err);
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it is known").max_rss();
    assert!(peak < 150_000, "it took {peak} kB");
}

#[test]
fn calls_keep_the_pace_that_is_asked_for() {
    let server = Server::of(with_members(20, |_, _| ()));
    let started = Instant::now();
    let run = run(&mut on(&server, &["--rate", "20"]));
    let (calls, time) = (server.calls().len(), started.elapsed());
    // One caller, one list of policies, nine of a role each, one of secrets, 23 policies on secrets.
    assert_eq!(calls, 35, "{run}");
    assert!(time >= Duration::from_millis(1_700), "{calls} calls took {time:?}");
}
