//! Starts a program that Ctrl-C can end, wherever the tests run: what a shell has put in the background ignores it, what
//! `nohup` has started ignores a hangup, and so does what these start. Where one of the three is ignored, none can be handled.

use std::process::Command;

/// A program by its path.
pub fn program(path: &str) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(path);
    }
    // It becomes the program, under the same process id.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=INT,HUP,TERM", path]);
    command
}
