//! Every parser of what comes from outside, on real files that are spoilt at random: an answer or an error, no panic, no
//! overflow and no reading without end. `PROPTEST_CASES=100000 cargo test -p paypulse-tests --test generator fuzzed` runs
//! longer.

use std::fs;

use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec as paypulse;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use xtask::access::Module;
use xtask::adopt::{read_listing, read_state};
use xtask::denied::{denials, explain};
use xtask::iam::meaning::{Document, beyond};
use xtask::planned;

use crate::run::workspace;

/// What somebody could put in a file.
const PIECES: [&str; 26] = [
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "\u{0}",
    "\u{feff}",
    "\\ud800",
    "${",
    "*",
    "?",
    "arn:aws:",
    ":secret:",
    "\"Statement\"",
    "\"Action\":\"*\"",
    "module.",
    "[[[[[[[[",
    "999999999999999999999999",
];

#[derive(Clone, Debug)]
enum Spoil {
    Cut(Index),
    Replace(Index, u8, &'static str),
    Repeat(Index, u8),
}

fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
    let piece = || select(&PIECES[..]);
    let one = prop_oneof![
        1 => any::<Index>().prop_map(Spoil::Cut),
        6 => (any::<Index>(), any::<u8>(), piece()).prop_map(|(at, length, piece)| Spoil::Replace(at, length % 24, piece)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Spoil::Repeat(at, length)),
    ];
    vec(one, 1..8)
}

fn spoilt(text: &str, spoils: &[Spoil]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for spoil in spoils {
        if bytes.is_empty() {
            break;
        }
        match spoil {
            Spoil::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Spoil::Replace(at, length, piece) => {
                let start = at.index(bytes.len());
                let end = (start + usize::from(*length)).min(bytes.len());
                bytes.splice(start..end, piece.bytes());
            }
            Spoil::Repeat(at, length) => {
                let start = at.index(bytes.len());
                let end = (start + usize::from(*length)).min(bytes.len());
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn data(name: &str) -> String {
    fs::read_to_string(workspace().join("tests/data").join(name)).expect("the fixture is there")
}

#[track_caller]
fn fuzz(seeds: Vec<String>, parse: impl Fn(&str)) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let strategy = (select(seeds), spoils());
    let result = runner.run(&strategy, |(seed, spoils)| {
        parse(&spoilt(&seed, &spoils));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn fuzzed_plans() {
    let variables = planned::variables(&paypulse());
    let module = xtask::render::files(&paypulse()).expect("it has no problems");
    let module = Module::read(module.iter().map(|(name, text)| (name.as_str(), text.as_str()))).expect("it is HCL");
    fuzz(vec![data("plans/first.json"), data("plans/later.json")], |text| {
        if let Ok(plan) = planned::read(text.as_bytes(), &variables) {
            let _ = planned::check(&plan, &paypulse(), &xtask::adopt::ModulePath::default(), &module);
        }
    });
}

#[test]
fn fuzzed_states_and_listings() {
    let states = ["states/functions.tfstate", "states/elsewhere.show.json", "states/adopted.tfstate"];
    fuzz(states.map(data).to_vec(), |text| drop(read_state(text.as_bytes())));
    fuzz(vec![data("states/functions.listing.json")], |text| drop(read_listing(text.as_bytes())));
}

#[test]
fn fuzzed_specs() {
    fuzz(vec![paypulse().to_json(), paypulse_tests::warehouse::spec().to_json()], |text| drop(Spec::read_part(text)));
}

#[test]
fn fuzzed_modules() {
    let files = xtask::render::files(&paypulse_tests::warehouse::spec()).expect("it has no problems");
    fuzz(files.into_values().collect(), |text| {
        if let Ok(module) = Module::read([("x.tf", text)]) {
            let _ = module.access(&xtask::access::Known::new());
        }
    });
}

#[test]
fn fuzzed_policies() {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:Get*","s:?"],"Resource":"arn:aws:secretsmanager:*:*:secret:a/*-??????","Condition":{"StringLike":{"aws:k":["x*","y"]}}},{"Effect":"Deny","NotAction":"*","NotResource":["a*","${aws:username}"]}]}"#;
    let whole = Document::read(document).expect("it is a policy").statements;
    fuzz(vec![document.to_owned()], |text| {
        if let Ok(other) = Document::read(text) {
            let _ = beyond(&other.statements, &whole);
            let _ = beyond(&whole, &other.statements);
        }
    });
}

#[test]
fn fuzzed_denials() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/login_user/login_user is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:gmail/user/7-AbCdEf because no identity-based policy allows the secretsmanager:GetSecretValue action";
    fuzz(vec![message.to_owned()], |text| {
        for denial in denials(text) {
            let _ = explain(&paypulse(), &denial, None).advice(&paypulse(), &denial);
        }
    });
}
