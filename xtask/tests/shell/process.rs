//! How the program ends: where its reader leaves, and where the user asks it to stop.

use std::process::Stdio;

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

#[cfg(target_os = "linux")]
mod ctrl_c {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use crate::run::xtask;

    #[test]
    fn ctrl_c_ends_a_command_that_waits_for_its_input() {
        let mut waiting = interruptible(&xtask(&["gen-infra", "--spec", "-", "--out", "nowhere"]));
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

    /// The same command, where Ctrl-C is not ignored as it is by whatever a shell has put in the background: programs inherit that,
    /// and are right to keep it.
    fn interruptible(command: &Command) -> Command {
        let mut interruptible = Command::new("env");
        interruptible.arg("--default-signal=INT").arg(command.get_program()).args(command.get_args());
        interruptible.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        interruptible.current_dir(command.get_current_dir().expect("it has one"));
        interruptible
    }
}
