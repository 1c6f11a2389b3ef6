//! How the program ends: where its reader leaves, and where the user asks it to stop.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::xtask;

#[test]
fn a_reader_that_leaves_early_does_not_change_the_exit_code() {
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    let mut check = xtask(&["gen-infra", "--check", "--out"]);
    check.arg(nowhere.path().join("none"));
    let mut check = check.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    drop(check.stdout.take());
    assert_eq!(check.wait().expect("it ends").code(), Some(4));
}

#[test]
fn ctrl_c_ends_a_command_that_waits_for_its_input() {
    let mut waiting = xtask(&["gen-infra", "--spec", "-", "--out", "nowhere"]);
    let waiting = waiting.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut waiting = waiting.spawn().expect("it starts");
    waiting.stdin.as_mut().expect("it is piped").write_all(b"{").expect("it listens");
    let deadline = Instant::now() + Duration::from_mins(1);
    while waiting.try_wait().expect("it can be asked").is_none() {
        assert!(Instant::now() < deadline, "it does not end");
        Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().expect("`kill` is there");
        thread::sleep(Duration::from_millis(50));
    }
}
