//! The example, run as a reader would run it: it tells its story to the end, and no token.

use std::process::Command;

const BUILT: &str = "the example is built: `cargo test` without `--test`, or `cargo build --examples`";

fn run(arguments: &[&str], level: &str) -> String {
    let tests = std::env::current_exe().expect("this program has a path");
    let target = tests.ancestors().nth(2).expect("tests are in target/PROFILE/deps");
    let program = target.join("examples").join("local").with_extension(std::env::consts::EXE_EXTENSION);
    let output = Command::new(program).args(arguments).env_clear().env("RUST_LOG", level).output().expect(BUILT);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    for token in ["ya29.", "1//", "eyJ", "the-signing-key"] {
        assert!(!text.contains(token), "`{token}` is in\n{text}");
    }
    text
}

#[test]
fn the_story_is_told_to_its_end_and_no_token() {
    let text = run(&[], "");
    let answers: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")?.get(..4)).collect();
    let answers: Vec<&str> = answers.into_iter().filter(|word| !["secr", "goog", "s3: "].contains(word)).collect();
    assert_eq!(answers, ["201 ", "200 ", "400 ", "201 ", "200 ", "201 ", "502 ", "401 ", "{\"in", "fail"], "{text}");
    for words in ["\"account_switch\":true", "GMAIL_TOKEN_EXPIRED", "TOKEN_EXPIRED", "MISSING_FIELDS", "s3: 4 invoices"]
    {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn the_functions_log_can_be_seen_and_holds_no_token() {
    let text = run(&["--log"], "trace");
    for words in ["fetch_invoices logged:", "tokens deleted", "calling AWS"] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}
