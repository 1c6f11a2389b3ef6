//! An account of 100,000 secrets: read to the end, at the pace that is asked for, in little memory, with a report that a
//! person can read.

use std::fs;
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::{Account, Secret};
use crate::run::{Run, on, run};
use crate::secrets::clean;
use crate::server::{Server, refusal};

/// An account with a number of members more.
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
#[cfg(target_os = "linux")]
fn a_hundred_thousand_secrets_take_a_thousand_calls_and_little_memory() {
    let account =
        with_members(100_000, |number, secret| secret.accessed = Some(if number % 2 == 0 { 200.0 } else { 1.0 }));
    // Some pages are throttled at first.
    let throttled = AtomicUsize::new(0);
    let server = Server::with(account, move |call| {
        let strikes = call.name == "ListSecrets" && throttled.fetch_add(1, Ordering::SeqCst) % 250 == 200;
        strikes.then(|| refusal(400, "ThrottlingException", "Rate exceeded"))
    });
    let mut command = on(&server, &["--no-member-policies", "--format", "json"]);
    let (run, peak) = watched(command.spawn().expect("it starts"));
    let report = run.json();
    assert_eq!(report["coverage"]["secrets"], 100_006, "{}", run.err);
    assert_eq!(report["coverage"]["whole"], true);
    assert_eq!(report["coverage"]["skipped_policies"], 100_001);
    assert_eq!(report["unlisted"]["stale-member"], 49_000);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(server.count("ListSecrets"), 1_001 + 4);
    assert!(run.err.lines().count() < 10, "a log is no place for progress: {}", run.err);
    assert!((1..100_000).contains(&peak), "it took {peak} kB");
}

/// How a program ended, and the most memory in kB that it was seen to hold. What the system says of a child in the end counts
/// the memory of the process that started it too.
#[cfg(target_os = "linux")]
fn watched(child: Child) -> (Run, usize) {
    let status = format!("/proc/{}/status", child.id());
    let ended = thread::spawn(move || child.wait_with_output().expect("it ends"));
    let mut peak = 0;
    while !ended.is_finished() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let held =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(held.unwrap_or(0));
        thread::sleep(Duration::from_millis(10));
    }
    (Run::of(ended.join().expect("it does not panic")), peak)
}

#[test]
fn calls_keep_the_pace_that_is_asked_for() {
    let server = Server::of(with_members(20, |_, _| ()));
    let started = Instant::now();
    let run = run(&mut on(&server, &["--rate", "20"]));
    let (calls, time) = (server.calls().len(), started.elapsed());
    // One caller, one list of policies, 14 of a role each, one of secrets, 25 policies on secrets.
    assert_eq!(calls, 42, "{run}");
    assert!(time >= Duration::from_millis(1_700), "{calls} calls took {time:?}");
}
