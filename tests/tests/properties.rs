//! Properties of names, patterns and the token bundle, each against an oracle that is written without the code it checks.

use paypulse_runtime::model::{
    KeyText, NamePattern, Owner, Payload, PayloadError, PayloadSpec, Prefixes, SecretOptions, SecretSpec, Spec,
    Template, lint,
};
use paypulse_runtime::oauth::{OauthTokens, Timestamp};
use paypulse_runtime::spec::{GmailUserTokens, UserId};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NAME_CHARACTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-";

fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.chars().count()) && name.chars().all(|char| NAME_CHARACTERS.contains(char))
}

fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.chars().count()) && key.chars().all(|char| char != '/' && NAME_CHARACTERS.contains(char))
}

/// A spec of runtime secrets with these names, in environments with these prefixes.
fn staged(prefixes: &[String], names: &[String]) -> Spec {
    let secret = |(index, name): (usize, &String)| SecretSpec {
        id: format!("S{index}"),
        name: Template::parse(name).expect("a valid name"),
        description: String::new(),
        payload: PayloadSpec::text(),
        owner: Owner::Runtime,
        kms_key: None,
        region: None,
        options: SecretOptions::default(),
    };
    let prefixes = Prefixes { variable: "stage".to_owned(), values: prefixes.to_vec() };
    let secrets = names.iter().enumerate().map(secret).collect();
    Spec { prefixes: Some(prefixes), secrets, ..Spec::empty("spec.json".to_owned()) }
}

proptest! {
    #[test]
    fn a_name_without_braces_is_taken_exactly_when_aws_takes_it(name in "[a-c/ *ü\\-@]{0,12}|[a-z]{250,260}") {
        prop_assert_eq!(Template::parse(&name).is_ok(), is_name(&name));
    }

    #[test]
    fn a_key_is_taken_exactly_when_it_is_one(key in "[a-c/ *ü\\-@\n]{0,12}|[a-z]{60,70}") {
        prop_assert_eq!(KeyText::parse(&key).is_ok(), is_key(&key));
    }

    #[test]
    fn every_member_of_a_template_has_a_valid_name(
        template in "[a-z/]{0,60}\\{a\\}[a-z/]{1,60}(\\{b\\}[a-z]{0,20})?",
        a in "[a-zA-Z0-9_+=.@\\-]{1,64}",
        b in "[a-zA-Z0-9_+=.@\\-]{1,64}",
    ) {
        if let Ok(template) = Template::parse(&template) {
            let name = template.member(&[&a, &b]);
            prop_assert!(is_name(&name), "{}", name);
            let stored = format!("{name}-AbC123");
            prop_assert!(glob(NamePattern::of(&template).as_str(), &stored));
        }
    }

    #[test]
    fn a_template_gives_exactly_the_names_of_its_members(
        template in "[a/\\-]{0,2}(\\{x\\})?[a/\\-]{0,2}",
        name in "[a/\\-]{0,6}",
    ) {
        if let Ok(template) = Template::parse(&template) {
            prop_assert_eq!(template.gives(&name), members(&template).contains(&name), "{} and {}", template, name);
        }
    }

    #[test]
    fn whatever_is_parsed_as_a_template_never_panics(text in "[a{}_/ é]{0,20}") {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(template.as_str(), text);
            prop_assert!(template.segments().count() > 0);
        }
    }

    #[test]
    fn a_pattern_reaches_exactly_the_names_that_a_search_finds(
        mine in "[a/\\-]{0,2}(\\{x\\}[a/\\-])?(\\{y\\})?a{0,2}",
        other in "[a/\\-]{0,2}(\\{x\\})?[a/\\-]{0,2}",
    ) {
        let (Ok(mine), Ok(other)) = (Template::parse(&mine), Template::parse(&other)) else { return Ok(()) };
        let pattern = NamePattern::of(&mine);
        let found = members(&other).iter().any(|name| glob(pattern.as_str(), &format!("{name}-aaaaaa")));
        prop_assert_eq!(pattern.reaches(&other), found, "{} against {}", pattern, other);
    }

    #[test]
    fn prefixes_that_are_not_refused_keep_every_pattern_out_of_every_other_environment(
        prefixes in proptest::collection::vec("[ab/\\-]{1,3}", 2..4),
        names in proptest::collection::vec("[ab/]{1,2}(\\{x\\}[a/\\-]?)?", 1..4),
    ) {
        let spec = staged(&prefixes, &names);
        let is_refused = lint::check(&spec).iter().any(|problem| problem.lint.ends_with("prefix") || problem.lint == "overlapping-prefixes");
        let full = |prefix: &str, secret: &SecretSpec| Template::parse(&format!("{prefix}{}", secret.name)).expect("it is short");
        for (one, other) in prefixes.iter().flat_map(|one| prefixes.iter().map(move |other| (one, other))) {
            for (mine, theirs) in spec.secrets.iter().flat_map(|mine| spec.secrets.iter().map(move |theirs| (mine, theirs))) {
                let reaches = one != other && NamePattern::of(&full(one, mine)).reaches(&full(other, theirs));
                prop_assert!(is_refused || !reaches, "{}{} reaches {}{}", one, mine.name, other, theirs.name);
            }
        }
    }

    #[test]
    fn a_bundle_comes_back_as_it_was_written(bundle in bundle()) {
        let text = Value::Object(bundle.clone()).to_string();
        let tokens = OauthTokens::parse(&text).expect("a bundle of the documented shape");
        let stored = tokens.to_stored().expect("what was read can be written");
        prop_assert_eq!(&OauthTokens::parse(&stored).expect("what was written can be read"), &tokens);
        let back: Map<String, Value> = serde_json::from_str(&stored).expect("it is a JSON object");
        // White space around a refresh token is dropped, and a blank one counts as none.
        let mut bundle = bundle;
        let refresh_token = bundle["refresh_token"].as_str().map(str::trim).filter(|token| !token.is_empty());
        let refresh_token = json!(refresh_token);
        bundle.insert("refresh_token".to_owned(), refresh_token);
        for (key, value) in bundle.iter().filter(|(key, value)| !key.ends_with("_at") && !value.is_null()) {
            prop_assert_eq!(back.get(key), Some(value), "{}", key);
        }
        prop_assert_eq!(back.len(), bundle.values().filter(|value| !value.is_null()).count());
    }

    #[test]
    fn no_text_makes_the_bundle_panic_or_tells_it(text in "\\PC{0,60}") {
        let secret = format!("{{\"access_token\":\"{text}SECRET");
        if let Err(error) = OauthTokens::parse(&secret) {
            let told = format!("{error:?} {error}");
            prop_assert!(!told.contains("SECRET"));
        }
    }

    #[test]
    fn a_timestamp_is_read_as_it_is_written(seconds in -62_135_596_800_i64..253_402_300_799, micros in 0_u32..1_000_000) {
        let time = std::time::SystemTime::UNIX_EPOCH;
        let offset = std::time::Duration::from_secs(seconds.unsigned_abs()) ;
        let time = if seconds < 0 { time - offset } else { time + offset };
        let time = Timestamp::from(time + std::time::Duration::from_micros(micros.into()));
        prop_assert_eq!(time.to_string().len(), "2024-11-01T11:00:00.000000".len());
        prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
    }
}

