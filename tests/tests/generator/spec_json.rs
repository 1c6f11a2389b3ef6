//! The exported spec: its schema, and the way back.

use paypulse_runtime::model::Spec;
use paypulse_tests::{bakery, depot, printshop, warehouse};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, files, on, xtask};

fn specs() -> [Spec; 5] {
    [paypulse_runtime::spec::spec(), warehouse::spec(), bakery::spec(), printshop::spec(), depot::spec()]
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&xtask(&["spec", "--schema"]).out).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

#[test]
fn an_exported_spec_gives_the_bytes_that_the_compiled_one_gives() {
    for spec in specs() {
        let dir = tempdir().expect("a temporary directory");
        let exported = dir.path().join("spec.json");
        let (compiled, read) = (dir.path().join("compiled"), dir.path().join("read"));
        std::fs::write(&exported, on(&spec, &["spec"], false).out).expect("it can be written");
        assert_eq!(on(&spec, &["gen-infra", "--out", arg(&compiled)], false).exit, Exit::Done);
        let run = xtask(&["gen-infra", "--spec", arg(&exported), "--out", arg(&read)]);
        assert_eq!(run.exit, Exit::Done, "{run}");
        assert_eq!(files(&compiled), files(&read));
    }
}

#[test]
fn an_exported_spec_fits_its_schema_and_reads_back_as_it_was() {
    let schema = schema();
    for spec in specs() {
        let json = spec.to_json();
        let value: Value = serde_json::from_str(&json).expect("a spec is JSON");
        assert!(schema.is_valid(&value), "{:?}", schema.iter_errors(&value).collect::<Vec<_>>());
        assert_eq!(Spec::read(&json), Ok(spec));
    }
}

/// Each like one of [`GOOD_OWNERS`], with one thing that does not belong.
const BAD_OWNERS: [&str; 13] = [
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": ["digits", "digits"], "version": 1}}"#,
    r#"{"kind": "terraform", "variable": "a", "colour": "blue"}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": null}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": {"version": "1"}}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": {"version": -1}}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": {"colour": "blue"}}"#,
    r#"{"kind": "terraform", "write_only": {}}"#,
    r#"{"kind": "terraform", "variable": "a", "generated": {"length": 8, "alphabet": ["digits"], "version": 1}}"#,
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": ["digits"], "version": 1}, "write_only": {}}"#,
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": ["numbers"], "version": 1}}"#,
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": [], "version": 1}}"#,
    r#"{"kind": "terraform", "generated": {"alphabet": ["digits"], "version": 1}}"#,
    r#"{"kind": "rotation", "write_only": {}}"#,
];

const GOOD_OWNERS: [&str; 5] = [
    r#"{"kind": "terraform", "variable": "a"}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": {}}"#,
    r#"{"kind": "terraform", "variable": "a", "write_only": {"version": 1}}"#,
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": ["digits"], "version": 1}}"#,
    r#"{"kind": "terraform", "generated": {"length": 8, "alphabet": ["digits", "space"], "exclude": "0", "version": 1}}"#,
];

#[test]
fn schema_and_reader_take_every_owner() {
    let schema = schema();
    for owner in GOOD_OWNERS {
        let mut good: Value = serde_json::from_str(&paypulse_runtime::spec::spec().to_json()).expect("a spec is JSON");
        good["secrets"][0]["owner"] = serde_json::from_str(owner).expect("it is JSON");
        assert!(schema.is_valid(&good), "the schema refuses {owner}");
        let read = Spec::read(&good.to_string()).unwrap_or_else(|problems| panic!("{owner}: {problems:?}"));
        let written: Value = serde_json::from_str(&read.to_json()).expect("a spec is JSON");
        assert_eq!(written["secrets"][0]["owner"], good["secrets"][0]["owner"]);
    }
}

