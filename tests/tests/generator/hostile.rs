//! Text from outside, through every command, format, path and flag: what is printed has no character that a terminal obeys,
//! that hides, or that turns a line around.

use std::fs;
use std::path::Path;

use anstream::StripStream;
use paypulse_runtime::model::{Spec, is_printed};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::hostile::spec as hostile;
use proptest::prelude::*;
use serde_json::Value;
use tempfile::tempdir;
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

use crate::run::{arg, on, workspace};

/// C0, an escape sequence of each kind, DEL, C1, what turns and what hides, and what ends a line.
const TEXT: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{8}\u{7f}\u{9b}2J\u{85}\u{202e}x\u{2066}\u{200b}\u{feff}\u{2028}\u{e0041}\r\u{b}|=<b>";

/// What a command prints, byte for byte, with colours as a terminal gets them.
fn printed(spec: &Spec, arguments: &[&str]) -> (Exit, String, String) {
    let root = workspace();
    let terraform_dir = root.join("terraform");
    let context = Context {
        program: xtask::PROGRAM,
        spec: Some(spec),
        root: &root,
        terraform_dir,
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line = std::iter::once("cargo xtask").chain(arguments.iter().copied()).map(Into::into);
    let exit = xtask::run(&context, line, &mut Streams { out: &mut out, err: &mut err });
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    (exit, text(out), text(err))
}

/// Whether a text has nothing but what is printed, lines, and colours of ours.
fn is_harmless(text: &str) -> bool {
    let ours = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"];
    // A colour from outside would be one of these too: nothing of it may be there.
    let is_foreign = text.contains("\u{1b}[31mred");
    let plain = ours.iter().fold(text.to_owned(), |text, colour| text.replace(colour, ""));
    let plain = plain.replace("\r\n", "\n");
    !is_foreign && plain.chars().all(|char| is_printed(char) || matches!(char, '\n' | '\t'))
}

#[track_caller]
fn harmless(spec: &Spec, arguments: &[&str]) -> (Exit, String, String) {
    let (exit, out, err) = printed(spec, arguments);
    assert!(is_harmless(&out) && is_harmless(&err), "{arguments:?}\n{out:?}\n{err:?}");
    (exit, out, err)
}

#[test]
fn every_flag_and_value_is_repeated_harmlessly() {
    let joined = |flag: &str| format!("--{flag}={TEXT}\n");
    let both = format!("{TEXT}\nerror: more");
    let flags = [
        joined("out"),
        joined("spec"),
        joined("format"),
        joined("handler"),
        joined("prefix"),
        joined("accept"),
        joined("against"),
    ];
    let short = format!("-{TEXT}");
    for command in xtask::command_line().get_subcommands().map(|command| command.get_name().to_owned()) {
        // These run programs.
        if ["test", "e2e", "browser", "instructions"].contains(&command.as_str()) {
            continue;
        }
        for argument in flags.iter().chain([&both, &short]) {
            let (exit, _, err) = harmless(&paypulse(), &[&command, argument, "--region", TEXT, "--account", TEXT]);
            assert_ne!(exit, Exit::Internal, "{err}");
            assert!(!err.lines().any(|line| line == "error: more"), "{err}");
        }
    }
    harmless(&paypulse(), &[TEXT]);
    harmless(&paypulse(), &["audit", "--policy", "--account", "123456789012", "--region", TEXT]);
}

#[test]
fn every_path_is_named_harmlessly() {
    let dir = tempdir().expect("a temporary directory");
    // A name of a file has no `/` and no NUL.
    let name = TEXT.replace(['/', '\u{0}'], "") + "\n";
    let below = dir.path().join(&name);
    let missing = below.join("file.json");
    for arguments in [
        &["gen-infra", "--spec", arg(&missing), "--out", "nowhere"][..],
        &["gen-infra", "--out", arg(&below)],
        &["gen-infra", "--out", arg(&below), "--check"],
        &["gen-infra", "--out", arg(&below), "--check", "--format", "json"],
        &["check-plan", arg(&missing)],
        &["import", "--state", arg(&missing), "--out", arg(&below)],
        &["import", "--listing", arg(&missing), "--out", arg(&below)],
        &["diff", "--against", arg(&missing)],
        &["value-versions", "--dir", arg(&missing)],
        &["access", "--spec", arg(&missing), "--format", "json"],
        &["explain", "--spec", arg(&missing), "text"],
    ] {
        harmless(&paypulse(), arguments);
    }
    // A file of somebody else in the way.
    fs::write(below.join("iam.tf"), format!("# mine {TEXT}\n")).expect("it can be written");
    harmless(&paypulse(), &["gen-infra", "--out", arg(&below)]);
}

/// The texts of a spec that is good, and of one whose every name is hostile.
#[test]
fn every_text_of_a_spec_is_shown_harmlessly() {
    let mut good = hostile();
    good.source = format!("{TEXT}\n.rs");
    for secret in &mut good.secrets {
        secret.description = format!("{TEXT}{}", secret.description);
    }
    for handler in &mut good.handlers {
        handler.description = format!("{TEXT}{}", handler.description);
        handler.grants.iter_mut().for_each(|grant| grant.reason = format!("{TEXT}\nmore{}", grant.reason));
    }
    let dir = tempdir().expect("a temporary directory");
    for format in ["table", "markdown", "json", "csv", "mermaid", "svg", "html"] {
        let (exit, out, err) = harmless(&good, &["access", "--format", format]);
        assert!(exit == Exit::Done && !out.is_empty(), "{format}: {err}");
    }
    let denied = "User: arn:aws:sts::123456789012:assumed-role/-h/-h is not authorized to perform: secretsmanager:PutSecretValue on \
                  resource: =name/0 because no identity-based policy allows the secretsmanager:PutSecretValue action";
    for arguments in [
        &["access", "--handler=-h", "--policy"][..],
        &["access", "--handler=-h", "--policy", "--format", "json"],
        &["why", "H", "secretsmanager:GetSecretValue", "=name/0"],
        &["why", "H", "secretsmanager:GetSecretValue", "=name/0", "--format", "json"],
        &["explain", denied],
        &["explain", denied, "--format", "json"],
    ] {
        let (_, out, err) = harmless(&good, arguments);
        assert!(out.contains("[31mred") && !out.contains("\nmore"), "{arguments:?} {out} {err}");
    }
    let (_, out, _) = harmless(&good, &["spec"]);
    let back = Spec::read(&out).expect("the JSON is the spec");
    assert_eq!(back.secrets[0].description, good.secrets[0].description, "JSON keeps the text");
    let (exit, _, err) = harmless(&good, &["gen-infra", "--out", arg(dir.path())]);
    assert_eq!(exit, Exit::Done, "{err}");
    for (name, text) in crate::run::files(dir.path()) {
        assert!(is_harmless(&text), "{name}: {text:?}");
    }
    harmless(&paypulse(), &["gen-infra", "--check", "--out", arg(dir.path())]);
    let mut bad = serde_json::from_str::<Value>(&out).expect("it is JSON");
    spoil(&mut bad);
    let path = dir.path().join("bad.json");
    fs::write(&path, bad.to_string()).expect("it can be written");
    for arguments in
        [&["gen-infra", "--out", "nowhere"][..], &["gen-infra", "--out", "nowhere", "--format", "json"], &["access"]]
    {
        let (exit, _, err) = harmless(&paypulse(), &[arguments, &["--spec", arg(&path)]].concat());
        assert!(exit == Exit::Problems && err.contains("problems"), "{err}");
    }
}

/// Every text, and every name of a field, with the hostile one behind it.
fn spoil(value: &mut Value) {
    match value {
        Value::String(text) => *text += TEXT,
        Value::Array(values) => values.iter_mut().for_each(spoil),
        Value::Object(fields) => {
            fields.values_mut().for_each(spoil);
            fields.insert(TEXT.to_owned(), Value::Null);
        }
        _ => {}
    }
}

/// Inputs of this repository with the hostile text in every place that can have one.
#[test]
fn every_text_of_a_plan_and_a_state_is_shown_harmlessly() {
    let dir = tempdir().expect("a temporary directory");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for (kind, command) in [("plans", "check-plan"), ("states", "import")] {
        let files =
            fs::read_dir(data.join(kind)).expect("it can be read").map(|entry| entry.expect("it can be read").path());
        for (number, file) in files.enumerate() {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let Ok(mut value) = serde_json::from_str::<Value>(&text) else { continue };
            for (how, spoil) in [("all", spoil as fn(&mut Value)), ("names", spoil_names)] {
                spoil(&mut value);
                let path = dir.path().join(format!("{number}-{how}.json"));
                fs::write(&path, value.to_string()).expect("it can be written");
                let out = dir.path().join("out");
                let arguments = match command {
                    "import" => vec!["import", "--state", arg(&path), "--check", "--out", arg(&out)],
                    _ => vec!["check-plan", arg(&path)],
                };
                for format in ["text", "json"] {
                    harmless(&paypulse(), &[&arguments[..], &["--format", format]].concat());
                }
            }
        }
    }
}

/// Only what people name freely: actions, addresses of their own resources, names.
fn spoil_names(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(spoil_names),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text)
                        if ["name", "policy", "address", "role", "description", "arn"].contains(&name.as_str()) =>
                    {
                        *text += TEXT;
                    }
                    _ => spoil_names(value),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_finding_about_a_hostile_action_shows_no_control_character() {
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/plans/escape_in_action.json");
    for format in ["text", "json"] {
        let (exit, out, err) = harmless(&paypulse(), &["check-plan", arg(&plan), "--format", format]);
        assert_ne!(exit, Exit::Done, "{err}");
        assert!(format!("{out}{err}").contains("1b"), "the finding names the action: {out}{err}");
    }
}

#[test]
fn a_spec_with_a_hostile_id_is_a_problem() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/specs/err_escape_in_id.json");
    let (exit, _, err) = harmless(&paypulse(), &["gen-infra", "--spec", arg(&spec), "--out", "nowhere"]);
    assert!(exit == Exit::Problems && err.contains("RED"), "{err}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any characters at all, in a message and in a name.
    #[test]
    fn any_text_is_shown_harmlessly(text in proptest::collection::vec(any::<char>(), 0..40)) {
        let text: String = text.into_iter().collect();
        let message = format!("User: arn:aws:sts::1:assumed-role/{text}/x is not authorized to perform: {text} on resource: {text}");
        for arguments in [
            &["explain", "--", &message][..], &["explain", "--format", "json", "--", &message], &["access", "--handler", &text],
        ] {
            let (_, out, err) = printed(&paypulse(), arguments);
            prop_assert!(is_harmless(&out) && is_harmless(&err), "{:?} {:?}", out, err);
        }
    }
}

/// The control: without the filter the text would be seen.
#[test]
fn a_harmful_text_is_known() {
    assert!(!is_harmless(TEXT) && !is_harmless("a\rb") && !is_harmless("\u{9b}") && !is_harmless("\u{1b}[2J"));
    assert!(is_harmless("\u{1b}[1mokay\u{1b}[0m\r\n"));
    let mut stripped = StripStream::new(Vec::new());
    std::io::Write::write_all(&mut stripped, "\u{1b}[1mokay".as_bytes()).expect("it takes everything");
    assert_eq!(stripped.into_inner(), b"okay");
}

/// The source of a spec is text in the Python files, and a file that was written is known again.
#[test]
fn the_source_of_a_spec_adds_no_code_to_the_python_client() {
    let mut spec = paypulse();
    spec.source = "spec.rs\nimport injected\n\"\"\"\u{2028}\u{202e}\0 coding: utf-7\"".to_owned();
    let dir = tempdir().expect("a temporary directory");
    let out = dir.path().join("client");
    let line = ["gen-client", "--language", "python", "--out", arg(&out)];
    let written = on(&spec, &line, false);
    assert_eq!(written.exit, Exit::Done, "{written}");
    let mut number = 0;
    for entry in fs::read_dir(&out).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        number += 1;
        assert!(!text.lines().any(|line| line == "import injected"), "{}", path.display());
        assert!(!text.contains(['\0', '\u{202e}', '\u{2028}']), "{}", path.display());
        let start = text.lines().next().unwrap_or_default();
        assert!(!start.contains("coding:"), "{start}");
    }
    assert!(number > 5, "{number} files");
    let checked = on(&spec, &[&line[..], &["--check"]].concat(), false);
    assert_eq!(checked.exit, Exit::Done, "{checked}");
}
