//! `access`: each form on each spec, the statements beside what the rendered Terraform has, names made to harm, and a spec of
//! 200 handlers and 500 secrets.

mod hostile;
mod large;
mod readers;

use std::collections::BTreeMap;

use insta::assert_snapshot;
use paypulse_runtime::model::{Spec, Verb};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::warehouse::spec as warehouse;
use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;
use xtask::access::{Module, Subject};
use xtask::iam::meaning::{Document, PolicyStatement, Set};
use xtask::picture::{ACCESS, Picture, ShownPolicies, access_page};

use crate::run::{Run, arg, files, on};

/// `access`, with these arguments.
fn access(spec: &Spec, arguments: &[&str]) -> Run {
    on(spec, &[&["access"], arguments].concat(), false)
}

/// What it shows.
#[track_caller]
fn shown(spec: &Spec, arguments: &[&str]) -> String {
    let run = access(spec, arguments);
    assert_eq!((run.exit, run.err.as_str()), (Exit::Done, ""), "{run}");
    run.out
}

#[track_caller]
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// Rotations, other accounts, keys and regions; environments; and PayPulse's own.
#[test]
fn each_form_of_each_spec() {
    for format in ["table", "markdown", "json", "csv", "mermaid", "svg"] {
        let shown = shown(&warehouse(), &["--format", format]);
        assert_snapshot!(format!("warehouse_{format}"), shown);
    }
    for format in ["table", "markdown", "csv"] {
        assert_snapshot!(format!("bakery_{format}"), shown(&bakery(), &["--format", format]));
    }
    for format in ["table", "json", "mermaid", "svg"] {
        assert_snapshot!(format!("paypulse_{format}"), shown(&paypulse(), &["--format", format]));
    }
    assert_eq!(shown(&paypulse(), &[]), shown(&paypulse(), &["--format", "table"]));
}

/// A grant that comes, goes or changes is one line of the committed file.
#[test]
fn a_change_of_access_is_a_change_of_one_line() {
    let changed = |change: &dyn Fn(&mut Spec)| {
        let mut spec = paypulse();
        change(&mut spec);
        let (old, new) = (access_page(&paypulse()), access_page(&spec));
        let lines = |text: &str, other: &str| -> Vec<String> {
            text.lines().filter(|line| !other.lines().any(|it| it == *line)).map(str::to_owned).collect()
        };
        (lines(&old, &new), lines(&new, &old))
    };
    let tokens = "| `delete_user` | `GmailUserTokens` | delete | no | DeleteSecret |  | removes the access to the user's Gmail |";
    let verb = changed(&|spec| spec.handlers[3].grants[0].verbs.push(Verb::Read));
    let wider = "| `delete_user` | `GmailUserTokens` | read, delete | yes | DeleteSecret, GetSecretValue |  | removes the access \
                 to the user's Gmail |";
    assert_eq!(verb, (vec![tokens.to_owned()], vec![wider.to_owned()]));
    let gone = changed(&|spec| _ = spec.handlers[3].grants.remove(0));
    assert_eq!(gone, (vec![tokens.to_owned()], vec![]));
}

