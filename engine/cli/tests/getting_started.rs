//! The commands of docs/getting-started.md, run in an empty directory: each prints what the document shows.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The document, with what the commands really print.
fn with_real_output(document: &str, empty: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_driftless")).parent().expect("it is in a directory");
    let path = env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.display());
    let (mut real, mut dir, mut is_console) = (String::new(), empty.to_owned(), false);
    for line in document.lines() {
        match (is_console, line.strip_prefix("$ ")) {
            (false, _) => is_console = line == "```console",
            (true, None) if line == "```" => is_console = false,
            // The output as it is written in the document.
            (true, None) => continue,
            (true, Some(command)) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(&dir).env("PATH", &path);
                let output = shell.output().expect("a shell can be started");
                let printed = String::from_utf8(output.stdout).expect("it is text");
                real = format!("{real}{line}\n{printed}");
                if let Some(name) = command.strip_prefix("cd ") {
                    dir.push(name);
                }
                continue;
            }
        }
        real = format!("{real}{line}\n");
    }
    real
}

#[test]
fn every_command_prints_what_the_document_shows() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/getting-started.md");
    let document = fs::read_to_string(file).expect("the document is there");
    let empty = tempfile::tempdir().expect("a temporary directory");
    let real = with_real_output(&document, empty.path());
    assert!(document.matches("\n$ driftless ").count() > 7, "the document has commands");
    if env::var_os("UPDATE_GETTING_STARTED").is_some() {
        fs::write(file, &real).expect("the document can be written");
    }
    assert_eq!(real, document, "`UPDATE_GETTING_STARTED=true cargo test -p driftless-cli` writes the real output");
}
