//! The programs that the rig starts, and the directories that it fills. All of them are gone when the rig ends, whether
//! by success, by failure or by Ctrl-C: each program runs in a process group of its own and is ended with whatever it
//! started.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::Result;

/// What has to go when the rig is told to stop.
struct LeftBehind {
    groups: BTreeSet<i32>,
    directories: BTreeSet<PathBuf>,
}

static LEFT_BEHIND: Mutex<LeftBehind> =
    Mutex::new(LeftBehind { groups: BTreeSet::new(), directories: BTreeSet::new() });

fn left_behind() -> MutexGuard<'static, LeftBehind> {
    LEFT_BEHIND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends everything that runs and removes everything that was written, and the process with it.
pub fn stop() -> ! {
    // The lock is kept: nothing can be started or written from here on.
    let left_behind = left_behind();
    for group in &left_behind.groups {
        // A group that is gone already is as it should be.
        let _ = killpg(Pid::from_raw(*group), Signal::SIGKILL);
    }
    for directory in &left_behind.directories {
        // A program that was still writing into it may be slow to die.
        let gone = (0..50).any(|_| {
            thread::sleep(Duration::from_millis(10));
            std::fs::remove_dir_all(directory).is_ok() || !directory.exists()
        });
        if !gone {
            eprintln!("warning: `{}` could not be removed", directory.display());
        }
    }
    eprintln!("interrupted; nothing is left behind");
    std::process::exit(130);
}

/// A directory for one run.
pub struct Scratch(Option<TempDir>);

impl Scratch {
    pub fn new() -> Result<Self> {
        let mut left_behind = left_behind();
        let directory = TempDir::with_prefix("e2e-")?;
        left_behind.directories.insert(directory.path().to_owned());
        Ok(Self(Some(directory)))
    }

    pub fn path(&self) -> &Path {
        self.0.as_ref().expect("it is taken only when this is dropped").path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = self.path().to_owned();
        let removed = self.0.take().map(TempDir::close);
        if !matches!(removed, Some(Ok(()))) {
            eprintln!("warning: `{}` could not be removed", path.display());
        }
        left_behind().directories.remove(&path);
    }
}

/// A program with everything that it starts.
pub struct Running {
    child: Child,
    group: i32,
}

impl Running {
    /// Starts a program in a group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut left_behind = left_behind();
        let child = command.process_group(0).spawn().map_err(|error| format!("{}: {error}", name(command)))?;
        let group = i32::try_from(child.id())?;
        left_behind.groups.insert(group);
        Ok(Self { child, group })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input and output, to those who ask first. Both have to be pipes.
    pub fn take_pipes(&mut self) -> Result<(ChildStdin, ChildStdout)> {
        self.child.stdin.take().zip(self.child.stdout.take()).ok_or_else(|| "its pipes are taken".into())
    }

    /// Whether it has ended, though nobody has asked it to.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.group), Signal::SIGKILL);
        let _ = self.child.wait();
        left_behind().groups.remove(&self.group);
    }
}

/// Runs a program to its end, for at most `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let out = collect(running.child.stdout.take());
    let err = collect(running.child.stderr.take());
    let started = Instant::now();
    let status = loop {
        match running.child.try_wait()? {
            Some(status) => break status,
            None if started.elapsed() > limit => {
                return Err(format!("`{}` did not end within {} s", name(command), limit.as_secs()).into());
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    // What it has started holds the pipes open.
    drop(running);
    let joined = |pipe: thread::JoinHandle<io::Result<Vec<u8>>>| pipe.join().map_err(|_| "a pipe broke");
    Ok(Output { status, stdout: joined(out)??, stderr: joined(err)?? })
}

fn collect(pipe: Option<impl io::Read + Send + 'static>) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

/// The program and its first argument: what a person knows it by.
fn name(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args().take(1));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A port of 127.0.0.1 that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until a server takes connections.
pub fn wait_for(port: u16, server: &mut Running, log: &Path) -> Result {
    let started = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if server.has_ended()? || started.elapsed() > Duration::from_mins(1) {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            return Err(format!("no server came up on port {port}:\n{log}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
