//! `why`: every handler, action and secret is answered as the model says it; each cause of a denial; wrong input.

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use paypulse_runtime::model::{ApiCall, Owner, SecretSpec, Spec, Verb};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::printshop::spec as printshop;
use paypulse_tests::warehouse::spec as warehouse;
use serde_json::Value;
use xtask::access::Module;
use xtask::why::{AlsoGiven, Environment, Question, Ruling, answer};
use xtask::{Exit, iam};

use crate::run::{Run, on};

fn why(spec: &Spec, arguments: &[&str]) -> Run {
    on(spec, &[&["why"], arguments].concat(), false)
}

/// The answer as programs read it: the result, and the cause of a denial.
#[track_caller]
fn ruling(spec: &Spec, arguments: &[&str]) -> (String, String, Value) {
    let run = why(spec, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
    let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    let expected = if text("result") == "allowed" { Exit::Done } else { Exit::Stale };
    assert_eq!(run.exit, expected, "{run}");
    (text("result"), text("cause"), report.clone())
}

const READ: &str = "secretsmanager:GetSecretValue";

fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:123456789012:secret:{name}-AbCdEf")
}

fn member(secret: &SecretSpec) -> String {
    secret.name.member(&vec!["7"; secret.name.as_str().matches('{').count()])
}

/// Every call of every handler on every secret, by its ARN and by its name: allowed if a grant of the role makes the call.
/// What is denied has a cause, and what is allowed has the grants that the model has.
#[test]
fn each_call_is_answered_as_the_model_says() {
    for spec in [paypulse(), warehouse(), printshop(), bakery().under("dev/")] {
        let environment = Environment::find(&spec, None, "", "").expect("it declares no prefixes");
        let module = Module::rendered(&spec).expect("the spec is right");
        let mut seen = BTreeSet::new();
        for handler in &spec.handlers {
            let grants = spec.role_of(handler).grants_of(&handler.id);
            for secret in &spec.secrets {
                let verbs: Vec<Verb> = grants
                    .iter()
                    .filter(|grant| grant.secret == secret.id)
                    .flat_map(|grant| grant.verbs.iter().copied())
                    .collect();
                let name = member(secret);
                let whole = arn(secret.region.as_deref().unwrap_or("eu-west-1"), &name);
                for call in ApiCall::ALL.into_iter().filter(|call| call.is_on_a_secret()) {
                    let is_granted = verbs.iter().any(|verb| verb.api_calls().contains(&call));
                    for resource in [&whole, &name] {
                        let asked = [&handler.id, iam::action(call), resource];
                        let question = Question::read(&environment, asked, &BTreeMap::new()).expect("it is one");
                        let answer = answer(&environment, &module, &question, &AlsoGiven::default());
                        let result = match (&answer.ruling, is_granted, handler.has_policies_of_variables()) {
                            (Ruling::Allowed { by, grants }, true, _) => {
                                assert!(!by.is_empty() && !grants.is_empty(), "{asked:?}");
                                "allowed"
                            }
                            (Ruling::Undecided { .. }, false, true) => "undecided",
                            (Ruling::Denied(cause), false, false) => {
                                assert!(matches!(cause.word(), "no-grant" | "no-verb" | "other-function"), "{cause:?}");
                                "denied"
                            }
                            (other, ..) => panic!("{asked:?}: {other:?}"),
                        };
                        assert_eq!(answer.secret.map(|secret| &secret.id), Some(&secret.id));
                        seen.insert(result);
                    }
                }
            }
        }
        assert!(seen.contains("allowed") && seen.contains("denied"), "{seen:?}");
    }
}

/// The use of keys, by the secret's name.
#[test]
fn each_use_of_a_key_is_answered_as_the_model_says() {
    let spec = warehouse();
    let mut allowed = 0;
    for handler in &spec.handlers {
        for secret in &spec.secrets {
            let grant = handler.grants.iter().find(|grant| grant.secret == secret.id);
            let calls: Vec<ApiCall> =
                grant.iter().flat_map(|grant| &grant.verbs).flat_map(|verb| verb.api_calls()).copied().collect();
            for (action, ..) in iam::ON_A_KEY {
                let is_needed = calls.iter().any(|call| iam::key_actions(*call).contains(&action));
                let expected = if is_needed && secret.kms_key.is_some() { "allowed" } else { "denied" };
                let (result, cause, report) = ruling(&spec, &[&handler.id, action, &secret.id]);
                assert_eq!(result, expected, "{report}");
                assert_eq!(cause == "no-key", expected == "denied" && secret.kms_key.is_none(), "{report}");
                allowed += usize::from(result == "allowed");
            }
        }
    }
    assert!(allowed > 8, "{allowed}");
}

