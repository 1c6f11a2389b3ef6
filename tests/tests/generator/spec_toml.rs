//! The spec as TOML: the same spec and the same problems as from JSON, and the conversion in both directions.

use std::fs;

use paypulse_runtime::model::{Problem, Spec, SpecFormat};
use paypulse_tests::{bakery, depot, printshop, warehouse};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, on, specs, workspace, xtask};

fn read(toml: &str) -> Result<Spec, Vec<Problem>> {
    Spec::read_as(toml, SpecFormat::Toml)
}

/// A spec comes back from TOML as it was, to the byte; another reader of TOML finds the members of the JSON.
#[track_caller]
fn check_both_ways(spec: &Spec) {
    let (json, toml) = (spec.to_json(), spec.to_toml());
    let back = read(&toml).unwrap_or_else(|problems| panic!("{problems:?}\n{toml}"));
    assert_eq!((&back, back.to_json()), (spec, json.clone()), "{toml}");
    assert_eq!(back.to_toml(), toml);
    let mut expected: Value = serde_json::from_str(&json).expect("a spec is JSON");
    let found: Value = toml::from_str(&toml).expect("it is TOML");
    // A schema that TOML cannot express is a text.
    for (expected, found) in secrets(&mut expected).zip(found["secrets"].as_array().into_iter().flatten()) {
        if found["payload"]["schema"].is_string() {
            expected["payload"]["schema"] = json!(expected["payload"]["schema"].to_string());
        }
    }
    assert_eq!(found, expected);
}

fn secrets(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    spec["secrets"].as_array_mut().into_iter().flatten()
}

#[test]
fn each_spec_comes_back_from_toml() {
    let required = Spec { required_version: Some(">= 0.0.1".to_owned()), ..bakery::spec() };
    for spec in
        [paypulse_runtime::spec::spec(), warehouse::spec(), bakery::spec(), printshop::spec(), depot::spec(), required]
    {
        check_both_ways(&spec);
    }
}

/// JSON Schemas, and other JSON that is read as one.
fn schema() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)),
    ];
    let text = || prop_oneof!["[a-z\"'\\\\\t\n\r\u{0}\u{7f}\u{85}é#= ]{0,12}", "\\PC{0,80}"];
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text().prop_map(Value::from)];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let members = proptest::collection::vec((text(), inner.clone()), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn any_schema_description_and_tag_comes_back_from_toml(
        schema in schema().prop_filter("a text is the JSON of a schema", |schema| !schema.is_string()),
        description in "\\PC{0,120}",
        tags in proptest::collection::btree_map("[a-z .:é\"'-]{1,9}", "[a-zé\"'\\\\ ]{0,9}", 0..9),
    ) {
        let mut spec = bakery::spec();
        let secret = spec.secrets.iter_mut().find(|secret| secret.owner.word() == "runtime").expect("it has one");
        secret.payload = paypulse_runtime::model::PayloadSpec::json(schema);
        secret.description = description;
        spec.tags = tags;
        let back = Spec::read_part_as(&spec.to_toml(), SpecFormat::Toml);
        // The rules of tags are those of JSON.
        prop_assert_eq!(&back.0, &spec, "{}", spec.to_toml());
        prop_assert_eq!(back.0.to_json(), spec.to_json());
        prop_assert!(back.1.iter().all(|problem| problem.lint != "malformed-spec"), "{:?}", back.1);
    }

    #[test]
    fn no_text_makes_the_reader_of_toml_panic(text in "[\\[\\]{}=.\"'#a-c0-9\n\\PC]{0,80}") {
        prop_assert!(read(&text).is_err());
    }

    #[test]
    fn one_changed_byte_gives_a_spec_or_problems(place in 0_usize..3000, byte in 0x20_u8..0x7f) {
        let mut toml = paypulse_runtime::spec::spec().to_toml().into_bytes();
        let place = place % toml.len();
        toml[place] = byte;
        let toml = String::from_utf8(toml).expect("ASCII replaces ASCII");
        if let Err(problems) = read(&toml) {
            prop_assert!(!problems.is_empty());
        }
    }
}

/// Lint and message of each problem, without the places in the document.
fn sentences(problems: &[Problem]) -> Vec<(String, String, String)> {
    let of = |problem: &Problem| {
        let place = problem.place.split(" (line ").next().unwrap_or_default();
        let message = problem.message.split(" at line ").next().unwrap_or_default();
        (problem.lint.to_owned(), place.to_owned(), message.to_owned())
    };
    // JSON and TOML need not have unknown fields in the same order.
    let mut all: Vec<_> = problems.iter().map(of).collect();
    all.sort();
    all
}