#[test]
fn a_template_of_two_keys_gives_names_that_can_be_read_in_two_ways() {
    let template = Template::parse("a/{x}-{y}/b").expect("valid");
    for name in ["a/1-2/b", "a/1-2-3/b", "a/--2/b", "a/1--/b"] {
        assert!(template.gives(name), "{name}");
    }
    for name in ["a/1/b", "a/-2/b", "a/1-/b", "a/1-2/c", "a/1-2/b/b", "a/1-2/3/b", "b/1-2/b", "", "a/1-ü/b"] {
        assert!(!template.gives(name), "{name}");
    }
    let longest = "k".repeat(64);
    assert!(template.gives(&format!("a/{longest}-{longest}/b")) && !template.gives(&format!("a/{longest}k-1/b")));
}

/// All names of a template whose key is made of `a` and `-`: any other character is met by wildcards alone, as these are.
fn members(template: &Template) -> Vec<String> {
    if !template.is_family() {
        return vec![template.as_str().to_owned()];
    }
    let mut keys = vec![String::new()];
    let mut names = Vec::new();
    for _ in 0..9 {
        keys = keys.iter().flat_map(|key| [format!("{key}a"), format!("{key}-")]).collect();
        names.extend(keys.iter().map(|key| template.member(&[key])));
    }
    names
}

/// The textbook matcher of `*` and `?`, by recursion.
fn glob(pattern: &str, text: &str) -> bool {
    fn at(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((b'*', rest)), _) => at(rest, text) || text.split_first().is_some_and(|(_, text)| at(pattern, text)),
            (Some(_), None) => false,
            (Some((wanted, rest)), Some((found, text))) => (*wanted == b'?' || wanted == found) && at(rest, text),
        }
    }
    at(pattern.as_bytes(), text.as_bytes())
}