#[test]
fn schema_and_reader_refuse_the_same_documents() {
    let schema = schema();
    let good: Value = serde_json::from_str(&paypulse_runtime::spec::spec().to_json()).expect("a spec is JSON");
    let changes: [(&str, Value); 13] = [
        ("/version", json!(2)),
        ("/secrets", json!("none")),
        ("/secrets/0/owner/kind", json!("teraform")),
        ("/secrets/0/owner", json!({"kind": "terraform"})),
        ("/secrets/0/payload/kind", json!("yaml")),
        ("/secrets/0/name", Value::Null),
        ("/secrets/0", json!({"id": "X"})),
        ("/handlers/0/grants/0/verbs/0", json!("reed")),
        ("/handlers/0/grants/0", json!({"verbs": ["read"]})),
        ("/handlers/0/role", json!({"kind": "existing"})),
        ("/handlers/0", json!([])),
        ("/handlers/0/id", json!(7)),
        ("/source", Value::Null),
    ];
    assert!(schema.is_valid(&good));
    let options: Value = serde_json::from_str(include_str!("../../data/specs/ok_options.json")).expect("it is JSON");
    assert!(schema.is_valid(&options), "the schema refuses good options");
    for pointer in ["", "/replicas/0", "/replicas/1/kms_key", "/shared_with/0", "/shared_with/0/principal"] {
        let mut bad = options.clone();
        let place = bad.pointer_mut(&format!("/secrets/0/options{pointer}")).expect("the place exists");
        place["colour"] = json!("blue");
        assert!(!schema.is_valid(&bad), "the schema takes an unknown field in the options' {pointer}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes an unknown field in the options' {pointer}");
    }
    let rotation: Value = serde_json::from_str(include_str!("../../data/specs/ok_rotation.json")).expect("it is JSON");
    assert!(schema.is_valid(&rotation), "the schema refuses good rotations");
    for (pointer, field, value) in [
        ("/options/rotation", "colour", json!("blue")),
        ("/options/rotation", "window_hours", json!(256)),
        ("/options/rotation", "window_hours", json!("2h")),
        ("/options/rotation", "after_days", json!(-1)),
        ("/options/rotation", "schedule", json!(["rate(1 day)"])),
        ("/options/rotation", "immediately", json!("yes")),
        ("/options", "rotation", json!("rate(1 day)")),
        ("/options", "read_from", json!("eu-central-1")),
        ("/options", "read_from", json!([{ "region": "eu-central-1" }])),
        ("/owner", "function", json!(7)),
        ("/owner", "variable", json!("login")),
    ] {
        let mut bad = rotation.clone();
        bad.pointer_mut(&format!("/secrets/0{pointer}")).expect("the place exists")[field] = value;
        assert!(!schema.is_valid(&bad), "the schema takes a bad {field} in {pointer}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes a bad {field} in {pointer}");
    }
    for prefixes in [
        json!([]),
        json!({}),
        json!({ "variable": "stage" }),
        json!({ "values": ["dev/"] }),
        json!({ "variable": "stage", "values": "dev/" }),
        json!({ "variable": "stage", "values": [7] }),
        json!({ "variable": 7, "values": ["dev/"] }),
        json!({ "variable": "stage", "values": ["dev/"], "colour": "blue" }),
    ] {
        let mut bad = good.clone();
        bad["prefixes"] = prefixes.clone();
        assert!(!schema.is_valid(&bad), "the schema takes {prefixes}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes {prefixes}");
    }
    for owner in BAD_OWNERS {
        let owner: Value = serde_json::from_str(owner).expect("it is JSON");
        let mut bad = good.clone();
        bad["secrets"][0]["owner"] = owner.clone();
        assert!(!schema.is_valid(&bad), "the schema takes {owner}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes {owner}");
    }
    for (pointer, value) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("the place exists") = value;
        assert!(!schema.is_valid(&bad), "the schema takes a bad {pointer}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes a bad {pointer}");
    }
    for pointer in ["", "/secrets/0", "/secrets/0/payload", "/handlers/0", "/handlers/0/grants/0"] {
        let mut bad = good.clone();
        bad.pointer_mut(pointer).expect("the place exists")["colour"] = json!("blue");
        assert!(!schema.is_valid(&bad), "the schema takes an unknown field in {pointer}");
        assert!(Spec::read(&bad.to_string()).is_err(), "the reader takes an unknown field in {pointer}");
    }
}

#[test]
fn a_spec_cut_off_anywhere_is_one_clear_problem() {
    let json = paypulse_runtime::spec::spec().to_json();
    let whole = json.trim_end().len();
    for end in 0..whole {
        let problems = Spec::read(&json[..end]).expect_err("a part is no spec");
        assert_eq!((problems.len(), problems[0].lint), (1, "malformed-spec"), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        prop_assert!(Spec::read(&text).is_err());
    }

    #[test]
    fn one_changed_byte_gives_a_spec_or_problems(place in 0_usize..3000, byte in 0x20_u8..0x7f) {
        let mut json = paypulse_runtime::spec::spec().to_json().into_bytes();
        let place = place % json.len();
        json[place] = byte;
        let json = String::from_utf8(json).expect("ASCII replaces ASCII");
        if let Err(problems) = Spec::read(&json) {
            prop_assert!(!problems.is_empty());
        }
    }
}