#[test]
fn toml_is_refused_with_the_sentences_of_json() {
    let mut compared = 0;
    for path in specs("err_").into_iter().filter(|path| path.extension().is_some_and(|it| it == "json")) {
        let json = fs::read_to_string(&path).expect("it can be read");
        let Ok(value) = serde_json::from_str::<Value>(&json) else { continue };
        // TOML has no `null`, and its documents are tables.
        let Ok(toml) = toml::to_string(&value) else { continue };
        // What this toml crate writes as a number is refused where JSON refuses it.
        let (of_json, of_toml) = (Spec::read_part(&json), Spec::read_part_as(&toml, SpecFormat::Toml));
        assert_eq!(of_toml.0, of_json.0, "{}", path.display());
        assert_eq!(sentences(&of_toml.1), sentences(&of_json.1), "{}", path.display());
        let of_parts = |problem: &&Problem| problem.place != "the spec" && problem.place != "the secrets";
        for problem in of_toml.1.iter().filter(of_parts) {
            assert!(problem.place.contains(" (line "), "{}: {problem}", path.display());
        }
        compared += 1;
    }
    assert!(compared > 80, "only {compared} were compared");
}

const SMALL: &str = "version = 1\nsource = \"s.toml\"\n\n[[secrets]]\nid = \"A\"\nname = \"a/b\"\npayload = { kind = \"text\" }\n\
    owner = { kind = \"external\" }\n\n[[handlers]]\nid = \"H\"\nname = \"h\"\nrole = { kind = \"created\" }\n\
    grants = [{ secret = \"A\", verbs = [\"read\"] }]\n";

#[test]
fn each_problem_is_at_its_line_and_column() {
    assert!(read(SMALL).is_ok());
    let check = |from: &str, to: &str, expected: &str| {
        let toml = SMALL.replacen(from, to, 1);
        assert_ne!(toml, SMALL, "{from}");
        for toml in [toml.clone(), toml.replace('\n', "\r\n")] {
            let problems = read(&toml).expect_err(to);
            assert!(problems.iter().any(|problem| problem.to_string() == expected), "{problems:?}");
        }
    };
    check("\"external\"", "\"nobody\"", "secret `A` (line 8, column 18): unknown owner `nobody` [unknown-owner]");
    check(
        "name = \"a/b\"",
        "name = 7",
        "`secrets[0].name` (line 6, column 8): invalid type: integer `7`, expected a string [malformed-spec]",
    );
    check("name = \"a/b\"", "name = \"\"", "secret `A` (line 6, column 1): `name` is empty [empty-field]");
    check("name = \"a/b\"\n", "", "secret `A` (line 5, column 6): `name` is missing [missing-field]");
    check(
        "kind = \"text\"",
        "kind = \"text\", colour = 1",
        "`secrets.0.payload.colour` (line 7, column 28): the spec has no such field [unknown-field]",
    );
    check("\"read\"", "\"reed\"", "handler `H` (line 14, column 36): unknown verb `reed` [unknown-verb]");
    check(
        "secret = \"A\"",
        "secret = \"B\"",
        "handler `H` (line 14, column 22): it has a grant on `B`, which the spec does not declare [undeclared-secret]",
    );
    check(
        "version = 1",
        "version = 2",
        "version (line 1, column 1): the spec has version 2, and this program reads version 1 [unknown-version]",
    );
    check(
        "version = 1",
        "é = 1",
        "the spec (line 1, column 1): invalid unquoted key, expected letters, numbers, `-`, `_` [malformed-spec]",
    );
    check("id = \"H\"", "id = \"H\"\nid = \"I\"", "the spec (line 12, column 1): duplicate key [malformed-spec]");
    check(
        "\"a/b\"",
        "2026-12-01",
        "`secrets[0].name` (line 6, column 8): invalid type: a date or a time, which a spec does not have [malformed-spec]",
    );
    check(
        "version = 1",
        "version = inf",
        "`version` (line 1, column 11): invalid value: an infinity, or not a number [malformed-spec]",
    );
    check(
        "version = 1",
        "version = nan",
        "`version` (line 1, column 11): invalid value: an infinity, or not a number [malformed-spec]",
    );
    check(
        "version = 1",
        "version = 99999999999999999999",
        "`version` (line 1, column 11): invalid value: an integer that needs more than 64 bits [malformed-spec]",
    );
    check(
        "version = 1",
        "version = 4294967297",
        "`version` (line 1, column 11): invalid value: integer `4294967297`, expected u32 [malformed-spec]",
    );
    check(
        "\"text\" }",
        "\"json\", schema = '{\"a' }",
        "secret `A` (line 7, column 28): `payload.schema` is a text, but not the JSON of a schema: EOF while parsing a string at line 1 column 3 [bad-payload]",
    );
    check(
        "owner = ",
        "owner = [",
        "the spec (line 10, column 1): missing comma between array elements, expected `,` [malformed-spec]",
    );
}

