//! `diff`: what each kind of change to a spec gives and takes, decided on what the policies mean; and the same against what
//! was committed.

mod committed;

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use paypulse_runtime::model::{ApiCall, Problem, Spec, Verb};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::warehouse::spec as warehouse;
use proptest::prelude::*;
use serde_json::{Value, json};
use xtask::Exit;

use crate::run::{Run, arg, on};

/// A spec after a change of its JSON.
fn changed(spec: &Spec, change: impl FnOnce(&mut Value)) -> Spec {
    let (spec, problems) = with_problems(spec, change);
    assert_eq!(problems, [], "the changed spec has problems");
    spec
}

/// The same with the problems that the change brings.
fn with_problems(spec: &Spec, change: impl FnOnce(&mut Value)) -> (Spec, Vec<Problem>) {
    let mut json: Value = serde_json::from_str(&spec.to_json()).expect("a spec is JSON");
    change(&mut json);
    Spec::read_part(&json.to_string())
}

/// What the change from one spec to another is said to be.
fn diff(old: &Spec, new: &Spec, arguments: &[&str]) -> Run {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("old.json");
    fs::write(&path, old.to_json()).expect("it can be written");
    let mut run = on(new, &[&["diff", "--against-spec", arg(&path)], arguments].concat(), false);
    run.err = run.err.replace(arg(&path), "old.json");
    run.out = run.out.replace(arg(&path), "old.json");
    run
}

fn named<'a>(list: &'a mut Value, key: &str, name: &str) -> &'a mut Value {
    let list = list.as_array_mut().expect("a list");
    list.iter_mut().find(|entry| entry[key] == name).unwrap_or_else(|| panic!("there is no {name}"))
}

fn grants<'a>(spec: &'a mut Value, handler: &str) -> &'a mut Vec<Value> {
    named(&mut spec["handlers"], "name", handler)["grants"].as_array_mut().expect("grants are a list")
}

fn grant(spec: &mut Value, handler: &str, secret: &str, verbs: &[&str]) {
    let all = grants(spec, handler);
    all.retain(|grant| grant["secret"] != secret);
    if !verbs.is_empty() {
        all.push(json!({ "secret": secret, "verbs": verbs }));
    }
}

/// One change of a spec.
type Change = (&'static str, fn(&mut Value));

const CHANGES: [Change; 8] = [
    ("nothing", |_| {}),
    ("the order of grants", |spec| grants(spec, "fetch_invoices").reverse()),
    ("a verb more that allows nothing more", |spec| {
        grant(spec, "gmail_store_tokens", "GmailUserTokens", &["read", "store", "update"]);
    }),
    ("a verb instead of another", |spec| {
        grant(spec, "fetch_invoices", "GmailUserTokens", &["read", "update", "store"]);
    }),
    ("a secret more for a handler", |spec| grant(spec, "login_user", "GoogleOauthClientId", &["read"])),
    ("a secret less for a handler", |spec| grant(spec, "delete_user", "GmailUserTokens", &[])),
    ("a handler more", |spec| {
        let grants = json!([{ "secret": "JwtSigningKey", "verbs": ["read"] }]);
        let handler = json!({ "id": "Other", "name": "other", "role": { "kind": "created" }, "grants": grants });
        spec["handlers"].as_array_mut().expect("a list").push(handler);
    }),
    ("another name of a family", |spec| {
        named(&mut spec["secrets"], "id", "GmailUserTokens")["name"] = "gmail/{user_id}".into();
    }),
];

#[test]
fn sarif_has_each_widening_at_the_spec() {
    let old = paypulse();
    let new = changed(&old, |spec| grant(spec, "delete_user", "GmailUserTokens", &["read", "delete"]));
    for (arguments, exit, suppressed) in [
        (&["--format", "sarif"][..], Exit::Widened, 0),
        (&["--format", "sarif", "--accept", "delete_user"], Exit::Done, 1),
    ] {
        let run = diff(&old, &new, arguments);
        assert_eq!(run.exit, exit, "{}", run.err);
        let sarif: Value = serde_json::from_str(&run.out).expect("it is JSON");
        let run = &sarif["runs"][0];
        assert_eq!(run["invocations"][0]["exitCode"], exit as u8);
        let results = run["results"].as_array().expect("a list");
        assert_eq!(results.len(), 1, "{results:?}");
        assert_eq!(results[0]["partialFingerprints"]["widening/v1"], "delete_user:GmailUserTokens:read");
        let location = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], old.source.as_str());
        assert_eq!(results[0]["suppressions"].as_array().map(Vec::len), Some(suppressed));
    }
}

#[test]
fn each_change_is_told_by_what_it_means() {
    let told = CHANGES.map(|(what, change)| {
        let run = diff(&paypulse(), &changed(&paypulse(), change), &[]);
        let expected = if run.err.contains("wider:") { Exit::Widened } else { Exit::Done };
        assert_eq!(run.exit, expected, "{what}: {run}");
        format!("# {what}\n{run}")
    });
    assert_snapshot!(told.join("\n"));
}

