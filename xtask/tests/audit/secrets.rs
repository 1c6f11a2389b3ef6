//! What is found of secrets: each rule with a case that breaks it, among others that do not.

use serde_json::{Value, json};

use crate::account::{self, Account, Secret};
use crate::run::{audit, on, run};
use crate::server::{Server, refusal};

const BUNDLE: &str = r#"{"access_token": "hunter2", "expires_at": "2024-11-01T11:00:00.000000", "token_type": "Bearer", "expires_in": 3600,
    "scope": "a", "created_at": "2024-11-01T10:00:00.000000"}"#;

/// An account in which nothing is wrong.
pub fn clean() -> Account {
    let secrets = vec![
        Secret::new("Google-OAuth-Client-ID", "client"),
        Secret::new("PayPulseAppJWTSecret", "key"),
        Secret::new("gemini-api-key", "gemini"),
        Secret::new("jev/api-key", "jev"),
        Secret::new("gmail/user/42", BUNDLE),
        Secret::new("somebody/elses", "{"),
    ];
    Account { secrets, identities: account::roles(), policies: Vec::new() }
}

/// What is found of secrets in an account that is clean but for one change.
#[track_caller]
fn check(change: impl FnOnce(&mut Account), arguments: &[&str], expected: &[(&str, &str)]) {
    let mut account = clean();
    change(&mut account);
    let run = audit(&Server::of(account), arguments);
    let found = run.found();
    let expected: Vec<_> = expected.iter().map(|(rule, place)| ((*rule).to_owned(), (*place).to_owned())).collect();
    assert_eq!(found, expected, "{run}");
    assert!(!run.to_string().contains("hunter2"), "a value is printed: {run}");
}

fn set<'a>(account: &'a mut Account, name: &str) -> &'a mut Secret {
    account.secrets.iter_mut().find(|secret| secret.name == name).expect("it is there")
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    check(|_| (), &[], &[]);
    check(|_| (), &["--read-values"], &[]);
    let run = run(&mut on(&Server::of(clean()), &[]));
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{run}");
    assert!(run.err.contains("the account is as the spec says"), "{run}");
}

#[test]
fn a_missing_secret() {
    let without =
        |name: &'static str| move |account: &mut Account| account.secrets.retain(|secret| secret.name != name);
    check(without("PayPulseAppJWTSecret"), &[], &[("missing-secret", "secret/JwtSigningKey")]);
    check(without("Google-OAuth-Client-ID"), &[], &[("missing-secret", "secret/GoogleOauthClientId")]);
    check(without("gmail/user/42"), &[], &[]);
    check(without("somebody/elses"), &[], &[]);
}

#[test]
fn a_missing_value() {
    let emptied = |name: &'static str| move |account: &mut Account| set(account, name).value = None;
    check(emptied("PayPulseAppJWTSecret"), &["--read-values"], &[("missing-value", "secret/JwtSigningKey")]);
    check(emptied("gmail/user/42"), &[], &[("missing-value", "member/gmail/user/42")]);
    check(emptied("somebody/elses"), &[], &[]);
}

#[test]
fn a_pending_deletion() {
    let deleted = |name: &'static str| move |account: &mut Account| set(account, name).deleted = true;
    check(deleted("PayPulseAppJWTSecret"), &["--read-values"], &[("pending-deletion", "secret/JwtSigningKey")]);
    check(deleted("gmail/user/42"), &["--read-values"], &[("pending-deletion", "member/gmail/user/42")]);
    check(deleted("somebody/elses"), &[], &[]);
}

#[test]
fn another_key() {
    let locked =
        |name: &'static str| move |account: &mut Account| set(account, name).kms_key = Some("arn:aws:kms:key/1".into());
    check(locked("PayPulseAppJWTSecret"), &[], &[("other-key", "secret/JwtSigningKey")]);
    check(locked("gmail/user/42"), &[], &[("other-key", "member/gmail/user/42")]);
    check(locked("somebody/elses"), &[], &[]);
}

#[test]
fn a_secret_that_only_a_pattern_reaches() {
    let with = |name: &'static str| move |account: &mut Account| account.secrets.push(Secret::new(name, "{"));
    check(with("gmail/user/42/old"), &["--read-values"], &[("stray-secret", "member/gmail/user/42/old")]);
    check(with("gmail/user"), &[], &[]);
    check(with("gmail/users/42"), &[], &[]);
}

#[test]
fn a_stale_member() {
    fn old(accessed: Option<f64>, created: f64) -> impl Fn(&mut Account) {
        move |account| {
            (set(account, "gmail/user/42").accessed, set(account, "gmail/user/42").created) = (accessed, created);
        }
    }
    let stale = [("stale-member", "member/gmail/user/42")];
    check(old(Some(91.0), 200.0), &[], &stale);
    check(old(Some(89.0), 200.0), &[], &[]);
    check(old(None, 91.0), &[], &stale);
    check(old(None, 89.0), &[], &[]);
    check(old(Some(8.0), 200.0), &["--stale-after", "1w"], &stale);
    check(old(Some(6.0), 200.0), &["--stale-after", "1w"], &[]);
    check(|account| set(account, "PayPulseAppJWTSecret").accessed = Some(200.0), &[], &[]);
}