#[test]
fn err_hostile_toml_is_a_sentence() {
    let check = |toml: &str, expected: &str| {
        let problems = read(toml).expect_err("it is refused");
        assert!(problems.len() == 1 && problems[0].message.contains(expected), "{problems:?}");
    };
    for deep in [
        "a = ".to_owned() + &"[".repeat(100_000),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
    ] {
        check(&deep, "recurs");
    }
    check(&format!("a = {}", "{a = ".repeat(100_000)), "recurs");
    let huge = format!("{}{}", SMALL, "\n[[secrets]]\nid = \"A\"\n".repeat(5_000));
    let problems = read(&huge).expect_err("it is refused");
    assert!(
        problems.len() >= 5_000 && problems.last().is_some_and(|it| it.place.contains(" (line ")),
        "{}",
        problems.len()
    );
}

#[test]
fn an_encoding_of_toml_does_not_matter_and_other_files_are_named() {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("s.TOML");
    let of = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("it can be written");
        xtask(&["access", "--spec", arg(&path), "--format", "csv"])
    };
    let expected = of(SMALL.as_bytes());
    assert_eq!(expected.exit, Exit::Done, "{expected}");
    let lines = SMALL.replace('\n', "\r\n");
    let marked = format!("\u{feff}{lines}");
    let utf16 = |order: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for bytes in
        [lines.clone().into_bytes(), marked.clone().into_bytes(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]
    {
        assert_eq!(of(&bytes).to_string(), expected.to_string());
    }
    for (bytes, said) in [
        (&b"PK\x03\x04"[..], "it is a zip archive"),
        (b"\x1f\x8b\x08\0", "it is compressed with gzip"),
        (b"version = 1\0", "it has a zero byte at byte 12"),
        (b"version = \"\xe9\"", "it is not UTF-8, from byte 12 on"),
        (b"\xff\xfev\0e", "it is UTF-16 with half of a character"),
    ] {
        let run = of(bytes);
        assert!(run.exit == Exit::Usage && run.err.contains(said), "{run}");
    }
}

#[test]
fn the_command_converts_both_ways() {
    let dir = tempdir().expect("a temporary directory");
    let (json, toml) = (dir.path().join("a.json"), dir.path().join("a.toml"));
    let spec = warehouse::spec();
    fs::write(&json, on(&spec, &["spec"], false).out).expect("it can be written");
    fs::write(&toml, xtask(&["spec", "--spec", arg(&json), "--format", "toml"]).out).expect("it can be written");
    assert_eq!(fs::read_to_string(&toml).expect("it is there"), on(&spec, &["spec", "--format", "toml"], false).out);
    let back = xtask(&["spec", "--spec", arg(&toml)]);
    assert_eq!((back.exit, back.out), (Exit::Done, spec.to_json()));
    for path in [&json, &toml] {
        let out = dir.path().join("out");
        assert_eq!(xtask(&["gen-infra", "--spec", arg(path), "--out", arg(&out)]).exit, Exit::Done);
    }
    // The second time, nothing is stale.
    let fresh = xtask(&["gen-infra", "--spec", arg(&toml), "--out", arg(&dir.path().join("out")), "--check"]);
    assert_eq!(fresh.exit, Exit::Done, "{fresh}");
    fs::write(&toml, "version = 1").expect("it can be written");
    let run = xtask(&["spec", "--spec", arg(&toml)]);
    assert!(run.exit == Exit::Problems && run.out.is_empty(), "{run}");
    assert_eq!(xtask(&["spec", "--schema", "--format", "toml"]).exit, Exit::Usage);
}

/// The published schema and the commented example.
fn document(name: &str) -> String {
    fs::read_to_string(workspace().join("docs").join(name)).expect("it is committed")
}

#[test]
fn the_published_schema_is_the_one_that_is_printed() {
    let stale = "run `cargo xtask spec --schema > docs/secrets.schema.json`";
    assert_eq!(document("secrets.schema.json"), xtask(&["spec", "--schema"]).out, "{stale}");
}

#[test]
fn a_document_can_name_its_schema() {
    let schema: Value = serde_json::from_str(&document("secrets.schema.json")).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let mut spec: Value = serde_json::from_str(&bakery::spec().to_json()).expect("it is JSON");
    for (named, is_good) in [(json!("./secrets.schema.json"), true), (json!(7), false)] {
        spec["$schema"] = named;
        assert_eq!((schema.is_valid(&spec), Spec::read(&spec.to_string()).is_ok()), (is_good, is_good));
    }
    assert_eq!(read(&format!("\"$schema\" = \"x\"\n{SMALL}")), read(SMALL));
}