/// Shares, keys and functions that others call, which PayPulse has none of.
#[test]
fn every_kind_of_access_is_told() {
    let without = |spec: &Spec| {
        changed(spec, |spec| {
            for secret in spec["secrets"].as_array_mut().expect("a list") {
                let shared = secret["options"].as_object_mut().and_then(|options| options.remove("shared_with"));
                // A shared secret must have a key.
                if shared.is_none() {
                    secret.as_object_mut().expect("a secret is an object").remove("kms_key");
                }
            }
        })
    };
    for (name, spec) in [("warehouse", warehouse()), ("bakery", bakery())] {
        let more = diff(&without(&spec), &spec, &[]);
        assert_eq!(more.exit, Exit::Widened, "{more}");
        let less = diff(&spec, &without(&spec), &[]);
        // A key of its own is one thing more that a grant allows.
        assert_eq!(less.exit, Exit::Done, "{less}");
        assert_snapshot!(name, format!("{more}\n# the other way\n{less}"));
        assert_eq!(diff(&spec, &spec, &[]).exit, Exit::Done);
    }
}

/// What policies elsewhere decide is named, and does not fail.
#[test]
fn keys_that_are_others_than_before_are_named() {
    let key = |key: Value| {
        changed(&paypulse(), |spec| named(&mut spec["secrets"], "id", "GoogleOauthClientId")["kms_key"] = key)
    };
    let alias = |name: &str| key(json!({ "kind": "alias", "alias": name }));
    let run = diff(&alias("alias/one"), &alias("alias/two"), &[]);
    let said = "not looked at: `kms_key_id` of `aws_secretsmanager_secret.google_oauth_client_id` is";
    assert!(run.err.contains(said) && run.err.contains("the policy on the key decides who may use it"), "{run}");
    assert!(run.err.contains("data.aws_kms_alias.two") && run.err.contains("data.aws_kms_alias.one"), "{run}");
    let json = diff(&alias("alias/one"), &alias("alias/two"), &["--format", "json"]);
    let report: Value = serde_json::from_str(&json.out).expect("stdout is JSON");
    assert_eq!(report["not_looked_at"].as_array().map(Vec::len), Some(1), "{json}");
    let markdown = diff(&alias("alias/one"), &alias("alias/two"), &["--format", "markdown"]);
    assert!(markdown.out.contains("- Not looked at: `kms_key_id` of"), "{markdown}");
    let same = diff(&alias("alias/one"), &alias("alias/one"), &[]);
    assert!(!same.err.contains("not looked at"), "{same}");
}

#[test]
fn a_report_is_text_json_or_markdown() {
    let new = changed(&paypulse(), |spec| {
        grant(spec, "login_user", "GoogleOauthClientId", &["read"]);
        grant(spec, "delete_user", "GmailUserTokens", &["store"]);
    });
    let accepted = ["--accept", "delete_user:GmailUserTokens", "--accept", "signup_user"];
    assert_snapshot!("markdown", diff(&paypulse(), &new, &[&["--format", "markdown"], &accepted[..]].concat()));
    let json = diff(&paypulse(), &new, &[&["--format", "json"], &accepted[..]].concat());
    assert_snapshot!("json", json);
    let report: Value = serde_json::from_str(&json.out).expect("stdout is JSON");
    assert_eq!(report["result"], "widened");
}

#[test]
fn what_is_accepted_passes_and_nothing_else() {
    let new = changed(&paypulse(), |spec| {
        grant(spec, "login_user", "GoogleOauthClientId", &["read"]);
        grant(spec, "signup_user", "GoogleOauthClientId", &["read"]);
    });
    let exit = |accepted: &[&str]| {
        let flags: Vec<&str> = accepted.iter().flat_map(|name| ["--accept", name]).collect();
        diff(&paypulse(), &new, &flags).exit
    };
    let (login, signup) = ("login_user:GoogleOauthClientId:read", "signup_user:GoogleOauthClientId:read");
    assert_eq!(exit(&[login, signup]), Exit::Done);
    assert_eq!(exit(&["login_user", "signup_user:GoogleOauthClientId"]), Exit::Done);
    for not_enough in [&[][..], &[login], &[login, "signup"], &[login, "signup_user:GoogleOauthClientId:rea"], &[""]] {
        assert_eq!(exit(not_enough), Exit::Widened, "{not_enough:?}");
    }
    for (accepted, meant) in [
        ("login_usr", Some("login_user")),
        ("signup_user:GoogleOauthClientID", Some("signup_user:GoogleOauthClientId")),
        ("login_user:GoogleOauthClientId:raed", Some(login)),
        ("nobody", None),
    ] {
        let err = diff(&paypulse(), &new, &["--accept", accepted]).err;
        let note = format!("note: nothing widens by the name `{accepted}`, which was accepted\n");
        let hint = meant.map(|meant| format!("  hint: did you mean `{meant}`?\n"));
        assert!(err.starts_with(&(note + &hint.unwrap_or_default())), "{accepted}: {err}");
        assert_eq!(err.contains("did you mean"), meant.is_some(), "{accepted}: {err}");
    }
}