fn bundle() -> impl Strategy<Value = Map<String, Value>> {
    let time = "20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][1-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{6})?";
    let maybe = |text: &'static str| proptest::option::of(text);
    (
        ("\\PC{1,40}", maybe("\\PC{1,40}"), time, time, 0_u64..100_000, "[a-z:/. ]{0,60}"),
        (maybe("[0-9]{1,21}"), maybe("[a-z]{1,9}@x\\.de"), maybe("\\PC{1,12}"), proptest::option::of(any::<bool>())),
        (
            maybe("x_[a-z]{1,9}"),
            prop_oneof![Just(json!({"deep": [1, 2.5, null]})), Just(json!("text")), Just(json!(1e300))],
        ),
    )
        .prop_map(|((access, refresh, expires_at, created_at, expires_in, scope), account, (unknown, value))| {
            let (id, email, name, verified) = account;
            let bundle = json!({
                "access_token": access, "refresh_token": refresh, "expires_at": expires_at, "expires_in": expires_in,
                "scope": scope, "token_type": "Bearer", "created_at": created_at, "google_user_id": id,
                "google_email": email, "google_name": name, "google_verified_email": verified,
            });
            let Value::Object(mut bundle) = bundle else { unreachable!("it is an object") };
            bundle.extend(unknown.map(|key| (key, value)));
            bundle
        })
}

const DOCUMENTED: &str = r#"{"access_token": "ya29.a0AfB_...", "refresh_token": "1//0gABC...", "expires_at": "2024-11-01T11:00:00.000000", "expires_in": 3600, "scope": "https://www.googleapis.com/auth/gmail.readonly ...", "token_type": "Bearer", "created_at": "2024-11-01T10:00:00.000000", "google_user_id": "123456789012345678901", "google_email": "user@gmail.com", "google_name": "Jane Smith", "google_verified_email": true}"#;

#[test]
fn the_documented_bundle_is_written_key_for_key() {
    let tokens = OauthTokens::parse(DOCUMENTED).expect("the documented example");
    let stored = tokens.to_stored().expect("it can be written");
    assert_eq!(*stored, DOCUMENTED.replace("\": ", "\":").replace(", \"", ",\""));
    assert_eq!(tokens.account.email.as_deref(), Some("user@gmail.com"));
}

