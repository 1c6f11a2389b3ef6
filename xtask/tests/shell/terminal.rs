//! Colours: on terminals and nowhere else, unless the environment says so.

use std::process::Command;

use tempfile::tempdir;

use crate::run::{on_terminal, piped, xtask};

const COLOUR: &str = "\x1b[";

/// An error, a diff, an access report, and help.
fn each(check: impl Fn(&dyn Fn() -> Command)) {
    let dir = tempdir().expect("a temporary directory");
    let out = dir.path().join("none");
    let old = dir.path().join("old.json");
    let spec = xtask(&["spec"]).output().expect("it runs").stdout;
    let mut spec: serde_json::Value = serde_json::from_slice(&spec).expect("it is JSON");
    spec["handlers"][0]["grants"].as_array_mut().expect("it has grants").remove(0);
    std::fs::write(&old, spec.to_string()).expect("it can be written");
    let text = |path: &std::path::Path| path.to_str().expect("temporary paths are text").to_owned();
    let (out, old) = (text(&out), text(&old));
    for arguments in [
        &["explain", "--handler", "nobody", "text"][..],
        &["gen-infra", "--check", "--out", &out],
        &["diff", "--against-spec", &old],
        &["gen-infra", "--help"],
        &["gen-infra", "--chekc"],
    ] {
        check(&|| xtask(arguments));
    }
}

#[test]
fn a_terminal_has_colours_and_a_pipe_has_none() {
    each(|command| {
        let (_, shown) = on_terminal(command());
        assert!(shown.contains(COLOUR), "{shown:?}");
        let (_, out, err) = piped(command()).expect("it runs");
        assert!(!out.contains('\x1b') && !err.contains('\x1b'), "{out:?} {err:?}");
        assert!(!(out + &err).is_empty(), "it says nothing");
    });
}

#[test]
fn the_environment_turns_colours_off_and_on() {
    each(|command| {
        let mut off = command();
        off.env("NO_COLOR", "1");
        let (_, shown) = on_terminal(off);
        assert!(!shown.contains('\x1b') && !shown.is_empty(), "{shown:?}");
        let mut forced = command();
        forced.env("CLICOLOR_FORCE", "1");
        let (_, out, err) = piped(forced).expect("it runs");
        assert!((out.clone() + &err).contains(COLOUR), "{out:?} {err:?}");
        let mut both = command();
        both.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
        let (_, out, err) = piped(both).expect("it runs");
        assert!(!(out + &err).contains('\x1b'), "NO_COLOR is stronger");
    });
}