/// What is said of the statements is what the rendered files have, read back from their text.
#[test]
fn the_statements_are_those_of_the_terraform() {
    for spec in [paypulse(), warehouse(), bakery(), paypulse_tests::large::spec()] {
        let policies = ShownPolicies::of(&Picture::of(&spec)).unwrap_or_else(|problems| panic!("{problems:?}"));
        let module = Module::rendered(&spec).unwrap_or_else(|problems| panic!("{problems:?}"));
        let known = [
            ("data.aws_partition.current.partition", "${Partition}"),
            ("data.aws_partition.current.dns_suffix", "${DnsSuffix}"),
            ("local.region", "${Region}"),
            ("data.aws_caller_identity.current.account_id", "${Account}"),
        ];
        // What calls a function of Terraform is not evaluated here; `policy_proof` does that.
        let via =
            |region: &str| json!(["amazonaws.com", "${DnsSuffix}"].map(|it| format!("secretsmanager.{region}.{it}")));
        let known = known.map(|(reference, word)| (reference.to_owned(), json!(word))).into_iter().chain([
            ("local.via_secrets_manager".to_owned(), via("${Region}")),
            ("local.via_secrets_manager_us_east_1".to_owned(), via("us-east-1")),
            ("local.via_secrets_manager_us_west_2".to_owned(), via("us-west-2")),
        ]);
        let known = known.collect();
        let mut rendered: BTreeMap<&str, Vec<PolicyStatement>> = BTreeMap::new();
        for (subject, allowed) in module.access(&known).subjects {
            assert!(allowed.unread.is_empty(), "{subject}: {:?}", allowed.unread);
            match subject {
                Subject::Role(_) => rendered.entry("iam.tf").or_default().extend(allowed.statements),
                Subject::Secret(_) => rendered.entry("secrets.tf").or_default().extend(allowed.statements),
                Subject::Trust(_) | Subject::Function(_) => {}
            }
        }
        let mut said: BTreeMap<&str, Vec<PolicyStatement>> = BTreeMap::new();
        for placed in &policies.statements {
            let document = json!({ "Version": "2012-10-17", "Statement": [placed.statement] });
            let document = Document::of(&document).expect("it is a document");
            said.entry(placed.file).or_default().extend(document.statements);
        }
        assert!(!said.is_empty());
        for file in ["iam.tf", "secrets.tf"] {
            let sorted = |statements: Option<&Vec<PolicyStatement>>| {
                let mut texts: Vec<String> = statements.into_iter().flatten().map(plain).collect();
                texts.sort();
                texts
            };
            let (said, rendered) = (sorted(said.get(file)), sorted(rendered.get(file)));
            for (said, rendered) in said.iter().zip(&rendered) {
                assert_eq!(said, rendered, "{file}");
            }
            assert_eq!(said.len(), rendered.len(), "{file}");
        }
    }
}

/// All of a statement, without how its patterns are read.
fn plain(statement: &PolicyStatement) -> String {
    let set = |set: &Set| match set {
        Set::Of(patterns) => patterns.iter().map(ToString::to_string).collect::<Vec<_>>(),
        Set::AllBut(_) => panic!("no policy here speaks of all but some"),
    };
    let (actions, resources) = (set(&statement.actions), set(&statement.resources));
    let PolicyStatement { effect, principals, conditions, .. } = statement;
    format!("{effect:?} {principals:?} {actions:?} {resources:?} {conditions:?}")
}

/// A statement says of a grant what its verbs need, and is part of the policy of the handler that has it.
#[test]
fn each_grant_has_the_statements_that_its_calls_need() {
    for spec in [paypulse(), warehouse(), bakery()] {
        let shown = parsed(&shown(&spec, &["--format", "json"]));
        for grant in shown["grants"].as_array().expect("a list") {
            let subject = &shown["subjects"][usize(&grant["subject"])];
            let secret = &shown["secrets"][usize(&grant["secret"])];
            let mut needed: Vec<&str> = Vec::new();
            for verb in grant["verbs"].as_array().expect("a list") {
                for call in shown["verbs"][text(verb)]["calls"].as_array().expect("a list") {
                    needed.push(text(&call["action"]));
                    if subject["kind"] == "handler" && !secret["key"].is_null() {
                        needed.extend(call["key_actions"].as_array().expect("a list").iter().map(text));
                    }
                }
            }
            needed.sort_unstable();
            needed.dedup();
            // On the secret, and again on each of its copies.
            let has_copies = secret["copies"].is_array();
            let mut allowed: Vec<&str> = Vec::new();
            for place in grant["statements"].as_array().expect("a list") {
                let placed = &shown["statements"][usize(place)];
                let of = if subject["kind"] == "handler" { &subject["name"] } else { &secret["id"] };
                assert_eq!(placed["of"], *of);
                allowed.extend(placed["statement"]["Action"].as_array().expect("a list").iter().map(text));
            }
            allowed.sort_unstable();
            if has_copies {
                allowed.dedup();
            }
            assert_eq!(allowed, needed, "{grant}");
            for action in needed {
                assert!(!text(&shown["actions"][action]["described"]).is_empty(), "{action}");
            }
        }
    }
}

