//! The line that a terminal shows while something takes longer than a second.

use std::time::Duration;

use tempfile::tempdir;

use crate::run::{on_terminal_after, typed_after, xtask};

/// Long enough to be shown.
const PAUSE: Duration = Duration::from_millis(1600);
const ERASE: &str = "\r\x1b[K";

/// Renders the spec that comes, late, from standard input.
fn slow(flags: &[&str], environment: &[(&str, &str)]) -> String {
    let dir = tempdir().expect("a temporary directory");
    let out = dir.path().to_str().expect("temporary paths are text");
    let spec = xtask(&["spec"]).output().expect("it runs").stdout;
    let mut command = xtask(&[&["gen-infra", "--spec", "-", "--out", out], flags].concat());
    command.envs(environment.iter().copied());
    on_terminal_after(PAUSE, &String::from_utf8(spec).expect("it is text"), command)
}

#[test]
fn a_step_that_takes_long_is_shown_and_erased() {
    let said = slow(&[], &[]);
    let (first, rest) = said.split_once(ERASE).expect("a line is drawn");
    assert_eq!(first, "", "{said:?}");
    assert!(rest.starts_with("gen-infra: reading the spec -, ") && rest.contains(" kB (1 s)"), "{said:?}");
    let (_, after) = said.rsplit_once(ERASE).expect("it is erased");
    // What comes of the command stands where the line was.
    assert!(after.contains(" changed, 0 as before") && !after.contains("reading"), "{said:?}");
}

#[test]
fn no_line_is_drawn_where_nobody_looks_or_wants_to() {
    assert_eq!(slow(&["--quiet"], &[]), "");
    for variable in [("CI", "true"), ("TERM", "dumb")] {
        let said = slow(&[], &[variable]);
        assert!(!said.contains(ERASE) && said.contains(" changed, 0 as before"), "{variable:?}: {said:?}");
    }
}

#[test]
fn nothing_is_drawn_over_what_the_user_types() {
    let said = typed_after(PAUSE, "no such message", xtask(&["explain"]));
    assert!(said.starts_with("no such message") && said.contains("no access-denied message of AWS"), "{said:?}");
    assert!(!said.contains(ERASE), "{said:?}");
}