/// What a handler may call on a secret, by its grants alone.
fn calls(spec: &Spec, handler: &str) -> BTreeSet<(String, ApiCall)> {
    let handler = spec.handlers.iter().find(|it| it.name == handler);
    let grants = handler.into_iter().flat_map(|handler| &handler.grants);
    let calls = grants.flat_map(|grant| grant.verbs.iter().map(move |verb| (&grant.secret, verb)));
    calls.flat_map(|(secret, verb)| verb.api_calls().iter().map(move |call| (secret.clone(), *call))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A verb is gained where all its calls are possible now and were not, by a count of calls that knows no policy.
    #[test]
    fn what_is_gained_is_what_calls_became_possible(choices in proptest::collection::vec((0..9_usize, 0..3_usize, 0..32_u8), 1..6)) {
        let old = paypulse();
        let (new, problems) = with_problems(&old, |spec| {
            for (handler, secret, verbs) in &choices {
                let (handler, secret) = (&old.handlers[*handler].name, &old.secrets[*secret]);
                // Nobody may write what exists elsewhere, or what the Terraform writes.
                let possible: &[&str] = match secret.id.as_str() {
                    "GmailUserTokens" => &["read", "describe", "store", "update", "delete"],
                    _ => &["read", "describe"],
                };
                let verbs: Vec<&str> = possible.iter().enumerate().filter(|(bit, _)| verbs & (1 << bit) != 0).map(|(_, verb)| *verb).collect();
                grant(spec, handler, &secret.id, &verbs);
            }
        });
        prop_assert_eq!(problems, []);
        let run = diff(&old, &new, &["--format", "json"]);
        let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
        let mut said = BTreeSet::new();
        for change in report["changes"].as_array().expect("a list") {
            for (side, sign) in [("gained", '+'), ("lost", '-')] {
                for verb in change[side]["verbs"].as_array().expect("a list") {
                    let words = [&change["name"], &change["secret_id"], verb].map(|word| word.as_str().unwrap_or_default().to_owned());
                    said.insert((sign, words));
                }
            }
        }
        let mut expected = BTreeSet::new();
        for handler in &old.handlers {
            let (before, after) = (calls(&old, &handler.name), calls(&new, &handler.name));
            for secret in &old.secrets {
                for (sign, from, to) in [('+', &before, &after), ('-', &after, &before)] {
                    let has = |side: &BTreeSet<(String, ApiCall)>, verb: &Verb| {
                        verb.api_calls().iter().all(|call| side.contains(&(secret.id.clone(), *call)))
                    };
                    // A spec that does not tell versions apart has no word for the previous one.
                    let verbs = Verb::ALL.into_iter().filter(|verb| *verb != Verb::ReadPrevious);
                    let gained: Vec<Verb> = verbs.filter(|verb| has(to, verb) && !has(from, verb)).collect();
                    let whole = gained.iter().filter(|verb| !gained.iter().any(|other| {
                        other != *verb && verb.api_calls().iter().all(|call| other.api_calls().contains(call))
                    }));
                    expected.extend(whole.map(|verb| (sign, [handler.name.clone(), secret.id.clone(), verb.name().to_owned()])));
                }
            }
        }
        prop_assert_eq!(&said, &expected, "{}", run);
        let widens = said.iter().any(|(sign, _)| *sign == '+') || report["widenings"] != json!([]);
        prop_assert_eq!(run.exit, if widens { Exit::Widened } else { Exit::Done }, "{}", run);
        let gains_calls = old.handlers.iter().any(|it| !calls(&new, &it.name).is_subset(&calls(&old, &it.name)));
        prop_assert_eq!(widens, gains_calls, "{}", run);
    }
}

/// The grant is the same, and reaches one copy more, or one less.
#[test]
fn copies_that_are_read_or_no_longer_read_are_told() {
    let reading = |regions: &[&str]| {
        let regions = json!(regions);
        changed(&warehouse(), |spec| {
            named(&mut spec["secrets"], "id", "DatabaseLogin")["options"]["read_from"] = regions;
        })
    };
    let (two, three) = (reading(&["us-east-1", "us-west-2"]), reading(&["us-east-1", "us-west-2", "eu-central-1"]));
    assert_eq!(diff(&warehouse(), &two, &[]).exit, Exit::Done, "the order gives nothing");
    let wider = diff(&two, &three, &[]);
    assert_eq!(wider.exit, Exit::Widened, "{wider}");
    let narrower = diff(&two, &reading(&["us-east-1"]), &[]);
    assert_eq!(narrower.exit, Exit::Done, "{narrower}");
    assert_snapshot!(format!("{}\n{}", wider.err, narrower.err));
}