fn usize(value: &Value) -> usize {
    value.as_u64().and_then(|number| number.try_into().ok()).expect("a place is a number")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn a_part_is_shown_by_handler_and_by_secret() {
    assert_snapshot!(shown(&paypulse(), &["--handler", "delete_user", "--handler", "FetchInvoices"]));
    assert_snapshot!(shown(&paypulse(), &["--secret", "gmail/user/{user_id}", "--format", "markdown"]));
    let both = ["--handler", "close-shop", "--secret", "MapsKey", "--secret", "SupplierLogin", "--format", "mermaid"];
    assert_snapshot!(shown(&warehouse(), &both));
    // Who may do nothing with it is named, and so is a handler that may do nothing at all.
    assert_snapshot!(shown(&warehouse(), &["--handler", "heartbeat", "--secret", "MapsKey"]));
    // Others are no handlers.
    let shared = shown(&warehouse(), &["--secret", "DatabaseLogin"]);
    assert!(shared.contains("account 123456789012"), "{shared}");
    let by_handler = shown(&warehouse(), &["--secret", "DatabaseLogin", "--handler", "re-order"]);
    assert!(!by_handler.contains("123456789012"), "{by_handler}");
    assert_eq!(shown(&bakery(), &["--handler", "Prod_bake"]), shown(&bakery(), &["--handler", "Bake"]));
}

#[test]
fn err_a_name_that_the_spec_does_not_have() {
    let runs = [
        access(&paypulse(), &["--handler", "delete_usr"]),
        access(&paypulse(), &["--secret", "GmailUserToken"]),
        access(&paypulse(), &["--secret", "\u{1b}[31m"]),
        access(&paypulse(), &["--handler", "nothing like it", "--format", "json"]),
    ];
    for run in &runs {
        assert_eq!(run.exit, Exit::Usage, "{run}");
    }
    assert_snapshot!(runs.map(|run| run.to_string()).join("\n"));
}

#[test]
fn an_exported_spec_is_shown_as_the_compiled_one() {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("spec.json");
    std::fs::write(&path, warehouse().to_json()).expect("it can be written");
    for format in ["table", "markdown", "json", "csv", "mermaid", "svg", "html"] {
        let exported = shown(&paypulse(), &["--spec", arg(&path), "--format", format]);
        assert_eq!(exported, shown(&warehouse(), &["--format", format]), "{format}");
    }
    std::fs::write(&path, "{").expect("it can be written");
    assert_eq!(access(&paypulse(), &["--spec", arg(&path)]).exit, Exit::Problems);
    assert_eq!(access(&paypulse(), &["--spec", arg(&dir.path().join("none"))]).exit, Exit::Usage);
}

#[test]
fn the_page_beside_the_terraform_is_a_generated_file() {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join(ACCESS);
    let generate = |more: &[&str]| on(&paypulse(), &[&["gen-infra", "--out", arg(dir.path())], more].concat(), false);
    assert_eq!(generate(&[]).exit, Exit::Done);
    let before = files(dir.path());
    assert_eq!(before[ACCESS], access_page(&paypulse()));
    assert!(before[ACCESS].ends_with(&shown(&paypulse(), &["--format", "markdown"])));
    // A directory that was written before there was this file.
    std::fs::remove_file(&path).expect("it was written");
    assert_eq!(generate(&["--check"]).exit, Exit::Stale);
    assert_eq!((generate(&[]).exit, files(dir.path())), (Exit::Done, before.clone()));
    // One that somebody edited, and one that somebody wrote.
    std::fs::write(&path, before[ACCESS].replace("delete", "read")).expect("it can be written");
    assert_eq!(generate(&["--check"]).exit, Exit::Stale);
    assert_eq!((generate(&[]).exit, files(dir.path())), (Exit::Done, before.clone()));
    std::fs::write(&path, "# Our access\n").expect("it can be written");
    assert_eq!((generate(&["--check"]).exit, generate(&[]).exit), (Exit::Problems, Exit::Problems));
    assert_eq!(files(dir.path())[ACCESS], "# Our access\n");
}
