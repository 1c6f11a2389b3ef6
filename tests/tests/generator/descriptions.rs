//! Descriptions of handlers and reasons of grants: in every form of a spec, in the reports and in the role. They change nothing else.

use std::collections::BTreeMap;

use paypulse_runtime::model::{Fingerprint, Spec, SpecFormat, lint};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::{bakery, printshop, warehouse};
use serde_json::Value;
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, files, on, xtask};

/// The spec without what explains it.
fn bare(mut spec: Spec) -> Spec {
    spec.keys.iter_mut().for_each(|key| key.description.clear());
    for handler in &mut spec.handlers {
        handler.description.clear();
        handler.grants.iter_mut().for_each(|grant| grant.reason.clear());
    }
    spec
}

/// The spec in which everything is explained with these words.
fn explained(mut spec: Spec, words: &str) -> Spec {
    spec.keys.iter_mut().for_each(|key| words.clone_into(&mut key.description));
    for handler in &mut spec.handlers {
        words.clone_into(&mut handler.description);
        handler.grants.iter_mut().for_each(|grant| words.clone_into(&mut grant.reason));
    }
    spec
}

fn specs() -> [Spec; 4] {
    [paypulse(), warehouse::spec(), bakery::spec(), printshop::spec()]
}

fn rendered(spec: &Spec) -> BTreeMap<String, String> {
    let dir = tempdir().expect("a temporary directory");
    let run = on(spec, &["gen-infra", "--out", arg(dir.path())], false);
    assert_eq!(run.exit, Exit::Done, "{run}");
    files(dir.path())
}

#[test]
fn the_declaration_gives_descriptions_and_reasons() {
    let spec = paypulse();
    let handler = spec.handlers.iter().find(|handler| handler.id == "DeleteUser").expect("it is declared");
    assert_eq!(handler.description, "Deletes a user with everything that is kept of them.");
    assert_eq!(handler.grants[0].reason, "removes the access to the user's Gmail");
    assert_eq!((spec.keys[0].id.as_str(), spec.keys[0].description.as_str()), ("UserId", "PayPulse's id of a user."));
    // A short sentence or a few words for each.
    for handler in &spec.handlers {
        assert!(!handler.description.is_empty(), "{}", handler.id);
        assert!(handler.grants.iter().all(|grant| !grant.reason.is_empty()), "{}", handler.id);
    }
}

#[test]
fn they_are_kept_in_both_directions() {
    for words in ["Lists a user's invoices.", "two\nlines \"quoted\" \\ ${x} \u{1b} – 中文", ""] {
        for spec in specs().map(|spec| explained(spec, words)) {
            assert_eq!(Spec::read(&spec.to_json()).as_ref(), Ok(&spec));
            assert_eq!(Spec::read_as(&spec.to_toml(), SpecFormat::Toml).as_ref(), Ok(&spec));
        }
    }
    // Without them, the JSON has no members for them.
    let json: Value = serde_json::from_str(&bare(paypulse()).to_json()).expect("a spec is JSON");
    for handler in json["handlers"].as_array().into_iter().flatten() {
        assert!(handler.get("description").is_none() && handler["grants"][0].get("reason").is_none(), "{handler}");
    }
}

#[test]
fn no_fingerprint_changes() {
    for spec in specs() {
        let (bare, explained) = (bare(spec.clone()), explained(spec, "Another purpose."));
        for (one, other) in bare.handlers.iter().zip(&explained.handlers) {
            assert_eq!(Fingerprint::of(&bare, one), Fingerprint::of(&explained, other));
        }
    }
    // What PayPulse's functions get in their environment.
    let terraform = rendered(&paypulse());
    let outputs = &terraform["outputs.tf"];
    assert_eq!(outputs, &rendered(&bare(paypulse()))["outputs.tf"]);
}

#[test]
fn only_descriptions_of_roles_and_the_report_change() {
    for spec in specs() {
        let (bare, explained) = (rendered(&bare(spec.clone())), rendered(&explained(spec, "Another purpose.")));
        assert_eq!(bare.keys().collect::<Vec<_>>(), explained.keys().collect::<Vec<_>>());
        for (name, text) in &explained {
            let is_added =
                |line: &&str| line.trim_start().starts_with("description") && line.ends_with("\"Another purpose.\"");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let others: Vec<&str> = text.lines().filter(|line| name != "iam.tf" || !is_added(line)).collect();
            if name != "ACCESS.md" {
                assert_eq!(words(&others.join("\n")), words(&bare[name]), "{name}");
            }
        }
    }
}