#[test]
fn a_value_that_is_not_the_payload() {
    fn stored(value: &'static str) -> impl Fn(&mut Account) {
        move |account| set(account, "gmail/user/42").value = Some(value.to_owned())
    }
    let bad = [("bad-payload", "member/gmail/user/42")];
    check(stored(r#"{"access_token": "hunter2"}"#), &["--read-values"], &bad);
    check(stored("hunter2"), &["--read-values"], &bad);
    check(stored(r#"{"access_token": ["hunter2"]}"#), &["--read-values"], &bad);
    check(stored("hunter2"), &[], &[]);
    check(|account| set(account, "gmail/user/42").is_binary = true, &["--read-values"], &bad);
    // Any plain text is good, and what is stored as binary is not looked at.
    check(|account| set(account, "PayPulseAppJWTSecret").is_binary = true, &["--read-values"], &[]);
}

#[test]
fn values_are_read_only_where_that_is_asked_for() {
    let server = Server::of(clean());
    audit(&server, &[]);
    assert_eq!(server.count("GetSecretValue"), 0);
    audit(&server, &["--read-values"]);
    let read: Vec<_> =
        server.calls().into_iter().filter(|call| call.name == "GetSecretValue").map(|call| call.on).collect();
    assert_eq!(read.len(), 1, "only what has a schema: {read:?}");
    assert!(read[0].contains("gmail/user/42"), "{read:?}");
}

#[test]
fn a_value_that_cannot_be_read() {
    for code in ["AccessDeniedException", "DecryptionFailure"] {
        let server = Server::with(clean(), move |call| {
            (call.name == "GetSecretValue").then(|| refusal(400, code, "no use of the key"))
        });
        let run = audit(&server, &["--read-values"]);
        assert!(run.found().contains(&("unreadable-value".into(), "member/gmail/user/42".into())), "{run}");
        assert!(run.json()["findings"].to_string().contains("no use of the key"), "{run}");
    }
}

#[test]
fn too_many_young_versions() {
    fn versions(changed: f64, young: usize, old: usize) -> impl Fn(&mut Account) {
        move |account| {
            let secret = set(account, "gmail/user/42");
            secret.changed = changed;
            secret.versions = [vec![0.5; young], vec![2.0; old]].concat();
        }
    }
    check(versions(0.5, 80, 0), &[], &[("near-quota", "member/gmail/user/42")]);
    check(versions(0.5, 79, 100), &[], &[]);
    // What has not changed for a day has no young versions, and is not asked.
    let mut account = clean();
    versions(2.0, 0, 100)(&mut account);
    let server = Server::of(account);
    audit(&server, &[]);
    assert_eq!(server.count("ListSecretVersionIds"), 0);
}

/// The list can be five minutes old.
#[test]
fn what_the_list_says_of_a_fixed_secret_is_looked_at_again() {
    let stale_list = |call: &crate::server::Call| {
        (call.name == "ListSecrets").then(|| {
            let mut account = clean();
            account.secrets.retain(|secret| secret.name != "Google-OAuth-Client-ID");
            set(&mut account, "PayPulseAppJWTSecret").deleted = true;
            crate::server::Answer::Body(200, account.list_secrets(None).to_string())
        })
    };
    let server = Server::with(clean(), stale_list);
    let run = audit(&server, &[]);
    assert_eq!(run.found(), [], "{run}");
    assert_eq!(server.count("DescribeSecret"), 2);
}

#[test]
fn what_is_gone_by_the_time_it_is_looked_at_is_no_finding() {
    let server = Server::with(clean(), |call| {
        let is_late = matches!(call.name.as_str(), "GetResourcePolicy" | "GetSecretValue" | "ListSecretVersionIds");
        (is_late && call.on.contains("gmail")).then(|| refusal(400, "ResourceNotFoundException", "gone"))
    });
    let run = audit(&server, &["--read-values"]);
    assert_eq!(run.found(), [], "{run}");
    assert_eq!(run.json()["coverage"]["secret_policies"], 4, "what is gone was not looked at: {run}");
}

/// In AWS's words. A denial by any other policy is the audit's own, and ends it.
#[test]
fn a_policy_that_denies_to_be_looked_at_is_found() {
    let server = Server::with(clean(), |call| {
        let words = "User: u is not authorized to perform: secretsmanager:GetResourcePolicy on resource: r with an explicit deny in \
                     a resource-based policy";
        let is_hidden = call.name == "GetResourcePolicy" && call.on.contains("gmail");
        is_hidden.then(|| refusal(400, "AccessDeniedException", words))
    });
    let run = audit(&server, &[]);
    assert_eq!(run.found(), [("undecided-policy".into(), "member/gmail/user/42".into())], "{run}");
    assert_eq!(run.code, Some(5), "{run}");
}

/// The names of members hold users' ids, and SARIF is uploaded to others.
#[test]
fn sarif_has_no_users_id() {
    let mut account = clean();
    set(&mut account, "gmail/user/42").value = None;
    account.secrets.push(Secret::new("gmail/user/4711/x", "{"));
    let reached = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gmail/user/4711-AbCdEf";
    let statement = json!([{ "Effect": "Allow", "Action": "secretsmanager:PutSecretValue", "Resource": reached }]);
    let login = account.identities.iter_mut().find(|identity| identity.name == "login_user").expect("it is there");
    *login = login.clone().with(&statement);
    let run = run(on(&Server::of(account), &["--format", "sarif"]).args(["--no-member-policies"]));
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    let results = report["runs"][0]["results"].to_string();
    for rule in ["missing-value", "stray-secret", "policy-wider"] {
        assert!(results.contains(rule), "{run}");
    }
    assert!(!results.contains("42") && !results.contains("4711"), "{run}");
    assert!(results.contains("…-AbCdEf"), "{run}");
}
