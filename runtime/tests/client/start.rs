//! The start of a handler: what its function's environment says, and the fingerprint of what was applied.

use paypulse_runtime::client::{ConfigError, OnDifference, Secrets};
use paypulse_runtime::model::{Difference, Fingerprint, Handler, Verb};
use paypulse_runtime::spec::{FetchInvoices, spec};

use crate::shared::log;
use crate::support::server;

fn started(applied: Option<&str>, on_difference: OnDifference) -> Result<(), ConfigError> {
    let applied = applied.map(str::to_owned);
    let variables = move |variable: &str| applied.clone().filter(|_| variable == "SECRETS_FINGERPRINT");
    Secrets::<FetchInvoices>::new(server().client()).in_environment(variables, on_difference).map(drop)
}

/// What Terraform gives where it was applied from another spec.
fn applied(edit: impl FnOnce(&mut paypulse_runtime::model::Spec)) -> String {
    let mut spec = spec();
    edit(&mut spec);
    let handler = spec.handlers.iter().find(|handler| handler.name == FetchInvoices::NAME).expect("it is declared");
    Fingerprint::of(&spec, handler).to_string()
}

fn refusal(applied: &str) -> Vec<Difference> {
    match started(Some(applied), OnDifference::Refuse) {
        Err(ConfigError::Outdated { handler: "fetch_invoices", differences }) => differences,
        other => panic!("it should be refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_was_applied_from_the_same_spec_starts() {
    let same = applied(|_| {});
    assert_eq!(started(Some(&same), OnDifference::Refuse), Ok(()));
    // No fingerprint is given: as ever.
    assert_eq!(started(None, OnDifference::Refuse), Ok(()));
    // Words and order are nothing that a handler relies on.
    let words = applied(|spec| {
        spec.secrets.reverse();
        spec.secrets.iter_mut().for_each(|secret| secret.description = "Another.".to_owned());
        spec.handlers.iter_mut().for_each(|handler| handler.grants.reverse());
    });
    assert_eq!(started(Some(&words), OnDifference::Refuse), Ok(()));
    let short = words.parse::<Fingerprint>().expect("it is one").shortened().to_string();
    assert_eq!(started(Some(&short), OnDifference::Refuse), Ok(()));
}

#[tokio::test]
async fn err_what_was_applied_is_another_spec_and_it_is_said_what_changed() {
    let fetching = |spec: &mut paypulse_runtime::model::Spec| {
        spec.handlers.iter().position(|handler| handler.name == FetchInvoices::NAME).expect("it is declared")
    };
    let secret = |spec: &mut paypulse_runtime::model::Spec, id: &str| {
        spec.secrets.iter().position(|secret| secret.id == id).expect("it is declared")
    };
    let text = |id: &str| id.to_owned();
    let tokens = || text("GmailUserTokens");
    let cases: [(String, Vec<Difference>, &str); 7] = [
        (
            applied(|spec| {
                let at = fetching(spec);
                spec.handlers[at].grants.retain(|grant| grant.secret != "JwtSigningKey");
            }),
            vec![Difference::NotApplied { secret: text("JwtSigningKey"), verbs: text("read") }],
            "keys or regions",
        ),
        (
            applied(|spec| {
                let at = fetching(spec);
                spec.handlers[at].grants.iter_mut().for_each(|grant| grant.verbs.retain(|verb| *verb != Verb::Delete));
            }),
            vec![Difference::Verbs {
                secret: tokens(),
                compiled: text("read, update, delete"),
                applied: text("read, update"),
            }],
            "verbs",
        ),
        (
            applied(|spec| {
                let at = secret(spec, "GmailUserTokens");
                spec.secrets[at].name = paypulse_runtime::model::Template::parse("mail/{user_id}").expect("a name");
            }),
            vec![Difference::Name { secret: tokens() }],
            "names",
        ),
        (
            applied(|spec| {
                let at = secret(spec, "JwtSigningKey");
                spec.secrets[at].payload = paypulse_runtime::model::PayloadSpec::json(true.into());
            }),
            vec![Difference::Payload { secret: text("JwtSigningKey") }],
            "payloads",
        ),
        (
            applied(|spec| {
                let at = secret(spec, "GmailUserTokens");
                spec.secrets[at].kms_key = Some(paypulse_runtime::model::KmsKey::alias("alias/tokens"));
            }),
            vec![Difference::Key { secret: tokens() }],
            "keys or regions",
        ),
        (
            applied(|spec| {
                let at = secret(spec, "JwtSigningKey");
                spec.secrets[at].region = Some(text("eu-central-1"));
            }),
            vec![Difference::Region { secret: text("JwtSigningKey") }],
            "keys or regions",
        ),
        (
            applied(|spec| {
                spec.prefixes =
                    Some(paypulse_runtime::model::Prefixes { variable: text("stage"), values: vec![text("dev/")] });
            }),
            vec![Difference::Prefixes],
            "",
        ),
    ];
    for (applied, expected, kind) in cases {
        assert_eq!(refusal(&applied), expected, "{applied}");
        let short = refusal(&applied.parse::<Fingerprint>().expect("it is one").shortened().to_string());
        match expected[0] {
            Difference::Prefixes => assert_eq!(short, expected),
            // One secret less is another sum of names.
            Difference::NotApplied { .. } => assert_eq!(short, [Difference::Unnamed { what: "names" }]),
            _ => assert_eq!(short, [Difference::Unnamed { what: kind }]),
        }
    }
}

#[tokio::test]
async fn a_difference_is_warned_of_unless_it_is_to_be_refused() {
    let other = "1:delete_user::=JwtSigningKey.read.00000000.00000000";
    assert_eq!(refusal(other), [Difference::Handler { applied: "delete_user".to_owned() }]);
    let more = applied(|spec| {
        let grant = paypulse_runtime::model::Grant {
            secret: "GmailUserTokens".to_owned(),
            verbs: vec![Verb::Describe],
            reason: String::new(),
        };
        spec.handlers.iter_mut().for_each(|handler| handler.grants.push(grant.clone()));
    });
    assert_eq!(started(Some(&more), OnDifference::default()), Ok(()));
    log::line_with(&[
        "WARN",
        "fetch_invoices",
        "`GmailUserTokens` is `read, update, delete` here, and `read, describe",
    ]);
}

#[tokio::test]
async fn err_a_fingerprint_that_is_none() {
    let good = applied(|_| {});
    let many = format!("1:fetch_invoices::={}", vec!["A.read.00000000.00000000"; 10_000].join(";"));
    for bad in ["", "1", "1:", ":::", "\u{0}\u{1b}[2J", "1:fetch_invoices::", "1:fetch_invoices::=;", "\u{fffd}", &many]
    {
        assert_eq!(refusal(bad), [Difference::Unreadable], "{bad:?}");
    }
    for bad in [
        good.replacen('1', "2", 1),
        good.replace("read", "r{ad"),
        good.to_uppercase(),
        good.clone() + ";",
        good.clone() + ":",
    ] {
        assert_eq!(refusal(&bad), [Difference::Unreadable], "{bad:?}");
    }
    // Wherever it is cut off, it is noticed.
    for end in 0..good.len() {
        let error = started(Some(&good[..end]), OnDifference::Refuse).expect_err("it is not whole").to_string();
        assert!(error.len() < 1500 && !error.contains(char::is_control), "{error}");
    }
    // What is hostile and has the form is shown within bounds.
    let long = format!("1:fetch_invoices::={}.read.00000000.00000000", "x".repeat(3000));
    let error = started(Some(&long), OnDifference::Refuse).expect_err("it is another").to_string();
    assert!(error.len() < 2000 && error.contains("run `gen-infra`"), "{error}");
}
