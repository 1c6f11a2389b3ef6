//! States that are cut off, spoilt or made to harm: an error that says where, and never a word of what stands there.

use std::io::{Cursor, Read};

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use xtask::Exit;
use xtask::adopt::{read_listing, read_state};

use super::{MARK, fixture, import, import_text, json, paypulse, text};
use crate::run::arg;

const STATES: [&str; 4] = ["functions.tfstate", "elsewhere.show.json", "adopted.tfstate", "warehouse.tfstate"];
const LISTINGS: [&str; 2] = ["functions.listing.json", "functions.single.listing.json"];

#[test]
fn err_what_is_no_state() {
    let cases = [
        "",
        " \n ",
        "null",
        "[]",
        "{}",
        r#""MARK""#,
        "\u{feff}{}",
        r#"{"version": 3, "modules": [{"resources": {}}]}"#,
        r#"{"version": "MARK", "resources": []}"#,
        r#"{"version": 4, "resources": "MARK"}"#,
        r#"{"version": 4, "resources": [{"mode": "managed", "type": "aws_iam_role", "name": "a", "instances": "MARK"}]}"#,
        r#"{"version": 4, "resources": [{}, {"mode": "managed", "type": "aws_iam_role", "name": "MARK b", "instances": [{}]}]}"#,
        r#"{"version": 4, "resources": [{"mode": "managed", "type": "aws_iam_role", "name": "a", "module": "MARK", "instances": []}]}"#,
        r#"{"version": 4, "resources": [{"mode": "managed", "type": "aws_iam_role", "instances": [{"attributes": "MARK"}]}]}"#,
        r#"{"version": 4, "resources": [{"mode": "managed", "mode": "MARK"}]}"#,
        r#"{"version": 4, "resources": [{"instances": [{"index_key": {"MARK": 1}}]}]}"#,
        r#"{"version": 4} MARK"#,
        r#"{"version": 4, "outputs": {"x": {"value": "MARK"#,
        r#"{"format_version": "1.0", "values": {"root_module": "MARK"}}"#,
        r#"{"format_version": "1.0", "values": {"root_module": {"resources": [{"mode": "managed", "type": "aws_iam_role", "address": "MARK"}]}}}"#,
        r#"{"format_version": "1.2", "planned_values": {}, "resource_changes": []}"#,
        r#"{"format_version": "1.0", "provider_schemas": {}}"#,
        r#"{"format_version": "1.0", "valid": true, "diagnostics": []}"#,
        r#"{"serial": 1, "lineage": "x", "encrypted_data": "MARK", "encryption_version": "v0"}"#,
    ];
    let mut answers = Vec::new();
    for text in cases {
        let adopted = import_text(&paypulse(), "--state", text);
        assert_eq!((adopted.run.exit, adopted.file()), (Exit::Usage, None), "{text}: {}", adopted.run);
        let (_, said) = adopted.run.err.split_once("cannot be used: ").expect("it says why");
        assert!(!said.contains(MARK), "{said}");
        answers.push(format!("{text}\n    {}", said.trim_end().replace('\n', "\n    ")));
    }
    assert_snapshot!(answers.join("\n"));
}

/// `terraform show -json` prints this where there is no state yet.
#[test]
fn an_empty_state_is_one() {
    for text in
        [r#"{"format_version":"1.0"}"#, r#"{"version": 4, "resources": []}"#, r#"{"version":4,"resources":null}"#]
    {
        let adopted = import_text(&paypulse(), "--state", text);
        assert_eq!((adopted.run.exit, adopted.file()), (Exit::Done, None), "{text}: {}", adopted.run);
    }
}

#[test]
fn err_inputs_that_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (flag, path) in [("--state", "nowhere.json"), ("--listing", "nowhere.json"), ("--state", arg(dir.path()))] {
        let adopted = import(&paypulse(), &[flag, path]);
        assert_eq!(adopted.run.exit, Exit::Usage, "{}", adopted.run);
    }
    assert_snapshot!(import(&paypulse(), &["--state", "nowhere.json"]).shown());
    let binary = import_text(&paypulse(), "--state", "\u{1}\u{0}MARK");
    assert_eq!(binary.run.exit, Exit::Usage, "{}", binary.shown());
}

/// However a file is cut off, that is an error: half a state never looks like a whole one.
#[test]
fn err_every_cut() {
    for name in STATES {
        let text = text(name);
        let whole = text.trim_end().len();
        for end in (0..whole).step_by(61).chain(whole.saturating_sub(40)..whole) {
            let error = read_state(&text.as_bytes()[..end]).expect_err("a cut state is none");
            assert!(!error.to_string().contains(MARK), "{name} to {end}: {error}");
        }
        assert!(read_state(text.as_bytes()).is_ok_and(|state| !state.held.is_empty()), "{name}");
    }
    for name in LISTINGS {
        let text = text(name);
        let mut documents = serde_json::Deserializer::from_str(&text).into_iter::<serde::de::IgnoredAny>();
        let mut ends = Vec::new();
        while documents.next().is_some() {
            ends.push(documents.byte_offset());
        }
        for end in (0..text.trim_end().len()).step_by(61).chain(ends.iter().copied()) {
            // Between two documents a cut cannot be seen.
            let between = ends.contains(&text[..end].trim_end().len());
            assert_eq!(read_listing(&text.as_bytes()[..end]).is_ok(), between, "{name} to {end}");
        }
    }
}

