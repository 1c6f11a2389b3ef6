//! Messages as people paste them: `tests/data/messages` has each with its answer. Whatever wraps a message, and whatever
//! quotes it, the answer stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use paypulse_runtime::model::Spec;
use serde::Deserialize;
use serde_json::Value;
use xtask::Exit;
use xtask::denied::{denials, environment, explain};

use crate::run::{Run, arg, xtask};

/// What `explain` is to say of a message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    fault: String,
    handler: Option<String>,
    secret: Option<String>,
    /// The ARN of the policy that denies.
    policy: Option<String>,
    /// Flags.
    #[serde(default)]
    args: Vec<String>,
    spec: Option<String>,
    /// The message has lines of its own, with something before each, which are not told from others where they are wrapped
    /// at a smaller width.
    narrowest: Option<usize>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/messages")
}

fn answers() -> BTreeMap<String, Answer> {
    let text = fs::read_to_string(directory().join("answers.json")).expect("the answers are there");
    serde_json::from_str(&text).expect("each answer has the fields of one")
}

fn path(name: &str) -> PathBuf {
    directory().join(format!("{name}.txt"))
}

fn run(answer: &Answer, message: &Path) -> Run {
    let spec = directory().join(format!("{}.json", answer.spec.as_deref().unwrap_or("spec")));
    let text = String::from_utf8_lossy(&fs::read(message).expect("the message is there")).into_owned();
    let mut arguments = vec!["explain", "--format", "json", "--spec", arg(&spec)];
    arguments.extend(answer.args.iter().map(String::as_str));
    xtask(&[&arguments[..], &["--", &text]].concat())
}

#[test]
fn every_message_has_its_answer() {
    for (name, answer) in answers() {
        let run = run(&answer, &path(&name));
        assert_eq!(run.exit, Exit::Done, "{name}: {run}");
        let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
        let found = report["denials"].as_array().expect("there is a list");
        assert_eq!(found.len(), 1, "{name}: {run}");
        let text = |field: &str| found[0][field].as_str().map(str::to_owned);
        assert_eq!(text("fault").as_deref(), Some(&*answer.fault), "{name}: {run}");
        assert_eq!(text("handler"), answer.handler, "{name}: {run}");
        assert_eq!(text("secret"), answer.secret, "{name}: {run}");
        assert_eq!(text("policy"), answer.policy, "{name}: {run}");
        assert!(found[0]["next"].as_array().is_some_and(|next| !next.is_empty()), "{name}: {run}");
    }
}

#[test]
fn every_message_of_the_directory_has_an_answer() {
    let files = fs::read_dir(directory()).expect("it can be read").map(|entry| entry.expect("it can be read").path());
    let messages: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "txt")).collect();
    let answers = answers();
    assert!(answers.len() == messages.len() && messages.len() > 100, "{} messages", messages.len());
    assert!(answers.keys().all(|name| messages.contains(&path(name))));
}

/// The answer, without the parts of a name that is cut off.
fn answer(spec: &Spec, text: &str) -> Vec<String> {
    let denials = denials(text);
    let answers = denials.iter().map(|denial| {
        let spec = environment(spec, denial, None);
        let explained = explain(&spec, denial, None);
        let (handler, secret) = (explained.caller.handler(), explained.secret);
        let (handler, secret) = (handler.map(|it| it.name.clone()), secret.map(|it| it.id.clone()));
        format!("{} {handler:?} {secret:?} {:?}", explained.fault.word(), denial.encoded)
    });
    answers.collect()
}

/// As a terminal wraps: after a number of characters of each line.
fn wrapped(text: &str, width: usize) -> String {
    let wrap = |line: &str| {
        let chars: Vec<char> = line.chars().collect();
        chars.chunks(width).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
    };
    text.split('\n').map(wrap).collect::<Vec<_>>().join("\n")
}

/// As the value of a field, a number of times.
fn nested(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |text, _| serde_json::json!({ "message": text, "level": "error" }).to_string())
}

/// Every width of a terminal would take minutes in a debug build: each message has its own part of them.
#[test]
fn a_message_has_the_same_answer_wrapped_at_any_width_and_nested_in_json() {
    const STEP: usize = 43;
    for (number, (name, about)) in answers().into_iter().enumerate() {
        let spec = fs::read_to_string(directory().join("spec-with-key.json")).expect("it is there");
        let spec = Spec::read(&spec).expect("it is a spec");
        let text = String::from_utf8_lossy(&fs::read(path(&name)).expect("it is there")).into_owned();
        let expected = answer(&spec, &text);
        let widths = (about.narrowest.unwrap_or(4)..text.chars().count().min(300)).skip(number % STEP).step_by(STEP);
        for (width, times) in widths.flat_map(|width| (0..=3).map(move |times| (width, times))) {
            for (how, text) in [
                ("wrapped, then nested", nested(&wrapped(&text, width), times)),
                ("nested, then wrapped", wrapped(&nested(&text, times), width)),
            ] {
                assert_eq!(answer(&spec, &text), expected, "{name}, {how}: {width}, {times}\n{text}");
            }
        }
    }
}

/// A message that is cut anywhere is explained as what it still says, or as cut off; what is cut off is never looked up.
#[test]
fn a_message_that_is_cut_anywhere_names_nothing_else() {
    let spec = fs::read_to_string(directory().join("spec.json")).expect("it is there");
    let spec = Spec::read(&spec).expect("it is a spec");
    let text = fs::read_to_string(path("plain")).expect("it is there");
    let text = text.trim_end();
    for end in 0..text.len() {
        for tail in ["", "…", "...", " (truncated...)", "[truncated]", "\"}"] {
            let cut = format!("{}{tail}", &text[..end]);
            for found in answer(&spec, &cut) {
                let fault = found.split(' ').next().unwrap_or_default();
                // Behind the whole name, the reason can be missing.
                assert!(["cut-off", "apply", "unsaid"].contains(&fault), "{cut}: {found}");
            }
        }
    }
}
