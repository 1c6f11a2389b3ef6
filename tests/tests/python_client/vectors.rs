//! Checks the Rust client against `tests/vectors.json`, as `tests/python/test_vectors.py` checks the Python client.

use paypulse_runtime::client::{ErrorKind, Found, RotationEvent, Secrets};
use paypulse_runtime::model::{ApiCall, Checked, Difference, Fingerprint, KeyError, KeyText, Payload, Text};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens, TokenOperations};
use paypulse_runtime::spec::{FetchInvoices, GmailStoreTokens, GmailUserTokens};
use paypulse_runtime::testing::{EmbeddedSecretsManager, Fault, FaultKind};
use paypulse_tests::payloads::{ListKeyForm, Login, Mail, WebhookForm};
use paypulse_tests::warehouse;
use serde_json::{Value, json};

const USER: &str = "vector";
const NAME: &str = "gmail/user/vector";

/// The vectors of one kind.
fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../vectors.json")).expect("the file is JSON");
    let vectors = all[kind].as_array().cloned().unwrap_or_default();
    assert!(!vectors.is_empty(), "there are no vectors `{kind}`");
    vectors
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("`{field}` of {vector} is not a string"))
}

fn user(id: &str) -> GmailUserTokens {
    GmailUserTokens { user_id: id.parse().expect("it is a key") }
}

fn bundle(account: &Value) -> String {
    let mut bundle = json!({
        "access_token": "a", "refresh_token": "r", "expires_at": "2024-11-01T11:00:00.000000", "expires_in": 3600,
        "scope": "openid", "token_type": "Bearer", "created_at": "2024-11-01T10:00:00.000000",
    });
    for (field, value) in account.as_object().into_iter().flatten() {
        bundle[field] = value.clone();
    }
    bundle.to_string()
}

#[test]
fn keys() {
    for vector in vectors("keys") {
        let fault = KeyText::parse(text(&vector, "key")).err().map(|error| match error {
            KeyError::Empty => "empty",
            KeyError::TooLong(_) => "long",
            _ => "character",
        });
        assert_eq!(fault, vector["fault"].as_str(), "{vector}");
    }
}

/// A write of the present value names the version that it follows.
#[tokio::test]
async fn ids_are_derived_from_the_version_that_was_read() {
    for vector in vectors("successors") {
        let server = EmbeddedSecretsManager::new();
        let create = server.client().create_secret().name(NAME).client_request_token(text(&vector, "version"));
        create.secret_string(bundle(&Value::Null)).send().await.expect("it is created");
        let secrets = Secrets::<FetchInvoices>::new(server.client_for::<FetchInvoices>());
        let again = |found: Found<'_, OauthTokens>| match found {
            Found::Value(tokens) => Some(tokens.clone()),
            _ => None,
        };
        let written = secrets.update(&user(USER), again).await.expect("nothing is in its way");
        assert_eq!(written.stored.version(), text(&vector, "next"), "{vector}");
    }
    for vector in vectors("first_versions") {
        let (server, name) = (EmbeddedSecretsManager::new(), text(&vector, "name"));
        server.client().create_secret().name(name).send().await.expect("it is created");
        let secrets = Secrets::<GmailStoreTokens>::new(server.client_for::<GmailStoreTokens>());
        let id = name.rsplit('/').next().unwrap_or_default();
        let tokens = OauthTokens::parse(&bundle(&Value::Null)).expect("it is one");
        let written = secrets.store(&user(id), tokens).await.expect("nothing is in its way");
        assert_eq!(written.stored.version(), text(&vector, "version"), "{vector}");
    }
}

/// What a payload of the warehouse says of a stored text.
fn fault(secret: &str, stored: &str) -> Option<String> {
    fn of<P: Payload>(stored: &str) -> Option<String> {
        P::parse(stored).err().map(|error| error.to_string())
    }
    match secret {
        "DatabaseLogin" => of::<Login>(stored),
        "MailAccess" => of::<Mail>(stored),
        "WebhookKey" => of::<Checked<WebhookForm>>(stored),
        "ListSigningKey" => of::<Checked<ListKeyForm>>(stored),
        "PaymentKey" => of::<Text>(stored),
        _ => panic!("`{secret}` is not known here"),
    }
}

#[test]
fn payloads() {
    for vector in vectors("payloads") {
        let found = fault(text(&vector, "secret"), text(&vector, "stored"));
        // A type that is wider than its schema reads what it never writes.
        let is_refused = vector["refused"] == true && vector["rust_reads"] != true;
        assert_eq!(found.is_some(), is_refused, "{vector}: {found:?}");
        if let Some(says) = vector["says"].as_str() {
            assert!(found.as_ref().is_some_and(|found| found.contains(says)), "{vector}: {found:?}");
        }
    }
}

#[test]
fn bundles() {
    for vector in vectors("bundles") {
        let read = OauthTokens::parse(text(&vector, "stored")).ok();
        let written = read.map(|tokens| tokens.to_stored().expect("it can be written").to_string());
        assert_eq!(written.as_deref(), vector["writes"].as_str(), "{vector}");
    }
}