/// What IAM and the provider accept: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>.
#[test]
fn every_role_has_a_description_that_iam_accepts() {
    for words in ["Lists “invoices” – ‘all’ …", "\u{1b}[31m\u{202e}${x}\n\"", &"é word ".repeat(500), "\u{200b}"]
    {
        let iam = &rendered(&explained(paypulse(), words))["iam.tf"];
        let mut seen = 0;
        for line in iam.lines().filter(|line| line.trim_start().starts_with("description ")) {
            let (_, literal) = line.split_once("= ").expect("it has a value");
            let (description, rest) = xtask::hcl::unquote(literal).expect("it is a literal");
            let is_accepted = |char: char| matches!(u32::from(char), 0x20..=0x7e | 0xa1..=0xff);
            assert!(rest.is_empty() && description.chars().all(is_accepted), "{line}");
            assert!((1..=1000).contains(&description.chars().count()), "{line}");
            seen += 1;
        }
        assert_eq!(seen, if words == "\u{200b}" { 0 } else { paypulse().handlers.len() });
    }
}

#[test]
fn what_has_no_description_is_warned_of_unless_that_is_allowed() {
    let dir = tempdir().expect("a temporary directory");
    let mut spec = bare(paypulse());
    let arguments = ["gen-infra", "--out", arg(dir.path())];
    let run = on(&spec, &arguments, false);
    assert_eq!(run.exit, Exit::Done, "{run}");
    let warnings: Vec<&str> = run.err.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(
        warnings,
        [
            "warning: the keys: `UserId` has no description [missing-description]",
            "warning: the handlers: `GmailStoreTokens`, `FetchInvoices`, `FetchLatestInvoice`, `DeleteUser`, `GetUserProfile` and 9 \
             more have no description [missing-description]",
        ]
    );
    assert!(run.err.contains("hint: say in a sentence what it does: in a doc comment"), "{run}");
    let report = on(&spec, &[&arguments[..], &["--check", "--format", "json"]].concat(), false);
    let report: Value = serde_json::from_str(&report.out).expect("it is JSON");
    assert_eq!((&report["result"], &report["warnings"][1]["lint"]), (&"fresh".into(), &"missing-description".into()));

    spec.allow.push("missing-description".to_owned());
    let run = on(&spec, &arguments, false);
    assert!(run.exit == Exit::Done && !run.err.contains("warning"), "{run}");
    assert_eq!(Spec::read(&spec.to_json()), Ok(spec.clone()));
    assert_eq!(Spec::read_as(&spec.to_toml(), SpecFormat::Toml), Ok(spec));
    for spec in specs() {
        assert_eq!(lint::warnings(&spec), [], "{}", spec.source);
    }
}

#[test]
fn a_secret_that_no_handler_is_granted_is_a_warning() {
    let dir = tempdir().expect("a temporary directory");
    let mut spec = paypulse();
    spec.handlers.iter_mut().for_each(|handler| handler.grants.retain(|grant| grant.secret != "GmailUserTokens"));
    let arguments = ["gen-infra", "--out", arg(dir.path())];
    let run = on(&spec, &arguments, false);
    assert_eq!(run.exit, Exit::Done, "{run}");
    let warning = "warning: secret `GmailUserTokens`: no handler has a grant on it [unused-secret]";
    assert!(run.err.lines().any(|line| line == warning), "{run}");
    assert_eq!(Spec::read(&spec.to_json()), Ok(spec.clone()));
    spec.allow.push("unused-secret".to_owned());
    let run = on(&spec, &arguments, false);
    assert!(run.exit == Exit::Done && !run.err.contains("unused-secret"), "{run}");
    assert_eq!(lint::warnings(&paypulse()), []);
}

#[test]
fn they_are_in_each_report() {
    let (purpose, reason) = (
        "Shows a user's profile, and whether Gmail is connected.",
        "shows whether Gmail is connected, without the tokens",
    );
    let handler = ["access", "--handler", "get_user_profile"];
    let formats =
        ["table", "markdown", "json", "csv", "html"].map(|format| [&handler[..], &["--format", format]].concat());
    let policies = [&["--policy"][..], &["--policy", "--format", "json"]].map(|more| [&handler[..], more].concat());
    let denied = "User: arn:aws:sts::123456789012:assumed-role/get_user_profile/x is not authorized to perform: \
                  secretsmanager:DeleteSecret on resource: gmail/user/1 because no identity-based policy allows the \
                  secretsmanager:DeleteSecret action";
    let explain = [&["explain", denied][..], &["explain", denied, "--format", "json"]].map(<[&str]>::to_vec);
    for arguments in formats.into_iter().chain(policies).chain(explain) {
        let run = xtask(&arguments);
        assert!(run.out.contains(purpose) && run.out.contains(reason), "{arguments:?} {run}");
    }
    let asked = ["why", "get_user_profile", "secretsmanager:DescribeSecret", "gmail/user/1"];
    for arguments in [&asked[..], &[&asked[..], &["--format", "json"]].concat()] {
        assert!(xtask(arguments).out.contains(reason), "{arguments:?}");
    }
}
