//! A process that is frozen while a cached value is refreshed, and thawed later, by the system's own clocks and signals.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use driftless::{CacheConfig, CachePolicy, Secrets};

use crate::peer::{Peer, secret};
use crate::{Mark, Marker};

const FROZEN: &str = "CHILD_FROZEN";
const TTL: Duration = Duration::from_secs(1);

#[tokio::test]
#[ignore = "it is a part of another test, which starts it"]
async fn reads_when_it_is_told() {
    if env::var(FROZEN).is_err() {
        return;
    }
    let policy = CachePolicy::new().ttl(TTL).negative_ttl(TTL).jitter(0.0).refresh_ahead(0.5);
    let policy = policy.patience(Duration::from_secs(5));
    let secrets = Secrets::<Marker>::from_env().await.expect("it is configured");
    let secrets = secrets.with_cache(CacheConfig::new().policy(policy)).expect("it holds");
    let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    println!("\nready");
    while lines.recv().await.is_some() {
        let begun = Instant::now();
        let value = secrets.cached(&Mark).await.map(|value| (value.expose().to_owned(), value.is_stale()));
        println!("\nread {value:?} after {} ms", begun.elapsed().as_millis());
    }
}

/// Sends a signal by the tool that every system has.
fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().expect("there is `kill`");
    assert!(status.success());
}

#[test]
fn what_hung_while_the_process_was_frozen_is_no_outage() {
    let (hangs, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (hanging, counted) = (Arc::clone(&hangs), Arc::clone(&calls));
    let peer = Peer::after_request(move |stream| {
        let call = counted.fetch_add(1, Ordering::SeqCst) + 1;
        if hanging.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_mins(1));
        }
        let _ = stream.write_all(secret(&format!("hush-{call}")).as_bytes());
    });
    let mut child = Command::new(env::current_exe().expect("a test knows its program"));
    child.args(["--exact", "frozen::reads_when_it_is_told", "--ignored", "--nocapture"]).env_clear().env(FROZEN, "1");
    child.env("AWS_ENDPOINT_URL", peer.url()).env("AWS_REGION", "eu-west-1").env("HOME", "/nonexistent");
    child.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let (mut input, output) = (child.stdin.take().expect("it is piped"), child.stdout.take().expect("it is piped"));
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let mut next = |word: &str| lines.find(|line| line.starts_with(word)).expect("it tells");
    let mut read = |next: &mut dyn FnMut(&str) -> String| {
        writeln!(input, "read").expect("it reads");
        next("read ")
    };

    next("ready");
    assert!(read(&mut next).starts_with(r#"read Ok(("hush-1", false))"#));
    // In the second half of its life it is handed out, and refreshed by a call that hangs.
    std::thread::sleep(TTL * 6 / 10);
    hangs.store(true, Ordering::SeqCst);
    assert!(read(&mut next).starts_with(r#"read Ok(("hush-1", false))"#));
    while calls.load(Ordering::SeqCst) < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    // The call's time, 10 seconds, runs out meanwhile.
    signal("-STOP", child.id());
    std::thread::sleep(Duration::from_secs(12));
    hangs.store(false, Ordering::SeqCst);
    signal("-CONT", child.id());
    let line = read(&mut next);
    assert!(line.contains(", false))") && !line.contains("hush-1"), "{line}");
    drop(input);
    child.wait().expect("it ends");
}