/// Every member, every word and every alternative of a schema, removed one at a time.
fn without_each(schema: &Value, whole: &Value, at: &str, out: &mut Vec<(String, Value)>) {
    let mut without = |pointer: String, name: &str| {
        let mut less = whole.clone();
        match less.pointer_mut(&pointer) {
            Some(Value::Object(members)) => drop(members.remove(name)),
            Some(Value::Array(values)) => drop(values.remove(name.parse().expect("an index"))),
            _ => unreachable!("{pointer}"),
        }
        out.push((format!("{pointer}/{name}"), less));
    };
    for key in ["oneOf", "anyOf", "enum"] {
        for index in 0..schema[key].as_array().map_or(0, Vec::len) {
            without(format!("{at}/{key}"), &index.to_string());
        }
    }
    for name in schema["properties"].as_object().into_iter().flat_map(Map::keys).filter(|name| *name != "$schema") {
        without(format!("{at}/properties"), name);
    }
    let below = schema.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value));
    let listed = schema.as_array().into_iter().flatten().enumerate().map(|(i, value)| (i.to_string(), value));
    for (name, value) in below.chain(listed).filter(|(_, value)| value.is_object() || value.is_array()) {
        without_each(value, whole, &format!("{at}/{name}"), out);
    }
}

#[test]
fn the_example_has_every_option_of_the_schema() {
    let example = document("secrets.toml");
    let spec = read(&example).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let dir = tempdir().expect("a temporary directory");
    let run = xtask(&["gen-infra", "--spec", arg(&workspace().join("docs/secrets.toml")), "--out", arg(dir.path())]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    let example: Value = toml::from_str(&example).expect("it is TOML");
    let schema: Value = serde_json::from_str(&document("secrets.schema.json")).expect("it is JSON");
    assert!(jsonschema::is_valid(&schema, &example));
    let (mut parts, mut unused) = (Vec::new(), Vec::new());
    without_each(&schema, &schema, "", &mut parts);
    // TOML has no `null`; and an owner with `write_only` fits both forms that have a `variable`.
    let has_other_form = |name: &str| {
        let is_null = schema.pointer(name).is_some_and(|part| *part == json!({ "type": "null" }));
        is_null || name == "/$defs/Owner/oneOf/0/anyOf/1/properties/variable"
    };
    for (name, less) in &parts {
        if jsonschema::is_valid(less, &example) && !has_other_form(name) {
            unused.push(name);
        }
    }
    assert!(parts.len() > 80 && unused.is_empty(), "of {} parts, the example lacks {unused:#?}", parts.len());
    assert_eq!(spec.source, "secrets.toml");
}

#[test]
fn an_older_program_refuses_the_spec_and_a_newer_one_says_so() {
    let dir = tempdir().expect("a temporary directory");
    let (path, out) = (dir.path().join("s.toml"), dir.path().join("out"));
    let run = |version: &str, arguments: &[&str]| {
        let line = format!("required_version = \"{version}\"\n");
        fs::write(&path, line + SMALL).expect("it can be written");
        xtask(&[&["gen-infra", "--spec", arg(&path), "--out", arg(&out)], arguments].concat())
    };
    // Whatever else is in it can be right for a newer program.
    let newer = format!("required_version = \">= 99.0.0\"\ncolour = 1\n{}", SMALL.replace("text", "yaml"));
    let problems = read(&newer).expect_err("it is refused");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let expected = format!(
        "it requires version 99.0.0 or later of this program, and this is version {}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(problems[0].message, expected);
    assert!(problems[0].hint.contains("`v99.0.0`"), "{}", problems[0].hint);
    assert_eq!(run(">= 99.0.0", &[]).exit, Exit::Problems);
    for bad in ["1.0.0", "~> 1.0", ">= 1", ""] {
        assert!(run(bad, &[]).err.contains("[bad-required-version]"), "{bad}");
    }
    let own = format!(">= {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&own, &[]).exit, Exit::Done);
    // No byte depends on it.
    assert_eq!(run(">= 0.0.1", &["--check"]).exit, Exit::Done);
    let file = out.join("iam.tf");
    let text = fs::read_to_string(&file).expect("it is there");
    fs::write(&file, format!("{text}# by another version\n")).expect("it can be written");
    let (older, same) = (run(">= 0.0.1", &["--check"]), run(&own, &["--check"]));
    assert_eq!((older.exit, same.exit), (Exit::Stale, Exit::Stale));
    let note = format!(
        "note: this program is version {}, and the spec requires version 0.0.1 or later",
        env!("CARGO_PKG_VERSION")
    );
    assert!(older.err.contains(&note) && !same.err.contains("note: this program"), "{older}{same}");
}