#[test]
fn of_a_field_that_stands_twice_the_last_counts_as_in_python() {
    let twice =
        DOCUMENTED.replacen('{', r#"{"access_token": "old", "note": 1, "#, 1).replace("true}", r#"true, "note": 2}"#);
    let stored = OauthTokens::parse(&twice).and_then(|tokens| tokens.to_stored()).expect("it is a bundle");
    let back: Value = serde_json::from_str(&stored).expect("it is JSON");
    assert_eq!((&back["access_token"], &back["note"]), (&json!("ya29.a0AfB_..."), &json!(2)));
}

#[test]
fn a_pattern_meets_a_family_exactly_where_some_key_fits() {
    for (mine, other, expected) in [
        ("app/aa", "app/{x}", true),
        ("app/a", "app/a{x}", false),
        ("app/{x}", "app", false),
        ("app/{x}/a", "app/{x}", false),
        ("app/{x}a", "app/{x}", true),
        ("app{x}", "app/{x}/b", true),
        ("app/{x}", "app2/{x}", false),
        ("app-{x}", "app", true),
        ("app-aaaaaa", "app", false),
        ("app-{x}", "app-prod", true),
        ("{x}/db", "tenant/a/db", true),
        ("{x}/db", "tenant/a/dc", false),
    ] {
        let (mine, other) = (Template::parse(mine).expect("valid"), Template::parse(other).expect("valid"));
        assert_eq!(NamePattern::of(&mine).reaches(&other), expected, "{mine} against {other}");
    }
    let longest = Template::parse(&format!("app/{}", "a".repeat(64))).expect("valid");
    let longer = Template::parse(&format!("app/{}", "a".repeat(65))).expect("valid");
    let family = Template::parse("app/{x}").expect("valid");
    assert!(NamePattern::of(&longest).reaches(&family) && !NamePattern::of(&longer).reaches(&family));
}

#[test]
fn the_bundles_schema_is_what_is_read_and_written() {
    let schema = OauthTokens::spec().schema.expect("a JSON payload has a schema");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let whole: Map<String, Value> = serde_json::from_str(DOCUMENTED).expect("the documented example");
    assert!(validator.is_valid(&Value::Object(whole.clone())));
    // More is read than the schema asks for, and what is written is always as it asks.
    let check = |stored: Value, shown: &str| match OauthTokens::parse(&stored.to_string()) {
        Err(error) => assert!(!validator.is_valid(&stored), "{shown}: {error}"),
        Ok(tokens) => {
            let written = tokens.to_stored().expect("what was read can be written");
            assert!(validator.is_valid(&serde_json::from_str(&written).expect("it is JSON")), "{shown}");
        }
    };
    for key in whole.keys() {
        let mut part = whole.clone();
        part.remove(key);
        check(Value::Object(part), &format!("without {key}"));
        for wrong in [json!([]), json!({"a": 1}), json!(-1), Value::Null] {
            let mut bad = whole.clone();
            bad.insert(key.clone(), wrong.clone());
            check(Value::Object(bad), &format!("{key} as {wrong}"));
        }
    }
}

#[test]
fn a_bad_bundle_says_where_and_not_what() {
    for (stored, expected) in [
        ("", "its JSON is cut off at line 1 column 0"),
        ("SECRET", "it is not JSON, from line 1 column 1 on"),
        ("\"SECRET\"", "`.` is not what the payload's schema asks for, at line 1 column 8"),
        ("{\"access_token\": \"SECRET", "its JSON is cut off at line 1 column 24"),
        ("{\"access_token\": \"SECRET\"}", "it lacks the field `expires_at`"),
        ("{\"expires_in\": \"SECRET\"}", "`expires_in` is not what the payload's schema asks for, at line 1 column 23"),
        ("{\"expires_at\": \"SECRET\"}", "`expires_at` is not what the payload's schema asks for, at line 1 column 24"),
        (
            "{\"access_token\": {\"SECRET\": 1}}",
            "`access_token` is not what the payload's schema asks for, at line 1 column 17",
        ),
        ("{}  SECRET", "it lacks the field `access_token`"),
    ] {
        let error = OauthTokens::parse(stored).expect_err("it is no bundle");
        assert_eq!(error.to_string(), expected, "{stored}");
        assert!(!format!("{error:?}").contains("SECRET"));
    }
    // With one, its refresh token is saved.
    let trailing = format!("{} SECRET", DOCUMENTED.replace("refresh_token", "no_such_token"));
    assert!(matches!(OauthTokens::parse(&trailing), Err(PayloadError::NotJson { .. })));
}

#[test]
fn a_key_of_a_map_is_not_told_either() {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Logins {
        logins: std::collections::BTreeMap<String, u32>,
    }
    impl paypulse_runtime::model::JsonPayload for Logins {}
    let error = Logins::parse(r#"{"logins": {"SECRET": "SECRET"}}"#).err().expect("a string is no number");
    assert_eq!(error.to_string(), "`logins.*` is not what the payload's schema asks for, at line 1 column 30");
}

#[test]
fn a_bad_user_id_is_an_error_before_any_name_is_built() {
    for (id, message) in [
        ("", "the key is empty"),
        ("a/b", "the key has a character outside `A-Za-z0-9_+=.@-` at byte 1"),
        ("*", "the key has a character outside `A-Za-z0-9_+=.@-` at byte 0"),
        ("a b", "the key has a character outside `A-Za-z0-9_+=.@-` at byte 1"),
        ("jürgen", "the key has a character outside `A-Za-z0-9_+=.@-` at byte 1"),
        ("a\0", "the key has a character outside `A-Za-z0-9_+=.@-` at byte 1"),
        (&"x".repeat(65), "the key has 65 bytes, more than 64"),
    ] {
        assert_eq!(id.parse::<UserId>().expect_err("it is no id").to_string(), message);
    }
    let user = GmailUserTokens { user_id: "x".repeat(64).parse().expect("64 characters are an id") };
    assert_eq!(paypulse_runtime::model::Secret::name(&user).len(), "gmail/user/".len() + 64);
}

/// Python reads what this crate writes, and the other way round, with the functions that PayPulse's Python uses.
#[test]
fn python_and_this_crate_read_each_others_times() {
    const SCRIPT: &str = "
import json, sys
from datetime import datetime, timedelta
bundle = json.load(sys.stdin)
expires_at = datetime.fromisoformat(bundle['expires_at'])
assert expires_at.tzinfo is None
assert expires_at < datetime.utcnow()
bundle['expires_at'] = (expires_at.replace(microsecond=0) + timedelta(hours=1)).isoformat()
bundle['created_at'] = expires_at.replace(microsecond=120).isoformat()
print(json.dumps(bundle))
";
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let python = Command::new("python3")
        .args(["-W", "ignore", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: `python3` is not installed");
        return;
    };
    let stored = OauthTokens::parse(DOCUMENTED).and_then(|tokens| tokens.to_stored()).expect("the documented example");
    python.stdin.take().expect("it is piped").write_all(stored.as_bytes()).expect("python reads it");
    let output = python.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python could not use what was written");
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    let tokens = OauthTokens::parse(&text).expect("python's bundle can be read");
    assert_eq!(tokens.expires_at.to_string(), "2024-11-01T12:00:00.000000");
    assert_eq!(tokens.created_at.to_string(), "2024-11-01T11:00:00.000120");
}