/// A copy is read where the spec lets handlers read it, and only by the verbs that read copies.
#[test]
fn a_copy_is_another_place_than_its_secret() {
    let spec = warehouse();
    let cases = [
        ("Reorder", READ, "us-west-2", "allowed", ""),
        ("Reorder", READ, "us-east-1", "allowed", ""),
        ("Reorder", READ, "eu-central-1", "denied", "copy"),
        ("RotateLogins", "secretsmanager:PutSecretValue", "us-west-2", "denied", "copy"),
        ("RotateLogins", "secretsmanager:PutSecretValue", "eu-west-1", "allowed", ""),
        ("CloseShop", READ, "us-west-2", "denied", "no-grant"),
    ];
    for (handler, action, region, result, cause) in cases {
        let (found, why, report) = ruling(&spec, &[handler, action, &arn(region, "warehouse/database")]);
        assert_eq!((found.as_str(), why.as_str()), (result, cause), "{region}: {report}");
    }
    // Where the Terraform is applied decides whether another Region is meant.
    for (region, result, cause) in [("eu-west-1", "allowed", ""), ("sa-east-1", "denied", "other-region")] {
        let maps = arn("eu-west-1", "HeadOffice+Maps@EU");
        let (found, why, _) = ruling(&spec, &["Sample", READ, &maps, "--region", region]);
        assert_eq!((found.as_str(), why.as_str()), (result, cause));
    }
    let (_, cause, report) = ruling(&spec, &["PayDuties", READ, &arn("eu-west-1", "warehouse/customs-login")]);
    assert_eq!(cause, "other-region", "{report}");
}

/// A key by its ARN: whether the variable names it has to be given.
#[test]
fn the_arn_of_a_key_is_decided_by_the_value_of_its_variable() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let other = key.replace('5', "6");
    let (spec, action) = (warehouse(), "kms:Decrypt");
    let ask = |value: &str| {
        let value = format!("warehouse_key_arn={value}");
        ruling(&spec, &["2-sample", action, key, "--var", &value]).0
    };
    assert_eq!(ask(key), "allowed");
    assert_eq!(ask(&other), "denied");
    assert_eq!(ruling(&spec, &["2-sample", action, key]).0, "undecided");
    let (result, cause, _) = ruling(&spec, &["heartbeat", action, key]);
    assert_eq!((result.as_str(), cause.as_str()), ("denied", "no-grant"));
    assert_eq!(ruling(&spec, &["2-sample", "kms:ScheduleKeyDeletion", key]).1, "no-verb");
}

#[test]
fn each_environment_has_its_own_names() {
    let spec = bakery();
    for (arguments, result, cause) in [
        (vec!["dev-bake", READ, "bakery/oven.key"], "allowed", ""),
        (vec!["bake", READ, "dev/bakery/oven.key"], "allowed", ""),
        (vec!["bake", READ, "Mill+Key@EU", "--prefix", "Prod_"], "allowed", ""),
        (vec!["Prod_bake", READ, "dev/bakery/oven.key"], "denied", "other-environment"),
        (vec!["Prod_bake", READ, &arn("eu-west-1", "bakery/oven.key")], "denied", "other-environment"),
        (vec!["Prod_bake", READ, &arn("eu-west-1", "Prod_bakery/oven.key")], "allowed", ""),
        (vec!["Prod_bake", READ, &arn("eu-west-1", "Prod_bakery/ovenkey")], "denied", "no-secret"),
    ] {
        let (found, why, report) = ruling(&spec, &arguments);
        assert_eq!((found.as_str(), why.as_str()), (result, cause), "{arguments:?}: {report}");
    }
    for arguments in [["bake", READ, "bakery/oven.key"].as_slice(), &["dev-bake", READ, "x", "--prefix", "Prod_"]] {
        assert_eq!(why(&spec, arguments).exit, Exit::Usage);
    }
}

/// The versions of a secret have separate permissions as soon as one handler may read the previous one.
#[test]
fn the_staging_label_of_a_request_decides_where_versions_are_apart() {
    let mut spec = paypulse();
    let id = spec.secrets.iter().find(|secret| matches!(secret.owner, Owner::External)).expect("one is").id.clone();
    let mut readers = spec.handlers.iter_mut().filter_map(|handler| {
        let name = handler.id.clone();
        handler.grants.iter_mut().find(|grant| grant.secret == id).map(|grant| (name, grant))
    });
    let (previous, grant) = readers.next().expect("a handler reads it");
    grant.verbs = vec![Verb::ReadPrevious];
    let (current, _) = readers.next().expect("another handler reads it");
    drop(readers);
    for (handler, label, result, cause) in [
        (&current, "AWSCURRENT", "allowed", ""),
        (&current, "AWSPREVIOUS", "denied", "other-version"),
        (&previous, "AWSPREVIOUS", "allowed", ""),
        (&previous, "AWSPENDING", "denied", "other-version"),
    ] {
        let (found, why, report) = ruling(&spec, &[handler, READ, &id, "--version-stage", label]);
        assert_eq!((found.as_str(), why.as_str()), (result, cause), "{label}: {report}");
    }
    assert_snapshot!(format!(
        "{}\n{}",
        why(&spec, &[&current, READ, &id]),
        why(&spec, &[&current, READ, &id, "--version-stage", "AWSPREVIOUS"])
    ));
}

