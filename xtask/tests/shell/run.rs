//! Runs the program, on a terminal or not.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use nix::pty::openpty;

use crate::program::program;

/// The program, in an environment that says nothing of colours.
pub fn xtask(arguments: &[&str]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_xtask"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is in the workspace");
    command.args(arguments).env("TERM", "xterm").current_dir(root).stdin(Stdio::null());
    command
}

/// What it prints on a terminal, both streams as one.
pub fn on_terminal(mut command: Command) -> (ExitStatus, String) {
    let (mut screen, mut child) = start_on_terminal(&mut command);
    let said = said_on(&mut screen);
    (child.wait().expect("it ends"), said)
}

/// What it prints on a terminal, where its standard input says nothing for a while after its first half.
pub fn on_terminal_after(pause: Duration, input: &str, mut command: Command) -> String {
    let (mut screen, mut child) = start_on_terminal(command.stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    let writer = thread::spawn(move || {
        let (first, second) = input.as_bytes().split_at(input.len() / 2);
        stdin.write_all(first)?;
        thread::sleep(pause);
        stdin.write_all(second)
    });
    let said = said_on(&mut screen);
    writer.join().expect("it does not panic").expect("it listens");
    child.wait().expect("it ends");
    said
}

/// What a terminal shows where somebody types there after a while.
pub fn typed_after(pause: Duration, input: &str, mut command: Command) -> String {
    let terminal = openpty(None, None).expect("there are terminals left");
    let other_end = || terminal.slave.try_clone().expect("there are descriptors left");
    let child = command.stdin(other_end()).stdout(other_end()).stderr(other_end()).spawn();
    drop(command);
    drop(terminal.slave);
    let mut screen = File::from(terminal.master);
    thread::sleep(pause);
    // The last character is the end of the input, as a terminal is told it.
    write!(screen, "{input}\n\x04").expect("it can be typed");
    let said = said_on(&mut screen);
    child.expect("it starts").wait().expect("it ends");
    said
}

fn start_on_terminal(command: &mut Command) -> (File, std::process::Child) {
    let terminal = openpty(None, None).expect("there are terminals left");
    let other_end = || terminal.slave.try_clone().expect("there are descriptors left");
    let child = command.stdout(other_end()).stderr(other_end()).spawn().expect("it starts");
    // The screen ends when the program has closed its end: nobody else may hold that.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    (File::from(terminal.master), child)
}

fn said_on(screen: &mut File) -> String {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match screen.read(&mut buffer) {
            // Linux says an error where the other end is closed, and others the end.
            Ok(0) | Err(_) => break,
            Ok(read) => said.extend_from_slice(&buffer[..read]),
        }
    }
    // A terminal puts a carriage return before each newline.
    String::from_utf8(said).expect("it is text").replace("\r\n", "\n")
}

/// What it prints into pipes, and how it ends.
pub fn piped(mut command: Command) -> io::Result<(Option<i32>, String, String)> {
    let output = command.output()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    Ok((output.status.code(), text(output.stdout), text(output.stderr)))
}