/// Something of another kind in the place of each value of a document: never a panic, and never a word of the value.
#[test]
fn err_another_kind_of_value_anywhere() {
    for name in ["elsewhere.show.json", "functions.tfstate"] {
        let document = json(name);
        let mut pointers = Vec::new();
        collect(&document, &mut String::new(), &mut pointers);
        for pointer in pointers {
            for other in
                [json!("MARK-other"), json!(-1.5), json!(null), json!([["MARK"]]), json!({ "MARK": { "MARK": 1 } })]
            {
                let mut spoilt = document.clone();
                *spoilt.pointer_mut(&pointer).expect("it points into the document") = other;
                let said = match read_state(spoilt.to_string().as_bytes()) {
                    Err(error) => format!("{error} {}", error.hint),
                    // An address or a name may be any text: that is no value of a secret.
                    Ok(_) => String::new(),
                };
                assert!(!said.contains(MARK), "{name}, {pointer}: {said}");
            }
        }
    }
}

fn collect(value: &Value, at: &mut String, pointers: &mut Vec<String>) {
    pointers.push(at.clone());
    let length = at.len();
    let mut inner = |key: &str, value: &Value| {
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        collect(value, at, pointers);
        at.truncate(length);
    };
    match value {
        Value::Array(values) => values.iter().enumerate().for_each(|(index, value)| inner(&index.to_string(), value)),
        Value::Object(values) => values.iter().for_each(|(key, value)| inner(key, value)),
        _ => {}
    }
}

/// Keys in another order say the same: `jq -S` sorts them.
#[test]
fn the_order_of_keys_does_not_matter() {
    for name in STATES {
        let sorted = json(name).to_string();
        assert_eq!(read_state(sorted.as_bytes()), read_state(text(name).as_bytes()), "{name}");
    }
}

#[test]
fn depth_does_no_harm() {
    let deep = |open: &str, close: &str| open.repeat(1_000_000) + &close.repeat(1_000_000);
    // What is passed over may be as deep as it likes.
    let state = format!(r#"{{"version": 4, "outputs": {}, "resources": []}}"#, deep("[", "]"));
    assert!(read_state(state.as_bytes()).is_ok());
    let modules = deep(r#"{"child_modules":["#, "]}");
    let state = format!(r#"{{"format_version": "1.0", "values": {{"root_module": {modules}}}}}"#);
    let error = read_state(state.as_bytes()).expect_err("no module is that deep");
    assert!(error.to_string().contains("recursion limit"), "{error}");
    for open in [r#"{"version":"#, r#"{"resources":"#, r#"{"resources":[{"instances":[{"attributes":{"name":"#] {
        assert!(read_state(format!("{open}{}", "[".repeat(1_000_000)).as_bytes()).is_err());
    }
    assert!(read_listing(deep("[", "]").as_bytes()).is_err());
    assert!(read_listing(format!(r#"{{"SecretList":{}}}"#, deep("[", "]")).as_bytes()).is_err());
}

/// A state of many resources that are none of the spec's business, each with a large value: what is kept is what counts.
#[test]
fn a_large_state_streams_by() {
    const NUMBER: usize = 20_000;
    let other = format!(
        r#"{{"mode":"managed","type":"aws_other","name":"x","instances":[{{"attributes":{{"name":"a","value":"{}"}}}}]}},"#,
        MARK.repeat(256)
    );
    let role =
        r#"{"mode":"managed","type":"aws_iam_role","name":"l","instances":[{"attributes":{"name":"login_user"}}]}]}"#;
    let state = Cursor::new(r#"{"version":4,"resources":["#)
        .chain(Repeated { text: other.into_bytes(), left: NUMBER, at: 0 })
        .chain(Cursor::new(role));
    let state = read_state(state).expect("it is a state");
    assert_eq!((state.held.len(), state.unclear.len()), (1, 0));
}

/// A text again and again, of which only one copy is in memory.
struct Repeated {
    text: Vec<u8>,
    left: usize,
    at: usize,
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let read = (&self.text[self.at..]).read(buffer)?;
        self.at += read;
        if self.at == self.text.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(read)
    }
}

proptest! {
    /// A few bytes of a file changed, dropped or doubled: never a panic.
    #[test]
    fn spoilt_bytes_do_no_harm(
        name in prop::sample::select([STATES.as_slice(), LISTINGS.as_slice()].concat()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_usize), 1..6),
    ) {
        let mut bytes = text(name).into_bytes();
        for (at, byte, copies) in changes {
            let at = at.index(bytes.len());
            bytes.splice(at..=at, std::iter::repeat_n(byte, copies));
        }
        let errors = [read_state(bytes.as_slice()).err(), read_listing(bytes.as_slice()).err()];
        for error in errors.into_iter().flatten() {
            prop_assert!(!error.to_string().contains("client-id"), "{}", error);
        }
    }
}

#[test]
fn the_fixtures_hold_values() {
    for name in ["functions.tfstate", "elsewhere.show.json", "adopted.tfstate", "warehouse.tfstate"] {
        assert!(text(name).contains(MARK), "{name} has no value that could be seen");
    }
    assert!(fixture("README.md").is_file());
}