fn account(vector: &Value) -> GoogleAccount {
    let text = |field: &str| vector[field].as_str().map(str::to_owned);
    GoogleAccount {
        user_id: text("google_user_id"),
        email: text("google_email"),
        name: None,
        verified_email: vector["google_verified_email"].as_bool(),
    }
}

#[tokio::test]
async fn accounts() {
    for vector in vectors("accounts") {
        let server = EmbeddedSecretsManager::new();
        server.put(NAME, bundle(&vector["stored"]));
        let secrets = Secrets::<GmailStoreTokens>::new(server.client_for::<GmailStoreTokens>());
        let new = NewTokens {
            access_token: "b".into(),
            refresh_token: None,
            expires_in: 3600,
            scope: "openid".to_owned(),
            account: account(&vector["new"]),
        };
        let stored = secrets.store_tokens(&user(USER), new).await.expect("nothing is in its way");
        assert_eq!(stored.change.as_str(), text(&vector, "change"), "{vector}");
        assert_eq!(stored.tokens.refresh_token.is_some(), vector["change"] == "same_account", "{vector}");
    }
}

fn words(difference: &Difference) -> String {
    match difference {
        Difference::Unreadable => "unreadable".to_owned(),
        Difference::Handler { .. } => "another handler".to_owned(),
        Difference::Prefixes => "prefixes".to_owned(),
        Difference::NotApplied { secret, .. } => format!("not applied {secret}"),
        Difference::NotCompiled { secret, .. } => format!("not generated {secret}"),
        Difference::Verbs { secret, .. } => format!("verbs {secret}"),
        Difference::Name { secret } => format!("name {secret}"),
        Difference::Payload { secret } => format!("payload {secret}"),
        Difference::Key { secret } => format!("key {secret}"),
        Difference::Region { secret } => format!("region {secret}"),
        Difference::Unnamed { what } => format!("together {what}"),
        other => panic!("{other:?} has no word here"),
    }
}

#[test]
fn fingerprints() {
    let spec = warehouse::spec();
    let of = |name: &str| {
        let handler = spec.handlers.iter().find(|handler| handler.name == name).expect("it is a handler");
        Fingerprint::of(&spec, handler)
    };
    for vector in vectors("fingerprints") {
        let applied = of(vector["of"].as_str().unwrap_or(text(&vector, "handler")));
        let mut applied = if vector["form"] == "short" { applied.shortened() } else { applied }.to_string();
        for pair in vector["replace"].as_array().into_iter().flatten() {
            let (from, to) = (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default());
            assert!(applied.contains(from), "{vector}: {applied}");
            applied = applied.replacen(from, to, 1);
        }
        let mut found: Vec<String> = of(text(&vector, "handler")).differences(&applied).iter().map(words).collect();
        found.sort();
        let mut expected: Vec<&str> =
            vector["differences"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{vector}: {applied}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors() {
    for vector in vectors("errors") {
        let server = EmbeddedSecretsManager::new();
        server.put(NAME, bundle(&Value::Null));
        let call = ApiCall::from_name(text(&vector, "call")).expect("it is a call");
        let status = vector["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
        let (code, message) = (text(&vector, "code").to_owned(), text(&vector, "message").to_owned());
        // More often than the SDK tries.
        server.inject(Fault::on(call, FaultKind::Error { code, status, message }).times(10));
        let (secrets, user) = (Secrets::<FetchInvoices>::new(server.client_for::<FetchInvoices>()), user(USER));
        let failed = match call {
            ApiCall::GetSecretValue => secrets.read(&user).await.map(drop),
            ApiCall::DeleteSecret => secrets.delete(&user).await.map(drop),
            _ => secrets.update(&user, |_| OauthTokens::parse(&bundle(&Value::Null)).ok()).await.map(drop),
        };
        let kind = failed.err().map(|error| error.kind().as_str());
        assert_eq!(kind, Some(text(&vector, "kind")), "{vector}");
    }
}

const KINDS: [ErrorKind; 14] = [
    ErrorKind::NotFound,
    ErrorKind::AccessDenied,
    ErrorKind::Decryption,
    ErrorKind::Credentials,
    ErrorKind::Throttled,
    ErrorKind::PendingDeletion,
    ErrorKind::Conflict,
    ErrorKind::InvalidPayload,
    ErrorKind::TooLarge,
    ErrorKind::Transport,
    ErrorKind::Unavailable,
    ErrorKind::Service,
    ErrorKind::InvalidInput,
    ErrorKind::StepFailed,
];

#[test]
fn retry_advice() {
    let here: Vec<Value> =
        KINDS.iter().map(|kind| json!({ "kind": kind.as_str(), "retry": kind.is_retryable() })).collect();
    assert_eq!(here, vectors("kinds"));
}

#[test]
fn rotation_events() {
    for vector in vectors("rotation_events") {
        let event = RotationEvent::parse(vector["event"].to_string().as_bytes());
        let name = event.as_ref().ok().map(RotationEvent::secret_name);
        assert_eq!(name, vector["secret_name"].as_str(), "{vector}");
        assert_eq!(event.err().map(|error| error.to_string()).as_deref(), vector["error"].as_str(), "{vector}");
    }
}