/// A grant that is tied to a function is not that of another function with the same role.
#[test]
fn a_grant_is_for_the_function_that_it_is_tied_to() {
    let spec = printshop();
    let tied = spec.handlers.iter().find(|handler| handler.options.source_function && handler.created_role().is_none());
    let tied = tied.expect("one is");
    let other = spec.role_of(tied).handlers.into_iter().find(|handler| !handler.options.source_function);
    let other = other.expect("the role has another");
    let grant = &tied.grants[0];
    let action = iam::action(grant.verbs[0].api_calls()[0]);
    assert_eq!(ruling(&spec, &[&tied.id, action, &grant.secret]).0, "allowed");
    let has = other.grants.iter().any(|it| it.secret == grant.secret && it.verbs == grant.verbs);
    let (result, cause, report) = ruling(&spec, &[&other.id, action, &grant.secret]);
    assert!(has || (result.as_str(), cause.as_str()) == ("denied", "other-function"), "{report}");
}

#[test]
fn an_answer_names_the_grant_or_the_line_to_add() {
    let spec = paypulse();
    let token = arn("eu-west-1", "gmail/user/7");
    let role = "arn:aws:iam::123456789012:role/fetch_invoices";
    let elsewhere = token.replace("123456789012", "210987654321");
    let asked: [&[&str]; 7] = [
        &["login_user", READ, "PayPulseAppJWTSecret"],
        &[role, "secretsmanager:PutSecretValue", &token],
        &["LoginUser", "secretsmanager:DeleteSecret", "gmail/user/7"],
        &["delete_user", READ, &token],
        &["delete_user", "secretsmanager:RotateSecret", &token],
        &[role, READ, &elsewhere],
        &["fetch_invoices", "kms:Decrypt", "gmail/user/7"],
    ];
    assert_snapshot!(asked.map(|arguments| why(&spec, arguments).to_string()).join("\n"));
    assert_snapshot!(why(&spec, &[role, READ, &token, "--format", "json"]));
    assert_snapshot!(why(&warehouse(), &["close-shop", "secretsmanager:DeleteSecret", "shops/1/suppliers/2/login"]));
}

#[test]
fn err_wrong_input_is_a_usage_error() {
    let spec = paypulse();
    let long = "x".repeat(3000);
    let cases: [&[&str]; 15] = [
        &["fetch_invoice", READ, "gmail/user/7"],
        &["arn:aws:iam::123456789012:role/nobody-at-all", READ, "gmail/user/7"],
        &["login_user", "s3:GetObject", "gmail/user/7"],
        &["login_user", "secretsmanager:GetSecretValues", "gmail/user/7"],
        &["login_user", "GetSecretValue", "gmail/user/7"],
        &["login_user", "secretsmanager:*", "gmail/user/7"],
        &["login_user", READ, "*"],
        &["login_user", READ, "gmail/*"],
        &["login_user", READ, "arn:aws:secretsmanager"],
        &["login_user", READ, "arn:aws:secretsmanager:eu-west-1:1234:secret:a"],
        &["login_user", READ, "arn:aws:s3:::bucket"],
        &["login_user", READ, "arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:a"],
        &[
            "arn:aws:iam::123456789012:role/login_user",
            READ,
            "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a",
        ],
        &["login_user", READ, "\u{1b}[2J"],
        &["login_user", READ, &long],
    ];
    let runs = cases.map(|arguments| {
        let run = why(&spec, arguments);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        run.err
    });
    assert_snapshot!(runs.concat());
    assert_eq!(why(&spec, &["login_user", READ, "gmail/user/7", "--prefix", "dev/"]).exit, Exit::Usage);
}

/// A text that resembles a secret of the spec: by its name, its id, the last part of its name, in another case.
#[test]
fn a_secret_that_is_meant_is_suggested() {
    let spec = paypulse();
    for (asked, meant) in [
        ("paypulseappjwtsecret", "PayPulseAppJWTSecret"),
        ("jwtSigningKey", "JwtSigningKey"),
        ("JwtSigninKey", "JwtSigningKey"),
        ("api-key", "jev/api-key"),
        ("jev/api-kye", "jev/api-key"),
    ] {
        let run = why(&spec, &["delete_user", READ, asked]);
        assert!(
            run.out.contains(&format!("did you mean `{meant}`?")) || run.out.starts_with("allowed"),
            "{asked}: {run}"
        );
    }
    let run = why(&spec, &["delete_user", READ, "nothing/like/it"]);
    assert!(!run.out.contains("did you mean"), "{run}");
}
